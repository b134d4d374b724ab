"""One window: how marks become a rate, and clocks become shares."""

import threading

import pytest
from fakes import OwnTime

from antigil.scaling import WorkloadTimeout
from antigil.scaling import threads as threads_module
from antigil.scaling import window as window_module
from antigil.scaling.threads import Clocks, Usage
from antigil.scaling.window import (
    HAIR,
    LONGER_AT_MOST_SECONDS,
    PATIENCE_SECONDS,
    SETTLES,
    call_through,
    run_window,
    summarize,
    window_bounds,
)
from antigil.scaling.window_result import Track, batches_by


@pytest.mark.parametrize(
    ("moment", "batches"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (3.0, 2.5), (4.0, 3.0), (5.0, 3.0)]
)
def test_a_batch_cut_by_the_moment_counts_in_proportion(moment, batches):
    assert batches_by([0.0, 1.0, 2.0, 4.0], moment) == batches


def test_a_window_lies_between_the_last_start_and_a_set_time_later():
    steady = Track([float(i) for i in range(11)], settled=1.0, passed=9.0, used=Usage(4.0, 2.0))
    slower = Track([0.5, 2.5, 4.5, 6.5, 8.5], settled=2.5, passed=8.5, used=Usage(3.0, 0.0))
    found = summarize([steady, slower], least_seconds=5.0, calls_per_mark=3)
    assert found.threads == 2
    assert found.calls == 3 * (5.0 + 2.5)
    assert found.rate == 3 * 1.5
    assert (found.on_cpu, found.queued, found.waiting) == (0.5, 0.125, 0.375)
    assert found.cpu_seconds_per_call == pytest.approx(0.5 * 2 / (3 * 1.5))


def test_where_one_thread_does_not_know_its_queue_the_window_does_not():
    known = Track([0.0, 1.0, 2.0, 3.0], settled=1.0, passed=3.0, used=Usage(1.0, 0.5))
    unknown = Track([0.0, 1.0, 2.0, 3.0], settled=1.0, passed=3.0, used=Usage(1.0, None))
    found = summarize([known, unknown], least_seconds=1.0, calls_per_mark=1)
    assert found.queued is None
    assert found.waiting == 0.5


@pytest.mark.parametrize("queued", [0.0, 0.001])
def test_clocks_read_a_moment_apart_do_not_make_waiting_negative(queued):
    track = Track([0.0, 1.0, 2.0], settled=1.0, passed=2.0, used=Usage(1.001, queued))
    found = summarize([track], least_seconds=0.5, calls_per_mark=1)
    assert (found.on_cpu, found.queued, found.waiting) == (1.0, 0.0, 0.0)


def test_a_thread_that_is_shut_out_until_others_have_gone_counts_for_nothing():
    """A lock that is not fair may leave a thread outside until the one that has it gives up calling."""
    marks = [float(i) for i in range(112)]
    has_it = Track(marks, settled=1.0, passed=20.0, used=Usage(19.0, 0.0))
    shut_out = Track([0.0, 10.0, 110.0], settled=10.0, passed=110.0, used=Usage(1.0, 0.0))
    found = summarize([has_it, shut_out], least_seconds=10.0, calls_per_mark=1)
    assert (found.calls, found.least) == (10.0, 0.0)
    assert (found.on_cpu, found.waiting) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("marks_of_other", [[0.0, 10.0, 12.0, 14.0, 110.0], [0.0, 10.0, 20.0, 110.0]])
def test_whole_calls_of_one_that_is_shut_out_later_count(marks_of_other):
    has_it = Track([float(i) for i in range(112)], settled=1.0, passed=20.0, used=Usage(19.0, 0.0))
    other = Track(marks_of_other, settled=10.0, passed=110.0, used=Usage(1.0, 0.0))
    found = summarize([has_it, other], least_seconds=10.0, calls_per_mark=1)
    assert found.calls == 10.0 + len(marks_of_other) - 3


def test_calls_that_take_longer_than_anyone_waits_for_count_if_no_other_one_ends_before():
    tracks = [Track([0.0, 1.0, 101.0 + i], settled=1.0, passed=101.0 + i) for i in (0.0, 1.0)]
    assert summarize(tracks, least_seconds=1.0, calls_per_mark=1).calls == pytest.approx(0.01 + 1 / 101)


def test_what_a_thread_did_while_the_others_came_in_does_not_count():
    """The first has the lock to itself for long; then it is off the CPU, half of that time queued."""
    first = Track([float(i) for i in range(101)] + [112.0], settled=1.0, passed=112.0, used=Usage(100.0, 5.5))
    other = Track(
        [0.0, 101.0, *[102.0 + i for i in range(11)]], settled=101.0, passed=111.0, used=Usage(10.0, 0.0)
    )
    found = summarize([first, other], least_seconds=10.0, calls_per_mark=1)
    assert found.on_cpu == pytest.approx((1.0 + 10 / 12 * 100 / 100 / 10) / 2)
    assert found.queued == pytest.approx((1.0 - 10 / 12 / 10) / 2 * 5.5 / 11)


@pytest.mark.parametrize("calls_per_mark", [1, 4])
@pytest.mark.parametrize("call_seconds", [(0.25,), (0.25, 0.5), (0.125, 0.5, 1.0)])
def test_the_rate_is_the_sum_of_the_threads_rates(call_seconds, calls_per_mark):
    """Whatever way the threads' times lie against each other."""
    time = OwnTime(on_cpu=0.5, queued=0.125)

    def make_run(thread, threads):
        assert threads == len(call_seconds)
        return lambda calls: time.pass_by(calls * call_seconds[thread])

    found = run_window(make_run, len(call_seconds), 16.0, calls_per_mark=calls_per_mark, clocks=time.clocks())
    assert found.rate == pytest.approx(sum(1.0 / seconds for seconds in call_seconds), rel=1e-12)
    assert found.calls == pytest.approx(16.0 * found.rate, rel=1e-12)
    assert (found.on_cpu, found.queued, found.waiting) == pytest.approx((0.5, 0.125, 0.375), rel=1e-12)


def test_the_window_is_not_touched_by_a_slow_start():
    """The first calls take a thousand times as long as the rest."""
    time = OwnTime()
    calls_done = [0, 0]

    def make_run(thread, threads):
        def run(calls):
            time.pass_by(250.0 if calls_done[thread] < 2 else 0.25)
            calls_done[thread] += calls

        return run

    assert run_window(make_run, 1, 8.0, clocks=time.clocks()).rate == 4.0


class BrokenWorkloadError(Exception):
    """What a workload of these tests raises."""


def breaks(after):
    raise BrokenWorkloadError(f"after {after} calls")


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("at_call", [0, 1, 5])
def test_an_error_in_one_thread_is_raised_with_that_threads_traceback(threads, at_call):
    reached = threading.Event()

    def make_run(thread, threads):
        done = 0

        def run(calls):
            nonlocal done
            if thread == threads - 1 and done >= at_call:
                reached.set()
                breaks(done)
            if thread < threads - 1 and done:
                reached.wait()  # no window ends before all threads have passed it
            done += calls

        return run

    with pytest.raises(BrokenWorkloadError, match=f"after {at_call} calls") as caught:
        run_window(make_run, threads, 10.0)
    assert caught.traceback[-1].name == "breaks"


def alive_after(threads, seconds=0.5):
    """Return which of the threads are alive after some time."""
    for thread in threads:
        thread.join(seconds)
    return [thread for thread in threads if thread.is_alive()]


def test_an_error_while_a_thread_is_prepared_is_raised_and_ends_the_others():
    def make_run(thread, threads):
        if thread == 1:
            raise BrokenWorkloadError("not prepared")
        return lambda calls: None

    before = set(threading.enumerate())
    with pytest.raises(BrokenWorkloadError, match="not prepared"):
        run_window(make_run, 3, 0.01)
    assert alive_after(set(threading.enumerate()) - before) == []


@pytest.fixture
def held_lock():
    """Return a lock that is held until the test has ended, when those who wait for it may go."""
    lock = threading.Lock()
    with lock:
        yield lock


def pass_through(lock):
    with lock:
        pass


@pytest.mark.parametrize("threads", [1, 2])
def test_a_call_that_never_ends_becomes_a_timeout(held_lock, threads):
    with pytest.raises(WorkloadTimeout, match=rf"within 0\.2 s in {threads} thread"):
        run_window(
            lambda thread, threads: lambda calls: pass_through(held_lock), threads, 0.01, time_limit=0.2
        )


def test_a_thread_that_hangs_while_it_is_prepared_leaves_no_other_behind(held_lock):
    def make_run(thread, threads):
        if thread == 0:
            pass_through(held_lock)
        return lambda calls: None

    before = set(threading.enumerate())
    with pytest.raises(WorkloadTimeout):
        run_window(make_run, 3, 0.01, time_limit=0.2)
    assert len(alive_after(set(threading.enumerate()) - before)) == 1


def test_an_error_is_raised_although_another_thread_hangs(held_lock, monkeypatch):
    monkeypatch.setattr(threads_module, "GRACE_SECONDS", 0.2)

    def make_run(thread, threads):
        return (lambda calls: pass_through(held_lock)) if thread else (lambda calls: breaks(calls))

    with pytest.raises(BrokenWorkloadError):
        run_window(make_run, 2, 0.01, time_limit=600.0)


def calls_of_a_tenth(monkeypatch, track, seconds, until=1000):
    """Call beside a thread that gets no further than its track, by its own clock; tell calls and naps."""
    tracks, stop, naps = [Track(), track], threading.Event(), []
    calls = []
    clocks = Clocks(now=lambda: 0.1 * len(calls))

    def call():
        calls.append(1)
        if len(calls) == until:
            stop.set()

    monkeypatch.setattr(window_module, "sleep", naps.append)
    call_through(tracks, 0, call, seconds, stop, clocks)
    return len(calls), naps


@pytest.mark.parametrize("seconds", [0.03, 5.0])
def test_who_has_passed_does_not_wait_for_ever_for_one_that_is_shut_out(monkeypatch, seconds):
    """It lets go of the GIL for a moment and takes it again, before the other wakes up."""
    shut_out = Track(marks=[0.0, 0.1], settled=0.1)
    calls, naps = calls_of_a_tenth(monkeypatch, shut_out, seconds)
    patience = max(PATIENCE_SECONDS, 2 * seconds / (1.0 - HAIR))
    length = max(seconds, SETTLES * 0.1)
    assert 0.1 * calls == pytest.approx(0.1 + length + patience, abs=0.21)
    assert naps == []


def test_one_that_does_not_even_begin_is_let_in(monkeypatch):
    calls, naps = calls_of_a_tenth(monkeypatch, Track(), 0.03, until=50)
    assert len(naps) == pytest.approx(calls - PATIENCE_SECONDS / 0.1, abs=2)


@pytest.mark.parametrize(
    ("settled", "seconds"),
    [(10.01, 0.1), (10.05, 0.1), (10.1, 0.2), (10.14, 0.28), (15.0, LONGER_AT_MOST_SECONDS)],
)
def test_a_window_lasts_for_two_turns_of_all_but_is_not_made_long(settled, seconds):
    tracks = [Track([10.0, 10.005], settled=10.005), Track([9.9, settled], settled=settled)]
    found = window_bounds(tracks, 0.1)
    assert (found.opens, found.closes - found.opens) == (settled, pytest.approx(seconds))


def test_a_window_opens_when_all_have_settled():
    assert window_bounds([Track([0.0, 1.0], settled=1.0), Track([0.0])], 0.1) is None


def test_threads_that_take_turns_are_looked_at_for_two_turns_of_all():
    """Four of which each has its turn of 0.1 s after the others: all get ten calls a second done together."""
    tracks = [
        Track(
            [0.0, *(0.1 * (turn + 4 * n) for n in range(4))],
            settled=0.1 * turn,
            passed=1.3,
            used=Usage(0.1, 0.0),
        )
        for turn in (1, 2, 3, 4)
    ]
    found = summarize(tracks, least_seconds=0.03, calls_per_mark=1)
    assert found.seconds == pytest.approx(LONGER_AT_MOST_SECONDS)
    assert found.rate == pytest.approx(10.0)
