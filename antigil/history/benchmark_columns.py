"""Which of a suite's benchmarks can be drawn, and as what: read from asv's ``benchmarks.json``.

antigil's own suites say so themselves (``antigil_quantity``). Any other ``time_*`` benchmark is drawn if
one of its parameters counts threads.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .asv_adapter.stored import Suite
from .labels import printable
from .series import PER_THREADS, PER_WORKLOAD, SURROUNDINGS, Problem, TrackedWorkload

#: How a parameter is written that counts something; NumPy 2 writes its own integers with their type.
COUNT = re.compile(r"0*([1-9][0-9]*)|np\.u?int[0-9]*\(([1-9][0-9]*)\)")
#: How the name of the one ``time_*`` benchmark ends that our suites give each workload.
ONE_CALL = ".time_call"


@dataclass(frozen=True)
class Column:
    """One number per commit that asv stores: a benchmark, and the flat index of its parameters."""

    workload: TrackedWorkload
    quantity: str
    threads: int | None
    benchmark: str
    parameter: int | None


def drawable(benchmarks: Suite, thread_parameters: tuple[str, ...]) -> tuple[list[Column], list[Problem]]:
    """Return what can be drawn of a suite, and what looks as if it could but cannot."""
    columns: list[Column] = []
    problems: list[Problem] = []
    measured = {_owner(name) for name, b in benchmarks.items() if b.get("antigil_quantity") == "slowdown"}
    for name, benchmark in sorted(benchmarks.items()):
        quantity = benchmark.get("antigil_quantity")
        try:
            if quantity is not None:
                columns += _declared(name, benchmark, str(quantity))
            elif benchmark.get("type") == "time":
                columns += _timed(name, benchmark, thread_parameters, measured)
                problems += _no_counts(name, benchmark, thread_parameters)
        except ValueError as error:
            problems.append(Problem(f"cannot be drawn: {error}", name))
    return columns, problems


def workloads_of(columns: Iterable[Column]) -> dict[str, TrackedWorkload]:
    """Return the workloads as the columns of their slowdown describe them."""
    told = sorted(columns, key=lambda column: column.quantity in {"slowdown", "seconds"})
    return {column.workload.name: column.workload for column in told}


def timed_parameters(benchmarks: Suite) -> tuple[str, ...]:
    """Return the names of all parameters of ``time_*`` benchmarks, whether or not they count threads."""
    timed = (b for b in benchmarks.values() if b.get("type") == "time")
    return tuple(sorted({printable(str(name)) for b in timed for name in b.get("param_names", [])}))


def _declared(name: str, benchmark: Mapping[str, Any], quantity: str) -> Iterator[Column]:
    """Yield the columns of a benchmark that states its quantity."""
    workload = _workload(name, benchmark)
    if quantity in PER_THREADS:
        if list(benchmark.get("param_names", [])) != ["threads"]:
            raise ValueError('needs one parameter named "threads"')
        for index, text in enumerate(benchmark["params"][0]):
            if (threads := _count(text)) is None:
                raise ValueError(f"{text} is not a number of threads")
            yield Column(workload, quantity, threads, name, index)
    elif quantity in PER_WORKLOAD | SURROUNDINGS:
        if benchmark.get("params"):
            raise ValueError(f'"{quantity}" takes no parameters')
        yield Column(workload, quantity, None, name, None)
    else:
        raise ValueError(f'unknown antigil_quantity "{quantity}"')


def _timed(
    name: str, benchmark: Mapping[str, Any], thread_parameters: tuple[str, ...], measured: set[str]
) -> Iterator[Column]:
    """Yield the columns of a ``time_*`` benchmark: one call of a measured workload, or several threads."""
    if not benchmark.get("params"):
        if _owner(name) in measured and name.endswith(ONE_CALL):
            yield Column(_workload(name, benchmark), "time", None, name, None)
        return
    position = _position(benchmark, thread_parameters)
    if position is None:
        return
    names = list(benchmark["param_names"])
    if not any(_count(text) == 1 for text in benchmark["params"][position]):
        raise ValueError(
            f'its parameter "{names[position]}" never is 1, so there is no speedup over one thread'
        )
    for index, values in enumerate(itertools.product(*benchmark["params"])):
        if (threads := _count(values[position])) is not None:
            others = [f"{n}={v}" for i, (n, v) in enumerate(zip(names, values, strict=True)) if i != position]
            told = f" ({', '.join(others)})" if others else ""
            title = str(benchmark.get("pretty_name") or name) + told
            workload = TrackedWorkload(
                printable(name + told.lstrip()), printable(title), origin="timed", version=_version(benchmark)
            )
            yield Column(workload, "seconds", threads, name, index)


def _position(benchmark: Mapping[str, Any], thread_parameters: tuple[str, ...]) -> int | None:
    """Return which of a benchmark's parameters counts threads, if one does."""
    names = list(benchmark.get("param_names", []))
    return next((names.index(p) for p in thread_parameters if p in names), None)


def _no_counts(
    name: str, benchmark: Mapping[str, Any], thread_parameters: tuple[str, ...]
) -> Iterator[Problem]:
    """Name the values of a thread parameter that say no number of threads, such as "all of them"."""
    position = _position(benchmark, thread_parameters)
    values = [] if position is None else benchmark["params"][position]
    left_out = [text for text in values if _count(text) is None]
    if position is not None and left_out:
        what = f"{benchmark['param_names'][position]} = {', '.join(left_out)}"
        yield Problem(f"not drawn where {what}: no number of threads", name)


def _count(text: str) -> int | None:
    """Return the number of threads that a parameter is, as asv writes it, if it is one."""
    found = COUNT.fullmatch(text)
    return int(found[1] or found[2]) if found else None


def _workload(name: str, benchmark: Mapping[str, Any]) -> TrackedWorkload:
    """Return the workload of a benchmark that is one of several of a class."""
    title = str(benchmark.get("antigil_title") or _owner(name))
    control = bool(benchmark.get("antigil_control", False))
    expected = benchmark.get("antigil_expected")
    return TrackedWorkload(
        printable(_owner(name)),
        printable(title),
        control,
        expected=expected and printable(str(expected)),
        version=_version(benchmark),
    )


def _version(benchmark: Mapping[str, Any]) -> str:
    """Return asv's version of a benchmark; nothing where it has none."""
    return str(benchmark.get("version", ""))


def _owner(name: str) -> str:
    """Return the class of a benchmark, or its module where it has no class."""
    return name.rpartition(".")[0] or name
