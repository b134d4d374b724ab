"""Which functions changed is kept for a commit where the comparison was with the one right before it."""

import subprocess
from dataclasses import replace

import pytest
from nights import lost_from

from antigil.commands import main as cli
from antigil.guard.profile.sampling import Sampling
from antigil.report import kept_functions
from antigil.report.kept_functions import FILE
from antigil.where import Changes

NONE_CHANGED = Changes(python="3.13", gil=(True, True), threads=2, hints=(), losses=())


@pytest.fixture
def sampled(history, monkeypatch):
    """Return a history whose newest commit lost something; sampling takes no time and names no function."""

    def add_functions(self, place, compared):
        return replace(compared, functions={"work.One": NONE_CHANGED})

    monkeypatch.setattr(Sampling, "add_functions", add_functions)
    history.shows = lost_from(8)
    return history


def kept(history):
    """Return the hashes of the commits of which something is kept."""
    return {head for _, _, head in kept_functions.kept_functions(history.root / "results")}


def test_of_two_commits_in_a_row_it_is_kept(sampled):
    assert cli.main(["compare", *sampled.hashes[7:]]) == 1

    assert kept(sampled) == {sampled.hashes[8]}


@pytest.mark.parametrize("base", ["v1", "aside"])
def test_of_commits_farther_apart_or_on_two_branches_it_is_only_told(sampled, capsys, base):
    """After a base on another branch comes the head alone, and yet others may have done it."""
    git = ("git", "-C", str(sampled.root))
    subprocess.run([*git, "tag", "v1", sampled.hashes[2]], check=True)
    commit = [*git, "commit-tree", "-p", sampled.hashes[7], "-m", "aside", f"{sampled.hashes[0]}^{{tree}}"]
    aside = subprocess.run(commit, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([*git, "branch", "aside", aside], check=True)
    sampled.hashes.append(aside)
    sampled.shows = lambda place: lost_from(8)(place) if place != 9 else {}

    assert cli.main(["compare", base, "main"]) == 1

    assert "no function's part of the loss changed" in capsys.readouterr().out
    assert kept(sampled) == set()
    assert cli.main(["compare", base, "main", "--merge-base"]) == 1
    assert kept(sampled) == ({sampled.hashes[8]} if base == "aside" else set())


def test_functions_that_cannot_be_kept_cost_neither_the_report_nor_the_answer(sampled, capsys, monkeypatch):
    def full(path, lines):
        raise OSError(28, "No space left on device", "functions.jsonl")

    monkeypatch.setattr(kept_functions, "append_lines", full)

    compared = cli.main(["compare", *sampled.hashes[7:]])
    said = capsys.readouterr()

    assert [alert.state_text for alert in sampled.losses()] == ["lost"]
    assert compared == 1
    assert said.out.startswith("Confirmed loss: work.One")
    told = f"which functions changed is not kept in {FILE}: functions.jsonl: No space left on device"
    assert f"antigil: note: {told}\n" in said.err
