"""Which commits still lack results, and who measures which."""

import json
import shutil
import subprocess

import pytest
from generated import Behaviour, Place, Plan, Planned, generate, publish
from in_process import antigil
from sample_project import git

from antigil.ci.merge_results import FAILURES, read_results, write_results

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
    told = "antigil: note: 6 of 9 commits fit into 3 shards of 2: the rest is left\n"
    assert done.stderr == told


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


@pytest.fixture
def made(tmp_path):
    """Return what generates a small history, and goes on with it."""
    root = tmp_path / "project"
    hashes = generate(Plan(commits=4, workloads=(Planned("work.One", "one", {0: Behaviour()}),)), root)
    return root, hashes


def configure(root, **changes):
    """Change the configuration."""
    file = root / "asv.conf.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def fail(root, hash_, times=0, machine="alpha"):
    """Let a commit's results on a machine be those of builds that failed."""
    for file in (root / "results" / machine).glob(f"{hash_[:8]}-*"):
        told = read_results(file)
        told["results"] = {name: [None, row[1], row[2]] for name, row in told["results"].items()}
        write_results(file, {**told, **({FAILURES: [str(i) for i in range(times)]} if times else {})})


def test_a_file_of_nulls_is_asked_again_only_where_that_is_wanted_and_three_times_at_most(made):
    root, hashes = made
    for hash_, times in zip(hashes, (0, 1, 2, 3), strict=True):
        fail(root, hash_, times)

    assert numbers(made) == []
    assert numbers(made, "--retry-failed") == [2, 1, 0]


def test_failures_are_counted_over_all_machines_and_those_of_several_environments_at_once_are_one(tmp_path):
    machines, pythons = ("alpha", "beta", "gamma"), ("3.13", "3.14")
    places = tuple(Place(machine, python) for machine in machines for python in pythons)
    root = tmp_path / "project"
    plan = Plan(commits=3, workloads=(Planned("work.One", "one", {0: Behaviour()}),), places=places)
    hashes = generate(plan, root)
    for machine, begun in zip(machines, (0, 1, 2), strict=True):
        for hash_ in hashes[:begun]:
            for file in (root / "results" / machine).glob(f"{hash_[:8]}-*"):
                file.unlink()
        for hash_ in hashes[begun:]:
            fail(root, hash_, 1, machine)

    assert numbers((root, hashes), "--retry-failed") == [1, 0]
    assert numbers((root, hashes), "--retry-failed", "--machine", "gamma") == [2, 1, 0]


def test_what_lies_deeper_is_found_as_asv_finds_it_if_a_machine_lies_beside_it(made):
    root, hashes = made
    for folder, hash_ in (("moved/from/there", hashes[1]), ("nobodys", hashes[2])):
        (root / "results" / folder).mkdir(parents=True)
        (file,) = (root / "results/alpha").glob(f"{hash_[:8]}-*")
        file.rename(root / "results" / folder / file.name)
    shutil.copy(root / "results/alpha/machine.json", root / "results/moved/from/there")
    (root / "results/moved/from/there/cut.json").write_text("{")

    assert numbers(made) == [2]
    assert "moved/from/there/cut.json is no measurement" in antigil(root, "backlog").stderr


@pytest.mark.parametrize("words", [[], ["--retry-failed"], ["--machine", "alpha"]])
def test_results_that_nothing_shows_any_more_are_no_results(made, words):
    """Of an earlier version of their benchmarks, or of none that there is any more."""
    root, hashes = made
    for hash_, old in zip(hashes, ("8", "1", None, "gone"), strict=True):
        for file in (root / "results/alpha").glob(f"{hash_[:8]}-*"):
            told = read_results(file)
            rows = {name: [*row[:2], old, *row[3:]] for name, row in told["results"].items()}
            rows = {f"old.{name}": row for name, row in rows.items()} if old == "gone" else rows
            write_results(file, {**told, "results": rows})

    assert numbers(made, *words) == [3, 0]


def test_what_failed_beside_older_results_has_been_tried(made):
    """Plain asv adds what failed to the file that holds results of an earlier version."""
    root, hashes = made
    for hash_, times in zip(hashes, (0, 1, 3, 0), strict=True):
        for file in (root / "results/alpha").glob(f"{hash_[:8]}-*"):
            told = read_results(file)
            rows = {name: [None, *row[1:]] for name, row in told["results"].items()}
            rows = rows if times == 0 else {}  # what antigil ci stores keeps the old rows alone
            rows["old.One"] = [[1.0], [], "8"]
            write_results(
                file, {**told, "results": rows, **({FAILURES: ["a", "b", "c"][:times]} if times else {})}
            )

    assert numbers(made) == []
    assert numbers(made, "--retry-failed") == [3, 1, 0]


def test_a_damaged_file_of_results_is_no_measurement_and_is_told(made):
    root, hashes = made
    (file,) = (root / "results/alpha").glob(f"{hashes[1][:8]}-*")
    file.write_text("{")

    assert numbers(made) == [1]
    assert f"alpha/{file.name} is no measurement" in antigil(root, "backlog").stderr


def test_what_came_before_the_configured_beginning_is_neither_listed_nor_planned(history):
    root, hashes = history
    before = (root / "asv.conf.json").read_text()
    configure(root, antigil={"since": hashes[5], "backfill": 3})
    try:
        listed, planned = numbers(history), json.loads(antigil(root, "ci", "shards").stdout)
    finally:
        (root / "asv.conf.json").write_text(before)

    assert listed == [19, 15, 8, 7, 6]
    assert [[hashes.index(hash_) for hash_ in one["commits"].split()] for one in planned] == [[19, 15, 8]]


def test_more_shards_than_a_matrix_takes_are_refused(history):
    done = antigil(history[0], "ci", "shards", "--most", "257")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "antigil: error: a matrix has 256 jobs at most: put more commits into each\n"


@pytest.mark.parametrize("words", [("backlog",), ("ci", "shards"), ("alert",)])
def test_a_shallow_clone_is_refused(history, tmp_path, words):
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "2", history[0].as_uri(), str(root)], check=True)
    (root / "asv.conf.json").write_text((history[0] / "asv.conf.json").read_text())
    shutil.copytree(history[0] / "results", root / "results")

    done = antigil(root, *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "antigil: error: the history here is cut off (a shallow clone): git fetch --unshallow\n"
    )


def test_publishing_from_a_shallow_clone_is_refused_before_the_old_pages_are_deleted(history, tmp_path):
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "2", history[0].as_uri(), str(root)], check=True)
    (root / "asv.conf.json").write_text((history[0] / "asv.conf.json").read_text())
    shutil.copytree(history[0] / "results", root / "results")
    (root / "html").mkdir()
    (root / "html/old.html").touch()

    done = publish(root)

    assert done.returncode == 1
    assert "a shallow clone" in done.stdout + done.stderr
    assert (root / "html/old.html").exists()


@pytest.mark.parametrize("words", [("backlog",), ("ci", "shards"), ("ci", "fetch"), ("alert",)])
@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "[]",
        "5",
        '{"version": 1}',
        '{"version": 1, "repo": 5}',
        '{"version": 1, "repo": ".", "plugins": 5}',
    ],
)
def test_a_malformed_configuration_is_one_line_and_never_looks_like_a_loss(tmp_path, words, text):
    (tmp_path / "asv.conf.json").write_text(text)

    done = antigil(tmp_path, *words)

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("antigil: error: ")
    assert "asv.conf.json" in line or "config file" in line
