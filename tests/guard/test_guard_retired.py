"""What becomes of the losses of an environment in which nothing is measured any more."""

import json
import subprocess

import pytest
from generated import Behaviour, Place, Plan, Planned, generate, load

from antigil.guard.alerts import find_alerts

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
