"""What judged numbers come to: trades, excuses, controls, exit statuses."""

from dataclasses import replace

from antigil.guard.commit_verdict import Outcome, Trade, conclude
from antigil.guard.decision_rule import Number, SamplePair, judge, least_effects
from antigil.history.options import Options
from antigil.history.series import TrackedWorkload

WORKLOADS = {
    "work.One": TrackedWorkload("work.One", "One"),
    "work.Other": TrackedWorkload("work.Other", "Other"),
    "controls.Loop": TrackedWorkload("controls.Loop", "Control", control=True),
}
HELD, TIME, TWO = (("gil_held", None), ("time", None), ("slowdown", 2))
STEADY = {HELD: (0.1, 0.1), TIME: (1.0, 1.0), TWO: (1.1, 1.1)}


def looks(changes):
    """Return judgements of all numbers: (base, head) by workload, quantity and threads."""
    pairs = {}
    for name in WORKLOADS:
        for (quantity, threads), (base, head) in {**STEADY, **changes.get(name, {})}.items():
            pairs[Number(name, quantity, threads)] = SamplePair((base,) * 8, (head,) * 8)
    return judge(pairs, least_effects(Options()))


def concluded(looks, options=None, **more):
    """Conclude from looks at workloads that are all there, and whose samples nobody judges again."""
    return conclude(looks, WORKLOADS, options or Options(), lambda limits: (), gone={}, **more)


def verdict(first, second=None, options=None, **more):
    judged = looks(first)
    changed = {
        number: again
        for number, again in looks(first if second is None else second).items()
        if judged[number].suspected
    }
    return concluded((judged, changed), options, **more)


def only(verdict, name="work.One"):
    return next(one for one in verdict.workloads if one.workload.name == name)


def test_identical_commits_lose_nothing():
    assert verdict({}).status == 0
    assert {f.outcome for one in verdict({}).workloads for f in one.numbers} == {Outcome.SAME}


def test_a_loss_that_holds_is_the_only_thing_that_gives_status_1():
    found = verdict({"work.One": {HELD: (0.0, 1.0), TWO: (1.0, 2.0)}})

    assert found.status == 1
    assert [one.workload.name for one in found.losses] == ["work.One"]
    assert {f.number.quantity for f in only(found).with_outcome(Outcome.LOST)} == {"gil_held", "slowdown"}


def test_what_only_a_third_look_confirms_counts():
    first, lost, clear = looks({}), looks({"work.One": {HELD: (0.0, 1.0)}}), Number("work.One", "gil_held")
    suspected = {**first, clear: replace(lost[clear], direction="same")}
    third = {clear: lost[clear]}

    assert concluded((suspected, {clear: suspected[clear]}, third)).status == 1
    assert concluded((suspected, {clear: suspected[clear]})).status == 0


def test_a_gain_gives_status_0():
    found = verdict({"work.One": {HELD: (1.0, 0.0)}})

    assert found.status == 0
    assert len(only(found).with_outcome(Outcome.GAINED)) == 1


def test_what_does_not_come_back_on_fresh_samples_passes():
    found = verdict({"work.One": {HELD: (0.0, 1.0)}}, second={})

    assert found.status == 0
    assert [f.outcome for f in only(found).numbers if f.looks[0].direction == "lost"] == [Outcome.PASSING]


def test_what_turns_round_on_fresh_samples_passes():
    assert verdict({"work.One": {HELD: (0.0, 1.0)}}, second={"work.One": {HELD: (1.0, 0.0)}}).status == 0


def test_a_control_that_moves_makes_the_run_unfit_to_judge_that_quantity():
    moved = {"controls.Loop": {TIME: (1.0, 1.3)}}

    found = verdict({**moved, "work.One": {TIME: (1.0, 1.3)}})

    assert found.status == 2
    assert [f.number for f in found.moved] == [Number("controls.Loop", "time")]
    assert [f.outcome for f in only(found).numbers if f.looks[0].direction == "lost"] == [Outcome.UNFIT]


def test_a_loss_of_another_quantity_than_the_control_moved_in_still_counts():
    found = verdict({"controls.Loop": {TIME: (1.0, 1.3)}, "work.One": {HELD: (0.0, 1.0)}})

    assert found.status == 1


def test_a_control_that_moves_gives_status_2_even_if_nothing_else_does():
    assert verdict({"controls.Loop": {HELD: (0.0, 1.0)}}).status == 2


def test_a_control_that_moves_beside_the_confirmation_only_makes_the_run_unfit():
    first = looks({"work.One": {TIME: (1.0, 1.3)}})
    control, one = Number("controls.Loop", "time"), Number("work.One", "time")
    moved = looks({"controls.Loop": {TIME: (1.0, 1.3)}, "work.One": {TIME: (1.0, 1.3)}})

    assert concluded((first, {one: moved[one]})).status == 1
    assert concluded((first, {one: moved[one], control: moved[control]})).status == 2


def test_an_excused_workload_is_told_with_its_reason_and_costs_nothing():
    options = Options(excused={"work.One": "accepted until 2.0"})

    found = verdict({"work.One": {HELD: (0.0, 1.0)}}, options=options)

    assert found.status == 0
    assert only(found).excuse == "accepted until 2.0"
    assert len(only(found).with_outcome(Outcome.LOST)) == 1


def test_scaling_gained_by_a_slower_thread_is_a_loss_and_called_a_trade():
    found = verdict({"work.One": {TWO: (1.5, 1.0), TIME: (1.0, 1.5)}})

    assert found.status == 1
    assert only(found).trade is Trade.SLOWER_ALONE


def test_scaling_lost_to_a_faster_thread_is_no_loss_while_more_gets_done():
    found = verdict({"work.One": {TWO: (1.0, 1.2), TIME: (1.0, 0.5)}})

    assert found.status == 0
    assert only(found).trade is Trade.FASTER_ALONE


def test_scaling_lost_to_a_faster_thread_is_a_loss_when_less_gets_done():
    found = verdict({"work.One": {TWO: (1.0, 2.0), TIME: (1.0, 0.8)}})

    assert found.status == 1
    assert only(found).trade is None


def test_what_could_not_be_judged_gives_status_2_unless_something_was_lost():
    assert verdict({}, problems=["work.Other failed"]).status == 2
    assert verdict({"work.One": {HELD: (0.0, 1.0)}}, problems=["work.Other failed"]).status == 1
