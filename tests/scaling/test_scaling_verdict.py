"""The verdict: one word and one sentence, from the held share first and waiting second."""

import pytest

from antigil.scaling import Estimate, GilHeld, Measurement, Point, Surroundings, Workload, sentence, verdict
from antigil.scaling.verdict import extra_waiting, most_telling_point


def measurement(share, standard_error=0.005, *, gil=True, waiting=(0.0, 0.0, 0.6), cpus_allowed=2):
    """Return a measurement with 1, 2 and 4 threads."""
    points = tuple(
        Point(n, 100.0, Estimate(1.0, None), Estimate(1.0, None), waits, 0.0, 1.0, 5, 0, False)
        for n, waits in zip((1, 2, 4), waiting, strict=True)
    )
    held = GilHeld(share, standard_error, 500, 0.001, "switches")
    where = Surroundings("3.13.0", "CPython", gil, 0.005, "a CPU", cpus_allowed, True)
    return Measurement(Workload("pass"), where, points, (), held, (held,))


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
    assert verdict(measurement(share, standard_error)) == word


def test_without_a_gil_there_is_nothing_to_hold():
    assert verdict(measurement(0.0, 0.2, gil=False)) == "no-gil"


@pytest.mark.parametrize(("cpus_allowed", "threads"), [(1, 1), (2, 2), (3, 2), (8, 4)])
def test_the_most_telling_point_is_the_largest_that_the_cpus_serve(cpus_allowed, threads):
    assert most_telling_point(measurement(0.5, cpus_allowed=cpus_allowed)).threads == threads


def test_waiting_is_judged_beyond_that_of_one_thread():
    assert extra_waiting(measurement(0.0, waiting=(0.5, 0.75, 1.0))) == 0.25


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (measurement(0.0), "It releases the GIL (held for 0.0% of its time)."),
        (measurement(0.05), "no machine will speed it up more than 20 times"),
        (measurement(0.0, waiting=(0.0, 0.4, 0.6)), "its threads wait for each other for 40% of their time"),
        (measurement(1.0), "It holds the GIL for 100% of its time: more threads will not make it faster."),
        (measurement(0.5), "will make it more than 2.0 times as fast"),
        (measurement(0.0, gil=False), "The GIL is disabled: no thread waits for it."),
        (measurement(0.5, 0.2), "too uncertain to judge"),
        (measurement(0.105, 0.036), "for 10% of its time, +- 9%: too uncertain to set a ceiling."),
    ],
)
def test_the_sentence_says_what_follows(measured, words):
    assert words in sentence(measured)
