"""What is looked at again, how often, and what the looks come to."""

from itertools import chain, groupby, islice, repeat
from operator import itemgetter

import pytest
from comparisons import BASE, HEAD, LOST, STEADY, WORKLOADS, readings

from antigil.guard.commit_verdict import Outcome
from antigil.guard.comparison import Comparison, EnvironmentComparison, take_looks
from antigil.guard.decision_rule import PROMISING, SUSPICION, Looks, Number
from antigil.guard.looks import still_promising
from antigil.guard.samples import Readings
from antigil.history.options import Options

HELD = Number("work.One", "gil_held")


def test_a_loss_in_one_environment_counts_before_what_another_could_not_judge():
    def one(head, n=8):
        return take_looks(
            lambda w, _: (readings(STEADY, n=n), readings({**STEADY, **head}, n=n)),
            Options(), WORKLOADS, "any",
        )  # fmt: skip

    failed, lost = one({}, n=2), one(LOST)

    assert isinstance(failed, EnvironmentComparison)
    assert Comparison(BASE, HEAD, (failed, lost), 1.0).status == 1
    assert Comparison(BASE, HEAD, (failed, one({})), 1.0).status == 2


def looked(*shown):
    """Take looks; return what they asked for, and the outcomes.

    `shown` are what differs at the head and in how many processes, one after the other; later nothing does.
    """
    heads = chain(*(repeat(numbers, processes) for numbers, processes in shown), repeat({}))
    asked = []

    def measure(workloads, processes):
        asked.append((workloads, processes))
        head = Readings()
        for numbers in islice(heads, processes):
            head.extend(readings({**STEADY, **numbers}, n=1))
        return readings(STEADY, n=processes), head

    found = take_looks(measure, Options(), WORKLOADS, "any")
    rows = [row for one in found.verdict.workloads for row in one.numbers]
    return together(asked), {row.number.quantity: str(row.outcome) for row in rows if row.outcome != "same"}


def together(asked):
    """Add up the processes that the same workloads were measured in, one time after the other."""
    return [(one, sum(n for _, n in some)) for one, some in groupby(asked, itemgetter(0))]


ONE, SUSPECTED = {"work.One"}, {"work.One", "controls.Loop"}


def test_a_further_look_measures_what_is_suspected_and_the_controls_in_more_processes():
    asked, outcomes = looked((LOST, 16))

    assert asked == [(None, 3), (ONE, 3), (SUSPECTED, 10)]
    assert outcomes == {"slowdown": "lost", "gil_held": "lost", "waiting": "lost"}


def test_what_is_steady_is_measured_in_half_of_the_processes_and_once():
    assert looked() == ([(None, 3)], {})


def test_what_half_of_a_further_look_does_not_see_is_measured_no_further():
    asked, outcomes = looked((LOST, 6))

    assert asked == [(None, 3), (ONE, 3), (SUSPECTED, 5)]
    assert set(outcomes.values()) == {"passing"}


def test_what_is_promising_at_first_ends_when_it_no_longer_is():
    unlucky = {("work.One", "slowdown", 2): 2.0}

    assert looked((unlucky, 2)) == ([(None, 3), (ONE, 1)], {})


def test_a_control_that_alone_is_suspected_is_measured_alone():
    asked, outcomes = looked(({("controls.Loop", "slowdown", 2): 2.0}, 16))

    assert asked == [(None, 3), ({"controls.Loop"}, 13)]
    assert outcomes == {"slowdown": "lost"}


def test_what_neither_commit_gives_keeps_no_look_going():
    """Where the system tells of no queueing, say."""
    unknown = {("work.One", "queued", 2): float("nan")}
    asked = []

    def measure(workloads, processes):
        asked.append((workloads, processes))
        both = (readings({**STEADY, **unknown}, n=processes) for _ in range(2))
        return tuple(both)

    take_looks(measure, Options(), WORKLOADS, "any")

    assert asked == [(None, 3)]


def test_visits_in_which_a_workload_was_not_measured_are_not_its_own():
    every, some = (
        readings(STEADY, n=3),
        readings({k: v for k, v in STEADY.items() if k[0] == "work.One"}, n=2),
    )
    every.extend(some)

    assert every.visits == {"work.One": 5, "work.Steady": 3, "controls.Loop": 3}


@pytest.mark.parametrize("side", [0, 1])
def test_what_failed_at_either_commit_is_measured_to_the_end_of_the_look(side):
    asked = []

    def measure(workloads, processes):
        asked.append((workloads, processes))
        both = [readings(STEADY, n=processes), readings(STEADY, n=processes)]
        if workloads is None:
            both[side] = readings(STEADY, {"work.One": "a port was taken"}, n=processes)
        return tuple(both)

    found = take_looks(measure, Options(), WORKLOADS, "any").verdict

    assert together(asked) == [(None, 3), (ONE, 3)]
    assert found.notes == (f"work.One failed in 1 of 6 visits to {('base', 'head')[side]}: a port was taken",)


@pytest.mark.parametrize("processes", range(4, 21))
def test_what_a_look_goes_on_with_falls_from_promising_to_suspicion(processes):
    halfway = processes // 2
    asked = [still_promising(n, processes) for n in range(halfway, processes + 1)]

    assert asked == sorted(asked, reverse=True)
    assert asked[-1] == pytest.approx(SUSPICION)
    assert processes % 2 or asked[0] == pytest.approx(PROMISING)


def test_three_processes_are_too_few_to_stop_half_way():
    asked = []

    def measure(workloads, processes):
        asked.append((workloads, processes))
        return readings(STEADY, n=processes), readings(STEADY, n=processes)

    take_looks(measure, Options(), WORKLOADS, "any", Looks(3))

    assert asked == [(None, 3)]


def test_what_stays_suspected_gets_a_longer_look_that_decides():
    """A tenth that six of ten processes of the second look happen to miss."""
    number, asked = Number("work.One", "gil_held"), []
    found = chain([0.1] * 6, [0.2, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 0.0], repeat(0.1))

    def measure(workloads, processes):
        asked.append((workloads, processes))
        head = readings(STEADY, n=processes)
        head.samples[number] = list(islice(found, processes))
        return readings(STEADY, n=processes), head

    compared = take_looks(measure, Options(), WORKLOADS, "any")
    (held,) = [f for one in compared.verdict.workloads for f in one.numbers if f.number == number]

    assert together(asked) == [(None, 3), (ONE, 3), (SUSPECTED, 30)]
    assert [look.direction for look in held.looks[1:]] == ["same", "lost"]
    assert str(held.outcome) == "lost"


@pytest.mark.parametrize("given", [0, 1])
def test_what_is_suspected_and_not_given_again_is_named(given):
    """A number that was lost in the first look, and that no process, or one, gives in the further ones."""
    gives = chain(repeat(True, 6 + given), repeat(False))

    def measure(workloads, processes):
        head = Readings()
        for with_held in islice(gives, processes):
            numbers = {**STEADY, **LOST}
            if not with_held:
                del numbers["work.One", "gil_held", None]
            head.extend(readings(numbers, n=1))
        return readings(STEADY, n=processes), head

    found = take_looks(measure, Options(), WORKLOADS, "any").verdict

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

    found = take_looks(measure, Options(), WORKLOADS, "any").verdict
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
