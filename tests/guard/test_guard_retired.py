"""What becomes of the losses of an environment in which nothing is measured any more."""

import json
import random
import subprocess

import numpy as np
import pytest
from generated import Behaviour, Place, Plan, Planned, generate, load

from antigil.guard.alerts import find_alerts
from antigil.history.measured.measured_commits import MeasuredCommits
from antigil.history.series import Archive, Commit, Environment, Series

RELEASES, HOLDS, SLOW = Behaviour(), Behaviour(serial=1.0), Behaviour(inflation=1.8)
RECOVERED, RETIRED = "lost, recovered since", "lost, no longer measured there"

#: Without a GIL nothing shows that depends on it.
YOUNG, FREE_THREADED = Place("young"), Place("young", python="3.14t", gil=False)


@pytest.fixture
def lost_in_old(tmp_path):
    """Return a function that tells what becomes of what the environment *old* has lost, by its commit.

    Of 50 commits it has results of the first 15, the other one from `young_from` on.
    """

    def told(phases, young=YOUNG, young_from=0):
        plan = Plan(50, (Planned("work.One", "one", phases),), (Place("old"), young), samples=8)
        hashes = generate(plan, tmp_path / "project")
        for machine, unmeasured in (("old", hashes[15:]), ("young", hashes[:young_from])):
            for hash_ in unmeasured:
                (file,) = (tmp_path / "project/results" / machine).glob(f"{hash_[:8]}-*")
                file.unlink()
        alerts = find_alerts(*load(tmp_path / "project"))
        losses = [a for a in alerts if a.lost and a.environment.machine == "old"]
        assert all(a.state.settled for a in losses)
        return {hashes.index(a.commit.hash): a.state_text for a in losses}

    return told


def test_a_loss_that_another_environment_shows_mended_has_recovered(lost_in_old):
    assert lost_in_old({0: RELEASES, 5: HOLDS, 20: RELEASES}) == {5: RECOVERED}


def test_a_loss_that_another_environment_shows_unmended_ends(lost_in_old):
    assert lost_in_old({0: RELEASES, 5: HOLDS}) == {5: RETIRED}


def test_a_loss_that_was_mended_when_only_another_environment_was_measured_has_recovered(lost_in_old):
    assert lost_in_old({0: RELEASES, 5: HOLDS, 20: RELEASES}, young_from=10) == {5: RECOVERED}


def test_a_loss_that_recovered_where_it_was_stays_so(lost_in_old):
    assert lost_in_old({0: RELEASES, 5: HOLDS, 10: RELEASES}, young_from=15) == {5: RECOVERED}


def test_that_another_loss_was_mended_says_nothing(lost_in_old):
    """What commit 4 lost shows in both environments and is mended in one; what commit 12 lost is not."""
    phases = {0: RELEASES, 4: SLOW, 8: RELEASES, 12: HOLDS}

    assert lost_in_old(phases, FREE_THREADED) == {4: RECOVERED, 12: RETIRED}


def places_measured(root, hashes, at):
    """Take away a machine's results of all commits but some."""
    for machine, kept in at.items():
        for i in set(range(len(hashes))) - set(kept):
            (file,) = (root / "results" / machine).glob(f"{hashes[i][:8]}-*")
            file.unlink()


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (range(0, 41, 20), "suspected loss"),
        ([0, 1, 2, 24, 44, 45], "lost in the history"),
        (range(0, 41, 8), RETIRED),
    ],
)
def test_a_machine_that_is_seldom_there_has_not_retired(tmp_path, measured, said):
    """As the models of CPU that a hosted runner may have: a break of 40 commits is long for some only."""
    plan = Plan(80, (Planned("work.One", "one", {0: RELEASES, 21: HOLDS}),), (Place("usual"), Place("rare")))
    hashes = generate(plan, tmp_path)
    places_measured(tmp_path, hashes, {"rare": measured})

    found = [a for a in find_alerts(*load(tmp_path)) if a.lost and a.environment.machine == "rare"]

    assert [a.state_text for a in found] == [said]


def test_a_branch_that_is_measured_less_often_has_not_retired(tmp_path):
    """Since the branch was made, the main one has forty commits of its own and the branch only one."""
    plan = Plan(50, (Planned("work.One", "one", {0: RELEASES, 5: HOLDS}),), samples=8)
    hashes = generate(plan, tmp_path)
    subprocess.run(["git", "-C", str(tmp_path), "branch", "1.x", hashes[10]], check=True)
    file = tmp_path / "asv.conf.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "branches": ["main", "1.x"]}))

    found = {a.environment.branch: a.state_text for a in find_alerts(*load(tmp_path)) if a.lost}

    assert found == {"main": "lost in the history", "1.x": "lost in the history"}


@pytest.mark.parametrize("young_from", [0, 8])
def test_time_that_one_thread_gained_mends_no_scaling(lost_in_old, young_from):
    faster = Behaviour(serial=1.0, seconds=0.002)

    assert lost_in_old({0: RELEASES, 5: HOLDS, 25: faster}, young_from=young_from) == {5: RETIRED}


def test_a_part_of_a_loss_that_was_gained_back_does_not_mend_it(lost_in_old):
    assert lost_in_old({0: RELEASES, 5: HOLDS, 25: Behaviour(serial=0.5)}) == {5: RETIRED}


def retired(branches, **measured):
    """Return which environments have retired, by the commits in which each has results.

    Each is alone on the branch that `branches` gives it, or on the main one with all others.
    """
    series = []
    for name, revisions in measured.items():
        own = np.array(sorted(revisions))
        none, environment = np.zeros(len(own)), Environment((("machine", name),), branches.get(name, "main"))
        series.append(
            Series(
                "work.One", "time", None, environment, own, none, none, none, none.astype(np.uint8), "", None
            )
        )
    commits = {r: Commit(str(r), r, r) for r in sorted(set().union(*measured.values()))}
    everywhere = {
        branch: np.arange(max(commits) + 1)
        if branch == "main"
        else np.unique(np.concatenate([s.revisions for s in series if s.environment.branch == branch]))
        for branch in {"main", *branches.values()}
    }
    archive = Archive({}, tuple(s.environment for s in series), tuple(series), commits, branches=everywhere)
    return set(measured) - {one.machine for one in MeasuredCommits(archive).active()}


def test_a_model_of_cpu_that_a_runner_has_in_one_of_twenty_commits_does_not_come_and_go():
    choose = random.Random(1)
    rare = [commit for commit in range(2000) if choose.random() < 0.05]

    for now in range(rare[10], 2000, 7):
        so_far = [commit for commit in rare if commit <= now]
        assert retired({}, usual=range(now + 1), rare=so_far) == set()


@pytest.mark.parametrize(("last", "found"), [(971, set()), (970, {"old"})])
@pytest.mark.parametrize("before", [(), (0,), range(0, 600, 300)])
def test_what_was_measured_each_night_retires_after_thirty_commits_whatever_long_breaks_there_were(
    last, found, before
):
    """As a Python that was measured at a tag or two, nightly much later, and then no more."""
    assert retired({}, old=[*before, *range(900, last)], new=range(1000)) == found


def test_a_backfill_by_another_machine_brings_nothing_back():
    old, new = range(0, 1000, 20), range(1000, 2000, 20)

    assert retired({}, old=old, new=new) == retired({}, old=old, new=range(2000)) == {"old"}


def test_a_machine_that_was_measured_a_few_times_in_long_intervals_ends_in_time():
    assert retired({}, old=(0, 500), new=range(501, 800)) == set()
    assert retired({}, old=(0, 500), new=range(501, 801)) == {"old"}


def test_a_branch_that_is_no_longer_measured_ends_and_one_with_few_commits_goes_on():
    branches = {"dead": "1.x", "living": "2.x"}
    measured = {"dead": (1, 2, 699), "living": (3, 4, 700), "main": range(5, 1000)}
    assert retired(branches, **measured) == {"dead"}
