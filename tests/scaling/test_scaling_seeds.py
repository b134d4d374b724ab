"""Random numbers: a workload that seeds moves nothing of ours, and we move nothing of its own."""

import random

import pytest

from antigil.scaling import FunctionWorkload, Plan, Workload, measure_rounds, probe_gil, rounds
from antigil.scaling.held_share import probe
from antigil.scaling.held_share.probe import collect


def test_a_workload_that_seeds_leaves_the_probers_sleeps_random():
    probes = collect(
        Workload("random.seed(7); sleep(1e-4)", "import random; from time import sleep").prepare(),
        0.3, mean_sleep=0.002, time_limit=20.0,
    )  # fmt: skip
    sleeps = [probe.sleep for probe in probes]
    assert len(sleeps) > 5
    assert len(set(sleeps)) == len(sleeps)


@pytest.mark.parametrize(
    "measure",
    [
        lambda workload: probe_gil(workload, 0.05),
        lambda workload: measure_rounds(workload, Plan((1, 2), budget=0.1, rounds=1)),
    ],
)
def test_what_the_caller_draws_stays_the_same(measure):
    random.seed(7)
    state = random.getstate()
    measure(FunctionWorkload(lambda: None))
    assert random.getstate() == state


def test_generators_are_our_own():
    assert probe.RANDOM is not rounds.RANDOM
    assert isinstance(probe.RANDOM, random.Random)
