"""A night's losses are told by as few issues as can be, each of which is written once. Pure."""

import random

import pytest
from alerts_made_up import alert, document, opened

from antigil.ci.issue_text import Issue
from antigil.ci.issues import plan


def kinds(actions):
    return [(action.kind, action.about, action.number) for action in actions]


@pytest.mark.parametrize("by_us", [True, False])
def test_two_new_losses_of_a_workload_open_its_issue_again_once_and_are_both_told(by_us):
    closed = opened(alert(), is_open=False, by_us=by_us)
    told = document(alert(identity="bb", at="d"), alert(identity="dd", at="e"))

    (action,) = plan(told, [closed])

    assert (action.kind, action.number) == ("reopen", 7)
    assert Issue(7, action.body).changes == action.changes == {"aa", "bb", "dd"}
    assert "### lost in dddddddd" in action.body
    assert "### lost in eeeeeeee" in action.body
    assert action.comment.count("Another change:") == 2


def test_a_mended_loss_that_counts_again_and_a_new_one_open_their_issue_again_once():
    closed = opened(alert(), is_open=False, by_us=True)

    (action,) = plan(document(alert(identity="bb", at="d"), alert()), [closed])

    assert (action.kind, Issue(7, action.body).changes) == ("reopen", {"aa", "bb"})
    assert "### lost in cccccccc" in action.body
    assert "### lost in dddddddd" in action.body


def test_a_new_loss_goes_to_the_issue_that_opens_again_and_not_to_a_newer_closed_one():
    mended = opened(alert(), is_open=False, by_us=True)
    newer = opened(alert(identity="ee", at="f"), number=9, is_open=False)

    assert kinds(plan(document(alert(identity="bb", at="d"), alert()), [mended, newer])) == [
        ("reopen", "work.One", 7)
    ]


def test_two_mended_losses_of_a_workload_that_count_again_open_one_of_their_issues():
    both = [
        opened(alert(identity=name), number=number, is_open=False, by_us=True)
        for name, number in (("aa", 7), ("bb", 9))
    ]

    assert [one.kind for one in plan(document(alert(identity="bb", at="d"), alert()), both)] == ["reopen"]


def test_what_a_workload_lost_at_two_commits_before_there_is_an_issue_is_one_issue():
    told = document(
        alert(at="d"), alert(identity="bb"), alert("work.Other", "dd"), alert(identity="ee", at="e")
    )

    one, other = plan(told, [])

    assert (one.title, one.changes) == ("Parallelism lost: work.One", {"aa", "ee"})
    assert (other.title, other.changes) == ("Parallelism lost: work.One, work.Other", {"bb", "dd"})


WORKLOADS = [f"work.{name}" for name in "ABC"]
COMMITS = "cdef0123"


def some_alerts(chance):
    """Return a night's alerts, newest first; some count, some are settled, some are unclear."""
    states = [{}, {}, {"counts": False, "settled": True}, {"counts": False}]
    every = [(name, at) for at in COMMITS for name in WORKLOADS]
    return [
        alert(name, f"{WORKLOADS.index(name)}{at}", at=at, **chance.choice(states))
        for name, at in every
        if chance.random() < 0.25
    ]


def after(issues, actions):
    """Return the issues as they are when actions have been carried out, each on an issue of its own."""
    numbers = [action.number for action in actions if action.number is not None]
    assert len(numbers) == len(set(numbers)), kinds(actions)
    by_number = {one.number: one for one in issues}
    for action in actions:
        number = action.number or 1 + max(by_number, default=0)
        by_number[number] = Issue(number, action.body, action.kind != "close")
    return list(by_number.values())


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_nights_bring_each_issue_is_written_once_and_everything_is_told(seed):
    """A person closes issues, too, and what such an issue told stays told."""
    chance, issues, ledger = random.Random(seed), [], {}
    for _ in range(8):
        issues = [
            Issue(one.number, one.body, one.is_open and (one.closed_by_us or chance.random() < 0.8))
            for one in issues
        ]
        told = document(*some_alerts(chance), watched=WORKLOADS)
        actions = plan(told, issues, ledger)
        issues = after(issues, actions)
        ledger |= {change: 1 for action in actions for change in action.changes}

        assert plan(told, issues, ledger) == []
        for one in (one for one in told["alerts"] if one["counts"]):
            telling = [issue for issue in issues if one["identity"] in issue.changes]
            assert any(issue.is_open or not issue.closed_by_us for issue in telling), one
