"""From what a visit measured to samples, and what two commits do not have in common."""

import math

import pytest

from antigil.guard.decision_rule import Number
from antigil.guard.samples import Readings, read_visit, told_apart
from antigil.history.benchmark_columns import Column
from antigil.history.series import TrackedWorkload

ONE = TrackedWorkload("work.One", "One")


def column(quantity, threads=None):
    return Column(ONE, quantity, threads, "work.One.time_it", None)


def test_a_slowdown_is_how_much_longer_n_threads_take_for_n_times_the_work():
    read = read_visit({column("seconds", 1): 0.5, column("seconds", 4): 0.75, column("gil_held"): 0.25})

    assert read == {
        Number("work.One", "gil_held"): 0.25,
        Number("work.One", "time"): 0.5,
        Number("work.One", "slowdown", 1): 1.0,
        Number("work.One", "slowdown", 4): 6.0,
    }


@pytest.mark.parametrize("alone", [{}, {column("seconds", 1): 0.0}, {column("seconds", 1): math.nan}])
def test_without_the_time_of_one_thread_there_is_no_slowdown(alone):
    assert math.isnan(read_visit({column("seconds", 4): 0.75, **alone})[Number("work.One", "slowdown", 4)])


def test_a_workload_that_was_skipped_at_both_commits_is_named():
    base, head = Readings(), Readings()
    for readings in (base, head):
        readings.add({Number("work.One", "slowdown", 2): math.nan}, {})
        readings.add({Number("work.Two", "slowdown", 2): 1.0, Number("work.Two", "queued", 2): math.nan}, {})

    apart = told_apart(base, head)

    assert apart.notes == ("work.One is not compared: it was skipped at both commits",)
    assert (apart.gone, apart.problems) == ({}, ())

    head.failures["work.One"] = ["boom"]  # at one of them, which is told already
    assert told_apart(base, head).notes == ()


def test_a_failure_without_a_visit_is_a_problem_and_no_loss():
    """So it is with stored results: asv may have failed for a reason of its own."""
    base, head = Readings(), Readings(failures={"work.One": ["asv stored a failure"]})
    base.add({Number("work.One", "slowdown", 2): 1.0}, {})

    apart = told_apart(base, head)

    assert (apart.gone, apart.notes) == ({}, ())
    assert apart.problems == ("work.One failed at head: asv stored a failure",)
