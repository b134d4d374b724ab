"""The verdicts in words where threads are many: no contradiction, and no more precise than known."""

from dataclasses import replace

import pytest
from many_threads import many

from antigil.report.measurement.page import measurement_page
from antigil.report.measurement.sentence import sentence
from antigil.scaling import Estimate, ThreadStates

MANY = [4, 16, 64]
LAWS = {"best": None, "note": "too few points"}


@pytest.mark.parametrize(
    ("n", "speedup", "words"),
    [
        (4, 1.5, "Four threads get 1.50 times as much done as one, of a possible 4: threads wait for 62%"),
        (16, 1.5, "16 threads get 1.50 times as much done as one, of a possible 16: threads wait for 91%"),
        (64, 1.0, "64 threads get no more done than one (1.00 times as much): threads wait for 98%"),
    ],
)
def test_a_quiet_measurement_is_told_as_its_table_shows_it(n, speedup, words):
    told = sentence(many(n, speedup, queued=0.009, waiting=1.0 - speedup / n))
    assert told.startswith(words)
    assert "for what serves one at a time (a lock, or I/O; hold it" in told


def test_what_the_gil_stops_is_not_said_to_release_it():
    states = ThreadStates(64, 300, gil=700)
    found = many(64, 23.0, 0.04, 0.001, waiting=0.6, states=states)
    assert sentence(found).endswith(
        "of a possible 27: they wait for the GIL (in C, release it around what needs no Python objects; in "
        "Python, use processes, or a build without a GIL). It holds the GIL for 3.7% to 4.3% of its time, "
        "which limits any number of threads to 23 to 27 times."
    )
    two = many(2, 1.9, 0.04, 0.001, states=states)
    assert sentence(two).endswith("It releases the GIL (held for 3.7% to 4.3% of its time).")


def test_what_hands_the_gil_over_is_not_said_to_release_it():
    found = many(2, 1.0, 0.03, waiting=0.3, rate=300_000.0, states=ThreadStates(2, 300, gil=200))
    assert sentence(found).endswith(
        "It holds the GIL for 2.2% to 3.8% of its time, which limits any number of threads to 27 to 45 times."
    )


def test_without_a_gil_what_stops_all_threads_is_told_where_it_is_the_limit():
    told = sentence(many(32, 16.0, 0.055, 0.001, gil=False, waiting=0.4))
    assert "32 threads get 16.00 times as much done as one, of a possible 19: " in told
    assert told.endswith("5.2% to 5.8% of the time, as garbage collection does, which limits any number of "
                         "threads to 17 to 19 times.")  # fmt: skip


def test_a_wide_interval_is_told_as_a_range():
    told = sentence(many(64, 20.0, width=30.0, waiting=0.5))
    assert told.startswith("64 threads get 5.0 to 35 times as much done as one, of a possible 64: ")


def test_what_helps_is_more_than_one_in_words_too():
    told = sentence(many(4, 2.5, width=2.7, waiting=0.3))
    assert told.startswith("Four threads help, but how much cannot be told: they get 1.1 to 3.9 times")


@pytest.mark.parametrize("n", MANY)
def test_one_process_is_told_with_no_more_digits_than_it_has(n):
    found = many(n, 0.98 * n)
    seen = Estimate(0.98 * n, None, (0.98 * n,) * 2)
    found = replace(found, points=(found.points[0], replace(found.points[1], speedup=seen)))
    assert f"threads get {0.98 * n:.{0 if n > 4 else 1}f} times as much" in sentence(found)


@pytest.mark.parametrize("n", MANY)
def test_cpu_time_that_is_hundreds_of_times_as_much_has_no_power_of_ten(n):
    told = sentence(many(n, 0.02, inflation=n / 0.02, gil=False, width=0.001))
    assert f"each call takes {n / 0.02:.0f} times the CPU time" in told


@pytest.mark.parametrize("n", MANY)
def test_time_in_the_kernel_alone_is_not_told_as_waiting(n):
    told = sentence(many(n, n / 1.7, inflation=1.7, kernel=0.5))
    assert "a call takes 1.7 times the CPU time, for what serves one at a time (a lock, or I/O; hold" in told
    assert "wait for 0%" not in told


@pytest.mark.parametrize("n", [2, *MANY])
def test_what_waits_for_a_gil_that_changes_hands_is_told_once(n):
    told = sentence(many(n, 0.4, 0.2, waiting=0.5, rate=1e6, inflation=3.0, kernel=0.5))
    assert "getting it back costs about" in told
    assert "one at a time" not in told


def test_the_price_of_the_hand_over_is_not_told_of_threads_that_have_no_cpu():
    found = many(16, 0.4, 0.1, waiting=0.5, rate=1e6, states=ThreadStates(16, 300, gil=700))
    host = replace(found.host, cpus_allowed=4, cores_alike=4)
    assert "getting it back costs about 50 µs" not in sentence(found)
    told = sentence(replace(found, host=host))
    assert "getting it back costs more than the call holds it for (release it around more work)" in told


def test_the_page_says_what_its_dashed_line_is():
    assert "dashed: min(threads, cores of one kind)" in measurement_page(many(4, 3.0), LAWS)


@pytest.mark.parametrize(
    ("own", "who"),
    [
        ((2, 0.0187), "the 2 threads that work for the calls, which are busy all the time; have more of"),
        ((0, 0.0465, 5), "the 5 processes that work for the calls, which are busy all the time; have more"),
        ((1, 0.0290, 3), "the 3 processes that work for the calls, which are busy all the time; have more"),
        ((2, 0.0190, 2), "a process that works for the call, or a lock, or I/O)"),
        ((2, 0.0374, 2), "a process that works for the call, or a lock, or I/O)"),
        ((1, 0.0093), "a thread that works for the call, or a lock, or I/O)"),
        ((0, 0.0093, 1), "a process that works for the call, or a lock, or I/O)"),
        ((5, 0.0187), "a thread that works for the call, or a lock, or I/O)"),
        ((1, 0.0374), "a thread that works for the call, or a lock, or I/O)"),
    ],
    ids=[
        *("a pool", "of processes", "of processes that a thread feeds", "of either", "of both"),
        *("of one, or as if", "of one process, or as if", "a pool with time left", "more than were seen"),
    ],
)
def test_a_pool_that_has_no_time_left_is_named_where_it_is_sure(own, who):
    told = sentence(many(16, 1.07, waiting=0.99, own=own))
    assert f"for what serves one at a time ({who}" in told


def test_threads_that_each_call_starts_are_no_pool_of_few():
    found = many(16, 1.07, waiting=0.99, own=(2, 0.0374))
    one, most = found.points
    found = replace(found, points=(one, replace(most, own_threads=4)))
    assert "(a thread that works for the call, or a lock, or I/O)" in sentence(found)


@pytest.mark.parametrize(("speedup", "share"), [(1.0, 0.97), (0.8, 0.95), (1.8, 0.5)])
def test_no_more_workers_are_recommended_where_the_gil_is_all_that_they_wait_for(speedup, share):
    """As where two threads of a loop run Python code for all that call, or processes are fed by one."""
    states = ThreadStates(16, running=100, lock=1_500)
    work = 0.02 / speedup
    told = sentence(many(16, speedup, share, waiting=0.98, own=(0, work, 2), states=states))
    assert "(a process that works for the call, or a lock)" in told
    assert "have more" not in told


def test_a_pool_is_named_on_a_single_core_too():
    found = many(2, 1.6, waiting=0.99, own=(2, 0.012))
    found = replace(found, host=replace(found.host, cores_alike=1))
    assert "the 2 threads that work for the calls, which are busy all the time" in sentence(found)


def test_a_lock_that_is_waited_for_with_the_gil_is_told_as_that():
    states = ThreadStates(16, running=565, gil=5890, lock=476)
    found = many(16, 0.63, 0.015, waiting=0.92, rate=7_900.0, inflation=2.0, kernel=0.17, states=states)
    assert (
        "for what serves one at a time (probably a lock that is waited for without releasing the GIL; hold "
        "it for less, or give each thread its own). It releases the GIL"
    ) in sentence(found)
