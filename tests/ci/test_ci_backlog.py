"""Which commits still lack results, and who measures which."""

import json
import subprocess

import pytest
from generated import Behaviour, Plan, Planned, generate
from sample_project import antigil, git

LACKING = frozenset({0, 3, 4, 5, 6, 7, 8, 15, 19})


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    root = tmp_path_factory.mktemp("backlog") / "project"
    workloads = (Planned("work.One", "one", {0: Behaviour()}),)
    return root, generate(Plan(commits=20, workloads=workloads, unmeasured=LACKING), root)


def numbers(history, *words):
    """Return the numbers of the commits that the command prints."""
    root, hashes = history
    done = antigil(root, "backlog", *words)
    assert done.returncode == 0, done.stderr
    return [hashes.index(line) for line in done.stdout.split()]


def test_commits_without_results_come_newest_first(history):
    assert numbers(history) == sorted(LACKING, reverse=True)


def test_the_shards_share_them_without_overlap(history):
    shared = [n for i in (1, 2, 3) for n in numbers(history, "--shard", f"{i}/3")]

    assert sorted(shared) == sorted(LACKING)


def test_a_history_without_results_is_shared_evenly(history):
    parts = [numbers(history, "--shard", f"{i}/3", "--machine", "beta") for i in (1, 2, 3)]

    assert [len(part) for part in parts] == [7, 7, 6]


def test_a_patchy_backlog_is_shared_evenly_and_each_part_is_from_all_over_it(history):
    parts = [numbers(history, "--shard", f"{i}/3") for i in (1, 2, 3)]

    assert parts == [[19, 7, 4], [15, 6, 3], [8, 5, 0]]


def test_the_shards_for_a_matrix_name_their_commits_newest_first_and_no_more_than_fit(history):
    root, hashes = history
    done = antigil(root, "ci", "shards", "--per-shard", "2", "--most", "3")

    shards = json.loads(done.stdout)
    assert [one["shard"] for one in shards] == ["1/3", "2/3", "3/3"]
    named = [[hashes.index(hash_) for hash_ in one["commits"].split()] for one in shards]
    assert named == [[19, 7], [15, 6], [8, 5]]


def test_a_configured_branch_that_is_not_here_is_told_in_one_line(history, tmp_path):
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(history[0]), str(root)], check=True)
    (root / "asv.conf.json").write_text((history[0] / "asv.conf.json").read_text())
    git(root, "checkout", "-q", "-b", "elsewhere")
    git(root, "branch", "-q", "-D", "main")

    done = antigil(root, "backlog")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "antigil: error: no branch main here, which asv.conf.json names: git fetch origin main:main"
    ]


def test_results_of_another_machine_do_not_count_when_one_is_named(history):
    assert numbers(history, "--machine", "beta") == list(range(19, -1, -1))
    assert numbers(history, "--machine", "alpha") == sorted(LACKING, reverse=True)


def test_only_what_came_after_a_revision_and_no_more_than_asked_for(history):
    _, hashes = history

    assert numbers(history, "--since", hashes[5]) == [19, 15, 8, 7, 6]
    assert numbers(history, "--most", "2") == [19, 15]


@pytest.mark.parametrize("wrong", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_a_shard_that_does_not_exist_is_refused_in_one_line(history, wrong):
    done = antigil(history[0], "backlog", "--shard", wrong)

    assert done.returncode == 2
    assert done.stderr.startswith("antigil: error: argument --shard: a shard is I/N")
