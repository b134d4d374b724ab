"""Releases on branches of their own: as tags among a branch's results, and as the commit to begin after."""

import json

import pytest
from generated import Planned
from in_process import antigil
from nights import HOLDS, RELEASES

from antigil.history.archive_reader import load_archive
from antigil.history.branches import commits_of, newest_known
from antigil.history.project import open_project

GAINS = (Planned("work.One", "one", {0: HOLDS, 6: RELEASES}),)
LOSES = (Planned("work.One", "one", {0: RELEASES, 8: HOLDS}),)


def places(history, alerts):
    """Return of each alert whether it is a loss, and the places of its commits."""
    return [(a.lost, *(history.hashes.index(one.hash) for one in (a.before, a.commit))) for a in alerts]


def test_old_releases_that_were_measured_and_never_merged_are_no_loss_of_the_branch(make_history):
    """They lack what commit 6 gained; by their dates they come after it."""
    history = make_history(GAINS, commits=14)
    first = history.commit(2, day=9.3, ref="refs/tags/v1.1")
    second = history.commit(first, day=9.6, ref="refs/tags/v1.2")
    for release in (first, second):
        history.measure_as(release, like=2)

    assert places(history, history.night(measuring=False)[1]) == [(False, 5, 6)]


def test_a_loss_right_after_such_a_release_is_compared_with_the_commit_before_it(make_history):
    history = make_history(LOSES, commits=12)
    history.measure_as(history.commit(2, day=7.5, ref="refs/tags/v1.1"), like=2)

    assert places(history, history.losses()) == [(True, 7, 8)]
    assert [pair[:2] for pair in history.asked] == [(7, 8)]


def test_where_only_releases_aside_were_measured_nothing_can_be_judged(make_history):
    history = make_history(LOSES, commits=3)
    history.measure_as(history.commit(1, ref="refs/tags/v1.1"), like=1)
    for place in range(3):
        history.file_of(place).unlink()

    done = antigil(history.root, "alert")

    assert done.returncode == 2
    assert "  ! only tags that are on none of the configured branches were measured: " in done.stdout
    noted = "1 measured tag is on none of the configured branches, and not judged: v1.1"
    assert done.stderr == f"antigil: note: {noted}\n"


def test_several_of_them_beside_results_of_the_branch_are_a_note_only(make_history):
    history = make_history((Planned("work.One", "one", {0: RELEASES}),), commits=6)
    for name in ("v1.1", "v1.2"):
        history.measure_as(history.commit(1, day=float(name[1:]), ref=f"refs/tags/{name}"), like=1)

    done = antigil(history.root, "alert")

    assert (done.returncode, done.stdout) == (0, "Nothing lost\n")
    noted = "2 measured tags are on none of the configured branches, and not judged: v1.1, v1.2"
    assert done.stderr == f"antigil: note: {noted}\n"


@pytest.fixture
def released(make_history):
    """Return a history that lost something at commit 8, and has a release off commit 5 of a later date."""
    history = make_history(LOSES, commits=12)
    history.commit(5, day=10.5, ref="refs/tags/v2")
    return history


def told_since(history, name):
    """Return the commits of the losses that are told after one."""
    done = antigil(history.root, "alert", "--since", name, "--format", "json", "--exit-zero")
    return [history.hashes.index(one["commit"]["hash"]) for one in json.loads(done.stdout)["alerts"]]


def test_after_a_release_comes_what_it_does_not_have_whatever_its_date(released):
    assert told_since(released, "v2") == [8]
    assert told_since(released, released.hashes[7]) == [8]
    assert told_since(released, released.hashes[8]) == []


def test_so_it_is_once_the_release_was_merged(released):
    released.commit(11, 12, day=13)

    assert told_since(released, "v2") == [8]


def test_so_it_is_where_the_configuration_names_it(released):
    released.configure(antigil={"since": "v2"})
    done = antigil(released.root, "alert", "--format", "json", "--exit-zero")
    assert len(json.loads(done.stdout)["alerts"]) == 1


def test_each_branch_begins_where_it_parts_from_the_release_as_in_the_backlog(released):
    released.commit(12, day=11.5, ref="refs/heads/2.x")
    released.configure(branches=["main", "2.x"])
    project = open_project()
    archive, revisions = load_archive(project, released.hashes)

    newest = newest_known(project, archive, project.revision("v2"))

    assert newest == {"main": revisions[released.hashes[5]], "2.x": revisions[released.hashes[12]]}
    assert set(commits_of(project, "v2")) == {*released.hashes[6:12], released.hashes[13]}
