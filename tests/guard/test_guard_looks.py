"""What is looked at again, how often, and what the looks come to."""

import pytest
from comparisons import BASE, HEAD, LOST, STEADY, WORKLOADS, readings

from antigil.guard.commit_verdict import Outcome
from antigil.guard.comparison import Comparison, EnvironmentComparison, take_looks
from antigil.guard.decision_rule import Number
from antigil.history.options import Options

HELD = Number("work.One", "gil_held")


def test_a_loss_in_one_environment_counts_before_what_another_could_not_judge():
    def one(head, n=8):
        return take_looks(
            lambda w, _: (readings(STEADY, n=n), readings({**STEADY, **head}, n=n)),
            Options(), WORKLOADS, BASE, HEAD, "any",
        )  # fmt: skip

    failed, lost = one({}, n=2), one(LOST)

    assert isinstance(failed, EnvironmentComparison)
    assert Comparison(BASE, HEAD, (failed, lost), 1.0).status == 1
    assert Comparison(BASE, HEAD, (failed, one({})), 1.0).status == 2


def looked(heads):
    """Take looks that find `heads` one after the other; return what was asked for, and the outcomes."""
    asked, heads = [], iter(heads)

    def measure(workloads, processes):
        asked.append((workloads, processes))
        return readings(STEADY, n=processes), readings({**STEADY, **next(heads)}, n=processes)

    found = take_looks(measure, Options(), WORKLOADS, BASE, HEAD, "any")
    rows = [row for one in found.verdict.workloads for row in one.numbers]
    return asked, {row.number.quantity: str(row.outcome) for row in rows if row.outcome != "same"}


def test_a_further_look_measures_what_is_suspected_and_the_controls_in_more_processes():
    asked, outcomes = looked([LOST, LOST])

    assert asked == [(None, 6), ({"work.One", "controls.Loop"}, 10)]
    assert outcomes == {"slowdown": "lost", "gil_held": "lost", "waiting": "lost"}


def test_without_a_suspicion_there_is_one_look():
    assert looked([{}]) == ([(None, 6)], {})


def test_what_a_further_look_does_not_see_is_not_looked_at_again():
    asked, outcomes = looked([LOST, {}])

    assert [processes for _, processes in asked] == [6, 10]
    assert set(outcomes.values()) == {"passing"}


def test_what_stays_suspected_gets_a_longer_look_that_decides():
    """A tenth that six of ten processes of the second look happen to miss."""
    number, asked = Number("work.One", "gil_held"), []

    def measure(workloads, processes):
        asked.append(processes)
        head = readings({**STEADY, ("work.One", "gil_held", None): 0.1}, n=processes)
        if processes == 10:
            head.samples[number] = [0.0] * 6 + [0.2] * 4
        return readings(STEADY, n=processes), head

    found = take_looks(measure, Options(), WORKLOADS, BASE, HEAD, "any")
    (held,) = [f for one in found.verdict.workloads for f in one.numbers if f.number == number]

    assert asked == [6, 10, 20]
    assert [look.direction for look in held.looks[1:]] == ["same", "lost"]
    assert str(held.outcome) == "lost"


@pytest.mark.parametrize("given", [0, 1])
def test_what_is_suspected_and_not_given_again_is_named(given):
    """A number that was lost in the first look, and that no process, or one, gives in the further ones."""

    def measure(workloads, processes):
        head = readings({**STEADY, **LOST}, n=processes)
        if workloads is not None:
            head.samples[HELD] = head.samples[HELD][:given]
            if not given:
                del head.samples[HELD]
        return readings(STEADY, n=processes), head

    found = take_looks(measure, Options(), WORKLOADS, BASE, HEAD, "any").verdict

    assert [problem for problem in found.problems if "work.One (GIL held)" in problem]
    assert {f.number.quantity for f in found.losses[0].with_outcome(Outcome.LOST)} == {"slowdown", "waiting"}


def beside_a_moved_control(lost, moved):
    """Compare once, with numbers of a workload that changed and of the control that did, by quantity."""
    base = {("work.One", q, n): before for (q, n), (before, _) in lost.items()}
    base |= {("controls.Loop", q, n): before for (q, n), (before, _) in moved.items()}
    head = {("work.One", q, n): after for (q, n), (_, after) in lost.items()}
    head |= {("controls.Loop", q, n): after for (q, n), (_, after) in moved.items()}

    def measure(workloads, processes):
        return readings({**STEADY, **base}, n=processes), readings({**STEADY, **head}, n=processes)

    found = take_looks(measure, Options(), WORKLOADS, BASE, HEAD, "any").verdict
    (one,) = [workload for workload in found.workloads if workload.workload.name == "work.One"]
    return found.status, {f.outcome for f in one.numbers} - {Outcome.SAME}


@pytest.mark.parametrize(
    ("quantity", "lost", "moved", "expected"),
    [
        (("gil_held", None), (0.0, 1.0), (0.1, 0.125), (1, {Outcome.LOST})),
        (("gil_held", None), (0.0, 1.0), (0.125, 0.1), (1, {Outcome.LOST})),
        (("gil_held", None), (0.1, 0.14), (0.1, 0.125), (2, {Outcome.UNFIT})),
        (("time", None), (1.0, 2.0), (1.0, 1.3), (1, {Outcome.LOST})),
        (("time", None), (1.0, 1.3), (1.0, 1.3), (2, {Outcome.UNFIT})),
        (("slowdown", 2), (1.0, 2.0), (1.0, 1.1), (1, {Outcome.LOST})),
        (("stall", None), (0.001, 0.1), (0.001, 0.006), (1, {Outcome.LOST})),
        (("waiting", 2), (0.0, 0.5), (0.0, 0.1), (1, {Outcome.LOST})),
        (("waiting", 2), (0.5, 0.0), (0.0, 0.1), (2, {Outcome.GAINED})),
    ],
)
def test_beside_a_control_that_moved_only_what_changed_by_more_is_told(quantity, lost, moved, expected):
    assert beside_a_moved_control({quantity: lost}, {quantity: moved}) == expected
