"""A loss that was mended stays so, whatever is lost later."""

import pytest
from generated import Behaviour, Plan, Planned, generate, load
from nights import HOLDS, RELEASES

from antigil.guard.alerts import find_alerts

SLOWER = Behaviour(seconds=0.004)


def losses(root, phases, commits=30):
    """Return what became of each loss of a workload, by its commit."""
    hashes = generate(Plan(commits, (Planned("work.One", "one", phases),), samples=8), root)
    return {hashes.index(a.commit.hash): a.state_text for a in find_alerts(*load(root)) if a.lost}


@pytest.mark.parametrize(
    "phases",
    [
        {0: RELEASES, 6: HOLDS, 13: RELEASES, 20: Behaviour(serial=0.1)},
        {0: RELEASES, 6: SLOWER, 13: RELEASES, 20: Behaviour(seconds=0.0035)},
    ],
)
def test_a_later_loss_brings_none_back_that_was_mended(tmp_path, phases):
    assert losses(tmp_path, phases) == {6: "lost, recovered since", 20: "lost in the history"}


def test_one_commit_mends_nothing(tmp_path):
    """A neighbour of the machine's that goes for a while may make one of a hold-up's numbers look well."""
    found = losses(tmp_path, {0: RELEASES, 6: HOLDS, 13: RELEASES, 14: HOLDS})

    assert found[6] == "lost in the history"


def test_a_part_that_was_gained_back_mends_nothing(tmp_path):
    found = losses(tmp_path, {0: RELEASES, 6: HOLDS, 13: Behaviour(serial=0.2), 20: HOLDS})

    assert found[6] == "lost in the history"


def inflations(*starts):
    """Return phases by the commit and the factor by which every CPU second grows from there."""
    return {at: Behaviour(inflation=factor) for at, factor in starts}


def quiet_losses(root, *starts, commits=60):
    """Return the losses of a workload whose numbers hardly scatter."""
    planned = Planned("work.One", "one", inflations(*starts))
    hashes = generate(Plan(commits, (planned,), noise=0.002, samples=8), root)
    return {hashes.index(a.commit.hash): a.state_text for a in find_alerts(*load(root)) if a.lost}


def test_a_loss_that_comes_back_in_a_step_too_small_for_another_loss_counts_again(tmp_path):
    found = quiet_losses(tmp_path, (0, 1.0), (20, 1.12), (30, 1.045), (34, 1.09))

    assert found == {20: "lost in the history"}


def test_so_it_is_if_a_loss_between_has_come_back_as_far_as_it_began(tmp_path):
    found = quiet_losses(tmp_path, (0, 1.0), (15, 1.12), (25, 1.045), (35, 1.14), (45, 1.09))

    assert found == {15: "lost in the history", 35: "lost, recovered since"}
