"""The search for the commit that lost something; measuring is made up, see `nights`."""

import json
import math
from collections import Counter

import pytest
from nights import LOST, lost_from

from antigil.commands import main as cli
from antigil.errors import UserError
from antigil.guard import comparison
from antigil.guard.decision_rule import Looks
from antigil.guard.search.halving import Range, halve


def search(history, capsys, first, last, *more):
    """Look between two places of a history for what work.One lost; return the status and what was said."""
    ends = (history.hashes[first], history.hashes[last])
    status = cli.main(["bisect", *ends, "work.One", "--json", "found.json", *more])
    return status, capsys.readouterr()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64])
def test_every_commit_of_a_range_is_found_by_as_many_questions_as_halving_takes(n):
    commits = [str(i) for i in range(n)]
    for culprit in range(n):
        asked = []

        def ask(items, commit, culprit=culprit, asked=asked):
            asked.append(commit)
            return {item: int(commit) >= culprit for item in items}

        (found,) = halve(["one"], Range("good", commits), ask)
        assert found == ("one", Range(commits[culprit - 1] if culprit else "good", [commits[culprit]]))
        assert len(asked) <= math.ceil(math.log2(n))


@pytest.mark.parametrize("unknown", [{3}, {0}, {2, 3, 4}, {4, 5}])
def test_what_cannot_be_judged_is_stepped_aside(unknown):
    """Commit 6 of 8 did it."""
    commits = [str(i) for i in range(8)]

    def ask(items, commit):
        return {item: None if int(commit) in unknown else int(commit) >= 6 for item in items}

    ((_, left),) = halve(["one"], Range("good", commits), ask, step_aside=True)
    assert left.commits[-1] == "6"
    assert {int(one) for one in left.commits} - unknown == {6}


@pytest.mark.parametrize("culprit", [1, 5, 13])
def test_the_commit_is_found_and_compared_with_the_one_before_it(make_history, capsys, culprit):
    history = make_history(commits=14)
    history.shows = lost_from(culprit)

    status, said = search(history, capsys, 0, 13)

    found = json.loads((history.root / "found.json").read_text())
    assert status == found["status"] == 1
    assert said.out.startswith(f"Found: work.One got worse at {history.hashes[culprit][:8]}\n")
    assert [one["hash"] for one in found["suspects"]] == [history.hashes[culprit]]
    assert found["before"]["hash"] == history.hashes[culprit - 1]
    assert (culprit - 1, culprit) in [pair[:2] for pair in history.asked]
    assert len(found["steps"]) == len(history.asked) <= math.ceil(math.log2(13)) + 2
    assert found["comparison"]["head"]["hash"] == history.hashes[culprit]


def test_a_commit_that_cannot_be_built_is_stepped_aside_and_named(make_history, capsys):
    history = make_history(commits=9)
    history.shows, history.unbuildable = lost_from(6), frozenset({4})

    status, said = search(history, capsys, 0, 8)

    assert status == 1
    assert f"got worse at {history.hashes[6][:8]}" in said.out
    assert "no answer: commit 4 cannot be built" in said.out


def test_commits_that_cannot_be_told_apart_are_all_named(make_history, capsys):
    history = make_history(commits=9)
    history.shows, history.unbuildable = lost_from(6), frozenset({5})

    status, said = search(history, capsys, 0, 8)

    assert status == 2
    assert said.out.startswith("Could not be told which: one of 2 commits")
    assert all(f"suspect  {history.hashes[i][:8]}" in said.out for i in (5, 6))


def test_where_nothing_was_lost_one_comparison_is_enough(history, capsys):
    status, said = search(history, capsys, 0, 8)

    assert status == 0
    assert said.out.startswith("Nothing lost: work.One is as good at")
    assert len(history.asked) == 1


def test_a_loss_of_another_kind_on_the_way_is_not_taken_for_it(make_history, capsys):
    """At commit 2 a call became slower, at 6 it lost its scaling, and the time came back."""
    history = make_history(commits=9)
    slower = {("work.One", "time", None): 0.0035}
    history.shows = lambda place: LOST if place >= 6 else slower if place >= 2 else {}

    status, said = search(history, capsys, 0, 8)

    assert status == 1
    assert f"got worse at {history.hashes[6][:8]}" in said.out


def test_nor_is_another_loss_of_scaling(make_history, capsys):
    """At commit 2 threads began to wait for each other; at 6 that ended, and the GIL was held instead."""
    history = make_history(commits=9)
    waits = {("work.One", "waiting", 2): 0.4}
    holds = {("work.One", "slowdown", 2): 2.0, ("work.One", "gil_held", None): 1.0}
    history.shows = lambda place: holds if place >= 6 else waits if place >= 2 else {}

    status, said = search(history, capsys, 0, 8)

    assert status == 1
    assert f"got worse at {history.hashes[6][:8]}" in said.out


def test_where_only_what_goes_with_it_is_confirmed_a_neighbour_is_asked(make_history, capsys, monkeypatch):
    """Commit 2 did it; between the ends only the held share is confirmed, at commit 4 only the speedup."""
    history = make_history(commits=9)
    slow, held = {("work.One", "slowdown", 2): 2.0}, {("work.One", "gil_held", None): 1.0}
    visits = Counter()

    def measure_both(place, sides, workloads=None, progress=None):
        ends = history.asked[-1][:2]
        is_shown = ends != (0, 8) or visits[ends] < 2 * Looks.first
        visits[ends] += len(sides)
        history.shows = lambda i: {} if i < 2 else slow if i == 4 else held | (slow if is_shown else {})
        return history.measure_both(place, sides, workloads)

    monkeypatch.setattr(comparison, "measure_both", measure_both)
    status, said = search(history, capsys, 0, 8)

    assert f"got worse at {history.hashes[2][:8]}" in said.out
    assert "no answer: lost something else of scaling, which was suspected between the ends too" in said.out
    assert (status, [pair[1] for pair in history.asked]) == (1, [8, 4, 3, 1, 2, 2])


def test_a_control_that_moves_between_the_ends_is_told_and_nothing_is_looked_for(history, capsys):
    history.shows = lost_from(8, {("controls.Loop", "gil_held", None): 0.5})

    status, said = search(history, capsys, 0, 8)

    assert status == 2
    assert "no answer: a control moved" in said.out


@pytest.mark.parametrize(
    ("first", "last", "said_why"),
    [
        (8, 0, "comes before {}: name the good commit first\n"),
        (3, 3, "name the good commit first, then a later one\n"),
    ],
)
def test_ends_in_the_wrong_order_are_refused(history, capsys, first, last, said_why):
    status, said = search(history, capsys, first, last)

    assert (status, said.out) == (2, "")
    assert said.err.endswith(said_why.format(history.hashes[first][:8]))
    assert said.err.count("\n") == 1


def test_ends_that_cannot_be_compared_are_told_in_one_line(history, capsys):
    history.problem = UserError("no compiler")

    status, said = search(history, capsys, 0, 8)

    assert (status, said.err.splitlines()[-1]) == (2, "antigil: error: no compiler")
