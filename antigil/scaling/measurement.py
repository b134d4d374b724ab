"""What a measurement found: immutable values, and their JSON form.

A measurement rests on *samples*, one for each fresh process (or, for a function measured in
this process, one for each round). Thread timing differs from process to process, so medians
over the samples, and intervals from their order, are what may be compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, median_high
from typing import TYPE_CHECKING, Any

from .host import Host
from .own_work.meter import StartsWork
from .sample import GilHeld, PointSample, Sample, median_interval
from .thread_states import ThreadStates
from .verdicts.on_scaling import judged
from .workload import FunctionWorkload, Workload

if TYPE_CHECKING:
    from .mixes_and_processes.mixes import Mix
    from .mixes_and_processes.processes import Processes

INSTRUMENT_VERSION = "11"
"""Raised by every change that can move a figure (docs/evidence/README.md): those of two are not compared."""


@dataclass(frozen=True)
class Estimate:
    """A median over samples, and the interval that holds it with 99 % confidence.

    Too few samples for such an interval (below eight) have their ``range`` instead.
    """

    median: float
    ci99: tuple[float, float] | None
    range: tuple[float, float] | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """Estimate the median of the distribution that the values come from."""
        interval = median_interval(values, 0.99)
        return cls(median(values), interval, None if interval else (min(values), max(values)))

    @classmethod
    def from_json(cls, form: Mapping[str, Any]) -> Estimate:
        """Return the estimate whose JSON form it is."""
        ci99, ends = form["ci99"], form["range"]
        return cls(form["median"], tuple(ci99) if ci99 else None, tuple(ends) if ends else None)

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}

    @property
    def bounds(self) -> tuple[float, float]:
        """The 99 % interval, or of fewer than eight samples their range."""
        return self.ci99 or self.range or (self.median, self.median)


@dataclass(frozen=True)
class Point(StartsWork):
    """What was found at one thread count.

    Attributes
    ----------
    threads
        Number of threads, n.
    rate
        Calls per second, all threads together.
    speedup
        Queue-free speedup S*: what other programs took is given back while there are CPUs enough.
    raw_speedup
        S = X(n) / X(1).
    waiting, queued
        Shares of the threads' wall time, 0 to 1.
    by_others
        Which part of the time queued, 0 to 1, the workload's own threads and processes cannot account for.
    inflation
        CPU time per call relative to one thread: n x [busy(n) / busy(1)] / S, where busy = on_cpu +
        own_on_cpu. NaN, and null in JSON, where the system's clock is too coarse to see any CPU time.
    rounds, dropped
        Rounds used, and disturbed ones left out.
    disturbed, crowded
        Whether disturbed rounds had to be used, and others kept own threads or processes off the CPUs.
    own_threads, own_processes
        Threads and processes that the workload started itself and that were seen at work.
    own_cpu_seconds
        Their CPU time per call; the threads that call wait meanwhile.
    kernel
        Share of the CPU time spent in the kernel, 0 to 1; None where the system does not tell.
    sleeps
        How often threads slept, or without a GIL left their CPU, per second of CPU time; None if not told.
    least, most
        Share of the work that the thread with the least of it got, and that with the most.
    """

    threads: int
    rate: float
    speedup: Estimate
    raw_speedup: Estimate
    waiting: float
    queued: float
    inflation: float
    rounds: int
    dropped: int
    disturbed: bool
    own_threads: int = 0
    own_processes: int = 0
    own_cpu_seconds: float = 0.0
    kernel: float | None = None
    sleeps: float | None = None
    least: Estimate | None = None
    most: Estimate | None = None
    crowded: bool = False
    by_others: float = 1.0

    @property
    def own_on_cpu(self) -> float:
        """CPU time of what the workload starts itself relative to the wall time of the threads that call."""
        return self.own_cpu_seconds * self.rate / self.threads

    @property
    def queued_by_others(self) -> float:
        """What of ``queued`` is due to other programs."""
        return self.queued * self.by_others

    @property
    def efficiency(self) -> float:
        """Speedup per thread, 1 being perfect."""
        return self.speedup.median / self.threads

    @property
    def on_cpu(self) -> float:
        """Share of the threads' wall time on a CPU, 0 to 1."""
        return 1.0 - self.waiting - self.queued


@dataclass(frozen=True)
class Cut:
    """What a measurement of long calls, or of threads that wait long for a turn, would have taken in full.

    Attributes
    ----------
    processes
        Processes that were asked for.
    seconds
        Time that so many would take, about, if all were as quick as the quickest.
    """

    processes: int
    seconds: float


@dataclass(frozen=True)
class Measurement:
    """A measured workload.

    Attributes
    ----------
    points
        By ascending thread count; the first is for one thread.
    samples
        What the points were computed from.
    gil_held, gil_samples
        The GIL-held share, pooled, and as each process found it.
    steal
        Share of the machine's CPU time that its hypervisor took meanwhile; None if not told.
    cut
        What could not be done within the budget, as calls or turns are long; None where all of it was.
    states
        What the threads were seen doing at the thread count that is judged; None where it is not told.
    mix
        What was found of the statement mixed with the one beside it; None where there is none.
    processes
        What was found of as many processes; None where it was not asked for.
    instrument
        The version of the instrument that measured it: figures of two are not to be compared.
    """

    workload: Workload | FunctionWorkload
    host: Host
    points: tuple[Point, ...]
    samples: tuple[Sample, ...]
    gil_held: GilHeld
    gil_samples: tuple[GilHeld, ...]
    steal: float | None = None
    cut: Cut | None = None
    states: ThreadStates | None = None
    mix: Mix | None = None
    processes: Processes | None = None
    instrument: str = INSTRUMENT_VERSION

    def point(self, threads: int) -> Point:
        """Return the point of a thread count; KeyError if it was not measured."""
        return {point.threads: point for point in self.points}[threads]

    @property
    def scaling(self) -> str:
        """Whether threads help: ``scales``, ``partly``, ``does-not``, ``hurts`` or ``inconclusive``."""
        found = judged(self)
        return "inconclusive" if found is None else found.word

    @property
    def disturbed(self) -> bool:
        """Whether other programs disturbed it so much that disturbed rounds had to be used."""
        return any(point.disturbed for point in self.points)

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON form (docs/measure.md) of plain values, without laws and verdicts."""
        from .measurement_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, form: Mapping[str, Any]) -> Measurement:
        """Return the measurement of a JSON form, a function as a statement; ValueError where it is none."""
        from .measurement_json import from_json

        return from_json(form)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return a flat row for each thread count: what ``pandas.DataFrame`` or ``csv.DictWriter`` takes."""
        from .measurement_json import rows

        return rows(self)


def combine(
    samples: Sequence[Sample], ceilings: tuple[float, float | None] | None = None
) -> tuple[Point, ...]:
    """Combine samples into points; inflation closes the identity S = n x busy ratio / inflation.

    Speedups that `under_ceiling` has cut tell no more than where that ceiling lies, which is told here.
    """
    busy_one = _busy([sample.points[1] for sample in samples], 1)
    points = []
    for n in sorted(samples[0].points):
        at = [sample.points[n] for sample in samples]
        waiting, queued = median(p.waiting for p in at), median(p.queued for p in at)
        kernel = [p.kernel for p in at if p.kernel is not None]
        sleeps = [p.sleeps for p in at if p.sleeps is not None]
        raw = Estimate.of([p.raw_speedup for p in at])
        points.append(
            Point(
                threads=n,
                rate=median(p.rate for p in at),
                # Queueing that is given back in full cannot make n threads more than n times as fast.
                speedup=_known(
                    Estimate.of([min(p.speedup, max(n, p.raw_speedup)) for p in at]), at, ceilings
                ),
                raw_speedup=raw,
                waiting=waiting,
                queued=queued,
                inflation=n * _busy(at, n) / busy_one / raw.median if busy_one > 0 else math.nan,
                rounds=sum(sample.rounds for sample in samples),
                dropped=sum(sample.dropped for sample in samples),
                disturbed=any(sample.disturbed for sample in samples),
                own_threads=median_high(p.own_threads for p in at),
                own_processes=median_high(p.own_processes for p in at),
                own_cpu_seconds=median(p.own_cpu_seconds for p in at),
                kernel=fmean(kernel) if kernel else None,
                sleeps=median(sleeps) if sleeps else None,
                least=Estimate.of([p.least for p in at]),
                most=Estimate.of([p.most for p in at]),
                crowded=2 * sum(p.crowded for p in at) > len(at),
                by_others=median(p.by_others for p in at),
            )
        )
    return tuple(points)


def _known(
    speedup: Estimate, points: Sequence[PointSample], ceilings: tuple[float, float | None] | None
) -> Estimate:
    """Return a speedup of which no sample lies below the ceiling as the interval of that."""
    cut = [point.uncut is not None for point in points]
    if ceilings is None or ceilings[1] is None or not any(cut) or speedup.bounds[0] < ceilings[1]:
        return speedup
    ends = ceilings[0], speedup.bounds[1]
    return replace(speedup, ci99=ends) if speedup.ci99 else replace(speedup, range=ends)


def _busy(points: Sequence[PointSample], threads: int) -> float:
    """Return the CPU time of calls relative to the wall time of the threads that call."""
    waiting, queued = median(p.waiting for p in points), median(p.queued for p in points)
    return 1.0 - waiting - queued + median(p.own_cpu_seconds * p.rate for p in points) / threads
