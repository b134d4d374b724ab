"""How long a workload holds the GIL, and where else its threads wait.

One word on how long a workload holds the GIL leans on the held share, right on any machine. Speedup is
not asked: few CPUs do not show a held share of 10 % in it.

    no-gil         the GIL is disabled: there is nothing to hold
    holds          held >= 0.9
    releases       held <= 0.1
    partly         between
    inconclusive   2.58 standard errors to each side of the held share reach across two of these and are
                   wider than 0.2, or its 99 % interval is wider than 0.5

Whatever the word, its threads may wait elsewhere, for a lock or for I/O:

    alone          one thread waits for more than 0.1 of its time
    each other     n threads wait for more than 0.1 of theirs beyond what their calls would
                   wait for in one thread, and beyond what the GIL can explain

A call waits in one thread for waiting(1) / X(1) seconds, so that n threads wait beyond it for the
share waiting(n) - waiting(1) S(n) / n of their time, less that for which what the call starts itself
works longer. Calls that hold the GIL for a share h wait for
it longest where all holds collide: then n threads take 1 + (n - 1) h instead of 1, and wait for
(n - 1) h of that. What a call takes longer than that is the price of getting the GIL back. Without a GIL, h
is the share of its time for which a call stops all other threads, as garbage collection does, and what they
wait for that is told apart from other waiting in the same way.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..host import threads_served
from ..rounds import counts_served
from ..sample import Z99

if TYPE_CHECKING:
    from ..measurement import Measurement, Point

RELEASES_AT_MOST = 0.1
HOLDS_AT_LEAST = 0.9
WAITING_WORTH_TELLING = 0.1

WIDEST_SHARE = 0.5
"""An interval of the held share that is wider tells nothing."""

FEWEST_SEEN = 8
"""Fewer looks that found a thread waiting do not tell for what."""

ONE_AT_A_TIME = (0.5, 1.5)
"""So many threads are seen waiting for a lock on average, if one of them has the GIL."""

FEWEST_BESIDE_A_LOCK = 4
"""Of fewer threads too few wait for the GIL to tell such a lock from one that is waited for without it."""

SHORT_HOLD_SECONDS = 5e-5
"""About what it takes to wake up a thread that waits: a shorter hold costs less than to hand it over."""


def classify(share: float) -> str:
    """Return ``releases``, ``partly`` or ``holds`` for a GIL-held share."""
    if share <= RELEASES_AT_MOST:
        return "releases"
    return "holds" if share >= HOLDS_AT_LEAST else "partly"


def gil_verdict(measurement: Measurement) -> str:
    """Return one of ``releases``, ``partly``, ``holds``, ``no-gil``, ``inconclusive``."""
    if not measurement.host.gil:
        return "no-gil"
    held, (low, high) = measurement.gil_held, measurement.gil_held.ci99
    margin = Z99 * held.standard_error
    crosses = margin > 0.1 and classify(held.share - margin) != classify(held.share + margin)
    return "inconclusive" if crosses or high - low > WIDEST_SHARE else classify(held.share)


def most_telling_point(measurement: Measurement) -> Point:
    """Return the point with the most threads that can be served at once, else with the fewest beyond.

    With a single CPU that is one thread alone: those beside it are queued, too.
    """
    served = threads_served(measurement.host.ideal, measurement.host.cpus_allowed)
    counts = counts_served((point.threads for point in measurement.points), served)
    return measurement.point(counts[-1] if counts and served > 1 else 1)


def extra_waiting(measurement: Measurement) -> float:
    """Return the waiting share at the most telling point beyond what its calls wait for in one thread."""
    return waits_longer(most_telling_point(measurement), measurement.point(1))


def waits_longer(point: Point, one: Point) -> float:
    """Return for which share of a thread's time a call waits longer than in one thread.

    While its own threads and processes work longer, so many at once as in one thread, the thread that calls
    waits, for none of the others.
    """
    part = point.raw_speedup.median / point.threads
    at_once = max(1.0, one.own_on_cpu / max(1e-9, one.waiting))
    own = max(0.0, point.own_on_cpu - one.own_on_cpu * part) / at_once
    return point.waiting - one.waiting * part - own


def waiting_for_gil(measurement: Measurement) -> float:
    """Return the share of time at the most telling point for which threads wait for the GIL.

    It is what they were seen to; without enough looks what the held share explains if all holds collide, and
    nothing where that cannot be told from none. Without a GIL they wait for those who stop all others, as far
    as the share of such stops explains it: they were seen to sleep as at a lock.
    """
    return _waiting_for_gil(measurement, _held_for_certain(measurement))


def waiting_for_gil_at_most(measurement: Measurement) -> float:
    """Return the same, but without enough looks what the held share explains at most.

    Without a GIL a lock cannot be told from stops: these explain nothing unless some were seen for certain.
    """
    held = measurement.gil_held
    some = measurement.host.gil or held.ceiling is not None
    return _waiting_for_gil(measurement, held.ci99[1] if some else 0.0)


def waiting_at_gil(measurement: Measurement) -> float:
    """Return the same, but with those who wait for a lock in truth, as whoever has the GIL waits for it."""
    return _waiting_at_gil(measurement, _held_for_certain(measurement))


def _held_for_certain(measurement: Measurement) -> float:
    held = measurement.gil_held
    return 0.0 if held.ceiling is None else held.share


def _waiting_for_gil(measurement: Measurement, held: float) -> float:
    waiting = _waiting_at_gil(measurement, held)
    if waits_with_gil(measurement):
        return min(waiting, _if_all_collide(most_telling_point(measurement).threads, held))
    return waiting


def _waiting_at_gil(measurement: Measurement, held: float) -> float:
    states, point = measurement.states, most_telling_point(measurement)
    seen = states is not None and states.waiting >= FEWEST_SEEN
    if measurement.host.gil:
        if states is not None and seen:
            return point.waiting * states.gil / states.waiting
        return _if_all_collide(point.threads, held)
    explained = _if_stopped_by_others(point, held)
    return min(explained, point.waiting * states.lock / states.waiting) if states and seen else explained


def _if_all_collide(threads: int, held: float) -> float:
    """Return for which share of its time a thread waits at most for the others' holds."""
    others = (threads - 1) * held
    return others / (1.0 + others)


def _if_stopped_by_others(point: Point, held: float) -> float:
    """Return for which share of its time a thread is stopped by others, whose calls stop all for a share.

    n - 1 threads make so many calls of the speedup's S that one makes in that time, not more: behind a lock
    they make few. If all collide, that is what it is for holds.
    """
    n = point.threads
    return min((n - 1) * held * point.speedup.median / n, _if_all_collide(n, held))


def waits_with_gil(measurement: Measurement) -> bool:
    """Tell whether who has the GIL probably waits for a lock: who waits for the GIL waits for that, too.

    One thread at a time can wait so, while another one has the lock, and all the others wait for the GIL. It
    is others' holds otherwise, or the hand-over, that makes threads wait for it.
    """
    states, n = measurement.states, most_telling_point(measurement).threads
    if states is None or not measurement.host.gil or states.gil < FEWEST_SEEN or n < FEWEST_BESIDE_A_LOCK:
        return False
    at_gil, at_lock = (n * looks / states.looks for looks in (states.gil, states.lock))
    explained = _if_all_collide(n, measurement.gil_held.ci99[1]) + WAITING_WORTH_TELLING
    return (
        ONE_AT_A_TIME[0] < at_lock < ONE_AT_A_TIME[1]
        and at_gil >= n - 1 - ONE_AT_A_TIME[1]
        and at_gil > n * explained
        and not is_price_of_one(measurement, n)
    )


def is_price_of_one(measurement: Measurement, threads: int) -> bool:
    """Tell whether calls lose no more than the GIL's hand-over costs, once to each of the other threads."""
    others = min(threads, measurement.host.ideal) - 1
    return hand_over_seconds(measurement, threads) <= others * SHORT_HOLD_SECONDS


def hand_over_seconds(measurement: Measurement, threads: int) -> float:
    """Return what a call pays for getting the GIL back: what it takes longer, less the others' holds."""
    side_by_side = min(threads, measurement.host.ideal)
    slower = side_by_side / max(1e-9, measurement.point(threads).speedup.median)
    held = measurement.gil_held.share
    return seconds_alone(measurement) * (slower - 1.0 - (side_by_side - 1) * held)


def seconds_alone(measurement: Measurement) -> float:
    """Return what a call takes in one thread, without what other programs took."""
    one = measurement.point(1)
    return (1.0 - one.queued_by_others) / one.rate


def waits(measurement: Measurement) -> str | None:
    """Return where threads wait other than for the GIL: ``alone`` or for ``each other``; None for neither.

    Threads that wait for each other may do so alone as well: for I/O under a lock, say.
    """
    one = measurement.point(1)
    if math.isnan(one.inflation):
        return None  # no CPU time is seen here, and all time looks like waiting
    if extra_waiting(measurement) - waiting_for_gil_at_most(measurement) > WAITING_WORTH_TELLING:
        return "each other"
    return "alone" if one.waiting > WAITING_WORTH_TELLING else None
