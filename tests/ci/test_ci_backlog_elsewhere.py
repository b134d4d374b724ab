"""The backlog, and what else reads commits, where the configured repository is not the one that lies here."""

import json

import pytest
from generated import Behaviour, Plan, Planned, generate
from sample_project import antigil, git


@pytest.fixture
def elsewhere(tmp_path):
    """Return a folder whose repository is elsewhere, its commits, and one that asv's copy has not got yet."""
    root = tmp_path / "project"
    hashes = generate(Plan(commits=4, workloads=(Planned("work.One", "one", {0: Behaviour()}),)), root)
    origin, here = tmp_path / "origin.git", tmp_path / "here"
    git(tmp_path, "clone", "-q", "--bare", str(root), str(origin))
    here.mkdir()
    conf = {
        **json.loads((root / "asv.conf.json").read_text()),
        "repo": origin.as_uri(),
        "dvcs": "git",
        "results_dir": str(root / "results"),
        "plugins": [],
    }
    (here / "asv.conf.json").write_text(json.dumps(conf))
    assert antigil(here, "backlog").returncode == 0
    git(root, "reset", "-q", "--hard")
    git(root, "commit", "-q", "--allow-empty", "-m", "go on")
    git(root, "push", "-q", str(origin), "main")
    return here, hashes, git(root, "rev-parse", "HEAD")


def test_of_a_repository_elsewhere_the_newest_commit_lacks_results(elsewhere):
    here, _, newest = elsewhere

    assert antigil(here, "backlog").stdout.split() == [newest]


def test_so_it_is_for_the_shards_of_a_workflow(elsewhere):
    here, _, newest = elsewhere

    (shard,) = json.loads(antigil(here, "ci", "shards").stdout)
    assert shard["commits"] == newest


def test_of_a_repository_elsewhere_the_newest_commit_can_be_compared(elsewhere):
    here, hashes, newest = elsewhere

    done = antigil(here, "compare", hashes[-1], newest, "--paths", "file0")

    assert (done.returncode, done.stderr) == (0, "")
    assert "no difference under file0" in done.stdout


def test_of_a_repository_elsewhere_the_newest_commit_is_known_to_the_alert(elsewhere):
    here, _, newest = elsewhere

    done = antigil(here, "alert", "--since", newest)

    assert (done.returncode, done.stderr) == (0, "")
