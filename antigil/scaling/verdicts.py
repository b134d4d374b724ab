"""The verdicts: whether threads help, what is missing from that, and how long they hold the GIL.

One word on whether threads help, by the speedup S* at the largest thread count that the CPUs can serve.

    scales         S* >= 0.9 min(n, CPUs)
    partly         between
    does-not       S* from 0.9 to 1.1
    hurts          S* < 0.9
    inconclusive   the interval of S* reaches across two that are no neighbours, or across two that are
                   and is wider than a quarter of min(n, CPUs)

Beside other programs, S* says too much of threads that get in each other's way: while one stands in
the run queue, it gets in nobody's. Threads that are queued for a share q of their time run beside
the others for about o = (1 - q)^(n - 1) of theirs. Of the efficiency P that was seen, 1 - o belongs
to the time in which nobody was there, so that side by side it is as low as (P - (1 - o)) / o.
What the GIL takes is left out of that: those who wait for a thread in the run queue wait all the same.
So the lower end of the interval is moved down to where the quiet speedup may lie. And no speedup
exceeds the ceiling that the GIL-held share sets.

What is missing from n times the speed of one thread, as factors whose product is about n / S*:

    waiting    [1 - w(1)] / [1 - w(n)]     w: share of the unqueued time for which threads wait
    CPU time   c(n) / c(1)                 what a call takes of it, against one thread

belong to these causes (logarithms are shared out):

    gil          waiting for the GIL, as it is held for long
    hand-over    the same, and the kernel's time for it, where it is held for so short a time that
                 handing it over costs more
    waiting      waiting for a lock, or for I/O that serves one at a time, and the kernel's time for it
    cpu          the rest of the CPU time: memory that threads share
    own-threads  all of it, where the workload's own threads need the CPUs

For whom threads wait is what they were seen waiting for (`.thread_states`); where nobody looked, it
is the GIL as far as the held share explains it. Time in the kernel that a call takes in n threads
and not in one is that of locks that change hands, the GIL's or others, unless calls need the kernel
on their own; and where calls themselves are as short as that, so is the rest.

One word on how long a workload holds the GIL leans on the held share, right on any machine. Speedup is
not asked: few CPUs do not show a held share of 10 % in it.

    no-gil         the GIL is disabled: there is nothing to hold
    holds          held >= 0.9
    releases       held <= 0.1
    partly         between
    inconclusive   2.58 standard errors to each side of the held share reach across two of these,
                   and are wider than 0.2

Whatever the word, its threads may wait elsewhere, for a lock or for I/O:

    alone          one thread waits for more than 0.1 of its time
    each other     n threads wait for more than 0.1 of theirs beyond what their calls would
                   wait for in one thread, and beyond what the GIL can explain

A call waits in one thread for waiting(1) / X(1) seconds, so that n threads wait beyond it for the
share waiting(n) - waiting(1) S(n) / n of their time. Calls that hold the GIL for a share h wait for
it longest where all holds collide: then n threads take 1 + (n - 1) h instead of 1, and wait for
(n - 1) h of that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sample import Z99

if TYPE_CHECKING:
    from .measurement import Measurement, Point

SCALES_FROM = 0.9
"""Share of min(n, CPUs)."""

HELPS_ABOVE = 1.1
HURTS_BELOW = 0.9

WIDEST = 0.25
"""Of min(n, CPUs): a wider interval decides nothing, unless all of it says the same."""

WORDS = ("hurts", "does-not", "partly", "scales")


@dataclass(frozen=True)
class Judged:
    """The speedup that the verdict is about.

    Attributes
    ----------
    threads
        Their number, n.
    ideal
        min(n, CPUs allowed).
    low, speedup, high
        Where S* lies, by what the samples tell and what other programs leave open.
    """

    threads: int
    ideal: int
    low: float
    speedup: float
    high: float

    @property
    def word(self) -> str:
        """One of `WORDS`, or ``inconclusive``."""
        return speedup_word(self.speedup, (self.low, self.high), self.ideal)


def speedup_word(speedup: float, interval: tuple[float, float], ideal: float) -> str:
    """Return one of `WORDS` for a speedup, or ``inconclusive`` where its interval leaves too much open."""
    low, high = interval
    lowest, highest = _rank(low, ideal), _rank(high, ideal)
    if highest - lowest > 1 or (highest > lowest and high - low > WIDEST * ideal):
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
    allowed = measurement.host.ideal
    several = [point for point in measurement.points if point.threads > 1]
    if not several or allowed < 2:
        return None
    served = [point for point in several if point.threads <= allowed]
    point = served[-1] if served else several[0]
    ceiling = (measurement.gil_held.ceilings or (0.0, None))[1] or math.inf
    low, median, high = (min(end, ceiling) for end in sorted((*point.speedup.bounds, point.speedup.median)))
    if point.threads <= allowed:
        low, median = (_side_by_side(measurement, point, speedup) for speedup in (low, median))
    return Judged(point.threads, min(point.threads, allowed), low, median, high)


def scaling_verdict(measurement: Measurement) -> str:
    """Return one of ``scales``, ``partly``, ``does-not``, ``hurts``, ``inconclusive``."""
    found = judged(measurement)
    return "inconclusive" if found is None else found.word


def _side_by_side(measurement: Measurement, point: Point, speedup: float) -> float:
    """Return the least that a speedup can be without what other programs kept apart."""
    n = point.threads
    beside = (1.0 - point.queued) ** (n - 1)
    held = measurement.gil_held.ci99[1] if measurement.host.gil else 0.0
    most = n / (1.0 + (n - 1) * held)  # for the GIL, if all holds collide
    kept = min(1.0, speedup / most)
    if beside <= 0.0 or kept >= 1.0:
        return speedup
    return most * max(0.0, (kept - (1.0 - beside)) / beside)


WORTH_TELLING = 1.05
"""A cause that makes calls less than so many times slower is not named."""

SHORT_HOLD_SECONDS = 5e-5
"""About what it takes to wake up a thread that waits: a shorter hold costs less than to hand it over."""

OWN_KERNEL_SHARE = 0.05
"""Calls that spend more of their CPU time in the kernel than this in one thread need it on their own."""

STARVED = 0.2
"""A thread that gets less than this share of its equal part of the work starves."""


def missing(measurement: Measurement, threads: int) -> dict[str, float]:
    """Return how many times slower each cause makes the threads, the worst first."""
    point, one = measurement.point(threads), measurement.point(1)
    kept = max(1e-9, 1.0 - _unqueued(one)) / max(1e-9, 1.0 - _unqueued(point))
    waited, worked = math.log(max(1.0, kept)), math.log(max(1.0, point.inflation))
    if point.own_threads and one.own_on_cpu + one.on_cpu > 1.0 + WAITING_WORTH_TELLING:
        parts = {"own-threads": waited + worked}
    else:
        for_gil = min(1.0, waiting_for_gil(measurement) / max(1e-9, extra_waiting(measurement)))
        handed = worked * _kernel_part(point, one)
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


def _kernel_part(point: Point, one: Point) -> float:
    """Return which part of the CPU time beyond one thread's goes to locks that change hands."""
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


def _unqueued(point: Point) -> float:
    """Return for which share of the time that it was not queued a thread waited."""
    return point.waiting / (1.0 - point.queued) if point.queued < 1.0 else 0.0


RELEASES_AT_MOST = 0.1
HOLDS_AT_LEAST = 0.9
WAITING_WORTH_TELLING = 0.1

FEWEST_SEEN = 8
"""Fewer looks that found a thread waiting do not tell for what."""


def classify(share: float) -> str:
    """Return ``releases``, ``partly`` or ``holds`` for a GIL-held share."""
    if share <= RELEASES_AT_MOST:
        return "releases"
    return "holds" if share >= HOLDS_AT_LEAST else "partly"


def gil_verdict(measurement: Measurement) -> str:
    """Return one of ``releases``, ``partly``, ``holds``, ``no-gil``, ``inconclusive``."""
    if not measurement.host.gil:
        return "no-gil"
    held = measurement.gil_held
    margin = Z99 * held.standard_error
    low, high = held.share - margin, held.share + margin
    if margin > 0.1 and classify(low) != classify(high):
        return "inconclusive"
    return classify(held.share)


def most_telling_point(measurement: Measurement) -> Point:
    """Return the point with the most threads that the CPUs allowed can serve."""
    allowed = measurement.host.cpus_allowed
    served = [point for point in measurement.points if point.threads <= allowed]
    return (served or list(measurement.points))[-1]


def extra_waiting(measurement: Measurement) -> float:
    """Return the waiting share at the most telling point beyond what its calls wait for in one thread."""
    point, one = most_telling_point(measurement), measurement.point(1)
    return point.waiting - one.waiting * point.raw_speedup.median / point.threads


def waiting_for_gil_at_most(measurement: Measurement) -> float:
    """Return for which share of their time, at most, threads at the most telling point wait for the GIL."""
    if not measurement.host.gil:
        return 0.0
    held = measurement.gil_held
    others = (most_telling_point(measurement).threads - 1) * min(1.0, held.share + Z99 * held.standard_error)
    return others / (1.0 + others)


def waiting_for_gil(measurement: Measurement) -> float:
    """Return the share of time at the most telling point for which threads were seen to wait for the GIL.

    Without enough looks it is what that share is at most.
    """
    states = measurement.states
    if states is None or states.waiting < FEWEST_SEEN:
        return waiting_for_gil_at_most(measurement)
    return most_telling_point(measurement).waiting * states.gil / states.waiting


def waits(measurement: Measurement) -> str | None:
    """Return where threads wait other than for the GIL: ``alone`` or for ``each other``; None for neither.

    Threads that wait for each other may do so alone as well: for I/O under a lock, say.
    """
    one = measurement.point(1)
    if math.isnan(one.inflation):
        return None  # no CPU time is seen here, and all time looks like waiting
    if extra_waiting(measurement) - waiting_for_gil(measurement) > WAITING_WORTH_TELLING:
        return "each other"
    return "alone" if one.waiting > WAITING_WORTH_TELLING else None
