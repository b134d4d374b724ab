"""Calls that take long beside the budget: what is left out, what is said, and what is no hang."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more
from virtual_time import AlwaysOnCpu

from antigil.scaling import Plan, Workload, experiment, measure, measure_function, probe_gil
from antigil.scaling import process as process_module
from antigil.scaling.experiment import measure_in_fresh_process, processes_that_fit, processes_wanted
from antigil.scaling.own_work import first_calls
from antigil.scaling.own_work.first_calls import time_calls
from antigil.scaling.rounds import calls_that_fit
from antigil.scaling.threads import Clocks
from antigil.scaling.window import run_window

pytestmark = pytest.mark.timing


@pytest.mark.parametrize(
    ("call_seconds", "budget", "calls"),
    [
        (0.001, 1e-6, 4),  # shorter than a window: the budget is not asked
        (0.03, 1e-6, 4),
        (0.05, 1.0, 4),  # 3 windows of 4 calls and 2 before: 0.9 s
        (0.05, 0.89, 3),
        (0.1, 1.0, 2),
        (0.1, 0.91, 2),
        (0.1, 0.8, 1),
        (60.0, 1.0, 1),
    ],
)
def test_a_window_holds_as_many_calls_as_the_budget_lets_it(call_seconds, budget, calls):
    assert calls_that_fit(call_seconds, windows=3, budget=budget) == calls


@pytest.mark.parametrize(
    ("seconds", "processes"), [(0.5, 8), (1.0, 8), (1.5, 8), (1.6, 5), (4.0, 2), (7.0, 1), (700.0, 1)]
)
def test_as_many_processes_are_measured_as_the_budget_lets_be(seconds, processes):
    """Half as much again is spent where that completes them."""
    assert processes_that_fit(8, seconds, budget=8.0) == processes


def taken(*seconds, shortened=False):
    return [SimpleNamespace(seconds=one, sample=SimpleNamespace(shortened=shortened)) for one in seconds]


@pytest.mark.parametrize(
    ("results", "budget", "wanted"),
    [
        (taken(1.5), 12.0, 8),
        (taken(2.2), 12.0, 8),
        (taken(4.7), 12.0, 2),
        (taken(4.7, 3.0), 12.0, 3),  # the first looked at what threads wait for
        (taken(4.7, 3.0, 3.0), 12.0, 3),
        (taken(9.0), 12.0, 2),
        (taken(9.0, 1.5), 12.0, 8),  # the first was disturbed
        (taken(30.0), 12.0, 2),
        (taken(30.0, 30.0), 12.0, 2),
        (taken(30.0, shortened=True), 12.0, 1),
        (taken(0.4), 1.0, 8),  # processes are worth ten seconds
        (taken(3.0), 1.0, 3),
        (taken(3.0), 60.0, 8),
    ],
)
def test_threads_that_take_turns_are_measured_in_as_many_processes_as_fit(results, budget, wanted):
    assert processes_wanted(8, results, budget) == wanted


@pytest.mark.parametrize("asked", [1, 2, 64, 500])
def test_as_many_short_processes_are_measured_as_are_asked_for(asked):
    """What each takes to look at threads and to probe is no reason to measure in fewer."""
    assert processes_wanted(asked, taken(0.5), 12.0) == asked
    assert processes_wanted(1, taken(100.0), 12.0) == 1


@needs_gil
def test_many_threads_that_hold_the_gil_keep_to_the_time(monkeypatch):
    """In no order, each waits for its turns of 5 ms: 8 take half a second for each window."""
    monkeypatch.setattr(experiment, "LEAST_PROCESS_SECONDS", 0.25)
    measured = measure(Workload("sum(range(50_000))"), (1, 8), budget=1.0)
    assert 2 <= len(measured.samples) < 8
    assert measured.cut.processes == 8
    assert measured.point(8).speedup.ci99 is None
    assert measured.gil_held.share >= 0.8  # of a few probes


@needs_two_cpus
@pytest.mark.skipif(not os.path.exists("/proc/self/syscall"), reason="the system tells of no waiting")
def test_what_threads_wait_for_is_looked_at_until_it_is_known(monkeypatch):
    monkeypatch.setattr(experiment, "ENOUGH_LOOKS", 60)
    watched = []

    def noting(workload, plan, seconds, interpreter, watch):
        watched.append(watch)
        return measure_in_fresh_process(workload, plan, seconds, interpreter, watch)

    monkeypatch.setattr(experiment, "measure_in_fresh_process", noting)
    measured = measure(Workload("time.sleep(0.002)", "import time"), (1, 2), budget=0.5, processes=6)
    assert watched[0]
    assert not watched[-1]
    assert measured.states.looks >= 60


_slept = []


@pytest.fixture
def slept(tmp_path):
    """Return a function that measures calls which take most of the budget each, and tells who called.

    It does so once for all tests, and anew for a test's second try.
    """
    asked = []

    def find():
        if not _slept or asked:
            calls = tmp_path / f"calls{len(asked)}"
            setup = f"import os, time; log = os.open({str(calls)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)"
            statement = "os.write(log, b'%d\\n' % os.getpid()); time.sleep(0.15)"
            measured = measure(Workload(statement, setup), (1, 2), budget=0.3)
            _slept[:] = measured, Counter(calls.read_text().split())
        asked.append(True)
        return _slept

    return find


@once_more
def test_long_calls_are_made_as_rarely_as_can_be(slept):
    """To know how long it takes, 2; in each thread of 1 + 2, 1; while the GIL is probed, 1; at best.

    Of two threads the first one to end its call makes another one; if one begins late, both make three.
    """
    measured, by_process = slept()
    assert len(by_process) == len(measured.samples)
    assert all(6 <= calls <= 8 for calls in by_process.values())


@once_more
def test_a_function_of_long_calls_is_called_as_rarely_as_can_be():
    calls = []
    measure_function(lambda: (calls.append(1), time.sleep(0.15)), (1, 2), budget=0.3)
    assert 6 <= len(calls) <= 8


def test_few_calls_are_enough_to_tell_how_far_they_scale(slept):
    measured, _ = slept()
    assert measured.point(2).speedup.median == pytest.approx(2.0, rel=0.4)
    assert measured.gil_held.share < 0.2


def test_what_was_left_out_is_told_and_no_interval_is_made_up(slept):
    measured, _ = slept()
    assert measured.point(2).speedup.ci99 is None
    assert measured.cut.processes == 8
    form = json.loads(json.dumps(measured.to_json()))
    assert form["cut"]["processes"] == 8
    assert form["cut"]["measured"] == 1
    assert form["cut"]["seconds"] == pytest.approx(measured.cut.seconds)


def test_a_measurement_of_short_calls_leaves_nothing_out():
    measured = measure(Workload("pass"), (1,), budget=1e-6, processes=2, rounds=1)
    assert measured.cut is None
    assert len(measured.samples) == 2


@needs_gil
def test_a_long_call_is_probed_from_its_start_to_its_end():
    """It holds the GIL in its second half only, long after the time for probing is over."""
    halves = "sleep(0.3)\nend = thread_time() + 0.3\nwhile thread_time() < end: pass"
    workload = Workload(halves, "from time import sleep, thread_time")
    assert 0.2 < probe_gil(workload, 0.05).share < 0.8


def test_an_exception_in_a_long_call_ends_the_probing():
    with pytest.raises(ZeroDivisionError):
        probe_gil(Workload("1 / 0"), 0.01)


def test_a_slow_measurement_is_no_hang(monkeypatch):
    """Each window has the time limit for itself: together they take longer than it, and the start."""
    monkeypatch.setattr(experiment, "START_SECONDS", 0.5)
    plan = Plan((1, 2, 3, 4), budget=0.1, rounds=1, time_limit=1.5)
    found = measure_in_fresh_process(Workload("time.sleep(0.1)", "import time"), plan, 0.05)
    assert found.seconds > 0.5 + 0.1 + 0.05 + 1.5


class Process:
    """One that leaves so many signs of life, and ends if it is told to."""

    def __init__(self, signs, left, status):
        self.signs, self.left, self.status = signs, left, status

    def wait(self, limit):
        """Stand in for Popen.wait."""
        if self.left == 0 and self.status is not None:
            return self.status
        if self.left:
            self.left -= 1
            self.signs.write_bytes(self.signs.read_bytes() + b".")
        raise subprocess.TimeoutExpired("it", limit)


@pytest.mark.parametrize(
    ("left", "status", "ended"), [(0, 0, 0), (3, 0, 0), (3, None, None), (0, None, None)]
)
def test_a_process_is_waited_for_as_long_as_it_gives_signs_of_life(tmp_path, left, status, ended):
    signs = tmp_path / "signs"
    signs.touch()
    assert process_module._ended(Process(signs, left, status), signs, 1.0) == ended


def test_what_a_statement_prints_fills_no_file():
    flood = (
        "os.write(1, noise); os.write(2, noise)\nassert sum(p.stat().st_size for p in here.rglob('*')) < 1e5"
    )
    setup = (
        "import os, sys, pathlib; noise = b'x' * (1 << 16)\n"
        "here = pathlib.Path([word for word in sys.argv if word.endswith('signs')][0]).parent"
    )
    found = measure_in_fresh_process(Workload(flood, setup), Plan((1, 2), budget=0.1, rounds=1), 0.05)
    assert found.sample.rounds == 1


def test_last_words_are_kept_and_what_was_said_before_is_not(tmp_path):
    signs = tmp_path / "signs"
    signs.touch()
    speech = "import sys; print('x' * 5_000_000, 'end', file=sys.stderr)"
    status, words = process_module._run([sys.executable, "-c", speech], signs, 20.0, {})
    assert (status, len(words)) == (0, process_module.LAST_WORDS)
    assert words.split()[1] == "end"


@pytest.mark.parametrize(
    ("calls", "expected"),
    [((0.3, 0.0005), 0.0005), ((0.15, 0.15), 0.15), ((0.0005, 0.0005), 0.0005)],
    ids=["the first loads something", "all are long", "none is"],
)
def test_a_slow_first_call_is_no_long_call(monkeypatch, calls, expected):
    left, now = list(calls), [0.0]

    def make_run(thread, threads):
        def run(times):
            for _ in range(times):
                now[0] += left.pop(0) if len(left) > 1 else left[0]

        return run

    def clock():
        return now[0]

    monkeypatch.setattr(first_calls, "perf_counter", clock)
    clocks = Clocks(clock, partial(AlwaysOnCpu, clock))
    seconds, _ = time_calls(make_run, partial(run_window, make_run, clocks=clocks, time_limit=10.0), 10.0)
    assert seconds == pytest.approx(expected)
