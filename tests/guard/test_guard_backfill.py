"""A backfill shows several losses where one was known: each is measured and named for itself."""

import json
from dataclasses import replace

import pytest
from comparisons import LOST
from generated import Behaviour, Place, Planned
from nights import HOLDS, RELEASES

from antigil.guard.alert_log import MEMORY, Memory
from antigil.history.archive_reader import load_archive
from antigil.history.project import open_project

TWICE = (Planned("work.One", "one", {0: RELEASES, 5: Behaviour(serial=0.3), 9: HOLDS}),)
GAP = frozenset(range(4, 12))
HALF = {("work.One", "slowdown", 2): 1.3, ("work.One", "gil_held", None): 0.3}


def shows(place):
    """Show what `TWICE` says when a commit is measured again."""
    return {} if place < 5 else HALF if place < 9 else LOST


@pytest.fixture
def make_twice(make_history):
    """Return what makes a history that loses twice, with what an earlier one remembers."""

    def twice(name, earlier=None, **plan):
        history = make_history(TWICE, name=name, commits=20, **plan)
        history.shows = shows
        if earlier is not None:
            (history.root / "results" / MEMORY).write_text((earlier.root / "results" / MEMORY).read_text())
        return history

    return twice


def places(history, alerts):
    """Return where alerts lie, and whether they held."""
    return sorted((*(history.hashes.index(one.hash) for one in a.span), a.held) for a in alerts)


def test_a_second_loss_in_a_range_whose_commit_was_found_is_measured_and_named(make_twice):
    coarse = make_twice("coarse", unmeasured=GAP)
    (known,) = coarse.losses()
    assert places(coarse, [known]) == [(4, 5, True)]

    fine = make_twice("fine", coarse)
    found = fine.losses()

    assert places(fine, found) == [(4, 5, True), (8, 9, True)]
    assert [pair[:2] for pair in fine.asked] == [(8, 9)]
    assert [a.identity == known.identity for a in found] == [False, True]


@pytest.mark.parametrize("unmeasured", [GAP - {7, 8, 9, 10}, GAP - {4, 5, 6}])
def test_so_it_is_where_the_backfill_has_reached_a_part_of_the_range(make_twice, unmeasured):
    """Then one of the two losses lies between commits that were measured, or ends where the range did."""
    coarse = make_twice("coarse", unmeasured=GAP)
    coarse.night()

    finer = make_twice("finer", coarse, unmeasured=unmeasured)

    assert places(finer, finer.losses()) == [(4, 5, True), (8, 9, True)]


def test_where_the_time_was_up_before_the_range_was_narrowed_each_loss_in_it_is_measured(make_twice):
    coarse = make_twice("coarse", unmeasured=GAP)
    (known,) = coarse.losses(minutes=1)
    assert (places(coarse, [known]), known.between) == ([(3, 12, True)], 8)

    fine = make_twice("fine", coarse)

    assert places(fine, fine.losses()) == [(4, 5, True), (8, 9, True)]
    assert [pair[:2] for pair in fine.asked] == [(8, 9), (4, 5)]


def test_a_loss_at_the_end_of_the_range_gets_a_name_of_its_own_and_keeps_it(make_history):
    """The usual name follows from the commit, and the loss that was known first has that one."""

    def history(name, **plan):
        late = (Planned("work.One", "one", {0: RELEASES, 5: Behaviour(serial=0.3), 12: HOLDS}),)
        made = make_history(late, name=name, commits=20, **plan)
        made.shows = lambda place: {} if place < 5 else HALF if place < 12 else LOST
        return made

    coarse = history("coarse", unmeasured=GAP)
    (known,) = coarse.losses()
    fine = history("fine")
    (fine.root / "results" / MEMORY).write_text((coarse.root / "results" / MEMORY).read_text())

    nights = [fine.losses() for _ in range(2)]

    assert places(fine, nights[0]) == [(4, 5, True), (11, 12, True)]
    late, early = (a.identity for a in nights[0])
    assert (early, late != early) == (known.identity, True)
    assert [a.identity for a in nights[1]] == [late, early]


def test_the_name_that_a_change_had_before_it_was_united_with_another_is_given_to_nothing_else(make_twice):
    alpha = make_twice("alpha", places=(Place("alpha"),))
    alpha.night()
    both = make_twice("both", alpha, places=(Place("alpha"), Place("beta")))
    both.forget("beta", *GAP)
    wide = next(a for a in both.losses() if a.environment.machine == "beta")
    assert wide.identity in {a.identity for a in alpha.losses()}

    project, memory = open_project(), Memory.open(both.root / "results")
    archive, revisions = load_archive(project, memory.hashes)
    seen = replace(wide, identity="seen", held=None, culprit=None)
    beside = replace(seen, identity="beside", before=wide.commit, commit=archive.commits[13])

    again, other = memory.recognise([seen, beside], project.repo, revisions)

    assert (again.identity, again.held) == (wide.identity, True)
    assert (other.identity, other.held) == ("beside", None)


def test_a_change_in_a_wide_range_that_the_fit_moves_beside_it_keeps_its_name_and_commit(make_twice):
    coarse = make_twice("coarse", unmeasured=GAP)
    (known,) = coarse.losses()
    project, memory = open_project(), Memory.open(coarse.root / "results")
    archive, revisions = load_archive(project, memory.hashes)
    moved = replace(
        known, identity="moved", before=known.commit, commit=archive.commits[13], held=None, culprit=None
    )

    (again,) = memory.recognise([moved], project.repo, revisions)

    assert (again.identity, places(coarse, [again])) == (known.identity, [(4, 5, True)])


def test_a_memory_from_before_it_was_noted_how_many_commits_lie_between_is_read(make_twice):
    coarse = make_twice("coarse", unmeasured=GAP)
    coarse.night(minutes=1)
    file = coarse.root / "results" / MEMORY
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1].pop("between") == 8
    file.write_text(json.dumps(lines[-1]) + "\n")

    (known,) = coarse.losses(measuring=False)

    assert (places(coarse, [known]), known.between) == ([(3, 12, True)], 0)
