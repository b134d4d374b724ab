"""Workloads that give no numbers any more: those that fail are told, and what they lost before ends."""

import json

import pytest
from generated import Planned
from in_process import antigil
from nights import HOLDS, RELEASES

STEADY = (Planned("work.One", "one", {0: RELEASES}), Planned("work.Two", "two", {0: HOLDS}))


def fail(rows, *names):
    """Store a failure in the place of some benchmarks' results, as asv does."""
    for name, row in rows.items():
        if name.startswith(names):
            row[0] = None


def fail_at_most_threads(rows):
    """Store a failure of the first workload's slowdown at the most threads."""
    (row,) = (row for name, row in rows.items() if name.startswith("work.One.track_slowdown"))
    row[0][-1] = None


@pytest.fixture
def failing(make_history):
    """Return what makes a history of two workloads, of which the first fails at some commits."""

    def failing_at(*places, names=("work.One.",), **plan):
        history = make_history(STEADY, commits=10, **plan)
        history.change_results(places, lambda rows: fail(rows, *names))
        return history

    return failing_at


def test_a_workload_that_began_to_fail_is_named_with_the_commit(failing):
    history = failing(7, 8, 9)

    done = antigil(history.root, "alert")

    headline, problem = done.stdout.splitlines()
    assert (done.returncode, headline) == (2, "Could not judge")
    assert problem.startswith("  ! work.One fails in ")
    assert f" since {history.hashes[7][:8]}, entirely or in part: 'asv run --show-stderr " in problem


@pytest.mark.parametrize("at", [(9,), (3, 4, 5), range(10)])
def test_one_failure_those_that_are_over_and_what_always_failed_are_none(failing, at):
    assert antigil(failing(*at).root, "alert").returncode == 0


def test_one_number_that_fails_is_enough(failing):
    assert antigil(failing(8, 9, names=("work.One.track_gil_held",)).root, "alert").returncode == 2


def test_commits_at_which_it_was_not_measured_count_as_nothing(failing):
    history = failing(6, 8)
    history.change_results((7, 9), lambda rows: [rows.pop(name) for name in list(rows) if "One" in name])

    done = antigil(history.root, "alert")

    assert done.returncode == 2
    assert f"since {history.hashes[6][:8]}," in done.stdout


def test_failures_that_are_excused_not_asked_for_or_older_than_asked_change_no_status(failing):
    history = failing(6, 7, 8, 9)

    def status(*words):
        return antigil(history.root, "alert", *words).returncode

    assert (status(), status("-b", "One"), status("-b", "Two")) == (2, 2, 0)
    assert (status("--since", history.hashes[5]), status("--since", history.hashes[6])) == (2, 0)
    history.configure(antigil={"excused": {"work.One": "see #12"}})
    assert status() == 0


@pytest.mark.parametrize(
    ("pattern", "start", "status"),
    [
        (r"work\.One\.", None, 0),
        (r"work\.One\.", 7, 0),
        (r"work\.One\.", 6, 2),
        (r"work\.Two\.", None, 2),
        (r"work\.One\.track_gil_held", None, 2),
        (r".*@main$", None, 0),
    ],
)
def test_failures_of_what_asv_does_not_look_at_or_not_yet_change_no_status(failing, pattern, start, status):
    history = failing(7, 8, 9)
    history.configure(regressions_first_commits={pattern: None if start is None else history.hashes[start]})

    assert antigil(history.root, "alert").returncode == status


@pytest.mark.parametrize(("pattern", "status"), [(r".*\(8\)$", 2), (r".*\(8\)@", 0), (r".*\(4\)@", 2)])
def test_one_thread_count_that_always_fails_may_be_left_out(failing, pattern, status):
    history = failing(names=())
    history.change_results((7, 8, 9), fail_at_most_threads)
    history.configure(regressions_first_commits={pattern: None})

    assert antigil(history.root, "alert").returncode == status


def test_since_when_it_fails_is_told_of_the_numbers_that_are_looked_for(failing):
    history = failing(8, 9, names=("work.One.track_gil_held",))
    history.change_results(range(5, 10), fail_at_most_threads)
    history.configure(regressions_first_commits={r".*\(8\)@": None})

    assert f" since {history.hashes[8][:8]}," in antigil(history.root, "alert").stdout


def test_several_that_fail_since_one_commit_are_one_line(failing):
    done = antigil(failing(8, 9, names=("work.",)).root, "alert", "--format", "json")

    (problem,) = json.loads(done.stdout)["problems"]
    assert problem.startswith("work.One, work.Two fail in ")


LOST = (Planned("work.One", "one", {0: RELEASES, 5: HOLDS}), Planned("work.Two", "two", {0: HOLDS}))


@pytest.mark.parametrize(
    ("commits", "said", "status"), [(40, "lost in the history", 2), (60, "lost, no longer measured there", 0)]
)
@pytest.mark.parametrize("ends", ["fails", "goes"])
def test_what_a_workload_lost_ends_when_it_has_been_without_results_for_long(
    make_history, commits, said, status, ends
):
    """Its environment goes on: the other workload is measured at each commit."""
    history = make_history(LOST, commits=commits)
    of_one = [f"work.One.{name}" for name in ("track", "time")]

    def end(rows):
        for name in [one for one in rows if one.startswith(tuple(of_one))]:
            if ends == "fails":
                rows[name][0] = None
            else:
                del rows[name]

    history.change_results(range(15, commits), end)

    done = antigil(history.root, "alert", "--format", "json")

    (alert,) = json.loads(done.stdout)["alerts"]
    assert (alert["standing"], done.returncode) == (said, status)
