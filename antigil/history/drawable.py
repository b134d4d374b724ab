"""Which of a suite's benchmarks can be drawn, and as what: read from asv's ``benchmarks.json``.

antigil's own suites say so themselves (``antigil_quantity``). Any other ``time_*`` benchmark is drawn if
one of its parameters counts threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .series import PER_THREADS, PER_WORKLOAD, SURROUNDINGS, Problem, Workload


@dataclass(frozen=True)
class Column:
    """One number per commit that asv stores: a benchmark, and the flat index of its parameters."""

    workload: Workload
    quantity: str
    threads: int | None
    benchmark: str
    parameter: int | None


def drawable(
    benchmarks: Mapping[str, dict[str, Any]], thread_parameters: tuple[str, ...]
) -> tuple[list[Column], list[Problem]]:
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
        except ValueError as error:
            problems.append(Problem(f"cannot be drawn: {error}", name))
    return columns, problems


def timed_parameters(benchmarks: Mapping[str, dict[str, Any]]) -> tuple[str, ...]:
    """Return the names of all parameters of ``time_*`` benchmarks, whether or not they count threads."""
    timed = (b for b in benchmarks.values() if b.get("type") == "time")
    return tuple(sorted({str(name) for b in timed for name in b.get("param_names", [])}))


def _declared(name: str, benchmark: Mapping[str, Any], quantity: str) -> Iterator[Column]:
    """Yield the columns of a benchmark that states its quantity."""
    title = str(benchmark.get("antigil_title") or _owner(name))
    workload = Workload(_owner(name), title, control=bool(benchmark.get("antigil_control", False)))
    if quantity in PER_THREADS:
        for threads, index in _thread_counts(benchmark, ("threads",)):
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
        if _owner(name) in measured:
            title = str(benchmark.get("antigil_title") or _owner(name))
            yield Column(Workload(_owner(name), title), "time", None, name, None)
        return
    names = list(benchmark.get("param_names", []))
    position = next((names.index(p) for p in thread_parameters if p in names), None)
    if position is None:
        return
    counts = dict(_thread_counts(benchmark, (names[position],), several=True))
    if 1 not in counts:
        raise ValueError(
            f'its parameter "{names[position]}" never is 1, so there is no speedup over one thread'
        )
    for index, values in enumerate(itertools.product(*benchmark["params"])):
        others = [f"{n}={v}" for i, (n, v) in enumerate(zip(names, values, strict=True)) if i != position]
        own = f"{name}({', '.join(others)})" if others else name
        title = str(benchmark.get("pretty_name") or name) + (f" ({', '.join(others)})" if others else "")
        workload = Workload(own, title, origin="timed")
        yield Column(workload, "seconds", _count(values[position]), name, index)


def _thread_counts(
    benchmark: Mapping[str, Any], accepted: tuple[str, ...], several: bool = False
) -> Iterator[tuple[int, int]]:
    """Yield thread count and flat index of each value of the parameter that counts threads."""
    names = list(benchmark.get("param_names", []))
    found = [name for name in names if name in accepted]
    if not found or (len(names) != 1 and not several):
        raise ValueError(f'needs one parameter named "{accepted[0]}"')
    for index, text in enumerate(benchmark["params"][names.index(found[0])]):
        yield _count(text), index


def _count(text: str) -> int:
    """Return a thread count from the way in which asv writes a parameter."""
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{text} is not a number of threads")
    return int(text)


def _owner(name: str) -> str:
    """Return the class of a benchmark, or its module where it has no class."""
    return name.rpartition(".")[0] or name
