"""What a search for a commit keeps of its answers where one of them fails, and what counts as suspected."""

from types import SimpleNamespace

import pytest
from nights import LOST, lost_from
from test_guard_bisect import search

from antigil.guard import comparison
from antigil.guard.commit_verdict import NumberVerdict, Outcome, WorkloadVerdict
from antigil.guard.decision_rule import Judgement, Number
from antigil.guard.search.bisection import _suspected
from antigil.history.series import TrackedWorkload


def failing(history, monkeypatch, place, error):
    """Let the comparison with one commit end in an error."""

    def prepare(project, commits, *rest):
        if history.hashes.index(commits[1].hash) == place:
            raise error
        return history.prepare(project, commits, *rest)

    monkeypatch.setattr(comparison, "prepare", prepare)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ZeroDivisionError("by zero")])
def test_a_crash_on_the_way_leaves_the_answers_before_it(make_history, capsys, monkeypatch, error):
    history = make_history(commits=9)
    history.shows = lost_from(6)
    failing(history, monkeypatch, 4, error)

    status, said = search(history, capsys, 0, 8)

    assert status == 1
    assert f"got worse at {history.hashes[6][:8]}" in said.out
    assert f"no answer: {type(error).__name__}: {error}" in said.out
    assert "Traceback" in said.err


def test_a_crash_of_the_first_comparison_is_one(history, capsys, monkeypatch):
    failing(history, monkeypatch, 8, ZeroDivisionError("by zero"))

    status, said = search(history, capsys, 0, 8)

    assert (status, said.err.splitlines()[-1]) == (2, "antigil: could not judge: ZeroDivisionError: by zero")


def test_an_interruption_leaves_the_answers_before_it_on_the_terminal(make_history, capsys, monkeypatch):
    history = make_history(commits=9)
    history.shows = lost_from(6)
    failing(history, monkeypatch, 6, KeyboardInterrupt())

    status, said = search(history, capsys, 0, 8)

    good, middle, bad = (history.hashes[i][:8] for i in (0, 4, 8))
    answers = [line.partition("] ")[2] for line in said.err.splitlines() if " against " in line]
    assert status == 130
    assert answers == [f"{bad} against {good}: lost", f"{middle} against {good}: as good"]


def test_a_release_that_was_merged_later_is_refused_and_what_never_had_its_gain_is_not_blamed(
    make_history, capsys
):
    """Only the release, off commit 2, and what comes after its merge are good; the newest is not."""
    history = make_history(commits=7)
    release = history.commit(2, ref="refs/tags/v1")
    merge = history.commit(6, release)
    newest = history.commit(history.commit(merge))
    history.shows = lambda place: {} if place in (release, merge, merge + 1) else LOST

    refused, said = search(history, capsys, release, newest)

    assert (refused, said.out, history.asked) == (2, "", [])
    assert f"side branch, which {history.hashes[merge][:8]} merged" in said.err
    assert said.err.count("\n") == 1
    assert search(history, capsys, merge, newest)[0] == 1


def test_a_branch_that_was_merged_before_anything_else_came_is_searched_from(make_history, capsys):
    history = make_history(commits=4)
    side = history.commit(3)
    newest = history.commit(history.commit(3, side))
    history.shows = lost_from(newest)

    status, said = search(history, capsys, side, newest)

    assert status == 1
    assert f"got worse at {history.hashes[newest][:8]}" in said.out


def test_of_a_release_that_was_never_merged_it_is_said_where_the_branches_part(make_history, capsys):
    history = make_history(commits=5)
    release = history.commit(1, ref="refs/tags/v1")

    status, said = search(history, capsys, release, 4)

    names = [history.hashes[place][:8] for place in (release, 4, 1)]
    assert (status, said.out, history.asked) == (2, "", [])
    assert "{} is on another branch than {}: name {}, where they part".format(*names) in said.err


def seen(quantity, p, tendency, outcome):
    """Return what came of a number of which the first look said this."""
    look = Judgement(Number("work.One", quantity), 1.0, 1.1, tendency, "same", p, 1.0)
    return NumberVerdict((look,), outcome)


@pytest.mark.parametrize(
    ("number", "suspected"),
    [
        (seen("gil_held", 0.3, "lost", Outcome.SAME), {"gil_held"}),
        (seen("waiting", 0.001, "lost", Outcome.PASSING), {"waiting"}),
        (seen("stall", 0.001, "lost", Outcome.UNFIT), {"stall"}),
        (seen("slowdown", 0.31, "lost", Outcome.SAME), set()),
        (seen("slowdown", 0.01, "gained", Outcome.PASSING), set()),
        (seen("time", 0.01, "lost", Outcome.PASSING), set()),
    ],
)
def test_suspected_is_what_the_first_look_suspects_whatever_came_of_it(number, suspected):
    verdict = SimpleNamespace(workloads=[WorkloadVerdict(TrackedWorkload("work.One", "One"), (number,))])

    assert (
        _suspected(SimpleNamespace(comparisons=[SimpleNamespace(verdict=verdict)]), "work.One") == suspected
    )
