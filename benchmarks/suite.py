"""The base class of all scaling benchmarks: one measurement per workload feeds all its numbers."""

import os
import sys
from abc import ABC, abstractmethod
from math import nan
from types import FunctionType
from typing import Any, ClassVar

from . import instrument

THREADS = (1, 2, 4, 8)

BUDGET_SECONDS = 8.0
"""For each workload and commit; the four of article and controls stay under 90 s with asv's own part."""


class Scaling(ABC):
    """A workload whose scaling is tracked.

    A subclass names the workload, and has a ``setup_cache`` of its own: asv shares an
    inherited one between all subclasses, since it tells them apart by their source line.
    """

    workload: ClassVar[Any]
    plan: ClassVar[dict[str, Any]] = {
        "thread_counts": THREADS,
        "budget": BUDGET_SECONDS,
        "processes": 8,
        "rounds": 4,
    }
    version = instrument.INSTRUMENT_VERSION
    timeout = 180

    def __init_subclass__(cls, title: str, control: bool = False) -> None:
        """Give the class tracked functions of its own, labelled for whoever reads the results.

        asv hands on what is set on a function, and an inherited function is one for all classes.
        """
        for name in [name for name in dir(Scaling) if name.startswith("track_")]:
            inherited = getattr(Scaling, name)
            own = FunctionType(inherited.__code__, inherited.__globals__, name, None, inherited.__closure__)
            own.__dict__.update(inherited.__dict__, antigil_title=title, antigil_control=control)
            own.__doc__ = inherited.__doc__
            setattr(cls, name, own)

    @abstractmethod
    def setup_cache(self):
        """Return ``self.measure()``."""

    def measure(self) -> dict[str, Any]:
        """Measure the workload in fresh processes, and return the measurement's JSON form.

        A commit that lacks the workload is no failure: the form is then empty.
        """
        try:
            measured = instrument.measure(self.workload, **_with_processes_asked_for(self.plan))
        except ImportError as error:
            print(f"not in this commit: {error}", file=sys.stderr)
            return {}
        return measured.to_json()

    def setup(self, measured, *params):
        """Skip what the commit lacks, and get one thread's calls ready."""
        if not measured:
            raise NotImplementedError
        self.run = self.workload.prepare()(0, 1)

    def track_slowdown(self, measured, threads):
        """Threads / speedup: 1 is perfect, as many as there are threads is none at all."""
        samples = [threads / speedup for speedup in _point(measured, threads)["samples"]]
        return {"samples": samples, "number": 1}

    def track_waiting(self, measured, threads):
        """Share of the threads' time in which they waited: for the GIL, a lock, or I/O."""
        return _point(measured, threads)["waiting"]

    def track_queued(self, measured, threads):
        """Share of the threads' time in which they were ready, and no CPU was free."""
        queued = _point(measured, threads)["queued"]
        return nan if queued is None else queued  # asv reads NaN as skipped

    def track_inflation(self, measured, threads):
        """CPU time per call, relative to one thread."""
        return _point(measured, threads)["inflation"]

    def track_gil_held(self, measured):
        """Share of its running time for which the workload holds the GIL."""
        return {"samples": measured["gil_held"]["samples"], "number": 1}

    def track_stall(self, measured):
        """Longest time for which every other Python thread stood still."""
        return measured["stall"]

    def time_call(self, measured):
        """One call, by one thread."""
        self.run(1)

    def peakmem_call(self, measured):
        """One call, by one thread."""
        self.run(1)


def _with_processes_asked_for(plan):
    """Return the plan for so many fresh processes as ANTIGIL_PROCESSES says; `antigil compare` says one."""
    processes = int(os.environ.get("ANTIGIL_PROCESSES", plan["processes"]))
    return {**plan, "processes": processes, "budget": plan["budget"] * processes / plan["processes"]}


def _point(measured, threads):
    return next(point for point in measured["points"] if point["threads"] == threads)


for _function, _quantity, _unit in (
    (Scaling.track_slowdown, "slowdown", "threads / speedup"),
    (Scaling.track_waiting, "waiting", "share"),
    (Scaling.track_queued, "queued", "share"),
    (Scaling.track_inflation, "inflation", "ratio"),
    (Scaling.track_gil_held, "gil_held", "share"),
    (Scaling.track_stall, "stall", "seconds"),
):
    _function.antigil_quantity = _quantity
    _function.unit = _unit
    if _quantity not in ("gil_held", "stall"):
        _function.params = [list(THREADS)]
        _function.param_names = ["threads"]
