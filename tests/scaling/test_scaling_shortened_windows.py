"""Windows for calls so long that none can be spared: threads that wait for each other, and that do not."""

from functools import partial
from random import Random
from statistics import fmean

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more
from virtual_time import Lock, window_of

from antigil.scaling import Workload, measure, starved
from antigil.scaling.window import HAIR, PATIENCE_SECONDS, window_bounds
from antigil.scaling.window_result import Track

LONG = 0.3
"""Seconds that a call takes."""


def without_a_lock(time, random):
    """Return a call that waits for nobody."""
    return lambda thread: time.sleep(LONG)


def one_at_a_time(time, random, *, fair, share=1.0):
    """Return a call of which a share is under a lock."""
    lock = Lock(time, fair=fair)

    def call(thread):
        with lock:
            time.sleep(share * LONG)
        if share < 1.0:
            time.sleep((1.0 - share) * LONG)

    return call


def in_slices(time, random):
    """Return a call that shares what it needs with all others, as under the GIL: all are slower at once."""
    lock = Lock(time, fair=True)

    def call(thread):
        for _ in range(30):
            with lock:
                time.sleep(LONG / 30)

    return call


def of_unequal_lengths(time, random):
    """Return a call that takes any time, whatever others do."""
    return lambda thread: time.sleep(LONG * random.uniform(0.6, 1.4))


def holding_the_gil(time, random):
    """Return a call that holds the GIL, which goes to anybody next; to note its end it is needed again."""
    gil = Lock(time, fair=True, random=random)

    def call(thread):
        with gil:
            time.sleep(LONG)
        with gil:
            pass

    return call


CALLS = {
    "no lock": (without_a_lock, lambda n: n, 1e-6),
    "unequal lengths": (of_unequal_lengths, lambda n: n, 0.12),
    "a fair lock": (partial(one_at_a_time, fair=True), lambda n: 1, 1e-6),
    "an unfair lock": (partial(one_at_a_time, fair=False), lambda n: 1, 1e-6),
    "half of it under a lock": (partial(one_at_a_time, fair=True, share=0.5), lambda n: 2, 1e-6),
    "a third of it under an unfair lock": (
        partial(one_at_a_time, fair=False, share=1 / 3),
        lambda n: min(n, 3),
        0.02,
    ),
    "holding the GIL": (holding_the_gil, lambda n: 1, 1e-6),
    "sharing in slices": (in_slices, lambda n: 1, 0.03),
}


def seeded(what, threads, calls):
    """Return calls of a kind, whose chance is that of this case: it depends on no other that ran before."""
    random = Random(f"{what}, {threads} threads, {calls} calls")
    return lambda time: CALLS[what][0](time, random)


@pytest.mark.parametrize("threads", [2, 4, 16])
@pytest.mark.parametrize("calls", [1, 2, 3])
@pytest.mark.parametrize("what", CALLS)
def test_a_window_of_few_calls_tells_what_threads_get_done_in_the_long_run(what, calls, threads):
    _, speedup, error = CALLS[what]
    call, seconds = seeded(what, threads, calls), (calls - HAIR) * LONG
    times = 40 if what == "unequal lengths" else 1
    rate = {n: fmean(window_of(call, n, seconds, LONG)[0].rate for _ in range(times)) for n in (1, threads)}
    assert rate[threads] / rate[1] == pytest.approx(speedup(threads), rel=error)


@pytest.mark.parametrize("calls", [1, 2, 3])
@pytest.mark.parametrize("threads", [1, 4])
def test_threads_that_do_not_wait_for_each_other_make_no_call_more_than_the_window_holds(calls, threads):
    _, ended = window_of(seeded("no lock", threads, calls), threads, (calls - HAIR) * LONG, LONG)
    assert ended <= (calls + 1) * LONG * 1.001


@pytest.mark.parametrize(
    ("settled", "opens", "closes"),
    [
        ((10.5, 10.55), 10.0, 10.4),  # their calls end together
        ((10.5, 11.0), 11.0, 11.0 + (1.0 - HAIR)),  # one of them has waited, or its calls are longer
        ((10.5, 10.6), 10.6, 10.6 + (1.0 - HAIR) * 0.6),
        ((10.5, 13.0), 10.0, 10.5 + PATIENCE_SECONDS),  # one had to wait for longer than others do for it
    ],
)
def test_a_window_without_a_call_to_spare_opens_with_the_calls_if_nobody_waited(settled, opens, closes):
    tracks = [Track([10.0 - i / 10, one], settled=one) for i, one in enumerate(settled)]
    found = window_bounds(tracks, 0.4, 0.44)
    assert (found.opens, found.closes) == pytest.approx((opens, closes))
    assert found.whole is (closes == 10.5 + PATIENCE_SECONDS)


@pytest.mark.parametrize(("now", "known"), [(11.4, False), (11.6, True)])
def test_who_has_waited_long_for_ones_first_call_waits_no_longer(now, known):
    tracks = [Track([10.0, 10.5], settled=10.5), Track([10.0])]
    assert (window_bounds(tracks, 0.4, 0.44, now=now) is not None) is known
    assert window_bounds(tracks, 0.4, now=now) is None


@pytest.mark.timing
@needs_two_cpus
def test_long_calls_under_a_lock_are_seen_not_to_scale():
    workload = Workload("with lock: time.sleep(0.2)", "import threading, time; lock = threading.Lock()")
    measured = measure(workload, (1, 2), budget=0.4)
    assert measured.samples[0].shortened
    assert measured.point(2).speedup.median < 1.3  # it was 1.5


@pytest.mark.timing
@needs_gil
@once_more
def test_long_calls_that_hold_the_gil_are_seen_not_to_scale():
    """Two threads or four: of calls that use no CPU, so that a busy machine does not matter."""
    workload = Workload("sleep(200_000)", "import ctypes; sleep = ctypes.PyDLL(None).usleep")
    measured = measure(workload, (1, 2, 4), budget=0.4)
    assert measured.samples[0].shortened
    assert [point.raw_speedup.median for point in measured.points] == pytest.approx([1.0] * 3, abs=0.15)
    assert not any(starved(measured, point) for point in measured.points)
