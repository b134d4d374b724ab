"""The verdict on scaling: one word from the speedup, its interval, and what other programs leave open."""

import math
from dataclasses import replace

import pytest
from fakes import measurement
from many_threads import many

from antigil.scaling import (
    Estimate,
    ThreadStates,
    extra_waiting,
    judged,
    least_side_by_side,
    speedup_word,
    waits,
)
from antigil.scaling.measurement import combine
from antigil.scaling.sample import PointSample, Sample


@pytest.mark.parametrize(
    ("speedup", "ideal", "word"),
    [
        (0.1, 2, "hurts"),
        (0.89, 2, "hurts"),
        (0.91, 2, "does-not"),
        (1.1, 2, "does-not"),
        (1.11, 2, "partly"),
        (1.79, 2, "partly"),
        (1.81, 2, "scales"),
        (3.5, 4, "partly"),
        (3.7, 4, "scales"),
    ],
)
def test_the_word_goes_by_the_share_of_the_ideal(speedup, ideal, word):
    assert speedup_word(speedup, (speedup, speedup), ideal) == word


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.3, 0.85, "hurts"),
        (0.85, 0.95, "hurts"),
        (0.87, 1.12, "inconclusive"),
        (1.12, 1.78, "partly"),
        (1.72, 1.85, "partly"),
        (1.2, 1.9, "inconclusive"),
        (0.4, 1.95, "inconclusive"),
        (1.55, 2.6, "partly"),  # to 2 it is no wider than half a speedup, and beyond there all is one
        (1.45, 2.6, "inconclusive"),
    ],
)
def test_an_interval_that_leaves_too_much_open_decides_nothing(low, high, word):
    assert speedup_word(low, (low, high), 2) == word


@pytest.mark.parametrize(
    ("low", "high", "ideal", "word"),
    [
        (0.0, 1.08, 8, "inconclusive"),
        (0.3, 1.0, 64, "inconclusive"),
        (0.95, 4.0, 16, "inconclusive"),
        (0.7, 1.05, 8, "hurts"),
        (13.0, 16.5, 16, "partly"),
    ],
)
def test_many_cpus_excuse_no_wide_interval_of_a_small_speedup(low, high, ideal, word):
    assert speedup_word(low, (low, high), ideal) == word


@pytest.mark.parametrize(
    ("gil", "change"),
    [
        (False, {"disturbed": True, "sleeps": 3_000.0}),
        (True, {"disturbed": True, "crowded": True}),
    ],
    ids=["a lock beside others", "a holder with threads of its own"],
)
@pytest.mark.parametrize("cpus", [2, 4, 64])
def test_what_may_be_anything_up_to_one_is_left_open_on_many_cpus_too(cpus, gil, change):
    found = measurement(1.0 if gil else 0.0, gil=gil, speedup=(1.0, 1.0, 1.0), cpus_allowed=cpus)
    one, *others = (replace(point, sleeps=0.0) for point in found.points)
    found = replace(found, points=(one, *(replace(point, **change) for point in others)))
    assert found.scaling == "inconclusive"


@pytest.mark.parametrize(
    ("queued", "disturbed", "word"),
    [
        (0.5, False, "partly"),
        (0.52, False, "partly"),
        (0.5, True, "inconclusive"),
        (0.7, False, "inconclusive"),
    ],
)
def test_what_others_take_of_more_threads_than_cpus_is_not_given_back(queued, disturbed, word):
    found = measurement(0.0, speedup=(1.0, 1.2, 1.2), queued=(0.0, 0.0, queued))
    one, _, four = (replace(point, disturbed=disturbed) for point in found.points)
    assert replace(found, points=(one, four)).scaling == word


def test_threads_that_queue_behind_those_of_their_own_are_not_kept_off_by_others():
    found = measurement(0.0, own=(2, 0.01), speedup=(1.0, 1.0, 1.0), queued=(0.0, 0.0, 0.65))
    one, _, four = (replace(point, disturbed=False) for point in found.points)
    assert replace(found, points=(one, four)).scaling == "does-not"


def test_where_others_took_next_to_nothing_the_speedup_is_what_was_measured():
    """Disturbed in some rounds, and hardly in the middle one."""
    found = many(16, 3.0, queued=0.02)
    found = replace(found, points=tuple(replace(point, disturbed=True) for point in found.points))
    assert (judged(found).speedup, judged(found).seen) == (3.0, 3.0)


def test_two_hardware_threads_of_one_core_tell_of_a_lock_and_of_no_speedup():
    found = measurement(0.0, waiting=(0.0, 0.5, 0.7))
    found = replace(found, host=replace(found.host, cores_alike=1))
    assert (judged(found), waits(found)) == (None, "each other")


def test_on_hardware_threads_all_is_judged_at_the_count_that_the_cores_serve():
    """Eight CPUs on two cores: of four threads nothing is told."""
    found = measurement(0.0, waiting=(0.0, 0.5, 0.75), states=ThreadStates(2, 50, lock=50), cpus_allowed=8)
    found = replace(found, host=replace(found.host, cores_alike=2))
    assert judged(found).threads == 2
    assert extra_waiting(found) == pytest.approx(0.5)


SCALING = (1.0, 2.0, 2.0)


@pytest.mark.parametrize(("cpus", "threads", "ideal"), [(2, 2, 2), (3, 2, 2), (4, 4, 4), (64, 4, 4)])
def test_it_is_judged_at_the_most_threads_that_the_cpus_serve(cpus, threads, ideal):
    found = judged(measurement(0.0, speedup=SCALING, cpus_allowed=cpus))
    assert (found.threads, found.ideal) == (threads, ideal)


def test_more_threads_than_cpus_are_judged_only_for_want_of_fewer():
    measured = measurement(0.0, speedup=SCALING)
    measured = replace(measured, points=(measured.points[0], measured.points[2]))
    assert (judged(measured).threads, judged(measured).ideal, measured.scaling) == (4, 2, "scales")


def test_one_cpu_tells_nothing():
    measured = measurement(0.0, speedup=SCALING, cpus_allowed=1)
    assert (judged(measured), measured.scaling) == (None, "inconclusive")


def test_one_thread_tells_nothing():
    measured = measurement(0.0)
    assert replace(measured, points=measured.points[:1]).scaling == "inconclusive"


@pytest.mark.parametrize(
    ("speedup", "queued", "word"),
    [
        (0.3, 0.0, "hurts"),
        (0.88, 0.33, "hurts"),
        (1.25, 0.5, "inconclusive"),
        (1.6, 0.7, "inconclusive"),
        (1.99, 0.5, "scales"),
        (0.8, 0.03, "hurts"),
    ],
    ids=["quiet", "a lock", "a lock, busier", "a counter", "nothing shared", "hardly busy"],
)
def test_threads_that_other_programs_keep_apart_do_not_pass_for_threads_that_do_not_collide(
    speedup, queued, word
):
    measured = measurement(0.0, speedup=(1.0, speedup, 1.0), queued=(queued, queued, 0.6))
    assert measured.scaling == word


@pytest.mark.parametrize(
    ("share", "speedup", "queued", "word"),
    [(0.55, 1.87, 0.67, "inconclusive"), (0.55, 1.5, 0.2, "partly"), (0.0, 1.9, 0.8, "inconclusive")],
    ids=["seen to scale", "a little busy", "least not to scale"],
)
def test_a_speedup_that_depends_on_other_programs_is_left_open(share, speedup, queued, word):
    measured = measurement(share, 0.05, speedup=(1.0, speedup, 1.0), queued=(queued, queued, 0.6))
    assert measured.scaling == word


@pytest.mark.parametrize(
    ("speedup", "queued", "least"),
    [(0.3, 0.002, 0.2), (8.0, 0.01, 7.7), (8.0, 0.2, 3.4), (15.9, 0.02, 15.8)],
    ids=["hardly busy, hurts", "hardly busy, half", "busy", "nothing shared"],
)
def test_of_many_threads_a_little_queueing_leaves_little_open(speedup, queued, least):
    """While one of 16 is queued, the others get in each other's way as before, or nearly."""
    low = least_side_by_side(speedup, 16.0, 16, queued)
    assert least < low < speedup


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("threads", [2, 3, 16])
def test_the_least_side_by_side_holds_what_is_lost_to_others(threads, power):
    """By threads that lose half of their speed where all are there, and are there by chance."""
    queued, others = 0.2, threads - 1
    chances = [math.comb(others, m) * 0.8**m * 0.2 ** (others - m) for m in range(threads)]
    seen = sum(chance * (1 - 0.5 * (m / others) ** power) for m, chance in enumerate(chances))
    assert least_side_by_side(threads * seen, threads, threads, queued) <= threads * 0.5 + 1e-9


def test_what_the_gil_takes_is_taken_beside_other_programs_too():
    measured = measurement(1.0, speedup=(1.0, 0.98, 0.98), waiting=(0.0, 0.4, 0.6), queued=(0.5, 0.5, 0.6))
    assert measured.scaling == "does-not"


def test_no_speedup_is_thought_possible_that_the_gil_does_not_allow_for():
    found = judged(measurement(1.0, speedup=(1.0, 0.99, 1.0), width=0.44))
    assert (found.word, found.high) == ("does-not", pytest.approx(1.0, abs=0.02))


def sample(speedup, raw):
    points = {1: PointSample(10.0, 1.0, 1.0, 0.0, 0.0), 2: PointSample(10.0, speedup, raw, 0.0, 0.0)}
    return Sample(points, 1, 0, disturbed=False)


def test_no_queue_that_is_taken_out_makes_more_than_n_of_n_threads():
    assert combine([sample(2.3, 1.7)] * 8)[1].speedup == Estimate(2.0, (2.0, 2.0))
    assert combine([sample(2.1, 2.1)] * 8)[1].speedup.median == 2.1  # caches can do that


def test_fewer_than_eight_samples_have_a_range_and_no_interval():
    point = combine([sample(1.7, 1.7), sample(1.9, 1.9)])[1]
    assert (point.speedup.ci99, point.speedup.range, point.speedup.bounds) == (None, (1.7, 1.9), (1.7, 1.9))


@pytest.mark.parametrize(
    ("sleeps", "alone", "gil", "waiting", "word"),
    [
        (20.0, 0.0, True, 0.0, "scales"),
        (3_000.0, 0.0, True, 0.0, "inconclusive"),
        (3_000.0, 0.0, False, 0.0, "inconclusive"),
        (9_000.0, 8_000.0, True, 0.0, "scales"),  # they sleep alone as well
        (800.0, 0.0, True, 0.25, "scales"),  # each asks for a GIL that is held for long, every 5 ms
        (800.0, 0.0, False, 0.25, "inconclusive"),
        (None, None, True, 0.0, "scales"),
    ],
)
def test_threads_that_send_each_other_to_sleep_are_not_judged_beside_other_programs(
    sleeps, alone, gil, waiting, word
):
    """Whose turns in the run queue alternate, so that they are hardly ever beside each other."""
    found = measurement(0.01, gil=gil, speedup=SCALING, queued=(0.0, 0.3, 0.6), waiting=(0.0, waiting, 0.0))
    points = [replace(point, sleeps=alone if point.threads == 1 else sleeps) for point in found.points]
    assert replace(found, points=tuple(points)).scaling == word
    quiet = [replace(point, disturbed=False) for point in points]
    assert replace(found, points=tuple(quiet)).scaling == "scales"


@pytest.mark.parametrize("n", [2, 4, 16, 64])
@pytest.mark.parametrize(("speedup", "word"), [(1.0, "does-not"), (1.3, "partly"), (0.8, "hurts")])
def test_a_measurement_that_nothing_disturbed_is_judged_by_what_was_measured(n, speedup, word):
    """A few per mille of 64 threads' time in the run queue is what a quiet machine has."""
    found = many(n, speedup, queued=0.009, waiting=1.0 - speedup / n)
    told = judged(found)
    assert (found.scaling, told.speedup, told.seen) == (word, speedup, speedup)
    assert (told.low, told.high) == found.point(n).speedup.ci99


@pytest.mark.parametrize(("n", "speedup", "word"), [(16, 1.6, "inconclusive"), (64, 30.0, "partly")])
def test_what_other_programs_leave_open_is_held_against_what_was_measured(n, speedup, word):
    found = many(n, speedup, queued=0.06)
    told = judged(found)
    assert told.low <= told.speedup < told.seen == speedup
    assert found.scaling == word


@pytest.mark.parametrize(
    ("speedup", "samples", "ends"), [(1.5, 1, (1.35, 1.65)), (1.5, 4, (1.35, 1.65)), (1.5, 5, (1.5, 1.5))]
)
def test_the_range_of_few_samples_is_made_wider_as_that_of_few_rounds(speedup, samples, ends):
    taken = [sample(speedup, speedup)] * samples
    found = replace(measurement(0.0), samples=tuple(taken), points=combine(taken))
    assert (judged(found).low, judged(found).high) == pytest.approx(ends)


def test_one_sample_beside_a_limit_is_no_certain_verdict():
    found = replace(measurement(0.0), samples=(sample(1.0, 1.0),), points=combine([sample(1.0, 1.0)]))
    wide = replace(found.points[1], speedup=Estimate(1.0, None, (0.9, 1.1)))
    assert replace(found, points=(found.points[0], wide)).scaling == "inconclusive"
