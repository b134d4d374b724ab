"""The verdict: one word and one sentence, from the held share, and where else threads wait."""

import math

import pytest

from antigil.scaling import (
    Estimate,
    GilHeld,
    Host,
    Measurement,
    Point,
    Workload,
    gil_verdict,
    sentence,
    waits,
)
from antigil.scaling.gil_verdict import extra_waiting, most_telling_point


def measurement(
    share,
    standard_error=0.005,
    *,
    gil=True,
    waiting=(0.0, 0.0, 0.6),
    speedup=(1.0, 1.0, 1.0),
    inflation=1.0,
    cpus_allowed=2,
):
    """Return a measurement with 1, 2 and 4 threads."""
    points = tuple(
        Point(n, 100.0, Estimate(s, None), Estimate(s, None), waits, 0.0, inflation, 5, 0, False)
        for n, s, waits in zip((1, 2, 4), speedup, waiting, strict=True)
    )
    held = GilHeld(share, standard_error, 500, 0.001, "switches")
    where = Host("3.13.0", "CPython", gil, 0.005, "a CPU", cpus_allowed, True)
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
    assert gil_verdict(measurement(share, standard_error)) == word


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


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (measurement(0.0), "It releases the GIL (held for 0.0% of its time)."),
        (measurement(0.05), "no machine will speed it up more than 20 times"),
        (measurement(0.0, waiting=(0.0, 0.4, 0.6)), "its threads wait for each other for 40% of their time"),
        (
            measurement(0.3, waiting=(0.0, 0.5, 0.7)),
            "3.3 times as fast; its threads wait for each other for 50% of their time (a lock, or I/O).",
        ),
        (
            measurement(0.0, waiting=ALONE, speedup=SCALES),
            "(held for 0.0% of its time); one thread alone waits for 98% of its time (I/O, or a lock).",
        ),
        (
            measurement(0.0, gil=False, waiting=ALONE, speedup=SCALES),
            "waits for it; one thread alone waits for 98%",
        ),
        (
            measurement(1.0, waiting=ALONE),
            "will not make it faster; one thread alone waits for 98% of its time",
        ),
        (
            measurement(0.5, 0.2, waiting=ALONE),
            "or on a quieter machine; one thread alone waits for 98% of its time",
        ),
        (measurement(1.0), "It holds the GIL for 100% of its time: more threads will not make it faster."),
        (measurement(0.5), "will make it more than 2.0 times as fast"),
        (measurement(0.0, gil=False), "The GIL is disabled: no thread waits for it."),
        (measurement(0.5, 0.2), "too uncertain to judge"),
        (measurement(0.105, 0.036), "for 10% of its time, +- 9%: too uncertain to set a ceiling."),
    ],
)
def test_the_sentence_says_what_follows(measured, words):
    assert words in sentence(measured)
