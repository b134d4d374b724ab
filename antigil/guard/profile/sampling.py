"""Sample both commits' builds with the workloads that lost, and tell what changed by function.

The builds are those that were compared. Nothing is measured meanwhile, so sampling disturbs no number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from antigil.history.asv_adapter.running import interpreter_of
from antigil.scaling import MeasurementError, Workload
from antigil.where import Changes, changes, sample_in_turn, why_unavailable

from ..commit_verdict import SCALING, Outcome, WorkloadVerdict
from ..comparison import EnvironmentComparison
from ..interleaved_visits import VisitPlace

BUDGET_SECONDS = 4.0
"""To sample each commit with one workload; more beside busy programs, until there are `SAMPLES`."""

PROCESSES = 4
MEAN_SECONDS = 1e-3
SAMPLES = 400
"""With so many the share of a function that takes a tenth is known to within 0.04."""


@dataclass
class Sampling:
    """What samples the workloads that lost, one after the other, while there is time.

    Attributes
    ----------
    limit
        Seconds after which no further workload is begun, and none that would take longer if it were like the
        longest so far; the first always is.
    """

    limit: float
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _spent: float = field(default=0.0, init=False)
    _longest: float = field(default=0.0, init=False)

    def add_functions(self, place: VisitPlace, comparison: EnvironmentComparison) -> EnvironmentComparison:
        """Return a comparison with the functions of what it lost, and notes on what cannot be told."""
        lost = sorted(filter(lost_scaling, comparison.verdict.workloads), key=_held_first)
        if not lost:
            return comparison
        if (reason := why_unavailable()) is not None:
            return comparison.with_notes([f"functions are not told: {reason}"])
        known, counts = statements(place), thread_counts(place)
        found: dict[str, Changes] = {}
        notes = []
        for name in (verdict.workload.name for verdict in lost):
            if name not in known:
                notes.append(f"{name}: functions are not told, as its suite does not say what it runs")
            elif self._spent + self._longest > self.limit:
                notes.append(f"{name}: no time to tell its functions; compare with --where-seconds")
            else:
                try:
                    found[name] = self._sampled(place, name, known[name], counts[name])
                except Exception as error:  # whatever the workload raises: the loss stands all the same
                    notes.append(f"{name}: functions cannot be told: {_first_line(error)}")
        return replace(comparison.with_notes(notes), functions=found)

    def _sampled(self, place: VisitPlace, name: str, workload: Workload, threads: int) -> Changes:
        began = self.clock()

        def progress(done: int, processes: int) -> None:
            self.say(f"{place.name}: sampling {name}, {done} of {processes} processes done")

        try:
            before, after = sample_in_turn(
                workload,
                [interpreter_of(side) for side in place.sides],
                threads,
                budget=BUDGET_SECONDS,
                processes=PROCESSES,
                mean_seconds=MEAN_SECONDS,
                least_samples=SAMPLES,
                on_process=progress,
            )
        finally:
            seconds = self.clock() - began
            self._spent, self._longest = self._spent + seconds, max(self._longest, seconds)
        return changes(place.python, before, after)


def lost_scaling(verdict: WorkloadVerdict) -> bool:
    """Tell whether a workload lost something that functions can be told of: more than single-thread time."""
    lost = {finding.number.quantity for finding in verdict.with_outcome(Outcome.LOST)}
    return verdict.counts and verdict.gone is None and not lost.isdisjoint(SCALING)


def _held_first(verdict: WorkloadVerdict) -> bool:
    return all(finding.number.quantity != "gil_held" for finding in verdict.with_outcome(Outcome.LOST))


def statements(place: VisitPlace) -> Mapping[str, Workload]:
    """Return what each workload of the suite runs, as far as it says so."""
    return {
        column.workload.name: Workload(**{**told, "path": tuple(told["path"])})
        for column in place.columns
        if isinstance(told := place.suite[column.benchmark].get("antigil_workload"), Mapping)
    }


def thread_counts(place: VisitPlace) -> Mapping[str, int]:
    """Return the largest thread count of each workload."""
    found: dict[str, int] = {}
    for column in place.columns:
        found[column.workload.name] = max(found.get(column.workload.name, 2), column.threads or 0)
    return found


def _first_line(error: Exception) -> str:
    kind = "" if isinstance(error, MeasurementError) else f"{type(error).__name__}: "
    return kind + (str(error).splitlines() or ["no reason given"])[0]
