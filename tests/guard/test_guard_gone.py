"""Workloads and numbers that one of two commits does not give: a loss, a problem, or a note."""

import math

import pytest
from comparisons import LOST, STEADY, compared, document, readings, without

from antigil.guard.decision_rule import Number
from antigil.history.options import Options

REASON = "ImportError: _core.so: undefined symbol: sum_all"


def workload(told, name):
    (comparison,) = told["comparisons"]
    return next(one for one in comparison["workloads"] if one["name"] == name)


def skipped(name):
    """Return readings of a commit that says it does not have a workload."""
    found = readings(without(name))
    found.add_one(Number(name, "time"), math.nan)
    return found


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (readings(without("work.Steady"), {"work.Steady": REASON}), f"failed at head: {REASON}"),
        (skipped("work.Steady"), "not in this commit any more"),
    ],
    ids=["a broken extension", "a renamed function"],
)
def test_a_workload_with_numbers_at_base_and_none_at_head_is_a_loss(head, why):
    told = document(readings(STEADY), head)

    assert told["status"] == 1
    assert (workload(told, "work.Steady")["gone"], workload(told, "work.Steady")["counts"]) == (why, True)


def test_nothing_left_at_head_is_a_loss():
    told = document(readings(STEADY), readings({}, dict.fromkeys(["work.One", "work.Steady"], REASON)))

    assert told["status"] == 1


def test_a_workload_that_is_gone_and_excused_costs_nothing():
    options = Options(excused={"work.Steady": "removed in 2.0"})
    told = document(readings(STEADY), skipped("work.Steady"), options)

    assert told["status"] == 0
    assert workload(told, "work.Steady")["gone"] == "not in this commit any more"


def test_a_control_that_is_gone_could_not_be_judged():
    told = document(readings(STEADY), readings(without("controls.Loop"), {"controls.Loop": REASON}))

    assert told["status"] == 2
    assert told["comparisons"][0]["problems"] == [f"the control controls.Loop failed at head: {REASON}"]


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (skipped("work.Steady"), "is new"),
        (readings(without("work.Steady"), {"work.Steady": REASON}), f"failed at base: {REASON}"),
        (readings(without("work.Steady")), "has no result at base"),
    ],
    ids=["a new function", "a repaired extension", "stored results of a part of the suite"],
)
def test_a_workload_that_only_the_base_lacks_is_a_note(base, said):
    told = document(base, readings(STEADY))

    assert told["status"] == 0
    assert told["comparisons"][0]["notes"] == [f"work.Steady {said}"]


def test_a_workload_without_any_result_at_head_could_not_be_judged():
    """As where asv was told to measure a part of the suite; a visit gives NaN, or fails."""
    told = document(readings(STEADY), readings(without("work.Steady")))

    assert told["status"] == 2
    assert told["comparisons"][0]["problems"] == ["work.Steady has no result at head"]


def test_a_workload_that_fails_at_both_could_not_be_judged():
    failing = readings(without("work.Steady"), {"work.Steady": REASON})

    assert document(failing, failing)["status"] == 2


def test_a_visit_that_failed_is_told_and_the_others_are_judged():
    told = compared(LOST, errors={"work.Steady": "MemoryError"})
    quiet = compared({}, errors={"work.Steady": "MemoryError"})

    assert (told["status"], quiet["status"]) == (1, 0)
    assert quiet["comparisons"][0]["notes"] == ["work.Steady failed in 1 of 8 visits to head: MemoryError"]


def test_visits_that_worked_are_judged_only_while_they_are_enough():
    head = readings(without("work.Steady"), {"work.Steady": "MemoryError"})
    for number, values in readings(STEADY, n=2).samples.items():
        if number.workload == "work.Steady":
            head.samples[number] = values[:1]

    told = document(readings(STEADY), head)

    assert told["status"] == 2
    assert "of 15 numbers cannot be judged" in told["comparisons"][0]["problems"][0]


def test_a_number_that_the_head_alone_does_not_give_is_named():
    head = readings({key: n for key, n in STEADY.items() if key != ("work.Steady", "slowdown", 2)})

    told = document(readings(STEADY), head)

    assert told["status"] == 2
    assert told["comparisons"][0]["problems"] == [
        "work.Steady gives no speedup, 2 threads at head: not judged"
    ]
