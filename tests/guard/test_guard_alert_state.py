"""The state of an alert against the rules that it replaced, for every alert that can come about."""

import itertools
from dataclasses import replace

import pytest

from antigil.guard.alert_json import alerts_to_json
from antigil.guard.alert_state import MOST_ATTEMPTS, Alert, AlertState
from antigil.guard.commit_verdict import Trade
from antigil.history.change_detection import Effect
from antigil.history.series import Archive, Commit, Environment, TrackedWorkload

BEFORE, COMMIT = Commit("a" * 40, 1, 0), Commit("b" * 40, 2, 0)
PLACE = Environment((("machine", "alpha"),))


def effect(lost, commits):
    """Return a step of the time of one call, with so many measured commits on each side."""
    before, after = (1.0, 2.0) if lost else (2.0, 1.0)
    return Effect("time", None, before, after, 1, 2, commits, commits, 9.0)


def alerts():
    """Yield an alert for each combination of what can be known of one.

    Only a loss that is no control's is measured again, traded for a faster thread, or recovers.
    """
    for control, lost, commits, excuse, trade, unfit, recovered, held, postponed in itertools.product(
        (False, True), (False, True), (1, 2), (None, "why"), (None, *Trade), (False, True), (False, True),
        (None, False, True), (False, True),
    ):  # fmt: skip
        if held is not None and (control or not lost):
            continue
        if (recovered or trade is Trade.FASTER_ALONE) and not lost:
            continue
        yield Alert(
            TrackedWorkload("work.One", "One", control), PLACE, BEFORE, COMMIT, (effect(lost, commits),),
            "name", excuse, trade, unfit, recovered, held=held, postponed=postponed,
        )  # fmt: skip


def certain(alert):
    return alert.held is True


def seen(alert):
    if alert.unfit or alert.postponed:
        return False
    return any(e.confirmed for e in alert.effects if e.lost == alert.lost)


def is_open(alert):
    mine = not alert.workload.control and alert.excuse is None
    return alert.lost and mine and not alert.recovered and alert.trade is not Trade.FASTER_ALONE


def settled(alert):
    traded = alert.trade is Trade.FASTER_ALONE
    return alert.recovered or alert.excuse is not None or traded or alert.held is False


def words(alert):
    if alert.workload.control:
        return "control moved"
    if not alert.lost:
        return "unfit to judge" if alert.unfit else "gained"
    if alert.recovered:
        return "lost, recovered since"
    if alert.excuse is not None:
        return "lost, excused"
    if alert.trade is Trade.FASTER_ALONE:
        return "trade"
    if alert.held is False:
        return "did not hold when measured again"
    if alert.unfit and alert.held is None:
        return "unfit to judge"
    if certain(alert):
        return "lost" if alert.trade is None else "trade"
    return "lost in the history" if seen(alert) else "suspected loss"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (is_open, lambda alert: alert.state.open),
        (settled, lambda alert: alert.state.settled),
        (lambda alert: is_open(alert) and certain(alert), lambda alert: alert.state.counts),
        (words, lambda alert: alert.state_text),
        (
            lambda alert: alert.unfit and is_open(alert) and alert.held is None,
            lambda alert: alert.state is AlertState.UNFIT,
        ),
    ],
    ids=["open", "settled", "counts", "words", "unfit"],
)
def test_the_state_says_what_the_rules_said(old, new):
    found = list(alerts())

    assert len(found) > 300
    assert [new(alert) for alert in found] == [old(alert) for alert in found]


@pytest.mark.parametrize(("commits", "status"), [(1, 0), (2, 2)])
def test_a_loss_beside_a_control_counts_from_two_commits_on_as_any_loss_of_the_history(commits, status):
    archive = Archive({"work.One": TrackedWorkload("work.One", "One")}, (PLACE,), (), {})
    work = archive.workloads["work.One"]
    alert = Alert(work, PLACE, BEFORE, COMMIT, (effect(True, commits),), "name", unfit=True)

    assert (alert.state, alerts_to_json(archive, [alert])["status"]) == (AlertState.UNFIT, status)


def test_every_state_comes_about():
    ends = {
        replace(alert, **more).state
        for alert in alerts()
        for more in ({}, {"retired": True}, {"attempts": MOST_ATTEMPTS})
    }

    assert ends == set(AlertState)


def test_a_loss_is_settled_for_a_reason_that_its_words_name():
    losses = [alert for alert in alerts() if alert.lost and not alert.workload.control]
    settled = [alert for alert in losses if alert.state.settled]
    told = {alert.state_text for alert in settled}

    assert told == {
        "lost, recovered since", "lost, excused", "trade", "did not hold when measured again",
    }  # fmt: skip
