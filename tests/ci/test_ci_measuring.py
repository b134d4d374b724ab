"""A runner's part of the backlog, measured in the time that there is."""

import itertools

import pytest
from generated import Behaviour, Plan, Planned, generate
from sample_project import git

from antigil.ci.benchmarks_file import AGE, read_suite, stamp, write_suite
from antigil.ci.measuring import in_time, measure
from antigil.git import age_of_checkout


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


def test_where_nothing_is_to_be_measured_what_was_known_before_is_not_left_as_if_it_had_been(
    tmp_path,
):
    generate(Plan(commits=2, workloads=(Planned("work.One", "one", {0: Behaviour()}),)), tmp_path)

    assert measure(tmp_path / "results", "alpha", [], None) == 0
    assert not (tmp_path / "results").exists()


def test_the_suite_keeps_what_asv_found_at_any_of_the_commits(tmp_path):
    """Each call of asv writes the file anew."""
    file = tmp_path / "benchmarks.json"
    write_suite(file, {"a": {"name": "a"}, "b": {"name": "b"}})
    before = stamp(file, 5, {})
    write_suite(file, {"a": {"name": "a", "timeout": 1}})

    stamp(file, 5, before)

    assert read_suite(file) == {"a": {"name": "a", "timeout": 1, AGE: 5}, "b": {"name": "b", AGE: 5}}


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for _ in range(3):
        git(root, "commit", "-q", "--allow-empty", "-m", "core: change")
    return root


def test_a_checkout_is_as_old_as_its_history_is_long(checkout):
    assert age_of_checkout(checkout) == 3


def test_a_shallow_checkout_and_a_folder_without_one_have_no_age(checkout, tmp_path):
    shallow, none = tmp_path / "shallow", tmp_path / "none"
    git(tmp_path, "clone", "-q", "--depth", "1", checkout.as_uri(), str(shallow))
    none.mkdir()

    assert age_of_checkout(shallow) is None
    assert age_of_checkout(none) is None
