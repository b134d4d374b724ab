"""Which commits still lack results, and who measures which."""

import pytest
from generated import Behaviour, Plan, Planned, generate
from sample_project import antigil

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


def test_a_shard_keeps_its_commits_while_results_come_in(history, tmp_path):
    root = tmp_path / "project"
    workloads = (Planned("work.One", "one", {0: Behaviour()}),)
    fewer = LACKING - {19, 8}
    later = root, generate(Plan(commits=20, workloads=workloads, unmeasured=fewer), root)
    for i in (1, 2, 3):
        assert set(numbers(later, "--shard", f"{i}/3")) <= set(numbers(history, "--shard", f"{i}/3"))


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
