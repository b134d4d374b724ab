"""What is missing from the speedup, and what takes it.

What is missing, as factors whose product is min(n, CPUs) / S*. In n threads a call takes a thread longer
than in one, and of a thread's time the excess is

    waiting    waiting(n) - waiting(1) S(n) / n
    CPU time   busy(n) (1 - c(1) / c(n))       c: what a call takes of it, own threads' and processes' too

in which shares the logarithm of what is missing belongs to these causes:

    gil          waiting for the GIL, as it is held for long
    stops        without a GIL, waiting for calls that stop all other threads, mostly for garbage collection
    hand-over    the same, and the kernel's time for it, where calls hold it for so short a time, once or
                 again and again, that handing it over costs more
    waiting      waiting for a lock, or for I/O that serves one at a time, and the kernel's time for it
    cpu          the rest of the CPU time: memory that threads share
    own-threads  all of it, where the workload's own threads or processes need the CPUs and have them busy

For whom threads wait is what they were seen waiting for (`.thread_states`); where nobody looked, it
is the GIL as far as the held share explains it. What the hand-over costs is what a call takes longer
in n threads than in one, less the n - 1 holds of the others, for which it may have waited. Time in the
kernel that a call takes in n threads and not in one is that of locks that change hands, the GIL's
where it is handed over and others', unless calls need the kernel on their own, or nobody was seen to
wait for one; and where calls themselves are as short as that, so is the rest. Calls of any length that
release the GIL too often get far less done than where all holds collide, n / (1 + (n - 1) h), as their
threads wake up again and again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..rounds import CALLS_PER_WINDOW
from ..window import LONGER_AT_MOST_SECONDS
from .on_gil import (
    FEWEST_SEEN,
    HOLDS_AT_LEAST,
    SHORT_HOLD_SECONDS,
    WAITING_WORTH_TELLING,
    extra_waiting,
    hand_over_seconds,
    is_price_of_one,
    seconds_alone,
    waiting_at_gil,
    waiting_for_gil,
    waiting_for_gil_at_most,
    waits_longer,
    waits_with_gil,
)
from .on_scaling import bounds, send_each_other_to_sleep

if TYPE_CHECKING:
    from ..measurement import Measurement, Point

WORTH_TELLING = 1.05
"""A cause that makes calls less than so many times slower is not named."""

SHORT_CALL_SECONDS = 1e-3
"""Longer calls that hold the GIL for short are not slowed down by handing it over once for each."""

FAR_BELOW = 0.8
"""Of what the others' holds leave at least: calls that get less done than this lose it to something else."""

BUSY = 0.6
"""With less than this share of the CPUs busy nobody competes for them."""

MANY_LOOKS = 400
"""If fewer than one in a hundred of so many found a thread waiting for a lock, none often changes hands."""

OWN_KERNEL_SHARE = 0.05
"""Calls that spend more of their CPU time in the kernel than this in one thread need it on their own."""

STARVED = 0.2
"""A thread that gets less than this share of its equal part of the work starves."""

FEWEST_TURNS = 5
"""Threads that wait for the GIL get it in no order: of fewer turns for each, some get none by chance."""


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
        is_handed_over = _is_handed_over(measurement, point)
        waits_for_gil = waiting_for_gil_at_most if is_handed_over else waiting_for_gil
        for_gil = min(1.0, waits_for_gil(measurement) / max(1e-9, extra_waiting(measurement)))
        handed = worked * _kernel_part(measurement, point, one)
        gil_handed = handed * _handed_by_gil(measurement, is_handed_over)
        gil = waited * for_gil + gil_handed
        elsewhere, cpu = waited * (1.0 - for_gil) + handed - gil_handed, worked - handed
        is_short = is_handed_over and one.rate * SHORT_HOLD_SECONDS > 1.0
        if is_short and gil > max(elsewhere, math.log(WORTH_TELLING)):
            gil, cpu = gil + cpu, 0.0  # so short a call streams through little memory, and shares the GIL's
        name = "hand-over" if is_handed_over else "gil" if measurement.host.gil else "stops"
        parts = {name: gil, "waiting": elsewhere, "cpu": cpu}
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


def _handed_by_gil(measurement: Measurement, is_handed_over: bool) -> float:
    """Return which part of the locks that change hands is the GIL, as far as threads were seen to wait."""
    if waits_with_gil(measurement):
        return 0.0
    states, unseen = measurement.states, 1.0 if is_handed_over else 0.0
    gil, lock = (0, 0) if states is None else (states.gil, states.lock)
    return (gil + unseen) / max(1.0, gil + lock + unseen)


def _is_handed_over(measurement: Measurement, point: Point) -> bool:
    """Tell whether getting the GIL back costs calls more than they hold it for, once or again and again."""
    held, states = measurement.gil_held, measurement.states
    is_seen = states is not None and states.gil >= FEWEST_SEEN
    if not measurement.host.gil or held.share >= HOLDS_AT_LEAST or not (is_seen or held.ceiling):
        return False
    if waits_with_gil(measurement):
        return False
    alone, price = seconds_alone(measurement), hand_over_seconds(measurement, point.threads)
    if _holds_for_short(measurement) and price > held.share * alone:
        return True
    is_far_below = is_seen and _is_far_below_holds(measurement, point)
    return is_far_below and send_each_other_to_sleep(measurement, point)


def _holds_for_short(measurement: Measurement) -> bool:
    alone = seconds_alone(measurement)
    return alone < SHORT_CALL_SECONDS and measurement.gil_held.share * alone < SHORT_HOLD_SECONDS


def _is_far_below_holds(measurement: Measurement, point: Point) -> bool:
    """Tell whether threads get far less done than if each waited for all others' holds."""
    n = min(point.threads, measurement.host.ideal)
    least = n / (1.0 + (n - 1) * measurement.gil_held.ci99[1])
    return bounds(measurement, point.speedup)[1] < FAR_BELOW * least


def hands_over_once(measurement: Measurement, threads: int) -> bool:
    """Tell whether calls are so short, and lose so little, that the GIL is handed over once for each."""
    return _holds_for_short(measurement) and is_price_of_one(measurement, threads)


def starved(measurement: Measurement, point: Point) -> bool:
    """Tell whether a thread gets next to none of the work, and not for want of turns with the GIL."""
    if point.least is None or point.least.bounds[1] >= STARVED / point.threads:
        return False
    if any(sample.shortened for sample in measurement.samples):
        return False  # of a few calls each, some thread has made none by chance
    if waits_longer(point, measurement.point(1)) < WAITING_WORTH_TELLING:
        return False  # nobody keeps it from working: its work is another one
    if 2.0 * waiting_at_gil(measurement) <= extra_waiting(measurement):
        return True
    window = max(LONGER_AT_MOST_SECONDS, CALLS_PER_WINDOW / measurement.point(1).rate)
    return window >= FEWEST_TURNS * point.threads * measurement.host.switch_interval


def cause(measurement: Measurement, threads: int) -> str | None:
    """Return what takes the largest part of the missing speedup; None where hardly anything is missing."""
    name, factor = next(iter(missing(measurement, threads).items()))
    if name == "cpu" and measurement.point(threads).inflation < WORTH_TELLING:
        return None  # calls take no more CPU time, and what takes the rest is not seen
    return name if factor >= WORTH_TELLING else None
