"""Who waits for the GIL though calls hold it for short: its hand-over, or a lock waited for with it."""

from dataclasses import replace

import pytest
from many_threads import many

from antigil.report.measurement.sentence import sentence
from antigil.scaling import Estimate, ThreadStates, cause, hand_over_seconds, missing, starved, waits


def sleeping(found, sleeps):
    """Return a measurement whose threads sleep so often per second of CPU time; one alone does not."""
    one, *others = found.points
    return replace(
        found, points=(replace(one, sleeps=0.0), *(replace(point, sleeps=sleeps) for point in others))
    )


@pytest.mark.parametrize("n", [2, 4, 16, 64])
def test_what_is_lost_beyond_the_others_holds_is_the_price_of_the_hand_over(n):
    states = ThreadStates(n, 300, gil=700)
    found = many(n, 0.6, 0.1, waiting=1.0 - 0.6 / n, rate=100_000.0, states=states)
    assert cause(found, n) == "hand-over"
    assert hand_over_seconds(found, n) == pytest.approx(1e-5 * (n / 0.6 - 1.0 - 0.1 * (n - 1)))


def test_other_programs_time_is_no_price_of_the_hand_over():
    quiet = many(4, 0.6, 0.1, waiting=0.8, rate=100_000.0)
    one, four = quiet.points
    busy = replace(quiet, points=(replace(one, rate=50_000.0, queued=0.5), four))
    assert hand_over_seconds(busy, 4) == pytest.approx(hand_over_seconds(quiet, 4))


@pytest.mark.parametrize("rate", [25.0, 2_500.0])
@pytest.mark.parametrize(("n", "speedup", "share"), [(2, 0.5, 0.3), (8, 0.4, 0.15), (64, 0.3, 0.05)])
def test_calls_of_any_length_that_release_the_gil_too_often_pay_for_its_hand_over(n, speedup, share, rate):
    """As those that look up many small records in a native index: each takes a few microseconds."""
    states = ThreadStates(n, 400, gil=600)
    found = many(n, speedup, share, waiting=0.5, rate=rate, inflation=2.5, kernel=0.4, states=states)
    found = sleeping(found, 40_000.0)
    assert cause(found, n) == "hand-over"
    told = sentence(found)
    assert "each call releases the GIL for so short a time, or so often, that getting it back costs" in told
    assert "s or less at a time" not in told
    assert "costs about" not in told


@pytest.mark.parametrize(
    ("speedup", "share", "sleeps", "gil"),
    [
        (1.0, 0.97, 600.0, 900),
        (1.0, 0.97, 40_000.0, 900),
        (1.3, 0.45, 1_900.0, 900),
        (2.4, 0.3, 40_000.0, 900),
    ],
    ids=["a holder", "a holder that sleeps", "memory that is mapped with the GIL", "what holds leave"],
)
def test_long_calls_that_do_not_lose_it_by_waking_up_wait_for_the_gil(speedup, share, sleeps, gil):
    states = ThreadStates(8, 1_000 - gil, gil=gil)
    found = many(8, speedup, share, waiting=0.85, rate=50.0, states=states, width=0.2)
    assert cause(sleeping(found, sleeps), 8) == "gil"


def test_long_calls_that_nobody_was_seen_to_hand_the_gil_over_in_do_not():
    found = many(8, 0.4, 0.15, waiting=0.5, rate=50.0, inflation=2.5, states=ThreadStates(8, 400, lock=600))
    assert cause(sleeping(found, 40_000.0), 8) == "waiting"


def test_a_price_that_no_single_hand_over_has_is_not_told_as_one():
    """Calls of 0.2 ms that release the GIL some fifty times."""
    states = ThreadStates(2, 400, gil=600)
    found = many(2, 0.5, 0.2, waiting=0.4, rate=5_000.0, inflation=2.0, states=states)
    assert cause(found, 2) == "hand-over"
    assert "costs about" not in sentence(found)


@pytest.mark.parametrize(
    ("gil", "lock", "share", "first", "told"),
    [
        (5890, 476, 0.015, "waiting", "each other"),
        (5777, 0, 0.015, "hand-over", None),
        (5890, 120, 0.015, "hand-over", None),
        (3000, 2900, 0.015, "hand-over", "each other"),
        (5890, 476, 0.4, "gil", None),
    ],
    ids=["with the GIL", "no lock", "a lock that hardly anybody waits for", "a lock apart", "a holder"],
)
def test_who_waits_for_a_lock_with_the_gil_makes_the_others_wait_for_that_lock(gil, lock, share, first, told):
    """As calls on one connection to sqlite3 do on 16 CPUs, the first of these."""
    states = ThreadStates(16, running=565, gil=gil, lock=lock)
    found = many(16, 0.63, share, waiting=0.92, rate=7_900.0, inflation=2.0, kernel=0.17, states=states)
    assert cause(found, 16) == first
    assert waits(found) == told


LOCKED_WITH_GIL = many(
    14, 0.7, 0.02, waiting=0.9, rate=6_000.0, inflation=1.9, kernel=0.15,
    states=ThreadStates(14, running=1_300, gil=11_600, lock=1_100),
)  # fmt: skip


def test_the_kernels_time_for_a_lock_that_is_waited_for_with_the_gil_is_not_the_gils():
    one, most = LOCKED_WITH_GIL.points
    outside = replace(LOCKED_WITH_GIL, points=(one, replace(most, kernel=0.0)))
    found, without = missing(LOCKED_WITH_GIL, 14), missing(outside, 14)
    assert found["gil"] == pytest.approx(without["gil"])
    assert found["waiting"] > without["waiting"]


def test_who_waits_for_a_lock_with_the_gil_gets_its_turns_with_the_gil_in_no_order():
    some = Estimate(0.001, (0.001, 0.001))
    one, most = LOCKED_WITH_GIL.points
    found = replace(LOCKED_WITH_GIL, points=(one, replace(most, least=some, most=some)))
    assert not starved(found, found.point(14))
    at_the_lock = replace(found, states=ThreadStates(14, running=1_300, gil=1_100, lock=11_600))
    assert starved(at_the_lock, at_the_lock.point(14))


@pytest.mark.parametrize(
    ("n", "speedup", "rate", "states"),
    [
        (4, 0.6, 200_000.0, {"running": 1_200, "gil": 2_000, "lock": 800}),
        (16, 0.5, 200_000.0, {"running": 1_200, "gil": 13_900, "lock": 900}),
        (2, 0.7, 8_000.0, {"running": 500, "gil": 1_000, "lock": 500}),
        (8, 0.7, 8_000.0, {"running": 2_500, "gil": 4_700, "lock": 800}),
    ],
    ids=["short calls", "short calls of many", "two threads", "more than one runs"],
)
def test_a_lock_that_may_be_waited_for_without_the_gil_is_not_told_as_one_with_it(n, speedup, rate, states):
    states = ThreadStates(n, **states)
    found = many(n, speedup, 0.03, waiting=0.7, rate=rate, inflation=1.5, kernel=0.2, states=states)
    assert cause(found, n) == "hand-over"
    assert "without releasing" not in sentence(found)
