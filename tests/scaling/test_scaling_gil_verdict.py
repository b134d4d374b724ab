"""The verdict on the GIL, one word from the held share, and where else threads wait."""

import math
from dataclasses import replace

import pytest
from fakes import measurement

from antigil.report.measurement.sentence import sentence
from antigil.scaling import extra_waiting, gil_verdict, waits
from antigil.scaling.verdicts.on_gil import most_telling_point


@pytest.mark.parametrize(
    ("share", "standard_error", "word"),
    [
        (0.0, 0.005, "releases"),
        (0.1, 0.005, "releases"),
        (0.101, 0.005, "partly"),
        (0.5, 0.005, "partly"),
        (0.899, 0.005, "partly"),
        (0.9, 0.005, "holds"),
        (1.0, 0.005, "holds"),
        (0.05, 0.05, "inconclusive"),
        (0.95, 0.05, "inconclusive"),
        (0.5, 0.05, "partly"),
        (0.5, 0.2, "inconclusive"),
    ],
)
def test_the_held_share_decides_unless_it_is_uncertain(share, standard_error, word):
    assert gil_verdict(measurement(share, standard_error)) == word


@pytest.mark.parametrize(
    ("share", "standard_error", "quantile", "word"),
    [
        (0.95, 0.02, 63.657, "inconclusive"),
        (0.01, 0.01, 63.657, "inconclusive"),
        (0.5, 0.15, 2.5758, "inconclusive"),
        (0.95, 0.02, 3.499, "holds"),
        (0.995, 0.002, 63.657, "holds"),
        (0.003, 0.003, 63.657, "releases"),
        (0.5, 0.05, 3.499, "partly"),
    ],
)
def test_the_word_goes_by_the_interval_that_is_told(share, standard_error, quantile, word):
    """Of two processes that differ it is 25 times as wide as of many."""
    found = measurement(share, standard_error)
    found = replace(found, gil_held=replace(found.gil_held, quantile99=quantile))
    assert gil_verdict(found) == word
    assert ("too uncertain" in sentence(found)) is (word == "inconclusive")


def test_without_a_gil_there_is_nothing_to_hold():
    assert gil_verdict(measurement(0.0, 0.2, gil=False)) == "no-gil"


@pytest.mark.parametrize(("cpus_allowed", "threads"), [(1, 1), (2, 2), (3, 2), (8, 4)])
def test_the_most_telling_point_is_the_largest_that_the_cpus_serve(cpus_allowed, threads):
    assert most_telling_point(measurement(0.5, cpus_allowed=cpus_allowed)).threads == threads


ALONE = (0.98, 0.98, 0.98)
SCALES, STANDS_STILL = (1.0, 2.0, 4.0), (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("waiting", "speedup", "extra"),
    [
        ((0.0, 0.25, 0.5), STANDS_STILL, 0.25),
        (ALONE, SCALES, 0.0),
        (ALONE, STANDS_STILL, 0.49),
        ((0.5, 0.75, 1.0), STANDS_STILL, 0.5),
    ],
    ids=["a lock", "a sleep", "a sleep under a lock", "half of a call is a sleep, all of it under a lock"],
)
def test_waiting_is_judged_beyond_what_the_calls_wait_for_alone(waiting, speedup, extra):
    assert extra_waiting(measurement(0.0, waiting=waiting, speedup=speedup)) == pytest.approx(extra)


@pytest.mark.parametrize(
    ("measured", "where"),
    [
        (measurement(0.0, speedup=SCALES), None),
        (measurement(0.0, waiting=(0.0, 0.5, 0.7)), "each other"),
        (measurement(0.0, waiting=ALONE, speedup=SCALES), "alone"),
        (measurement(0.0, waiting=ALONE), "each other"),
        (measurement(0.0, gil=False, waiting=(0.0, 0.5, 0.7)), "each other"),
        (measurement(0.3, waiting=(0.0, 0.23, 0.5)), None),
        (measurement(0.3, waiting=(0.0, 0.5, 0.7)), "each other"),
        (measurement(0.3, waiting=(0.5, 0.5, 0.5), speedup=SCALES), "alone"),
        (measurement(0.2, 0.1, waiting=(0.0, 0.4, 0.6)), None),
        (measurement(1.0, waiting=(0.0, 0.53, 0.75)), None),
        (measurement(1.0, waiting=ALONE), "alone"),
        (measurement(1.0, waiting=(0.0, 0.53, 0.75), cpus_allowed=4), None),
        (measurement(0.0, waiting=(1.0, 1.0, 1.0), inflation=math.nan), None),
    ],
    ids=[
        "nothing",
        "a lock",
        "a sleep",
        "a sleep under a lock",
        "a lock without a GIL",
        "partly: for the GIL",
        "partly: a lock",
        "partly: a sleep",
        "partly, uncertain: perhaps for the GIL",
        "a holder: for the GIL",
        "a holder that sleeps: not for the GIL, which it has",
        "a holder, four threads: for the GIL",
        "no CPU time is seen",
    ],
)
def test_waiting_that_the_gil_explains_is_not_elsewhere(measured, where):
    assert waits(measured) == where
