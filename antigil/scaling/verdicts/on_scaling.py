"""Whether threads help, and what is missing from that.

One word on whether threads help, by the speedup S* at the largest thread count that the CPUs can serve.

    scales         S* >= 0.9 min(n, CPUs)
    partly         between
    does-not       S* from 0.9 to 1.1
    hurts          S* < 0.9
    inconclusive   the interval of S* reaches across two that are no neighbours, or across two that are
                   and is wider than a quarter of its upper end, or of 2 if that is more; or what was seen
                   beside other programs is another one than the least that S* can be without them

Beside other programs, S* says too much of threads that get in each other's way: while one stands in
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

What is missing, as factors whose product is min(n, CPUs) / S*. In n threads a call takes a thread longer
than in one, and of a thread's time the excess is

    waiting    waiting(n) - waiting(1) S(n) / n
    CPU time   busy(n) (1 - c(1) / c(n))       c: what a call takes of it, own threads' and processes' too

in which shares the logarithm of what is missing belongs to these causes:

    gil          waiting for the GIL, as it is held for long
    hand-over    the same, and the kernel's time for it, where it is held for so short a time that
                 handing it over costs more
    waiting      waiting for a lock, or for I/O that serves one at a time, and the kernel's time for it
    cpu          the rest of the CPU time: memory that threads share
    own-threads  all of it, where the workload's own threads or processes need the CPUs and have them busy

For whom threads wait is what they were seen waiting for (`.thread_states`); where nobody looked, it
is the GIL as far as the held share explains it. Time in the kernel that a call takes in n threads
and not in one is that of locks that change hands, the GIL's or others, unless calls need the kernel
on their own, or nobody was seen to wait for one; and where calls themselves are as short as that, so is
the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..rounds import DISTURBED_QUEUE_SHARE
from ..sample import least_side_by_side
from .on_gil import (
    HOLDS_AT_LEAST,
    WAITING_WORTH_TELLING,
    extra_waiting,
    most_telling_point,
    waiting_for_gil,
    waits_longer,
)

if TYPE_CHECKING:
    from ..host import Host
    from ..measurement import Measurement, Point

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
        The S* that was seen of a disturbed measurement, else the same as ``speedup``.
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
    low, median, high = (min(end, ceiling) for end in sorted((*point.speedup.bounds, point.speedup.median)))
    seen, ideal = median, min(point.threads, measurement.host.ideal)
    if point.crowded or _is_kept_off(point, cpus):  # what others took is not given back
        return Judged(point.threads, ideal, 0.0, median, min(max(high, ideal), ceiling), seen)
    if point.threads <= cpus:
        low, median = (_side_by_side(measurement, point, speedup) for speedup in (low, median))
    seen = seen if point.disturbed else median
    return Judged(point.threads, ideal, low, median, high, seen)


def _is_kept_off(point: Point, cpus: int) -> bool:
    """Tell whether other programs kept threads off the CPUs of which there are more than so many CPUs."""
    queued_at_least = 1.0 - cpus / point.threads
    return queued_at_least > 0.0 and (
        point.disturbed or point.queued_by_others > queued_at_least + DISTURBED_QUEUE_SHARE
    )


def scaling_verdict(measurement: Measurement) -> str:
    """Return one of ``scales``, ``partly``, ``does-not``, ``hurts``, ``inconclusive``."""
    found = judged(measurement)
    return "inconclusive" if found is None else found.word


def _side_by_side(measurement: Measurement, point: Point, speedup: float) -> float:
    """Return the least that a speedup can be without what other programs kept apart."""
    n = point.threads
    if point.disturbed and _send_each_other_to_sleep(measurement, point):
        return 0.0
    held = measurement.gil_held.ci99[1] if measurement.host.gil else 0.0
    most = n / (1.0 + (n - 1) * held)  # for the GIL, if all holds collide
    return least_side_by_side(speedup, most, n, point.queued_by_others)


def _send_each_other_to_sleep(measurement: Measurement, point: Point) -> bool:
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

WORTH_TELLING = 1.05
"""A cause that makes calls less than so many times slower is not named."""

SHORT_HOLD_SECONDS = 5e-5
"""About what it takes to wake up a thread that waits: a shorter hold costs less than to hand it over."""

BUSY = 0.6
"""With less than this share of the CPUs busy nobody competes for them."""

MANY_LOOKS = 400
"""If fewer than one in a hundred of so many found a thread waiting for a lock, none often changes hands."""

OWN_KERNEL_SHARE = 0.05
"""Calls that spend more of their CPU time in the kernel than this in one thread need it on their own."""

STARVED = 0.2
"""A thread that gets less than this share of its equal part of the work starves."""


def missing(measurement: Measurement, threads: int) -> dict[str, float]:
    """Return how many times slower each cause makes the threads, the worst first."""
    point, one = measurement.point(threads), measurement.point(1)
    lacking = math.log(max(1.0, min(threads, measurement.host.ideal) / max(1e-9, point.speedup.median)))
    if _own_work_competes(measurement, point):
        parts = {"own-threads": lacking}
    else:
        waits, works, queued = _longer(measurement, point)
        longer = max(1e-9, waits + works + queued)
        waited, worked = lacking * waits / longer, lacking * works / longer
        for_gil = min(1.0, waiting_for_gil(measurement) / max(1e-9, extra_waiting(measurement)))
        handed = worked * _kernel_part(measurement, point, one)
        gil_handed = handed * _handed_by_gil(measurement)
        gil = waited * for_gil + gil_handed
        elsewhere, cpu = waited * (1.0 - for_gil) + handed - gil_handed, worked - handed
        held = measurement.gil_held.share
        is_short = held < HOLDS_AT_LEAST and held / one.rate < SHORT_HOLD_SECONDS
        if is_short and one.rate * SHORT_HOLD_SECONDS > 1.0 and gil > max(elsewhere, math.log(WORTH_TELLING)):
            gil, cpu = gil + cpu, 0.0  # so short a call streams through little memory, and shares the GIL's
        parts = {"hand-over" if is_short else "gil": gil, "waiting": elsewhere, "cpu": cpu}
    factors = {name: math.exp(part) for name, part in parts.items()}
    return dict(sorted(factors.items(), key=lambda item: -item[1]))


def _own_work_competes(measurement: Measurement, point: Point) -> bool:
    """Tell whether one call alone keeps more than a CPU busy, and so many threads keep most of them busy."""
    one, cpus = measurement.point(1), measurement.host.cpus_allowed
    busy = point.threads * (point.on_cpu + point.own_on_cpu + point.queued)
    needs_more = one.on_cpu + one.own_on_cpu > 1.0 + WAITING_WORTH_TELLING
    return point.has_own_work and needs_more and (busy > BUSY * cpus or point.disturbed)


def _longer(measurement: Measurement, point: Point) -> tuple[float, float, float]:
    """Return for which shares of a thread's time a call waits, works and is queued longer than in one thread.

    With more threads than CPUs, to be queued is no loss as far as others of them run meanwhile.
    """
    waits = max(0.0, waits_longer(point, measurement.point(1)))
    works = (point.on_cpu + point.own_on_cpu) * (1.0 - 1.0 / max(1.0, point.inflation))
    cpus = measurement.host.cpus_allowed
    queued = max(0.0, point.queued - (1.0 - cpus / point.threads)) if point.threads > cpus else 0.0
    return waits, works, queued


def _kernel_part(measurement: Measurement, point: Point, one: Point) -> float:
    """Return which part of the CPU time beyond one thread's goes to locks that change hands."""
    states = measurement.states
    if states is not None and states.looks >= MANY_LOOKS and states.gil + states.lock < 0.01 * states.looks:
        return 0.0
    if point.kernel is None or one.kernel is None or one.kernel > OWN_KERNEL_SHARE or point.inflation <= 1.0:
        return 0.0
    return min(1.0, max(0.0, (point.kernel * point.inflation - one.kernel) / (point.inflation - 1.0)))


def _handed_by_gil(measurement: Measurement) -> float:
    """Return which part of the locks that change hands is the GIL, as far as threads were seen to wait."""
    states = measurement.states
    if not measurement.host.gil:
        return 0.0
    return 1.0 if states is None else (states.gil + 1) / (states.gil + states.lock + 1)


def starved(point: Point) -> bool:
    """Tell whether a thread gets next to none of the work."""
    return point.least is not None and point.least.bounds[1] < STARVED / point.threads


def cause(measurement: Measurement, threads: int) -> str | None:
    """Return what takes the largest part of the missing speedup; None where hardly anything is missing."""
    name, factor = next(iter(missing(measurement, threads).items()))
    return name if factor >= WORTH_TELLING else None
