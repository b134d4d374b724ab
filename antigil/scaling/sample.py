"""A sample: what one fresh process measured, or one round where there is only this process; the held share.

Confidence intervals: of a mean of few values, by Student's t, and of a median, by the values' order.

The interval of a median is free of assumptions about the distribution: between the k-th
smallest and the k-th largest of m samples lies the median with probability
1 - 2 sum_{i<k} C(m, i) / 2^m. Eight samples are the fewest that give 99 %.

References
----------
H. A. David, H. N. Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt
from statistics import fmean, median, median_high

from .own_work.meter import StartsWork
from .rounds import Round

FEWEST_ROUNDS = 5
"""With fewer their range says little, and nothing is decided while there is time."""

FEW_ROUNDS_MARGIN = 0.1
"""So much, relative to it, is added to their range at each end where the time is over with fewer."""

Z99 = 2.5758
"""So many standard errors to each side hold 99 % of a normal distribution."""

T99 = (63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499)
"""The same of Student's t distribution with 1 to 7 degrees of freedom."""


@dataclass(frozen=True)
class PointSample(StartsWork):
    """One sample at one thread count; the terms are those of :class:`.measurement.Point`.

    ``uncut`` is the speedup before `under_ceiling` cut it, None where it did not.
    """

    rate: float
    speedup: float
    raw_speedup: float
    waiting: float
    queued: float
    uncut: float | None = None
    own_threads: int = 0
    own_processes: int = 0
    own_cpu_seconds: float = 0.0
    kernel: float | None = None
    sleeps: float | None = None
    least: float = 0.0
    most: float = 1.0
    crowded: bool = False
    by_others: float = 1.0


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


def select(rounds: Sequence[Round]) -> tuple[tuple[Round, ...], bool]:
    """Return the rounds to use, and whether they are disturbed ones for want of better.

    Undisturbed rounds are used alone where they are at least a third of all and at least two.
    """
    clean = tuple(done for done in rounds if not done.disturbed)
    if len(clean) == len(rounds) or (len(clean) >= 2 and 3 * len(clean) >= len(rounds)):
        return clean, False
    return tuple(rounds), True


def sample_of(rounds: Sequence[Round]) -> Sample:
    """Reduce the rounds of one process to its medians."""
    used, disturbed = select(rounds)
    points = {n: _point_sample(used, n) for n in sorted(used[0].windows)}
    dropped = len(rounds) - len(used)
    return Sample(points, len(used), dropped, disturbed, shortened=any(one.shortened for one in used))


def starts_work(sample: Sample) -> bool:
    """Tell whether threads or processes that the workload starts itself were seen at work."""
    return any(point.has_own_work for point in sample.points.values())


def under_ceiling(sample: Sample, ceilings: tuple[float, float | None] | None) -> Sample:
    """Return a disturbed sample with no speedup above n, or the ceiling that the GIL-held share sets at most.

    Much queueing can make S* too large. The held share is right on a busy machine, and by the
    bottleneck law nothing exceeds its ceiling; more than n from n threads, which caches can
    give, cannot be told from the disturbance.
    """
    if not sample.disturbed:
        return sample
    limit = inf if ceilings is None or ceilings[1] is None else ceilings[1]
    points = {
        n: replace(point, speedup=min(limit, n), uncut=point.speedup)
        if point.speedup > min(limit, n)
        else point
        for n, point in sample.points.items()
    }
    return replace(sample, points=points)


def _point_sample(rounds: Sequence[Round], n: int) -> PointSample:
    windows = [done.windows[n] for done in rounds]
    kernel = [window.kernel for window in windows if window.kernel is not None]
    sleeps = [window.sleeps for window in windows if window.sleeps is not None]
    return PointSample(
        rate=median(window.rate for window in windows),
        speedup=median(done.queue_free_speedup(n) for done in rounds),
        raw_speedup=median(done.speedup(n) for done in rounds),
        waiting=median(window.waiting for window in windows),
        queued=median(window.queued or 0.0 for window in windows),
        own_threads=median_high(window.own_threads for window in windows),
        own_processes=median_high(window.own_processes for window in windows),
        own_cpu_seconds=median(window.own_cpu_seconds for window in windows),
        kernel=fmean(kernel) if kernel else None,  # told by the tick: no single window is right
        sleeps=median(sleeps) if sleeps else None,
        least=median(window.least for window in windows),
        most=median(window.most for window in windows),
        crowded=any(done.crowded and done.windows[n].has_own_work for done in rounds),
        by_others=median(done.windows[n].by_others(done.cpus_allowed) for done in rounds),
    )


def speedup_interval(rounds: Sequence[Round], threads: int) -> tuple[float, float]:
    """Return the 99 % interval of the median queue-free speedup; of fewer than eight rounds, their range."""
    speedups = [done.queue_free_speedup(threads) for done in rounds]
    if (interval := median_interval(speedups, 0.99)) is not None:
        return interval
    margin = FEW_ROUNDS_MARGIN if len(speedups) < FEWEST_ROUNDS else 0.0
    return min(speedups) * (1.0 - margin), max(speedups) * (1.0 + margin)


def t99(degrees: int) -> float:
    """Return how many standard errors hold 99 % of Student's t with so many degrees of freedom.

    References
    ----------
    M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5.
    """
    if degrees <= len(T99):
        return T99[degrees - 1]
    z, z3, z5, z7 = Z99, Z99**3, Z99**5, Z99**7
    return (
        z
        + (z3 + z) / (4 * degrees)
        + (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees**2)
        + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees**3)
    )


LOSS_GROWS_AS = 2
"""What a thread loses is taken to grow at most as this power of the number of others that are there."""


def least_side_by_side(speedup: float, most: float, threads: int, queued: float) -> float:
    """Return the least that a speedup can be without what other programs kept apart.

    See `.verdicts`; ``most`` is what it is where the GIL takes all that it can and nothing else does, and
    ``queued`` the share of time of so many threads.
    """
    beside = (1.0 - queued) ** min(threads - 1, LOSS_GROWS_AS)
    of = most if speedup < most else threads
    if beside <= 0.0:
        return min(speedup, most)
    least = of * max(0.0, (speedup / of - (1.0 - beside)) / beside)
    return min(speedup, max(least, most)) if of > most else least


def median_interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """Return the narrowest order-statistics interval of the median, or None with too few values."""
    ordered = sorted(values)
    m = len(ordered)
    outside, k = 0.0, 0
    while k < m // 2:
        outside += 2 * math.comb(m, k) / 2**m
        if outside > 1.0 - confidence:
            break
        k += 1
    return None if k == 0 else (ordered[k - 1], ordered[m - k])


@dataclass(frozen=True)
class GilHeld:
    """The share of its running time for which a workload holds the GIL.

    Attributes
    ----------
    share
        0 to 1.
    standard_error
        Of the share; never 0, as no finite number of probes is certain.
    probes
        Probes that counted.
    stall
        Longest time for which a probe stood waiting for the GIL, in seconds, and with it
        every other Python thread.
    method
        "switches" where the prober counted its context switches, "latency" where it had to
        go by its lateness and sees no hold shorter than about 1 ms.
    quantile99
        So many standard errors to each side hold the share with 99 % confidence.
    """

    share: float
    standard_error: float
    probes: int
    stall: float
    method: str
    quantile99: float = Z99

    @property
    def margin99(self) -> float:
        """Half the length of the 99 % interval of the share."""
        return self.quantile99 * self.standard_error

    @property
    def ci99(self) -> tuple[float, float]:
        """The 99 % interval of the share."""
        return self.interval(self.quantile99)

    def interval(self, standard_errors: float) -> tuple[float, float]:
        """Return the share with so many standard errors to each side, as far as it lies between 0 and 1."""
        margin = standard_errors * self.standard_error
        return max(0.0, self.share - margin), min(1.0, self.share + margin)

    @property
    def ceiling(self) -> float | None:
        """Speedup that no number of threads on any machine exceeds: 1 / share, by the bottleneck law.

        None where the share cannot be told from nothing (below three standard errors).
        """
        return None if self.share < 3.0 * self.standard_error else 1.0 / self.share

    @property
    def ceilings(self) -> tuple[float, float | None] | None:
        """Where the ceiling lies, by the 99 % interval of the share; None for an upper end without limit."""
        low, high = self.ci99
        return None if self.ceiling is None else (1.0 / high, 1.0 / low if low > 0.0 else None)


def pool(results: Iterable[GilHeld]) -> GilHeld:
    """Combine what several processes measured, each weighing by its probes.

    The 99 % interval is the wider one of two: what the probes leave open where all processes hold
    the GIL alike, and what k processes that differ leave open, by Student's t with k - 1 degrees
    of freedom.
    """
    parts = tuple(results)
    k = len(parts)
    probes = sum(part.probes for part in parts)
    share = sum(part.probes * part.share for part in parts) / probes
    within = sqrt(sum((part.probes * part.standard_error) ** 2 for part in parts)) / probes
    between = 0.0
    if k > 1:
        squares = sum((part.probes * (part.share - share)) ** 2 for part in parts)
        between = sqrt(k / (k - 1) * squares) / probes
    standard_error = max(within, between)
    margin99 = max(Z99 * within, t99(k - 1) * between if k > 1 else 0.0)
    return GilHeld(
        share=share,
        standard_error=standard_error,
        probes=probes,
        stall=max(part.stall for part in parts),
        method=parts[0].method,
        quantile99=margin99 / standard_error,
    )
