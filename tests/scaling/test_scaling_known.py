"""Known answers on this machine, however busy it is: ratios and shares, no absolute times."""

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more

from antigil.scaling import Workload, cpus_allowed, gil_enabled, gil_verdict, measure, probe_gil, waits

pytestmark = pytest.mark.timing

SETUP = """
from time import sleep
from antigil.kernels import SharedCounter, calcular_com_gil, calcular_sem_gil, serial_fraction
from antigil.kernels import stream_holding, stream_releasing
data = bytearray(b"1") * (1 << 24)
lock, slots = SharedCounter("lock", 2), SharedCounter("slots", 2)
"""

SLEEP = "sleep(0.002)"
HOLDING = ("calcular_com_gil(400)", "sum(range(50_000))", "stream_holding(data)")
RELEASING = ("calcular_sem_gil(400)", SLEEP, "stream_releasing(data)", "slots.add_releasing(20_000, thread)")


def serial_fraction(share):
    """Return calls of about 4 ms that hold the GIL for a share of their work, in slices of 0.2 ms.

    With slices as short as it takes to hand the GIL over, that is what is measured.
    """
    return f"serial_fraction(400_000, {share}, 20_000)"


_measured = {}


@pytest.fixture
def measured():
    """Return a function that measures a statement once for all tests, and anew for a test's second try."""
    asked = set()

    def find(statement):
        if statement not in _measured or statement in asked:
            counts = (1, 2, 4) if statement == SLEEP else (1, 2)
            workload = Workload(statement, SETUP)
            _measured[statement] = measure(workload, counts, budget=1.2, processes=4, rounds=3)
        asked.add(statement)
        return _measured[statement]

    return find


def or_open(word, found):
    """Return what may be said: other programs can leave it open, and never turn it into another word."""
    return {word, "inconclusive"} if found.disturbed else {word}


def waiting_of_unqueued(point):
    """Return the share of waiting in the time for which nobody else had the CPU."""
    return point.waiting / (1.0 - point.queued)


@pytest.mark.parametrize("statement", HOLDING)
@needs_gil
@once_more
def test_what_holds_the_gil_is_seen_to_hold_it(measured, statement):
    found = measured(statement)
    assert found.gil_held.share >= 0.9
    assert found.gil_held.ceiling <= 1.12
    assert gil_verdict(found) in or_open("holds", found)


@pytest.mark.parametrize("statement", HOLDING)
@needs_gil
def test_two_threads_that_hold_the_gil_wait_for_each_other(measured, statement):
    assert waiting_of_unqueued(measured(statement).point(2)) >= 0.3


@pytest.mark.parametrize("statement", RELEASING)
@needs_gil
@once_more
def test_what_releases_the_gil_is_seen_to_release_it(measured, statement):
    found = measured(statement)
    assert found.gil_held.share <= 0.1
    assert gil_verdict(found) in or_open("releases", found)
    if statement == SLEEP and found.disturbed:
        assert waits(found) in {"alone", "each other"}
    else:
        assert waits(found) == ("alone" if statement == SLEEP else None)


@pytest.mark.parametrize("share", [0.25, 0.5])
@needs_gil
def test_the_probe_finds_a_known_serial_fraction(share):
    """Beside as many busy programs as CPUs it was found off by up to 0.08 (docs/evidence/noise.md)."""
    found = probe_gil(Workload(serial_fraction(share), SETUP), 0.5, mean_sleep=0.001)
    assert abs(found.share - share) <= 0.08 + 4 * found.standard_error


@pytest.mark.parametrize(("form", "share"), [("releasing", 0.0), ("holding", 1.0)])
@needs_gil
def test_a_read_holds_the_gil_or_releases_it(tmp_path, form, share):
    """But for making its result, and finding its place in the file."""
    (tmp_path / "data").write_bytes(bytes(1 << 20))
    with open(tmp_path / "data", "rb") as file:
        reading = f"os.lseek({file.fileno()}, 0, 0); read_{form}({file.fileno()}, 1 << 20)"
        workload = Workload(reading, f"import os; from antigil.kernels import read_{form}")
        found = probe_gil(workload, 0.5, mean_sleep=0.001)
    assert abs(found.share - share) <= 0.1 + 4 * found.standard_error


def test_two_threads_that_release_the_gil_hardly_wait(measured):
    assert waiting_of_unqueued(measured("calcular_sem_gil(400)").point(2)) <= 0.2


def test_threads_that_sleep_need_no_cpu(measured):
    found = measured(SLEEP)
    assert found.point(4).raw_speedup.median >= 2.5
    assert waiting_of_unqueued(found.point(1)) >= 0.7


@needs_two_cpus
def test_releasing_the_gil_makes_two_threads_faster(measured):
    com, sem = measured("calcular_com_gil(400)").point(2), measured("calcular_sem_gil(400)").point(2)
    if gil_enabled():
        assert sem.speedup.median > 1.25 * com.speedup.median
    else:
        assert min(sem.speedup.median, com.speedup.median) > 1.25


def cpus_served(point):
    """Return how many CPUs' worth of one thread's time the threads got, whatever a call costs beside others.

    A speedup alone may pass the number of CPUs: a machine's caches and clocks can make the calls of two
    threads cheaper than those of one.
    """
    return point.speedup.median * point.inflation


@pytest.mark.parametrize("share", [0.25, 0.5])
@needs_two_cpus
@once_more
def test_a_serial_fraction_scales_between_amdahl_and_its_ceiling(measured, share):
    """A fifth below, which is the price of handing the GIL over on a busy machine; two threads give two."""
    amdahl = 1.0 / (share + (1.0 - share) / 2)
    point = measured(serial_fraction(share)).point(2)
    assert point.speedup.median >= 0.8 * amdahl
    assert cpus_served(point) <= 2.1


@needs_two_cpus
@once_more
def test_two_threads_that_stream_get_the_time_of_two_cpus_at_most(measured):
    assert cpus_served(measured("stream_releasing(data)").point(2)) <= 2.1


@needs_two_cpus
def test_a_place_for_each_thread_scales_and_one_under_a_lock_does_not(measured):
    """Beside busy programs those under a lock meet less often, and seem to scale."""
    locked, apart = measured("lock.add_releasing(20_000, thread)"), measured(RELEASING[-1])
    assert apart.point(2).speedup.median > 1.25 * min(1.0, locked.point(2).speedup.median)


if not gil_enabled():

    @pytest.mark.parametrize("statement", ["calcular_com_gil(400)", "calcular_sem_gil(400)"])
    def test_on_a_free_threaded_build_nothing_is_held_and_both_scale(measured, statement):
        found = measured(statement)
        point = found.point(2)
        assert gil_verdict(found) == "no-gil"
        assert found.gil_held.share <= 0.05
        assert waiting_of_unqueued(point) <= 0.2
        assert point.speedup.median >= 1.3 or cpus_allowed() == 1
