"""The assertions for test suites: right answers, decisions by intervals, messages, skips."""

import hashlib
import random
import re
import subprocess
import sys
import threading
import time
from unittest import SkipTest

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more

import antigil
from antigil import testing
from antigil.scaling import MeasurementError, WorkloadTimeout
from antigil.testing import assert_releases_gil, assert_scales

pytestmark = pytest.mark.timing

DATA = bytes(1 << 20)


def sem_gil():
    antigil.calcular_sem_gil(600)


def com_gil():
    antigil.calcular_com_gil(600)


def half_serial():
    antigil.kernels.serial_fraction(300_000, 0.5)


def sha256():
    hashlib.sha256(DATA)


def sleep():
    time.sleep(0.005)


@pytest.mark.parametrize("func", [sem_gil, sha256, sleep])
@once_more
def test_a_function_that_releases_the_gil_passes(func):
    assert_releases_gil(func)


@pytest.mark.parametrize("func", [com_gil, half_serial])
@needs_gil
@once_more
def test_a_function_that_holds_the_gil_fails(func):
    with pytest.raises(AssertionError, match=f"{func.__name__} holds the GIL for .* at most 0.1 is allowed"):
        assert_releases_gil(func)


@needs_gil
@once_more
def test_a_greater_share_can_be_allowed():
    assert_releases_gil(half_serial, held_at_most=0.9)


@needs_gil
@once_more
def test_calls_longer_than_the_time_are_judged():
    with pytest.raises(AssertionError, match="holds the GIL"):
        assert_releases_gil(lambda: antigil.kernels.sleep_holding(0.4), budget=0.2)


@needs_two_cpus
@once_more
def test_a_function_that_scales_passes():
    assert_scales(sem_gil, 2, 1.2)


@needs_two_cpus
@once_more
def test_sleeping_scales():
    assert_scales(sleep, 2, 1.4)


@needs_gil
@needs_two_cpus
@once_more
def test_a_function_that_does_not_scale_fails_and_says_why():
    with pytest.raises(AssertionError) as caught:
        assert_scales(com_gil, 2, 1.6)
    told = str(caught.value)
    for part in (
        "com_gil gets",
        "at least 1.6",
        "waiting",
        "queued",
        "CPU time per call",
        "holds the GIL",
    ):
        assert part in told


@needs_gil
@needs_two_cpus
@once_more
def test_a_lock_is_told_from_the_gil():
    """Its threads wait, and it does not hold the GIL. A very busy machine leaves it open."""
    lock = threading.Lock()

    def locked():
        with lock:
            antigil.calcular_sem_gil(600)

    with pytest.raises((AssertionError, SkipTest)) as caught:
        assert_scales(locked, 2, 1.6)
    if caught.type is AssertionError:
        told = re.search(
            r"waiting (\d+)%.*queued for a CPU (\d+)%.* holds the GIL for 0\.[01]\d of",
            str(caught.value),
        )
        assert told is not None, caught.value
        waiting, queued = map(int, told.groups())
        assert waiting >= 5
        assert waiting + queued >= 30


def test_more_threads_than_cpus_are_skipped(monkeypatch):
    monkeypatch.setattr(testing, "cpus_allowed", lambda: 2)
    with pytest.raises(SkipTest, match="4 threads need as many CPUs to scale; this process may use 2"):
        assert_scales(sem_gil, 4, 1.5)


def test_without_a_gil_a_function_is_called_once_and_passes(monkeypatch):
    monkeypatch.setattr(testing, "gil_enabled", lambda: False)
    called = []
    assert_releases_gil(lambda: called.append(1))
    assert called == [1]


def test_without_a_gil_what_the_function_raises_is_raised(monkeypatch):
    monkeypatch.setattr(testing, "gil_enabled", lambda: False)
    with pytest.raises(BrokenError):
        assert_releases_gil(broken)


@needs_gil
@once_more
def test_a_first_call_that_enables_the_gil_again_is_seen(monkeypatch):
    """As an extension does that is imported there and does not know of free-threaded builds."""
    called = []
    monkeypatch.setattr(testing, "gil_enabled", lambda: bool(called))

    def holds():
        called.append(1)
        antigil.calcular_com_gil(600)

    with pytest.raises(AssertionError, match="holds the GIL"):
        assert_releases_gil(holds)


def spin(seconds):
    """Hold the GIL, as pure Python does, for so long on a CPU."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def first_two_fifths():
    spin(0.3)
    time.sleep(0.45)


def last_three_fifths():
    time.sleep(0.3)
    spin(0.45)


def five_phases():
    """Hold it for 0.3 of 0.9 s."""
    for part in range(5):
        time.sleep(0.04 * part + 0.04)
        spin(0.02 * part + 0.02)


@needs_gil
@pytest.mark.parametrize(("func", "limit"), [(first_two_fifths, 0.7), (five_phases, 0.6)])
@once_more
def test_a_call_that_begins_with_a_hold_is_judged_as_a_whole(func, limit):
    assert_releases_gil(func, held_at_most=limit)


@needs_gil
@pytest.mark.parametrize(("func", "limit"), [(last_three_fifths, 0.1), (five_phases, 0.1)])
@once_more
def test_a_call_that_ends_with_a_hold_is_judged_as_a_whole(func, limit):
    with pytest.raises(AssertionError, match="holds the GIL for 0"):
        assert_releases_gil(func, held_at_most=limit)


@once_more
def test_an_assertion_leaves_the_callers_random_numbers_alone():
    random.seed(7)
    state = random.getstate()
    assert_releases_gil(sleep)
    assert random.getstate() == state


@once_more
def test_long_calls_are_made_as_rarely_as_can_be(monkeypatch):
    """Two alone, as the first may load something, one in each of 1 and 2 threads, one that is probed."""
    monkeypatch.setattr(testing, "cpus_allowed", lambda: 2)
    called = []

    def long():
        called.append(1)
        time.sleep(0.6)

    assert_scales(long, 2, 1.2, budget=1.0)
    assert len(called) <= 6


class BrokenError(Exception):
    """What a function of these tests raises."""


def broken():
    raise BrokenError


@pytest.mark.parametrize("check", [assert_releases_gil, lambda func: assert_scales(func, 2, 1.5)])
def test_what_the_function_raises_is_raised(monkeypatch, check):
    monkeypatch.setattr(testing, "cpus_allowed", lambda: 2)
    monkeypatch.setattr(testing, "gil_enabled", lambda: True)
    with pytest.raises(BrokenError):
        check(broken)


@needs_gil
@pytest.mark.parametrize("call", [next, lambda values: sum(next(values) for _ in range(2))])
def test_values_that_come_to_an_end_are_no_reason_to_skip(call):
    values = iter([1] * 50)

    with pytest.raises((MeasurementError, SkipTest)) as caught:
        assert_releases_gil(lambda: call(values))
    assert caught.type is MeasurementError
    assert "the workload raised StopIteration" in str(caught.value)


@pytest.mark.parametrize(
    "check", [assert_releases_gil, lambda func, **limit: assert_scales(func, 2, 1.5, **limit)]
)
def test_a_function_that_hangs_is_ended(monkeypatch, check):
    monkeypatch.setattr(testing, "cpus_allowed", lambda: 2)
    monkeypatch.setattr(testing, "gil_enabled", lambda: True)
    lock = threading.Lock()

    def hang():
        with lock:
            pass

    with lock, pytest.raises(WorkloadTimeout):
        check(hang, time_limit=0.2, budget=0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: assert_releases_gil(sem_gil, held_at_most=1.0), "held_at_most is a share"),
        (lambda: assert_releases_gil(sem_gil, held_at_most=-0.1), "held_at_most is a share"),
        (lambda: assert_releases_gil(sem_gil, budget=0.0), "must be positive"),
        (lambda: assert_scales(sem_gil, 1, 1.0), "at least 2 threads"),
        (lambda: assert_scales(sem_gil, 2, 2.5), "a speedup above 0 and up to 2"),
        (lambda: assert_scales(sem_gil, 2, 0.0), "a speedup above 0 and up to 2"),
        (lambda: assert_scales(sem_gil, 2, 1.5, time_limit=0.0), "must be positive"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


SUITE = """
import unittest
from antigil import testing

testing.cpus_allowed = lambda: 1

class Case(unittest.TestCase):
    def test_skipped(self):
        testing.assert_scales(lambda: None, 2, 1.5)

def test_pytest_skips_too():
    testing.assert_scales(lambda: None, 2, 1.5)
"""


@pytest.mark.parametrize(("runner", "told"), [("unittest", "skipped=1"), ("pytest", "2 skipped")])
def test_runners_see_a_skip(tmp_path, runner, told):
    (tmp_path / "test_it.py").write_text(SUITE)
    command = [sys.executable, "-m", runner, "test_it.py"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode in (0, 5), run.stdout + run.stderr
    assert told in run.stdout + run.stderr
