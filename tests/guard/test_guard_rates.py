"""False alarms and power of the whole rule, all looks included: simulated, with noise as it was seen.

A process makes about 130 probes of the GIL, and beside busy neighbours 30; one in ten has a slowdown far
off (threads woken on one CPU), and times scatter by 3 % with a tail. The measured counterpart is
``tools/guard_error_rates.py``.
"""

import random

import pytest
from generated import Place, scaling
from test_guard_alert import GAINED, LOST
from test_guard_alert import WORKLOADS as HISTORY

from antigil.guard.comparison import take_looks
from antigil.guard.samples import Readings
from antigil.guard.significance import Number
from antigil.guard.verdict import Outcome
from antigil.history.options import Options
from antigil.history.project import Revision
from antigil.history.series import Workload

NAMES = ("work.One", "work.Two", "work.Three", "controls.Loop")
WORKLOADS = {name: Workload(name, name, name.startswith("controls.")) for name in NAMES}
PROBES = {"quiet": 130, "busy": 30}


def process(generator, readings, name, held, seconds, probes):
    """Add one process's numbers of a workload that holds the GIL for a share of its time."""

    def add(quantity, threads, value):
        readings.add_one(Number(name, quantity, threads), value)

    found = sum(generator.random() < held for _ in range(probes)) / probes
    add("gil_held", None, found)
    add("time", None, seconds * (1 + abs(generator.gauss(0, 0.03)) + 0.2 * (generator.random() < 0.1)))
    add("stall", None, held * 0.005 + generator.expovariate(1 / 2e-5))
    for threads in (2, 4, 8):
        amdahl = min(threads / (1 + held * (threads - 1)), 2.0)
        unlucky = generator.uniform(1.2, 2.0) if generator.random() < 0.1 else 1.0
        add("slowdown", threads, threads / amdahl * unlucky * generator.gauss(1, 0.02))
        add("waiting", threads, min(1.0, held * generator.uniform(0.3, 0.6) + abs(generator.gauss(0, 0.01))))


def alarms(seed, machine, changed_held=None, changed_seconds=0.003):
    """Compare once; return the workloads that lost something that counts."""
    generator = random.Random(seed)

    def measure(workloads, processes):
        both = (Readings(), Readings())
        for name in NAMES if workloads is None else sorted(workloads):
            held = {"work.One": 0.0, "work.Two": 0.25, "work.Three": 0.0, "controls.Loop": 1.0}[name]
            for _ in range(processes):
                process(generator, both[0], name, held, 0.003, PROBES[machine])
                mine = name == "work.One"
                after = held if changed_held is None or not mine else changed_held
                seconds = changed_seconds if mine else 0.003
                process(generator, both[1], name, after, seconds, PROBES[machine])
        return both

    commit = Revision("a" * 40, "")
    found = take_looks(measure, Options(), WORKLOADS, commit, commit, "simulated")
    assert found.verdict.problems == ()
    return {one.workload.name for one in found.verdict.losses}


@pytest.mark.parametrize("machine", PROBES)
def test_a_hundred_comparisons_of_identical_commits_raise_no_alarm(machine):
    assert [seed for seed in range(100) if alarms(seed, machine)] == []


@pytest.mark.parametrize("machine", PROBES)
@pytest.mark.parametrize("held", [0.10, 0.25, 1.0])
def test_a_new_serial_fraction_is_seen_in_at_least_95_of_100_and_nothing_else(machine, held):
    found = [alarms(seed, machine, changed_held=held) for seed in range(100)]

    assert sum(one == {"work.One"} for one in found) >= 95
    assert set().union(*found) == {"work.One"}


@pytest.mark.parametrize("machine", PROBES)
def test_a_thread_that_is_slower_by_a_third_is_seen_in_at_least_95_of_100(machine):
    assert sum(alarms(seed, machine, changed_seconds=0.004) == {"work.One"} for seed in range(100)) >= 95


def readings_of(commit, seed, workloads, processes):
    """Return some processes' numbers of the history's workloads at one commit, as its model has them."""
    generator, readings = random.Random(seed), Readings()
    for planned in HISTORY:
        if workloads is not None and planned.name not in workloads:
            continue
        behaviour = planned.at(commit)
        for _ in range(processes):
            probes = PROBES["quiet"]
            found = sum(generator.random() < behaviour.serial for _ in range(probes)) / probes
            readings.add_one(Number(planned.name, "gil_held"), found)
            readings.add_one(Number(planned.name, "time"), behaviour.seconds * generator.gauss(1, 0.01))
            for threads in (2, 4, 8):
                slowdown = threads / scaling(behaviour, Place(), threads)["speedup"]
                readings.add_one(
                    Number(planned.name, "slowdown", threads), slowdown * generator.gauss(1, 0.01)
                )
    return readings


@pytest.mark.parametrize("commit", range(1, 34))
def test_compare_names_exactly_the_workloads_that_a_commit_changed_and_their_direction(commit):
    def measure(workloads, processes):
        base, head = 100 * commit + 2 * processes, 100 * commit + 2 * processes + 1
        return (
            readings_of(commit - 1, base, workloads, processes),
            readings_of(commit, head, workloads, processes),
        )

    workloads = {one.name: Workload(one.name, one.title, one.control) for one in HISTORY}
    revision = Revision("a" * 40, "")
    verdict = take_looks(measure, Options(), workloads, revision, revision, "simulated").verdict

    assert {(one.workload.name, commit) for one in verdict.losses} == {c for c in LOST if c[1] == commit}
    gained = {one.workload.name for one in verdict.workloads if one.with_outcome(Outcome.GAINED)}
    traded = {one.workload.name for one in verdict.workloads if one.trade is not None}
    assert {(name, commit) for name in gained - traded} == {c for c in GAINED if c[1] == commit}
    assert traded == ({"work.Trade"} if commit == 27 else set())
