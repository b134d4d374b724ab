"""Known answers on this machine, however busy it is: ratios and shares, no absolute times."""

import json
import subprocess

import pytest

from antigil.scaling import Workload, cpus_allowed, gil_enabled, measure, sentence, verdict

SETUP = "from antigil import calcular_com_gil, calcular_sem_gil\nfrom time import sleep"

HOLDING = ("calcular_com_gil(400)", "sum(range(50_000))")
RELEASING = ("calcular_sem_gil(400)", "sleep(0.002)")

_measured = {}


@pytest.fixture
def measured():
    """Return a function that measures a statement once for all tests."""

    def find(statement):
        if statement not in _measured:
            _measured[statement] = measure(
                Workload(statement, SETUP), (1, 2, 4), budget=2.0, processes=2, rounds=3
            )
        return _measured[statement]

    return find


def waiting_of_unqueued(point):
    """Return the share of waiting in the time for which nobody else had the CPU."""
    return point.waiting / (1.0 - point.queued)


if gil_enabled():

    @pytest.mark.parametrize("statement", HOLDING)
    def test_what_holds_the_gil_is_seen_to_hold_it(measured, statement):
        found = measured(statement)
        assert found.gil_held.share >= 0.9
        assert found.gil_held.ceiling <= 1.12
        assert verdict(found) == "holds"

    @pytest.mark.parametrize("statement", HOLDING)
    def test_two_threads_that_hold_the_gil_wait_for_each_other(measured, statement):
        assert waiting_of_unqueued(measured(statement).point(2)) >= 0.3

    @pytest.mark.parametrize("statement", RELEASING)
    def test_what_releases_the_gil_is_seen_to_release_it(measured, statement):
        found = measured(statement)
        assert found.gil_held.share <= 0.1
        assert verdict(found) == "releases"
        assert "wait for each other" not in sentence(found)


def test_two_threads_that_release_the_gil_hardly_wait(measured):
    assert waiting_of_unqueued(measured("calcular_sem_gil(400)").point(2)) <= 0.2


def test_threads_that_sleep_need_no_cpu(measured):
    found = measured("sleep(0.002)")
    assert found.point(4).raw_speedup.median >= 2.5
    assert waiting_of_unqueued(found.point(1)) >= 0.7


if cpus_allowed() > 1:

    def test_releasing_the_gil_makes_two_threads_faster(measured):
        com, sem = measured("calcular_com_gil(400)").point(2), measured("calcular_sem_gil(400)").point(2)
        if gil_enabled():
            assert sem.speedup.median > 1.25 * com.speedup.median
        else:
            assert min(sem.speedup.median, com.speedup.median) > 1.25


FREE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from antigil.scaling import Workload, measure, verdict
found = {}
for kernel in ("calcular_com_gil", "calcular_sem_gil"):
    workload = Workload(f"{kernel}(400)", f"from antigil import {kernel}", path=(sys.argv[1],))
    measured = measure(workload, (1, 2), budget=1.5, processes=2, rounds=3)
    found[kernel] = [verdict(measured), measured.gil_held.share, measured.point(2).speedup.median,
                     measured.point(2).waiting / (1.0 - measured.point(2).queued)]
print(json.dumps(found))
"""


def test_on_a_free_threaded_build_nothing_is_held_and_both_scale(free_threaded):
    python, folder = free_threaded
    command = [python, "-Werror", "-c", FREE, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(run.stdout)
    assert {word for word, *_ in found.values()} == {"no-gil"}
    for _, share, speedup, waiting in found.values():
        assert share <= 0.05
        assert waiting <= 0.2
        assert speedup >= 1.3 or cpus_allowed() == 1
