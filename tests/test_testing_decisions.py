"""The assertions for test suites: when they look again, what they decide, and what they say."""

from dataclasses import replace
from unittest import SkipTest

import pytest

from antigil import testing
from antigil.report import assertion
from antigil.scaling import GilHeld, MeasurementError, TooFewProbes
from antigil.scaling.rounds import Round
from antigil.scaling.window import Window
from antigil.testing import assert_releases_gil, assert_scales


def func():
    """Stand for what is measured: nothing ever is."""


class Clock:
    """Time that passes only while a look is taken."""

    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        """Stand in for time.monotonic."""
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that the assertions go by, on a machine with 2 CPUs and a GIL."""
    clock = Clock()
    monkeypatch.setattr(testing, "time", clock)
    monkeypatch.setattr(testing, "cpus_allowed", lambda: 2)
    monkeypatch.setattr(testing, "cores_allowed", lambda: 2)
    for room in (testing, assertion):
        monkeypatch.setattr(room, "gil_enabled", lambda: True)
    return clock


@pytest.fixture
def see(monkeypatch, clock):
    """Return a function that lets each look at the GIL see these shares, one after the other."""

    def put_in_place(*estimates):
        looks = iter(estimates)

        def probe_gil(workload, seconds, **others):
            clock.seconds += seconds
            found = next(looks)
            if isinstance(found, Exception):
                raise found
            return GilHeld(*found, 200, 0.001, "switches")

        monkeypatch.setattr(testing, "probe_gil", probe_gil)
        return looks

    return put_in_place


FAR_TOO_FEW = TooFewProbes("too few probes of the GIL: probe for longer")

HOLDS, FAILS, IS_SKIPPED = "holds", "fails", "is skipped"


def outcome(check, *args, **options):
    try:
        check(*args, **options)
    except AssertionError:
        return FAILS
    except SkipTest:
        return IS_SKIPPED
    return HOLDS


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([(0.01, 0.01)], HOLDS),
        ([(0.25, 0.04)], FAILS),
        ([(0.07, 0.02), (0.06, 0.005)], HOLDS),
        ([(0.14, 0.02), (0.15, 0.005)], FAILS),
        ([(0.11, 0.02)] * 4, HOLDS),
        ([(0.131, 0.02)] * 4, FAILS),
        ([FAR_TOO_FEW, (0.5, 0.05)], FAILS),
        ([FAR_TOO_FEW] * 4, IS_SKIPPED),
    ],
    ids=[
        "clearly below",
        "clearly above",
        "unclear, then below",
        "unclear, then above",
        "unclear to the end",
        "clear at the end",
        "too few probes at first",
        "too few probes",
    ],
)
def test_looks_go_on_until_it_is_clear_or_the_time_is_over(see, looks, expected):
    unused = see(*looks)
    assert outcome(assert_releases_gil, func, budget=1.0) == expected
    assert next(unused, None) is None


@pytest.mark.parametrize(("looks", "expected"), [([(1.0, 0.01)], FAILS), ([FAR_TOO_FEW], IS_SKIPPED)])
def test_two_more_looks_are_taken_where_long_calls_let_no_probe_come_in(see, looks, expected):
    unused = see(FAR_TOO_FEW, FAR_TOO_FEW, *looks)
    assert outcome(assert_releases_gil, func, budget=0.1) == expected
    assert next(unused, None) is None


def test_what_keeps_the_gil_from_being_probed_is_raised(see):
    see(MeasurementError("CPU 3 was taken from this process while it was measured: measure again"))
    with pytest.raises(MeasurementError, match="CPU 3 was taken"):
        assert_releases_gil(func)


def rounds(*speedups, queued=0.0):
    """Return rounds of 1 and 2 threads."""

    def window(n, rate, queued):
        on_cpu = 1.0 - queued
        return Window(n, rate, on_cpu, queued, 0.0, 0.05, rate * 0.05)

    return [
        Round({1: window(1, 100.0, 0.0), 2: window(2, 100.0 * speedup * (1 - queued), queued)}, 2)
        for speedup in speedups
    ]


@pytest.fixture
def measure(monkeypatch, clock):
    """Return a function that lets each look at the speedup find these rounds, and the GIL held so."""

    def put_in_place(looks, held=(0.0, 0.001)):
        looks = iter(looks)

        def measure_rounds(workload, plan):
            clock.seconds += plan.budget
            return next(looks)

        def probe_gil(workload, seconds, **others):
            if isinstance(held, Exception):
                raise held
            return GilHeld(*held, 100, 0.001, "switches")

        monkeypatch.setattr(testing, "measure_rounds", measure_rounds)
        monkeypatch.setattr(testing, "probe_gil", probe_gil)
        return looks

    return put_in_place


FAST, SLOW = rounds(*[1.9] * 8), rounds(*[1.0] * 8)
MIXED = rounds(*[1.0, 1.9] * 4)
DISTURBED = rounds(*[1.0, 1.9] * 4, queued=0.4)
CLOSE = rounds(*[1.4, 1.6] * 4)
INFLATED = rounds(*[1.9] * 8, queued=0.4)


def with_own_threads(found, *, crowded):
    """Return rounds in which threads of the function's own were at work, beside busy programs or not."""
    return [
        replace(
            one,
            windows={
                n: replace(window, own_threads=1, own_cpu_seconds=0.005) for n, window in one.windows.items()
            },
            crowded=crowded,
        )
        for one in found
    ]


OWN_FAST, OWN_SLOW = (with_own_threads(found, crowded=False) for found in (FAST, SLOW))
CROWDED_FAST, CROWDED_SLOW = (with_own_threads(found, crowded=True) for found in (FAST, SLOW))


@pytest.mark.parametrize(
    ("looks", "held", "expected"),
    [
        ([FAST], (0.0, 0.001), HOLDS),
        ([SLOW], (1.0, 0.001), FAILS),
        ([MIXED, FAST, FAST], (0.0, 0.001), HOLDS),
        ([MIXED, SLOW, SLOW], (0.0, 0.001), FAILS),
        ([MIXED], (1.0, 0.001), FAILS),
        ([DISTURBED], (0.95, 0.01), FAILS),
        ([MIXED] * 5, (0.5, 0.01), HOLDS),
        ([DISTURBED] * 5, (0.5, 0.01), IS_SKIPPED),
        ([DISTURBED] * 5, FAR_TOO_FEW, IS_SKIPPED),
        ([INFLATED], (0.0, 0.001), HOLDS),
        ([INFLATED], (0.95, 0.01), FAILS),
        ([INFLATED] * 5, (0.62, 0.02), IS_SKIPPED),
        ([INFLATED] * 5, FAR_TOO_FEW, IS_SKIPPED),
        ([SLOW[:1]] * 5, (0.0, 0.001), FAILS),
        ([FAST[:2], FAST[:2], FAST[:2]], (0.0, 0.001), HOLDS),
        ([CLOSE] * 5, (0.95, 0.01), IS_SKIPPED),
        ([OWN_FAST], (0.0, 0.001), HOLDS),
        ([OWN_SLOW], (0.0, 0.001), FAILS),
        ([CROWDED_FAST] * 5, (0.0, 0.001), IS_SKIPPED),
        ([CROWDED_SLOW] * 5, (0.0, 0.001), IS_SKIPPED),
        ([CROWDED_SLOW], (0.95, 0.01), FAILS),
    ],
    ids=[
        "clearly fast",
        "clearly slow",
        "unclear, then fast",
        "unclear, then slow",
        "the ceiling is too low",
        "the ceiling is too low, whatever the neighbours",
        "unclear to the end",
        "disturbed to the end",
        "disturbed, and no probe came in",
        "disturbed, fast, and the ceiling allows it",
        "disturbed, fast, and the ceiling is too low",
        "disturbed, fast, and the ceiling is uncertain",
        "disturbed, fast, and no probe came in",
        "few long rounds, slow",
        "few long rounds, fast",
        "a speedup that the ceiling does not allow for",
        "own threads, fast",
        "own threads, slow",
        "own threads that lack CPUs, fast",
        "own threads that lack CPUs, slow",
        "own threads that lack CPUs, and the ceiling is too low",
    ],
)
def test_rounds_go_on_until_it_is_clear_or_the_time_is_over(measure, looks, held, expected):
    unused = measure(looks, held)
    assert outcome(assert_scales, func, 2, 1.5, budget=4.0) == expected
    assert next(unused, None) is None


@pytest.mark.parametrize(("speedup", "expected"), [(1.3, FAILS), (1.45, HOLDS), (1.55, HOLDS)])
def test_one_round_decides_only_what_it_can_tell(measure, speedup, expected):
    """Calls are so long that the time is over after one."""
    measure([rounds(speedup)])
    assert outcome(assert_scales, func, 2, 1.5, budget=0.8) == expected


@pytest.mark.parametrize(
    ("found", "held", "expected"),
    [(SLOW, (0.0, 0.001), IS_SKIPPED), (SLOW, (1.0, 0.001), FAILS), (FAST, (0.0, 0.001), HOLDS)],
    ids=["slow", "slow, and the ceiling is too low", "fast"],
)
def test_two_threads_on_one_core_fail_only_what_holds_the_gil(measure, monkeypatch, found, held, expected):
    measure([found] * 5, held)
    monkeypatch.setattr(testing, "cores_allowed", lambda: 1)
    assert outcome(assert_scales, func, 2, 1.5) == expected


@pytest.mark.parametrize(("cores", "at_least"), [(2, 1.2), (2, 1.95), (1, 0.8)])
def test_what_the_cores_there_are_could_give_fails(measure, monkeypatch, cores, at_least):
    """However much is asked for, as long as each thread has a core; and what one core could give."""
    measure([rounds(*[0.7] * 8)] * 5)
    monkeypatch.setattr(testing, "cores_allowed", lambda: cores)
    assert outcome(assert_scales, func, 2, at_least) == FAILS


def test_a_failure_tells_of_no_cpu_time_where_the_system_tells_none(measure):
    slow = [
        replace(one, windows={n: replace(seen, on_cpu=0.0, waiting=1.0) for n, seen in one.windows.items()})
        for one in SLOW
    ]
    measure([slow])
    with pytest.raises(AssertionError, match="CPU time per call not told by this system"):
        assert_scales(func, 2, 1.5)
    measure([[*slow[:5], *SLOW[5:]]])
    with pytest.raises(AssertionError, match=r"CPU time per call 2\.00 times that of one thread"):
        assert_scales(func, 2, 1.5)


def test_a_contradiction_is_told(measure):
    measure([CLOSE] * 5, (0.95, 0.01))
    with pytest.raises(SkipTest) as caught:
        assert_scales(func, 2, 1.5)
    assert "got 1.40 to 1.60 times as much done in 2 threads as in one" in str(caught.value)
    assert "holds the GIL for 0.95 of its time" in str(caught.value)


def test_a_skip_says_that_own_threads_lack_cpus(measure):
    measure([CROWDED_SLOW] * 5)
    with pytest.raises(SkipTest) as caught:
        assert_scales(func, 2, 1.5)
    assert str(caught.value) == (
        "other programs keep the CPUs busy: the speedup of func in 2 threads cannot be told, as its own "
        "threads or processes have to wait for CPUs"
    )


def test_fast_and_disturbed_passes_without_a_gil(measure, monkeypatch):
    measure([INFLATED], AssertionError("the GIL was looked at"))
    monkeypatch.setattr(testing, "gil_enabled", lambda: False)
    assert outcome(assert_scales, func, 2, 1.5) == HOLDS


def sleeping(found, sleeps):
    """Return rounds whose threads leave their CPUs so often, and one alone hardly ever."""
    return [
        replace(
            one,
            windows={n: replace(seen, sleeps=sleeps if n > 1 else 10.0) for n, seen in one.windows.items()},
        )
        for one in found
    ]


@pytest.mark.parametrize("has_gil", [True, False])
@pytest.mark.parametrize(
    ("found", "sleeps", "expected"),
    [
        (INFLATED, 20_000.0, IS_SKIPPED),
        (INFLATED, 100.0, HOLDS),
        (rounds(*[2.0] * 8, queued=0.9), 3_000.0, IS_SKIPPED),
        (FAST, 20_000.0, HOLDS),
        (rounds(*[1.0] * 8, queued=0.4), 20_000.0, FAILS),
    ],
    ids=[
        "a lock that yields",
        "no lock",
        "another one, nearly never side by side",
        "quiet",
        "slow all the same",
    ],
)
def test_a_lock_that_hides_beside_busy_programs_does_not_pass(
    measure, monkeypatch, has_gil, found, sleeps, expected
):
    """While one thread is queued, nobody waits for its lock; and who yields there is booked as queued."""
    measure([sleeping(found, sleeps)] * 5)
    monkeypatch.setattr(testing, "gil_enabled", lambda: has_gil)
    assert outcome(assert_scales, func, 2, 1.5) == expected


def test_memory_that_threads_share_hides_beside_busy_programs(measure, monkeypatch):
    """Queued for half of their time, they are beside each other for the other half only."""
    seen = [rounds(*[1.6] * 8, queued=0.5)] * 5
    monkeypatch.setattr(testing, "gil_enabled", lambda: False)
    measure(seen)
    assert outcome(assert_scales, func, 2, 1.5) == IS_SKIPPED
    measure(seen)
    assert outcome(assert_scales, func, 2, 1.1) == HOLDS


@pytest.mark.parametrize(
    ("has_gil", "words"), [(True, "(the GIL, locks, I/O)"), (False, "(locks, garbage collection, I/O)")]
)
def test_a_failure_names_the_gil_only_where_there_is_one(measure, monkeypatch, has_gil, words):
    monkeypatch.setattr(testing, "gil_enabled", lambda: has_gil)
    monkeypatch.setattr(assertion, "gil_enabled", lambda: has_gil)
    measure([SLOW])
    with pytest.raises(AssertionError) as caught:
        assert_scales(func, 2, 1.5)
    assert words in str(caught.value)


def test_a_failure_says_where_the_speedup_went(measure):
    measure([rounds(*[1.0] * 8, queued=0.2)], (0.5, 0.01))
    with pytest.raises(AssertionError) as caught:
        assert_scales(func, 2, 1.5)
    assert str(caught.value) == (
        "func gets 1.00 times as much done in 2 threads as in one (interval 1.00 to 1.00, 8 rounds: threads "
        "do not help); at least 1.5 was asked for. Where the rest of 2 went: waiting 0% of the threads' time "
        "(the GIL, "
        "locks, I/O); queued for a CPU 20%; CPU time per call 2.00 times that of one thread. It holds the "
        "GIL for 0.50 of its time (interval 0.47 to 0.53), so no number of threads gives more than 2.1."
    )
