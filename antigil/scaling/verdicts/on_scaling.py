"""Whether threads help.

One word on whether threads help, by the speedup S* at the largest thread count that the CPUs can serve.

    scales         S* >= 0.9 min(n, CPUs)
    partly         between
    does-not       S* from 0.9 to 1.1
    hurts          S* < 0.9
    inconclusive   the interval of S* reaches across two that are no neighbours, or across two that are
                   and is wider than a quarter of its upper end, or of 2 if that is more; or what was seen
                   beside other programs is another one than the least that S* can be without them

The interval of few samples is their range, and wider than that by the margin of few rounds (`.sample`).

Where other programs disturb it, S* says too much of threads that get in each other's way: while one stands in
the run queue, it gets in nobody's. Threads that are queued for a share q of their time have
(1 - q) (n - 1) others beside them, instead of n - 1. What a thread loses to the others grows with their
number: two threads lose o = 1 - q of what they would lose, and more threads o = (1 - q)^2 or more, where
the loss grows at most as the square. So of the efficiency P that was seen, side by side it is as low as
(P - (1 - o)) / o.
So the lower end of the interval is moved down to where the quiet speedup may lie: but not below what the
GIL leaves if all holds collide, as far as nothing else shows. Threads that send each other to sleep, for
the GIL or for a lock, are beside each other still more seldom than that: while one sleeps, the other gets
its CPU, and each then has its turn in the run queue. Of those who do it often the quiet speedup may be next
to nothing. And it may be anything where nothing is given back: where other programs keep the workload's own
threads or processes off the CPUs, or threads of which there are more than CPUs. No speedup exceeds the
ceiling that the GIL-held share sets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..host import Host
from ..rounds import DISTURBED_QUEUE_SHARE, Round
from ..sample import FEW_ROUNDS_MARGIN, FEWEST_ROUNDS, GilHeld, least_side_by_side, sample_of
from .on_gil import most_telling_point

if TYPE_CHECKING:
    from ..measurement import Estimate, Measurement, Point

SCALES_FROM = 0.9
"""Share of min(n, CPUs)."""

HELPS_ABOVE = 1.1
HURTS_BELOW = 0.9

WIDEST = 0.25
"""Of its upper end, or of 2: a wider interval decides nothing, unless all of it says the same."""

WORDS = ("hurts", "does-not", "partly", "scales")


@dataclass(frozen=True)
class Judged:
    """The speedup that the verdict is about.

    Attributes
    ----------
    threads
        Their number, n.
    ideal
        min(n, cores of one kind).
    low, speedup, high
        Where S* lies, by what the samples tell and what other programs leave open.
    seen
        The S* that was measured: of a disturbed measurement ``speedup`` may be less.
    """

    threads: int
    ideal: int
    low: float
    speedup: float
    high: float
    seen: float

    @property
    def word(self) -> str:
        """One of `WORDS`, or ``inconclusive``."""
        if _rank(self.speedup, self.ideal) != _rank(self.seen, self.ideal):
            return "inconclusive"
        return speedup_word(self.speedup, (self.low, self.high), self.ideal)


def speedup_word(speedup: float, interval: tuple[float, float], ideal: float) -> str:
    """Return one of `WORDS` for a speedup, or ``inconclusive`` where its interval leaves too much open."""
    low, high = interval
    lowest, highest = _rank(low, ideal), _rank(high, ideal)
    high = min(high, ideal)  # how far beyond what n threads can do makes no difference
    if highest - lowest > 1 or (highest > lowest and high - low > WIDEST * max(2.0, high)):
        return "inconclusive"
    return WORDS[_rank(speedup, ideal)]


def _rank(speedup: float, ideal: float) -> int:
    if speedup < HURTS_BELOW:
        return 0
    if speedup <= HELPS_ABOVE:
        return 1
    return 3 if speedup >= SCALES_FROM * ideal else 2


def judged(measurement: Measurement) -> Judged | None:
    """Return the speedup to judge; None where only one thread, or one CPU, was there.

    It is that of the most threads that physical cores of one kind can serve, else of the fewest beyond.
    """
    point, cpus = most_telling_point(measurement), measurement.host.cpus_allowed
    if point.threads == 1 or measurement.host.ideal < 2:
        return None
    ceiling = (measurement.gil_held.ceilings or (0.0, None))[1] or math.inf
    ends = (*bounds(measurement, point.speedup), point.speedup.median)
    low, seen, high = (min(end, ceiling) for end in sorted(ends))
    ideal = min(point.threads, measurement.host.ideal)
    if point.crowded or _is_kept_off(point, cpus):  # what others took is not given back
        return Judged(point.threads, ideal, 0.0, seen, min(max(high, ideal), ceiling), seen)
    least = seen
    if point.disturbed and point.threads <= cpus:
        low, least = (_side_by_side(measurement, point, speedup) for speedup in (low, seen))
    return Judged(point.threads, ideal, low, least, high, seen)


def bounds(measurement: Measurement, estimate: Estimate) -> tuple[float, float]:
    """Return where a speedup lies: its interval, or the range of few samples, wider where they say little."""
    low, high = estimate.bounds
    is_sure = estimate.ci99 is not None or len(measurement.samples) >= FEWEST_ROUNDS
    margin = 0.0 if is_sure else FEW_ROUNDS_MARGIN
    return low * (1.0 - margin), high * (1.0 + margin)


def _is_kept_off(point: Point, cpus: int) -> bool:
    """Tell whether other programs kept threads off the CPUs of which there are more than so many CPUs."""
    queued_at_least = 1.0 - cpus / point.threads
    return queued_at_least > 0.0 and (
        point.disturbed or point.queued_by_others > queued_at_least + DISTURBED_QUEUE_SHARE
    )


def _side_by_side(measurement: Measurement, point: Point, speedup: float) -> float:
    """Return the least that a speedup can be without what other programs kept apart."""
    if send_each_other_to_sleep(measurement, point):
        return 0.0
    held = measurement.gil_held.ci99[1] if measurement.host.gil else 0.0
    return _beside_all(speedup, point.threads, point.queued_by_others, held)


def least_of_rounds(rounds: Sequence[Round], threads: int, speedup: float, held: GilHeld | None) -> float:
    """Return the least that a speedup of disturbed rounds can be, if the GIL is held for that share."""
    points = sample_of(rounds).points
    point, one = points[threads], points[1]
    on_cpu = 1.0 - point.waiting - point.queued
    if send_to_sleep(point.sleeps, one.sleeps, point.waiting, on_cpu, Host.here()):
        return 0.0
    most_held = 0.0 if held is None else held.ci99[1]
    return _beside_all(speedup, threads, point.queued * point.by_others, most_held)


def _beside_all(speedup: float, n: int, queued: float, held: float) -> float:
    if queued <= DISTURBED_QUEUE_SHARE:
        return speedup
    most = n / (1.0 + (n - 1) * held)  # for the GIL, if all holds collide
    return least_side_by_side(speedup, most, n, queued)


def send_each_other_to_sleep(measurement: Measurement, point: Point) -> bool:
    """Tell whether so many threads do, by what they were seen to sleep."""
    one = measurement.point(1)
    return send_to_sleep(point.sleeps, one.sleeps, point.waiting, point.on_cpu, measurement.host)


def send_to_sleep(
    sleeps: float | None, alone: float | None, waiting: float, on_cpu: float, host: Host
) -> bool:
    """Tell whether threads send each other to sleep, so often that waking up may cost what they gain.

    Who waits for a GIL that is held for long does no harm: it wakes up at every switch interval, to ask
    for it, and once more when it has it. The terms are those of `Point`; ``alone`` is what one thread sleeps.
    """
    if sleeps is None or alone is None or on_cpu <= 0.0:
        return False
    asks = SLEEPS_TO_ASK * waiting / on_cpu / host.switch_interval if host.gil else 0.0
    return sleeps > 2.0 * alone + asks + MOST_SLEEPS


MOST_SLEEPS = 500.0
"""Per second of CPU time: to wake up takes some 50 microseconds, so that fewer cost less than 3 %."""

SLEEPS_TO_ASK = 3.0
"""For each switch interval that a thread waits for the GIL."""
