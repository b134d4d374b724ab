"""A second branch in asv.conf.json makes nobody forget what was measured and told of the first."""

import json
import subprocess

import pytest
from nights import lost_from

from antigil.guard.alert_log import MEMORY


def configure(history, *branches):
    """Name the branches in asv's configuration."""
    file = history.root / "asv.conf.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "branches": branches}))


def told(document):
    """Return the losses as they are told: name, commit, whether each is news."""
    return {
        (a["identity"], a["commit"]["hash"], a["standing"], a["new"]) for a in document["alerts"] if a["lost"]
    }


@pytest.fixture
def confirmed(history):
    """Return a history whose loss at the newest commit is known; an older one has a branch of its own."""
    history.shows = lost_from(8)
    history.document()
    history.asked.clear()
    subprocess.run(["git", "-C", str(history.root), "branch", "1.x", history.hashes[6]], check=True)
    return history


def test_what_is_known_stays_known_with_another_branch_and_without_it(confirmed):
    alone = told(confirmed.document())
    configure(confirmed, "main", "1.x")
    beside = told(confirmed.document())
    configure(confirmed, "main")

    assert {(standing, new) for *_, standing, new in alone} == {("lost", False)}
    assert beside == alone == told(confirmed.document())
    assert confirmed.asked == []


def test_a_name_that_nobody_remembers_is_the_same_too(confirmed):
    names = {identity for identity, *_ in told(confirmed.document())}
    (confirmed.root / "results" / MEMORY).unlink()
    configure(confirmed, "main", "1.x")

    assert {identity for identity, *_ in told(confirmed.document())} == names


def test_lines_that_name_the_first_branch_are_of_the_same_place(confirmed):
    """As they were written where several branches are configured, before they were left without it."""
    alone = told(confirmed.document())
    file = confirmed.root / "results" / MEMORY
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    named = [json.dumps({**line, "environment": f"{line['environment']} branch=main"}) for line in lines]
    file.write_text("".join(f"{line}\n" for line in named))
    configure(confirmed, "main", "1.x")

    assert told(confirmed.document()) == alone
    assert confirmed.asked == []


def test_each_other_branch_is_a_place_of_its_own(history):
    """Both branches have the commit that lost something; in the second it is measured as well."""
    history.shows = lost_from(8)
    history.document()
    subprocess.run(["git", "-C", str(history.root), "branch", "next", "main"], check=True)
    configure(history, "main", "next")

    found = told(history.document())

    assert {(commit, standing) for _, commit, standing, _ in found} == {(history.hashes[8], "lost")}
    assert {new for *_, new in found} == {False, True}
    assert [pair[:2] for pair in history.asked] == [(7, 8), (7, 8)]
