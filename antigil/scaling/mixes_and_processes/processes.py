"""Processes beside threads: what the machine gives n processes is what n threads could get.

Processes share nothing that Python or the workload locks; they share the machine: its memory's
bandwidth, its caches, the clock of its cores. So what they fall short of n times the speed of one is
the hardware's, and what threads fall short of them is the workload's own, or Python's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..measurement import Estimate, Point, combine
from ..rounds import Round, counts_served
from ..sample import Sample, sample_of, select, under_ceiling

if TYPE_CHECKING:
    from ..measurement import Measurement

PROCESSES_KIND = "processes"
"""What a round calls these windows."""


@dataclass(frozen=True)
class Processes:
    """What was found of single-threaded processes side by side.

    Attributes
    ----------
    points
        By ascending number of processes, which ``threads`` is here; the first is for one.
    samples
        What the points were computed from.
    """

    points: tuple[Point, ...]
    samples: tuple[Sample, ...]

    def point(self, processes: int) -> Point | None:
        """Return the point of so many processes, None where they were not measured."""
        return next((point for point in self.points if point.threads == processes), None)


def process_counts(thread_counts: Sequence[int], allowed: int) -> tuple[int, ...]:
    """Return how many processes to measure: as many as threads up to the CPUs allowed, else the fewest."""
    return (1, *counts_served(thread_counts, allowed))


def process_sample(rounds: Sequence[Round]) -> Sample:
    """Reduce the rounds of one process to the medians of those side by side with it."""
    used, _ = select(rounds)
    return sample_of([_processes_of(one) for one in used])


def _processes_of(one: Round) -> Round:
    windows = {n: window for (kind, n), window in one.others.items() if kind == PROCESSES_KIND}
    return replace(one, windows=windows, others={})


def processes_of(samples: Sequence[Sample]) -> Processes:
    """Combine samples; with nothing to wait for, n processes get no more than n times as much done."""
    limited = tuple(under_ceiling(sample, None) for sample in samples)
    return Processes(combine(limited), limited)


def to_win(measurement: Measurement, threads: int) -> Estimate | None:
    """Return how much more speedup so many processes reach than threads; None where that was not measured.

    Both were measured in the same rounds, so that the differences are taken process by process.
    """
    found = measurement.processes
    if found is None or found.point(threads) is None:
        return None
    return Estimate.of(
        [
            beside.points[threads].speedup - sample.points[threads].speedup
            for beside, sample in zip(found.samples, measurement.samples, strict=True)
        ]
    )
