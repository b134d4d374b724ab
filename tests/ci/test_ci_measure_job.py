"""A runner's part of the backlog, measured in the time that there is."""

import argparse
import itertools
import json
import os
import subprocess

import pytest
from asv.commands.run import Run
from generated import Behaviour, Plan, Planned, generate
from sample_project import git

from antigil.ci import measure_job
from antigil.ci.asv_files import MADE, read_suite, stamp, write_suite
from antigil.ci.measure_job import in_time, measure_backlog
from antigil.ci.merge_results import FAILURES, merge, read_results
from antigil.errors import UserError
from antigil.git import date_of_checkout


class Clock:
    """A clock that only measuring moves on."""

    def __init__(self, *durations, statuses=()):
        self.durations, self.now, self.measured = iter(durations), 0.0, []
        self.statuses = itertools.chain(statuses, itertools.repeat(0))

    def __call__(self):
        """Return the seconds that measuring has taken."""
        return self.now

    def measure(self, commit):
        """Take as long as the next one is to take."""
        self.measured.append(commit)
        self.now += next(self.durations)
        return next(self.statuses)


def test_no_commit_is_begun_for_which_the_longest_so_far_leaves_no_time():
    clock = Clock(10, 30, 10, 10, 10)

    assert in_time(clock.measure, list("abcde"), 85, clock) == (0, 1)
    assert clock.measured == list("abcd")


def test_the_first_is_measured_however_short_the_time():
    clock = Clock(10, 10)

    assert in_time(clock.measure, list("ab"), 1, clock) == (0, 1)


def test_without_a_limit_all_are_measured():
    clock = Clock(1e6, 1e6)

    assert in_time(clock.measure, list("ab"), None, clock) == (0, 0)


def test_a_failure_is_told_at_the_end_and_stops_nothing():
    clock = Clock(1, 1, 1, statuses=(0, 2, 0))

    assert in_time(clock.measure, list("abc"), None, clock) == (2, 0)
    assert clock.measured == list("abc")


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Generate results of an earlier day; return their folder, the commits, and what asv is to store next."""
    hashes = generate(
        Plan(commits=3, workloads=(Planned("work.One", "one", {0: Behaviour()}),)), tmp_path / "p"
    )
    results, values = tmp_path / "p/results", {}

    def asv(machine, commit, bench):
        (file,) = (results / machine).glob(f"{commit[:8]}-*")
        told = json.loads(file.read_text())
        for row in told["results"].values():
            row[0] = values[commit]
        file.write_text(json.dumps(told))
        return 0

    monkeypatch.setattr(measure_job, "_asv", asv)
    return results, hashes, values


def contents(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_results_of_an_earlier_day_are_left_as_they_are(stored, tmp_path):
    results, hashes, values = stored
    before = contents(results)

    assert measure_backlog(results, tmp_path / "into", "alpha", [], None) == 0
    assert contents(results) == before

    values[hashes[1]] = [1.5]
    assert measure_backlog(results, tmp_path / "into", "alpha", [hashes[1]], None) == 0
    changed = {path for path, content in contents(results).items() if content != before[path]}
    assert [path.name[:8] for path in changed] == [hashes[1][:8]]


def test_the_copy_holds_what_this_run_has_measured_and_nothing_else(stored, tmp_path):
    results, hashes, values = stored
    values |= {hashes[0]: [1.5], hashes[2]: [None]}

    measure_backlog(results, tmp_path / "into", "alpha", [hashes[0], hashes[2]], None)

    names = sorted(path.name.split("-")[0] for path in contents(tmp_path / "into"))
    assert names == sorted([hashes[0][:8], hashes[2][:8], "benchmarks.json", "machine.json"])
    assert read_results(*(tmp_path / "into/alpha").glob(f"{hashes[0][:8]}-*")).get(FAILURES) is None
    assert len(read_results(*(tmp_path / "into/alpha").glob(f"{hashes[2][:8]}-*"))[FAILURES]) == 1


@pytest.mark.parametrize("bench", [(), ("Sum",), ("^a\\.", "-b c")])
def test_asv_is_asked_for_a_part_of_the_suite_or_for_all_of_it(tmp_path, monkeypatch, bench):
    asked = []

    def run(command, **given):
        assert command[1:4] == ["-P", "-m", "asv"]  # no module in this folder hides one of Python's
        asked.append((command[4:], given["input"]))
        write_suite(tmp_path / "results/benchmarks.json", {"a": {"name": "a"}})
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(measure_job.subprocess, "run", run)
    monkeypatch.setattr(measure_job, "date_of_checkout", lambda folder: None)

    assert measure_backlog(tmp_path / "results", tmp_path / "into", "alpha", ["abc"], None, bench) == 0

    ((words, commits),) = asked
    parts = vars(Run.setup_arguments(argparse.ArgumentParser().add_subparsers()).parse_args(words[1:]))
    assert (words[0], commits, parts["bench"] or []) == ("run", "abc", list(bench))


def test_a_copy_within_asvs_own_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="lies in asv's own folder of results"):
        measure_backlog(tmp_path, tmp_path / "measured", "alpha", ["a"], None)


def test_the_suite_keeps_what_asv_found_at_any_of_the_commits(tmp_path):
    """Each call of asv writes the file anew."""
    file = tmp_path / "benchmarks.json"
    write_suite(file, {"a": {"name": "a"}, "b": {"name": "b"}})
    before = stamp(file, 5, {}, file)
    write_suite(file, {"a": {"name": "a", "timeout": 1}})

    stamp(file, 5, before, file)

    assert read_suite(file) == {"a": {"name": "a", "timeout": 1, MADE: 5}, "b": {"name": "b", MADE: 5}}


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for _ in range(3):
        git(root, "commit", "-q", "--allow-empty", "-m", "core: change")
    return root


def dated(root, seconds):
    """Commit at a date, as rebasing does it: the author's is another one."""
    dates = {"GIT_COMMITTER_DATE": f"@{seconds} +0000", "GIT_AUTHOR_DATE": "@1000000000 +0000"}
    command = ["git", "commit", "-q", "--allow-empty", "-m", "core: change"]
    subprocess.run(command, cwd=root, env={**os.environ, **dates}, check=True)


def test_a_checkout_is_of_the_date_at_which_its_commit_was_made_here(checkout, tmp_path):
    """Not at which it was first written, and be the rest of the history there or not."""
    dated(checkout, 1_600_000_000)
    git(tmp_path, "clone", "-q", "--depth", "1", checkout.as_uri(), str(tmp_path / "shallow"))

    assert date_of_checkout(checkout) == date_of_checkout(tmp_path / "shallow") == 1_600_000_000


def test_a_commit_of_the_future_is_no_newer_than_the_day(checkout, monkeypatch):
    dated(checkout, 4_000_000_000)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.5)

    assert date_of_checkout(checkout) == 2_000_000_000


def test_a_folder_without_a_checkout_has_no_date(tmp_path):
    assert date_of_checkout(tmp_path) is None


def test_the_suite_of_a_branch_whose_history_was_made_shorter_takes_the_place_of_the_old_one(
    checkout, tmp_path
):
    def add(name):
        file = tmp_path / name / "benchmarks.json"
        write_suite(file, {name: {"name": name}})
        stamp(file, date_of_checkout(checkout), {}, file)
        assert merge(tmp_path / name, tmp_path / "kept") == []

    dated(checkout, 1_600_000_000)
    add("long")
    git(checkout, "checkout", "-q", "--orphan", "squashed")
    dated(checkout, 1_600_000_010)
    add("short")

    assert set(read_suite(tmp_path / "kept/benchmarks.json")) == {"short"}


def test_a_date_stands_above_the_number_of_commits_that_an_earlier_version_noted(tmp_path):
    for folder, noted in (("kept", 900_000), ("added", 1_600_000_000)):
        file = tmp_path / folder / "benchmarks.json"
        write_suite(file, {folder: {"name": folder}})
        stamp(file, noted, {}, file)

    assert merge(tmp_path / "added", tmp_path / "kept") == []

    assert set(read_suite(tmp_path / "kept/benchmarks.json")) == {"added"}
