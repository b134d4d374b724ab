"""Stored results that cannot be read: two commits are not judged as if there were none."""

import pytest
from generated import Place
from in_process import antigil
from test_guard_stored import compared, generated


def damaged(file):
    """Leave half a file where a whole one was."""
    file.write_text(file.read_text()[:200])


def of_another_type(file):
    """Let it hold a list of numbers."""
    file.write_text("[1, 2]")


def without_its_machine(file):
    """Take away what says of which machine the folder's results are."""
    (file.parent / "machine.json").unlink()


@pytest.mark.parametrize("commit", [0, 1])
@pytest.mark.parametrize(
    ("how", "why"),
    [
        (damaged, "beta/{}-virtualenv-py3.14t.json could not be read: "),
        (of_another_type, "beta/{}-virtualenv-py3.14t.json could not be read: "),
        (without_its_machine, "beta results are left out, because the folder's machine.json is missing "),
    ],
)
def test_an_environment_whose_results_cannot_be_read_could_not_be_judged(tmp_path, commit, how, why):
    places = (Place(), Place(machine="beta", python="3.14t"))
    history = generated(tmp_path / "project", commits=3, places=places)
    assert compared(history, 0, 1)[0] == 0
    (file,) = (history[0] / "results/beta").glob(f"{history[1][commit][:8]}-*")
    how(file)

    status, comparison = compared(history, 0, 1)

    assert status == 2
    (problem,) = comparison["problems"]
    assert problem.startswith(why.format(history[1][commit][:8]))


def test_results_of_other_commits_that_cannot_be_read_hinder_nothing(tmp_path):
    history = generated(tmp_path / "project", commits=3)
    (file,) = (history[0] / "results/alpha").glob(f"{history[1][2][:8]}-*")
    damaged(file)
    elsewhere = history[0] / "results/gamma"
    elsewhere.mkdir()
    file.rename(elsewhere / file.name)

    status, comparison = compared(history, 0, 1)

    assert (status, comparison["problems"]) == (0, [])


def test_that_the_only_results_cannot_be_read_is_told(tmp_path):
    root, hashes = generated(tmp_path / "project", commits=2)
    (file,) = (root / "results/alpha").glob(f"{hashes[1][:8]}-*")
    damaged(file)

    done = antigil(root, "compare", *hashes, "--results-only")

    assert done.returncode == 2
    assert f"alpha/{file.name} could not be read: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
