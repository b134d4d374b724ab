"""A workload's first calls: how long one takes, and whether threads or processes of its own work."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from ..threads import Threads
from ..window import MARK_SECONDS
from ..window_result import Window
from ..workload import MakeRun
from .meter import OwnWork

LONG_CALL_SECONDS = 0.1
"""Calls of this length are timed by a single one."""

TWICE_SECONDS = 2.0
"""Longer first calls are taken at their word."""

LOOK_SECONDS = 50 * MARK_SECONDS
"""Short calls are looked at for so long."""

SHORT_BATCHES = 10
"""In batches that are so many times shorter than `MARK_SECONDS`, looks at the clock count for too much."""


def time_calls(
    make_run: MakeRun, measure_window: Callable[..., Window], time_limit: float
) -> tuple[float, bool]:
    """Return how long one call takes, in seconds, and whether it has threads or processes of its own at work.

    A long call is timed by itself, others in a window of one thread; those that take no longer than a look at
    the clock in batches. The first call may load or compile what others find ready: one that takes no longer
    than `TWICE_SECONDS` is made again.
    """
    once, own = time_one_call(make_run, time_limit)
    if LONG_CALL_SECONDS <= once < TWICE_SECONDS:
        once = min(once, time_one_call(make_run, time_limit)[0])
    if once >= LONG_CALL_SECONDS:
        return once, own.has_own_work
    found = measure_window(1, MARK_SECONDS)
    if found.seconds / found.calls < LOOK_SECONDS:  # the first call is often a slow one: look for longer
        found = measure_window(1, LOOK_SECONDS)
    batch = 1
    while (fitting := round(MARK_SECONDS * found.calls / found.seconds)) > SHORT_BATCHES * batch:
        batch = fitting
        found = measure_window(1, LOOK_SECONDS, calls_per_mark=batch)
    return found.seconds / found.calls, found.has_own_work


def time_one_call(make_run: MakeRun, time_limit: float) -> tuple[float, OwnWork]:
    """Return how many seconds a first call takes, in a thread of its own, and what others did meanwhile."""
    taken: list[float] = []

    def body() -> None:
        run = make_run(0, 1)
        group.gate.wait()
        start = perf_counter()
        run(1)
        taken.append(perf_counter() - start)

    group = Threads(1, time_limit)
    own = group.run([body], look_seconds=0.001)
    return taken[0], own
