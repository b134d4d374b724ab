"""A sample: what one fresh process measured, or one round where there is only this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import median

from .rounds import Round, select


@dataclass(frozen=True)
class PointSample:
    """One sample at one thread count; the terms are those of :class:`.measurement.Point`.

    ``uncut`` is the speedup before `under_ceiling` cut it, None where it did not.
    """

    rate: float
    speedup: float
    raw_speedup: float
    waiting: float
    queued: float
    uncut: float | None = None


@dataclass(frozen=True)
class Sample:
    """What one process measured: a point for each thread count, and how many rounds it took.

    ``shortened`` tells that calls are so long that its windows hold fewer of them than usual.
    """

    points: Mapping[int, PointSample]
    rounds: int
    dropped: int
    disturbed: bool
    shortened: bool = False


def sample_of(rounds: Sequence[Round]) -> Sample:
    """Reduce the rounds of one process to its medians."""
    used, disturbed = select(rounds)
    points = {n: _point_sample(used, n) for n in sorted(used[0].windows)}
    dropped = len(rounds) - len(used)
    return Sample(points, len(used), dropped, disturbed, shortened=any(one.shortened for one in used))


def under_ceiling(sample: Sample, ceiling: float | None) -> Sample:
    """Return a disturbed sample with no speedup above n, or the ceiling that the GIL-held share sets.

    Much queueing can make S* too large. The held share is right on a busy machine, and by the
    bottleneck law nothing exceeds its ceiling; more than n from n threads, which caches can
    give, cannot be told from the disturbance.
    """
    if not sample.disturbed:
        return sample
    limit = inf if ceiling is None else ceiling
    points = {
        n: replace(point, speedup=min(limit, n), uncut=point.speedup)
        if point.speedup > min(limit, n)
        else point
        for n, point in sample.points.items()
    }
    return replace(sample, points=points)


def _point_sample(rounds: Sequence[Round], n: int) -> PointSample:
    windows = [done.windows[n] for done in rounds]
    return PointSample(
        rate=median(window.rate for window in windows),
        speedup=median(done.queue_free_speedup(n) for done in rounds),
        raw_speedup=median(done.speedup(n) for done in rounds),
        waiting=median(window.waiting for window in windows),
        queued=median(window.queued or 0.0 for window in windows),
    )
