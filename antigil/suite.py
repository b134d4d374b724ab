"""A base class for asv benchmarks: how far a workload scales over threads, commit by commit.

A benchmarks file of any project::

    from antigil.suite import Scaling, Surroundings, Workload

    class Compress(Scaling, title="compress 1 MiB"):
        workload = Workload("compress(data)", "from mylib import compress; data = bytes(1 << 20)")

One measurement for each workload and commit feeds all its numbers: ``setup_cache`` measures in
fresh processes, the tracked functions only read. A commit that lacks a workload is skipped.
`Surroundings` need only be imported, in one file of a suite.

Standard library only, and of antigil only the instrument: it is imported in the environment of
every commit. docs/adopt.md tells how it comes there.
"""

from __future__ import annotations

import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from hashlib import sha256
from math import inf, nan
from numbers import Integral, Real
from operator import attrgetter
from traceback import format_tb
from types import FunctionType, ModuleType
from typing import Any, ClassVar, cast

from .scaling import (
    INSTRUMENT_VERSION,
    RemoteTraceback,
    Workload,
    cores_allowed,
    cpus_allowed,
    gil_enabled,
    measure,
)

__all__ = ["Scaling", "Surroundings", "Workload"]

PROCESSES_VARIABLE = "ANTIGIL_PROCESSES"

TIMEOUT_SECONDS = 180.0
"""For asv, which ends what takes longer; more where the budget asks for it."""

UNITS = {
    "slowdown": "threads / speedup", "waiting": "share", "queued": "share", "inflation": "ratio",
    "gil_held": "share", "stall": "seconds", "gil_enabled": "1 or 0",
}  # fmt: skip

NUMBERS = {**{name: f"track_{name}" for name in UNITS}, "time": "time_call", "peakmem": "peakmem_call"}
"""The function that holds each number; those that are tracked carry the name as `antigil_quantity`."""

PLAN: dict[str, Any] = {"thread_counts": (1, 2, 4, 8), "budget": 8.0, "processes": 8, "rounds": 4}
PER_THREAD_COUNT = ("slowdown", "waiting", "queued", "inflation")


class Scaling(ABC):
    """A workload whose scaling is tracked.

    A subclass names its ``workload``. One that does not is itself a base, whose settings its
    subclasses inherit: ``class Short(Scaling, thread_counts=(1, 2), budget=4.0): ...``
    Functions of its own, such as another ``time_call`` or ``setup_cache``, take the place of those here.

    Parameters
    ----------
    title
        What people read; the class's name by default.
    expected
        The speedup with n threads that is known beforehand, as people read it: "1", "n, up to the CPUs".
    control
        Whether no commit of the project changes it, so that what moves here is the machine.
    thread_counts
        Ascending thread counts, with 1 among them. (1, 2, 4, 8) at first.
    budget
        Seconds of measuring for each commit. 8 at first.
    processes
        Fresh processes to measure in; below eight there are no 99 % intervals. 8 at first.
    rounds
        Undisturbed rounds to aim at in each process. 4 at first.
    only
        Keys of `NUMBERS`: those to record. All at first.
    """

    plan: ClassVar[dict[str, Any]] = PLAN
    numbers: ClassVar[tuple[str, ...]] = tuple(NUMBERS)
    timeout = TIMEOUT_SECONDS
    _given: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(
        cls,
        *,
        title: str = "",
        expected: str | None = None,
        control: bool = False,
        thread_counts: Sequence[int] | None = None,
        budget: float | None = None,
        processes: int | None = None,
        rounds: int | None = None,
        only: Iterable[str] | None = None,
    ) -> None:
        """Give the class functions of its own, labelled for whoever reads the results."""
        super().__init_subclass__()
        asked = {"thread_counts": thread_counts, "budget": budget, "processes": processes, "rounds": rounds}
        cls.plan = {**cls.plan, **{name: value for name, value in asked.items() if value is not None}}
        cls.numbers = cls.numbers if only is None else tuple(only)
        _refuse_mistakes(cls)
        if "timeout" not in vars(cls):
            cls.timeout = max(cls.timeout, TIMEOUT_SECONDS / 3 + 3 * cls.plan["budget"])
        label = {"antigil_title": title or cls.__name__, "antigil_control": control}
        if expected is not None:
            label["antigil_expected"] = expected
        if isinstance(cls.workload, Workload):  # for `antigil compare`, to sample it
            label["antigil_workload"] = {**asdict(cls.workload), "path": list(cls.workload.path)}
        given = frozenset(NUMBERS.values()) - vars(cls).keys()
        for number, name in NUMBERS.items():
            if number in cls.numbers:
                setattr(cls, name, _labelled(cls, _as_written(cls, name), number, label))
            elif name in given:
                setattr(cls, name, None)
        cls._given = given
        if "setup_cache" not in vars(cls):
            cls.setup_cache = _told_apart(cls)  # type: ignore[method-assign]

    @property
    @abstractmethod
    def workload(self) -> Workload:
        """What is measured; a class without it is a base, which asv passes over."""

    @property
    def version(self) -> str:
        """What is measured, by which instrument; not for how long, which makes no other numbers."""
        texts = attrgetter("statement", "setup", "thread_setup", "beside")(self.workload)
        return f"{INSTRUMENT_VERSION}-{sha256(repr(texts).encode()).hexdigest()[:12]}"

    def setup_cache(self) -> dict[str, Any]:
        """Measure the workload in fresh processes, and return the measurement's JSON form.

        A commit that lacks the workload is no failure: the form then says what is missing only.
        """
        try:
            measured = measure(self.workload, **_with_processes_asked_for(self.plan))
        except ImportError as error:
            if not lacks_its_own_name(error):
                raise
            print(f"not in this commit: {error}", file=sys.stderr)
            return {"missing": str(error)}
        return measured.to_json()

    def setup(self, measured: dict[str, Any], *params: int) -> None:
        """Skip what the commit lacks, and get one thread's calls ready for what calls them."""
        if "missing" in measured:
            raise NotImplementedError(f"not in this commit: {measured['missing']}")
        if not params and not {"time", "peakmem"}.isdisjoint(self.numbers):
            self.run = self.workload.prepare()(0, 1)

    def track_slowdown(self, measured: dict[str, Any], threads: int) -> dict[str, Any]:
        """Threads / speedup: 1 is perfect, as many as there are threads is none at all."""
        samples = [threads / speedup for speedup in _point(measured, threads, "samples")]
        return {"samples": samples, "number": 1}

    def track_waiting(self, measured: dict[str, Any], threads: int) -> float:
        """Share of the threads' time in which they waited: for the GIL, a lock, or I/O."""
        return cast(float, _point(measured, threads, "waiting"))

    def track_queued(self, measured: dict[str, Any], threads: int) -> float:
        """Share of the threads' time in which they were ready, and no CPU was free."""
        return cast(float, _point(measured, threads, "queued"))

    def track_inflation(self, measured: dict[str, Any], threads: int) -> float:
        """CPU time per call, relative to one thread."""
        return cast(float, _point(measured, threads, "inflation"))

    def track_gil_held(self, measured: dict[str, Any]) -> dict[str, Any]:
        """Share of its running time for which the workload holds the GIL."""
        return {"samples": measured["gil_held"]["samples"], "number": 1}

    def track_stall(self, measured: dict[str, Any]) -> float:
        """Longest time for which every other Python thread stood still."""
        return cast(float, measured["stall"])

    def track_gil_enabled(self, measured: dict[str, Any]) -> float:
        """1 where the GIL was enabled, 0 where not: in a free-threaded build, imports may enable it."""
        return float(measured["python"]["gil"] if "python" in measured else "nan")

    def time_call(self, measured: dict[str, Any]) -> None:
        """One call, by one thread."""
        self.run(1)

    def peakmem_call(self, measured: dict[str, Any]) -> None:
        """One call, by one thread."""
        self.run(1)


class Surroundings:
    """What a commit was measured on, kept with its results: the interpreter's build and its CPUs."""

    version = INSTRUMENT_VERSION

    def track_gil_enabled(self) -> int:
        """1 where the GIL is enabled, 0 where it is not, without what a workload imports."""
        return int(gil_enabled())

    def track_cpus_allowed(self) -> int:
        """CPUs that the process may keep busy: affinity mask, cut by the cgroup's quota."""
        return cpus_allowed()

    def track_cores_alike(self) -> int:
        """Physical cores of one kind among them: no more threads can be expected to get so much more done."""
        return cores_allowed()


for _quantity in ("gil_enabled", "cpus_allowed", "cores_alike"):
    vars(Surroundings)[f"track_{_quantity}"].antigil_quantity = _quantity


def _refuse_mistakes(cls: type[Scaling]) -> None:
    """Say what is wrong with a class when it is made: within asv it would show late, if at all."""
    workload = vars(cls).get("workload")
    if workload is not None and not isinstance(workload, Workload):
        raise TypeError(f"{cls.__name__}.workload is a Workload(statement, setup), not {workload!r}")
    counts = list(cls.plan["thread_counts"])
    if not all(isinstance(n, Integral) for n in counts) or counts[:1] != [1] or counts != sorted(set(counts)):
        raise ValueError(f"{cls.__name__}: thread_counts are whole, ascending and begin with 1, not {counts}")
    kinds: dict[str, Any] = {"budget": Real, "processes": Integral, "rounds": Integral}
    for name, kind in kinds.items():
        if not isinstance(value := cls.plan[name], kind) or not 0 < value < inf:
            number = "number" if kind is Real else "whole number"
            raise ValueError(f"{cls.__name__}: {name} is a positive {number}, not {value!r}")
    if unknown := [name for name in cls.numbers if name not in NUMBERS]:
        raise ValueError(f"{cls.__name__}: only= takes {', '.join(NUMBERS)}, not {', '.join(unknown)}")


def _as_written(cls: type[Scaling], name: str) -> Any:
    """Return a function of the class's own, or of a base's, leaving out what was given to it here."""
    having = (vars(one) for one in cls.__mro__ if name in vars(one))
    return next(own[name] for own in having if name not in own.get("_given", ()))


def _labelled(cls: type[Scaling], function: Any, number: str, label: dict[str, Any]) -> Any:
    """Return a function for one class: asv hands on what is set on one that is tracked."""
    if number not in UNITS or not isinstance(function, FunctionType):
        return function
    own = _copy(function)
    own.__dict__.update(label, antigil_quantity=number, unit=UNITS[number])
    if number in PER_THREAD_COUNT:
        own.__dict__.update(params=[[*map(int, cls.plan["thread_counts"])]], param_names=["threads"])
    return own


def _told_apart(cls: type[Scaling]) -> FunctionType:
    """Return a ``setup_cache`` for one class.

    asv runs it once for all benchmarks with the same module and source line, and one that is
    inherited has the same line everywhere. So each is given a module of its own, which holds
    nothing, and whose name no file can have.
    """
    own = _copy(cast(FunctionType, cls.setup_cache))
    own.__module__ = f"{cls.__module__}.{cls.__qualname__}()"
    sys.modules[own.__module__] = ModuleType(own.__module__, f"Stands for {cls.__qualname__}.")
    return own


def _copy(function: FunctionType) -> FunctionType:
    state = function.__globals__, function.__name__, function.__defaults__, function.__closure__
    own = FunctionType(function.__code__, *state)
    own.__doc__, own.__kwdefaults__ = function.__doc__, function.__kwdefaults__
    own.__dict__.update(function.__dict__)
    return own


def _with_processes_asked_for(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the plan for so many fresh processes as the environment says; `antigil compare` says one."""
    processes = int(os.environ.get(PROCESSES_VARIABLE, plan["processes"]))
    return {**plan, "processes": processes, "budget": plan["budget"] * processes / plan["processes"]}


def lacks_its_own_name(error: ImportError) -> bool:
    """Tell whether a name is missing that the set-up itself asks for.

    What is raised further inside, or by a library that cannot be loaded, is a failure.
    """
    missing = isinstance(error, ModuleNotFoundError) or str(error).startswith("cannot import name")
    elsewhere = isinstance(error.__cause__, RemoteTraceback)
    shown = str(error.__cause__) if elsewhere else "".join(format_tb(error.__traceback__))
    frames = re.findall(r'^ +File "(.+?)", line \d+', shown, re.MULTILINE)
    return missing and frames[-1:] in (["<setup>"], ["<thread setup>"])


def _point(measured: dict[str, Any], threads: int, name: str) -> Any:
    """Return what was measured, NaN for what cannot be had: asv takes None for a failure."""
    value = next(point for point in measured["points"] if point["threads"] == threads)[name]
    return nan if value is None else value
