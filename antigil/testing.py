"""Assertions on parallelism for any test suite: pytest, unittest, or a plain script.

    assert_releases_gil(func)                 func leaves the GIL to other threads
    assert_scales(func, threads, at_least)    so many threads get that much more done than one

Both decide in steps. A short look comes first; where its interval lies on one side of the
limit, that is the answer, and where it reaches across, they look again, as long as the time
allows. An assertion fails only where the whole interval lies on the wrong side: a test suite
that cries wolf is soon ignored. So a function that is at its limit passes.

    held share    interval of 3 standard errors (99.7 %)
    speedup       99 % interval of the median over the rounds, or their range where they are few;
                  where that is not clear, the ceiling 1 / held settles what lies above it

The GIL-held share can be told on one CPU and beside other programs; on a shared runner it is
the assertion to prefer. A test is skipped, by ``unittest.SkipTest`` which pytest honours too,
where the machine cannot tell: too few CPUs for so many threads, or too much disturbance.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from unittest import SkipTest

from .report.assertion import (
    STANDARD_ERRORS,
    consequence,
    contradiction,
    name_of,
    too_disturbed,
    too_few_cores,
    why_too_little,
)
from .scaling import (
    FEWEST_ROUNDS,
    SCALES_FROM,
    FunctionWorkload,
    GilHeld,
    Plan,
    Round,
    TooFewProbes,
    cores_allowed,
    cpus_allowed,
    gil_enabled,
    least_of_rounds,
    measure_rounds,
    pool,
    probe_gil,
    select,
    speedup_interval,
    time_one_call,
)

__all__ = ["assert_releases_gil", "assert_scales"]

__unittest = True  # unittest leaves this module's frames out of its tracebacks

MEAN_PROBE_SLEEP_SECONDS = 0.001
"""Mean time between two probes of the GIL: nothing is timed meanwhile, so what they cost does not matter."""

PROBE_SECONDS = 0.25
"""Time for one look at the GIL, about 200 probes; beside busy programs half as many."""

FEWEST_GIL_LOOKS = 3
"""A long call that holds the GIL lets one probe come in at each look, and two can tell."""

ROUNDS = 8
"""Rounds for one look at the speedup: the fewest that give a 99 % interval."""

LOOK_SECONDS = 0.8
"""Time for one look at the speedup."""


def assert_releases_gil(
    func: Callable[[], object],
    *,
    held_at_most: float = 0.1,
    budget: float = 1.0,
    time_limit: float = 60.0,
) -> None:
    """Assert that a function releases the GIL, but for a share of its running time.

    One thread calls it again and again while another one samples whether the GIL is taken. One
    CPU is enough. Without a GIL it is called once and passes, unless that call enables the GIL again.

    Parameters
    ----------
    func
        Called without arguments. It should not keep waiting for other Python threads.
    held_at_most
        Greatest share of its running time for which it may hold the GIL, 0 to 1.
    budget
        Seconds to spend at most; a clear case takes about a quarter. Only whole calls are judged:
        one of a large part of that time is waited for, and up to three that hold the GIL throughout.
    time_limit
        Seconds beyond that after which ``func`` is taken to hang.

    Raises
    ------
    AssertionError
        If it holds the GIL for longer.
    unittest.SkipTest
        If the machine is too busy to tell.
    MeasurementError
        If it hangs, or this process is stopped again and again, or loses a CPU.
    """
    __tracebackhide__ = True
    if not 0.0 <= held_at_most < 1.0:
        raise ValueError(f"held_at_most is a share of at least 0 and less than 1, not {held_at_most!r}")
    _refuse_no_time(budget, time_limit)
    if not gil_enabled():
        time_one_call(FunctionWorkload(func).prepare(), budget + time_limit)
        if not gil_enabled():  # its first use may import what enables the GIL again
            return
    held = _probed_until_clear(func, held_at_most, budget, time_limit)
    low, high = held.interval(STANDARD_ERRORS)
    if low > held_at_most:
        raise AssertionError(
            f"{name_of(func)} holds the GIL for {held.share:.3f} of its time "
            f"(interval {low:.3f} to {high:.3f}, {held.probes} probes); at most {held_at_most:g} is allowed. "
            f"{consequence(held)}"
        )


def _probed_until_clear(
    func: Callable[[], object], limit: float, budget: float, time_limit: float
) -> GilHeld:
    """Probe until the interval leaves the limit on one side, or the time is over.

    Each look is estimated on its own: what its end leaves open must not be booked in the next one.
    """
    looks: list[GilHeld] = []
    end = time.monotonic() + budget
    for look in itertools.count(1):
        began = time.monotonic()
        seen = _look_at_gil(func, time_limit, min(PROBE_SECONDS, budget))
        looks += [] if seen is None else [seen]
        over = 2 * time.monotonic() - began > end
        if not looks:
            if over and look >= FEWEST_GIL_LOOKS:
                break
            continue
        held = pool(looks)
        low, high = held.interval(STANDARD_ERRORS)
        if over or high <= limit or low > limit:
            return held
    raise SkipTest(
        f"cannot tell whether {name_of(func)} holds the GIL: its calls are so long, or the machine is so "
        "busy, that hardly a probe came in"
    )


def assert_scales(
    func: Callable[[], object],
    threads: int,
    at_least: float,
    *,
    budget: float = 4.0,
    time_limit: float = 60.0,
) -> None:
    """Assert that so many threads that call a function get that much more done than one.

    The speedup is the queue-free one: what other programs took of the CPUs is given back.

    Parameters
    ----------
    func
        Called without arguments, by all threads.
    threads
        Number of threads, at least 2.
    at_least
        Least speedup: calls per second of all threads, relative to one thread.
    budget
        Seconds to spend at most; a clear case takes about a quarter. Long calls take longer: three
        are waited for (four, if one takes less than 2 s), the last of them made by all threads, and another
        one if that is not clear.
    time_limit
        Seconds after which ``func`` is taken to hang.

    Raises
    ------
    AssertionError
        If the speedup is less; the message says where it went.
    unittest.SkipTest
        If there are fewer CPUs than threads, or the machine is too busy to tell.
    MeasurementError
        If it hangs, or this process is stopped again and again, or loses a CPU.
    """
    __tracebackhide__ = True
    if threads < 2:
        raise ValueError(f"a speedup needs at least 2 threads, not {threads!r}")
    if not 0.0 < at_least <= threads:
        raise ValueError(f"at_least is a speedup above 0 and up to {threads} (threads), not {at_least!r}")
    _refuse_no_time(budget, time_limit)
    if threads > (allowed := cpus_allowed()):
        raise SkipTest(f"{threads} threads need as many CPUs to scale; this process may use {allowed}")
    used, disturbed, held = _measured_until_clear(func, threads, at_least, budget, time_limit)
    low, high = _trusted_interval(used, disturbed, held, threads)
    if high >= at_least and _is_contradicted(used, disturbed, held, threads):
        raise SkipTest(contradiction(name_of(func), used, threads, held))
    if high < at_least or _highest_ceiling(held) < at_least:
        held = held or _look_at_gil(func, time_limit)
        if threads > (cores := cores_allowed()) and _highest_ceiling(held) >= at_least > SCALES_FROM * cores:
            raise SkipTest(too_few_cores(name_of(func), used, threads, cores))
        raise AssertionError(why_too_little(name_of(func), used, threads, at_least, held))
    if low < at_least and disturbed:
        raise SkipTest(too_disturbed(name_of(func), (low, high), threads, at_least))


def _measured_until_clear(
    func: Callable[[], object], threads: int, limit: float, budget: float, time_limit: float
) -> tuple[Sequence[Round], bool, GilHeld | None]:
    """Measure rounds until the interval, or the ceiling, is on one side of the limit, or time is over.

    Return the rounds, whether they are disturbed, and the GIL-held share if it was looked at.
    """
    workload = FunctionWorkload(func)
    plan = Plan((1, threads), min(LOOK_SECONDS, budget), ROUNDS, time_limit=time_limit, shorten=True)
    done: list[Round] = []
    held: GilHeld | None = None
    end = time.monotonic() + budget
    while True:
        began = time.monotonic()
        done += measure_rounds(workload, plan)
        used, disturbed = select(done)
        over = 2 * time.monotonic() - began > end
        low, high = _trusted_interval(used, disturbed, held, threads)
        decided = _is_clear(used, disturbed, held, threads, limit) or (over and not low < limit <= high)
        if not decided and held is None:
            held = _look_at_gil(func, time_limit)
            over = over or 2 * time.monotonic() - began > end
        if over or _is_clear(used, disturbed, held, threads, limit):
            return used, disturbed, held


def _is_clear(
    rounds: Sequence[Round], disturbed: bool, held: GilHeld | None, threads: int, limit: float
) -> bool:
    """Tell whether the interval, or the ceiling, is on one side of the limit."""
    low, high = _trusted_interval(rounds, disturbed, held, threads)
    if _highest_ceiling(held) < limit and not _is_contradicted(rounds, disturbed, held, threads):
        return True
    return len(rounds) >= FEWEST_ROUNDS and (low >= limit or high < limit)


def _is_contradicted(rounds: Sequence[Round], disturbed: bool, held: GilHeld | None, threads: int) -> bool:
    """Tell whether a speedup was measured, undisturbed, that the GIL-held share does not allow for."""
    return not disturbed and speedup_interval(rounds, threads)[0] > _highest_ceiling(held)


def _look_at_gil(
    func: Callable[[], object], time_limit: float, budget: float = PROBE_SECONDS
) -> GilHeld | None:
    """Probe the GIL for a short time; None where there is none, or too little was seen."""
    if not gil_enabled():
        return None
    try:
        return probe_gil(
            FunctionWorkload(func), budget, mean_sleep=MEAN_PROBE_SLEEP_SECONDS, time_limit=time_limit
        )
    except TooFewProbes:
        return None  # calls so long, or a machine so busy, that hardly one came in


def _highest_ceiling(held: GilHeld | None) -> float:
    """Return the speedup that the held share allows at most, by the lower end of its interval."""
    least = 0.0 if held is None else held.interval(STANDARD_ERRORS)[0]
    return 1.0 / least if least else math.inf


def _lowest_ceiling(held: GilHeld | None) -> float:
    """Return the speedup that the held share allows for certain; none where it is not known."""
    if held is None:
        return 0.0 if gil_enabled() else math.inf
    most = held.interval(STANDARD_ERRORS)[1]
    return 1.0 / most if most else math.inf


def _trusted_interval(
    rounds: Sequence[Round], disturbed: bool, held: GilHeld | None, threads: int
) -> tuple[float, float]:
    """Return the interval of the speedup; if disturbed, no more at its lower end than is certain.

    Much queueing can make it too large, and what holds the GIL, or a lock, pass. What others take from
    threads and processes of the function's own is not given back: then it may be anything.
    """
    if disturbed and any(one.crowded and one.windows[threads].has_own_work for one in rounds):
        return 0.0, math.inf
    low, high = speedup_interval(rounds, threads)
    least = least_of_rounds(rounds, threads, low, held) if disturbed else low
    return (min(least, _lowest_ceiling(held)), high) if disturbed else (low, high)


def _refuse_no_time(budget: float, time_limit: float) -> None:
    if budget <= 0.0 or time_limit <= 0.0:
        raise ValueError("budget and time_limit must be positive")
