"""What stops threads: the cause of the largest part of what is missing, and whom they wait for."""

import math
from dataclasses import replace

import pytest
from fakes import measurement
from many_threads import many

from antigil.scaling import (
    Estimate,
    ThreadStates,
    cause,
    extra_waiting,
    judged,
    missing,
    starved,
    waits,
)
from antigil.scaling.sample import Sample

HANDED = {
    "speedup": (1.0, 0.42, 0.4), "waiting": (0.0, 0.1, 0.1), "inflation": 4.3, "kernel": (0.0, 0.6, 0.6),
}  # fmt: skip
ASLEEP = (0.98, 0.98, 0.99)
SHORT_RELEASES = measurement(0.3, rate=500_000.0, **HANDED)


def test_a_short_call_takes_more_cpu_time_for_the_hand_over():
    slower = {"speedup": (1.0, 1.5, 1.5), "waiting": (0.0, 0.1, 0.1), "inflation": 1.2}
    assert cause(measurement(0.05, rate=250_000.0, **slower), 2) == "hand-over"
    assert cause(measurement(0.05, rate=2_500.0, **slower), 2) == "cpu"
    assert cause(measurement(0.05, rate=250_000.0, **{**slower, "waiting": (0.0, 0.0, 0.0)}), 2) == "cpu"


@pytest.mark.parametrize(
    ("measured", "first"),
    [
        (measurement(0.0, speedup=(1.0, 2.0, 4.0)), None),
        (measurement(0.0, gil=False, speedup=(1.0, 0.27, 0.2), inflation=7.3), "cpu"),
        (measurement(0.0, waiting=(0.0, 0.5, 0.7)), "waiting"),
        (measurement(1.0, waiting=(0.0, 0.5, 0.7)), "gil"),
        (measurement(0.5, waiting=(0.0, 0.3, 0.7), speedup=(1.0, 1.4, 1.4)), "gil"),
        (measurement(0.0, waiting=(0.98, 0.98, 0.98), speedup=(1.0, 2.0, 4.0)), None),
        (SHORT_RELEASES, "hand-over"),
        (replace(SHORT_RELEASES, states=ThreadStates(2, 300, gil=1, lock=80)), "waiting"),
        (measurement(0.0, gil=False, **HANDED), "waiting"),
        (measurement(0.3, **{**HANDED, "kernel": (0.2, 0.2, 0.2)}), "cpu"),
        (measurement(0.0, own=(3, 0.015), waiting=(0.0, 0.5, 0.5)), "own-threads"),
        (measurement(0.0, own=(0, 0.015, 3), waiting=(0.0, 0.5, 0.5)), "own-threads"),
        (measurement(0.0, own=(3, 0.001), waiting=(0.0, 0.5, 0.5)), "waiting"),
        (measurement(0.0, gil=False, own=(2, 0.019), queued=(0.85, 0.9, 0.9)), "own-threads"),
        (measurement(0.0, own=(2, 0.011), queued=(0.05, 0.9, 0.9), speedup=(1.0, 1.97, 2.0)), None),
        (measurement(0.0, waiting=ASLEEP, inflation=2.1), "waiting"),
        (measurement(0.0, gil=False, waiting=ASLEEP, inflation=3.2), "waiting"),
        (measurement(1.0, waiting=ASLEEP, inflation=3.8), "gil"),
        (measurement(0.0, waiting=ASLEEP, inflation=2.1, speedup=(1.0, 1.96, 3.9)), None),
        (measurement(0.0, waiting=(0.5, 0.3, 0.3), inflation=2.8), "cpu"),
    ],
    ids=[
        *("nothing", "shared objects", "a lock", "a holder", "half of it", "a sleep", "short releases"),
        *("a lock that is handed over", "the same without a GIL", "calls that need the kernel"),
        *("a pool that needs the CPUs", "processes that need them", "a pool that needs hardly any"),
        *("a pool whose callers yield", "a pool that scales"),
        *("a sleep under a lock", "the same without the GIL", "a sleep that keeps the GIL"),
        *("a sleep that wakes up late", "work beside a sleep"),
    ],
)
def test_the_first_cause_is_that_of_the_largest_part(measured, first):
    assert cause(measured, 2) == first


def test_where_no_count_fits_the_cpus_the_first_beyond_is_told():
    """As with -t 1,4 on two CPUs."""
    whole = measurement(1.0, waiting=(0.0, 0.5, 0.75))
    some = replace(whole, points=(whole.points[0], whole.points[2]))
    assert cause(some, 4) == "gil"
    assert waits(some) is None


@pytest.mark.parametrize(
    ("speedup", "queued", "waiting", "inflation", "first"),
    [
        (1.2, 0.7, 0.0, 1.01, None),  # others took the CPUs
        (1.2, 0.69, 0.01, 1.0, None),
        (1.0, 0.5, 0.25, 1.0, "waiting"),
        (1.0, 0.5, 0.0, 2.0, "cpu"),
    ],
)
def test_with_more_threads_than_cpus_what_others_take_is_nobodys_fault(
    speedup, queued, waiting, inflation, first
):
    whole = measurement(
        0.0,
        speedup=(1.0, speedup, speedup),
        queued=(0.0, 0.0, queued),
        waiting=(0.0, 0.0, waiting),
        inflation=inflation,
    )
    assert cause(replace(whole, points=(whole.points[0], whole.points[2])), 4) == first


def test_a_process_that_works_longer_takes_cpu_time_though_the_thread_that_calls_waits():
    own = measurement(
        0.0, own=(0, 0.009, 1), waiting=(0.97, 0.97, 0.97), speedup=(1.0, 1.1, 1.1), inflation=1.8
    )
    one, two, _ = own.points
    slower = replace(own, points=(one, replace(two, own_cpu_seconds=1.8 * 0.009)))
    assert cause(slower, 2) == "cpu"
    assert cause(replace(own, points=(one, replace(two, inflation=1.0))), 2) == "waiting"


def test_a_process_that_works_longer_is_not_waited_for_by_the_other_threads():
    own = measurement(
        0.0, own=(0, 0.009, 1), waiting=(0.97, 0.97, 0.97), speedup=(1.0, 1.1, 1.1), inflation=1.8
    )
    one, two, _ = own.points
    assert waits(own) == "each other"
    assert waits(replace(own, points=(one, replace(two, own_cpu_seconds=1.8 * 0.009)))) == "alone"


def test_a_lock_is_seen_behind_teams_of_own_threads_that_work_longer():
    """One second of a call's own four threads is a quarter of one of the thread that calls."""
    team = measurement(
        0.0, own=(4, 0.04), waiting=(1.0, 1.0, 1.0), speedup=(1.0, 1.0, 2.2), inflation=1.3, cpus_allowed=16
    )
    points = [replace(one, own_cpu_seconds=0.052) if one.threads == 4 else one for one in team.points]
    team = replace(team, points=tuple(points))
    assert extra_waiting(team) == pytest.approx(1.0 - 0.55 - (2.86 - 2.2) / 4)
    assert waits(team) == "each other"


@pytest.mark.parametrize(
    ("busy", "cpus", "first"), [(1.9, 16, "waiting"), (1.9, 2, "own-threads"), (1.4, 2, "own-threads")]
)
def test_nobody_competes_for_cpus_that_are_idle(busy, cpus, first):
    """A pool of two threads serves four, one of them at a time."""
    pool = measurement(0.0, own=(2, busy / 100), waiting=(1.0, 1.0, 1.0), cpus_allowed=cpus)
    assert cause(pool, judged(pool).threads) == first


@pytest.mark.parametrize(
    ("states", "first"),
    [
        (ThreadStates(2, running=400), "cpu"),
        (ThreadStates(2, running=9_990, gil=10), "cpu"),
        (ThreadStates(2, running=60), "waiting"),
        (ThreadStates(2, running=400, lock=40), "waiting"),
        (None, "waiting"),
    ],
)
def test_the_kernels_time_is_no_lock_that_nobody_was_seen_waiting_for(states, first):
    """As where threads map and unmap memory."""
    mapped = measurement(
        0.0005, 1e-5, speedup=(1.0, 1.25, 1.25), inflation=1.6, kernel=(0.04, 0.6, 0.6), states=states,
        waiting=(0.0, 0.0, 0.0),
    )  # fmt: skip
    assert cause(mapped, 2) == first


def test_threads_that_were_seen_waiting_for_the_gil_do_not_wait_for_each_other():
    measured = measurement(0.3, waiting=(0.0, 0.5, 0.7))
    assert waits(measured) == "each other"
    assert waits(replace(measured, states=ThreadStates(2, 100, gil=100))) is None
    assert waits(replace(measured, states=ThreadStates(2, 100, gil=50, lock=50))) == "each other"


def test_a_holder_that_sleeps_is_not_taken_to_wait_for_others():
    measured = measurement(1.0, waiting=(0.98, 0.98, 0.98))
    assert waits(replace(measured, states=ThreadStates(2, 2, 50, 0, {"clock_nanosleep": 48}))) == "alone"


@pytest.mark.parametrize(("least", "is_starved"), [(0.0, True), (0.09, True), (0.11, False), (0.5, False)])
def test_a_thread_that_gets_a_fifth_of_its_part_or_less_starves(least, is_starved):
    found = measurement(0.0, least=least, waiting=(0.0, 0.5, 0.6))
    assert starved(found, found.point(2)) is is_starved


def test_nobody_starves_in_windows_of_few_calls():
    """Some thread makes none in them by chance."""
    few = Sample({}, rounds=1, dropped=0, disturbed=False, shortened=True)
    found = measurement(0.0, least=0.0, waiting=(0.0, 0.5, 0.6))
    assert starved(found, found.point(2))
    assert not starved(replace(found, samples=(few,)), found.point(2))


@pytest.mark.parametrize("alone", [0.0, 0.6])
def test_nobody_starves_whose_work_is_another_one(alone):
    """As that which depends on the thread's number: it does not wait, or no longer than by itself."""
    found = many(4, 4.0, waiting=alone, least=NONE, most=Estimate(0.94, (0.93, 0.95)))
    one, four = found.points
    found = replace(found, points=(replace(one, waiting=alone), four))
    assert not starved(found, four)


NONE = Estimate(0.0, (0.0, 0.0))


@pytest.mark.parametrize(
    ("n", "states", "rate", "is_starved"),
    [
        (4, {"gil": 900}, 500.0, True),
        (40, {"gil": 900}, 500.0, False),
        (40, {"lock": 900}, 500.0, True),
        (40, {"gil": 900}, 2.0, True),  # so long are the windows of calls of half a second
    ],
)
def test_threads_for_whom_a_window_holds_no_turn_with_the_gil_do_not_starve(n, states, rate, is_starved):
    held = 1.0 if "gil" in states else 0.0
    states = ThreadStates(n, 100, **states)
    found = many(n, 0.98, held, waiting=1 - 1 / n, least=NONE, most=NONE, states=states, rate=rate)
    assert starved(found, found.point(n)) is is_starved


def test_causes_multiply_to_what_is_missing():
    measured = measurement(0.0, waiting=(0.0, 0.2, 0.2), speedup=(1.0, 1.0, 1.0), inflation=1.6)
    assert math.prod(missing(measured, 2).values()) == pytest.approx(2.0)


@pytest.mark.parametrize("n", [4, 16, 64])
@pytest.mark.parametrize("rate", [0.5, 50.0, 5_000.0])
def test_a_gil_that_is_not_held_is_nobodys_cause(n, rate):
    """The most that an interval from nothing leaves open grows with the threads: at 64 it is nearly half."""
    locked = many(n, 1.0, 0.002, waiting=1.0 - 1.0 / n, rate=rate)
    assert cause(locked, n) == "waiting"
    mapped = many(n, n / 2.0, 0.0, inflation=2.0, kernel=0.55, rate=rate)
    assert cause(mapped, n) == "waiting"


@pytest.mark.parametrize(("n", "speedup"), [(4, 3.0), (16, 3.2), (64, 3.3)])
@pytest.mark.parametrize("looks", [None, 700])
def test_threads_at_the_ceiling_of_short_holds_wait_for_the_others_holds(n, speedup, looks):
    """They hold the GIL for 24 us of 80 us, and 1 / 0.3 is all that it allows for."""
    states = None if looks is None else ThreadStates(n, 300, gil=looks)
    found = many(n, speedup, 0.3, waiting=1.0 - speedup / n, rate=12_500.0, states=states)
    assert cause(found, n) == "gil"


def test_cpu_time_that_calls_do_not_take_is_no_cause():
    assert cause(measurement(0.0, speedup=(1.0, 1.6, 1.6), inflation=1.02), 2) is None
