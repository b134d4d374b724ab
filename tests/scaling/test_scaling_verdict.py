"""The verdict on scaling: one word from the speedup, its interval, and what other programs leave open."""

import math
from dataclasses import replace

import pytest
from fakes import measurement

from antigil.scaling import (
    Estimate,
    ThreadStates,
    extra_waiting,
    judged,
    least_side_by_side,
    missing,
    speedup_word,
    starved,
    waits,
)
from antigil.scaling.measurement import combine
from antigil.scaling.sample import PointSample, Sample
from antigil.scaling.verdicts import cause


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
        (ThreadStates(2, running=60), "hand-over"),
        (ThreadStates(2, running=400, lock=40), "waiting"),
        (None, "hand-over"),
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
    assert starved(measurement(0.0, least=least).point(2)) is is_starved


def test_causes_multiply_to_what_is_missing():
    measured = measurement(0.0, waiting=(0.0, 0.2, 0.2), speedup=(1.0, 1.0, 1.0), inflation=1.6)
    assert math.prod(missing(measured, 2).values()) == pytest.approx(2.0)


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
