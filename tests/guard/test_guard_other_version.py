"""A benchmark that measures something else now: what the old one showed is no verdict on the new one."""

import json

import pytest
from in_process import antigil
from nights import lost_from

from antigil.guard.alert_log import MEMORY


def measure_anew(history, version="2"):
    """Give all benchmarks another version, and all results that are stored."""
    file = history.root / "results" / "benchmarks.json"
    suite = json.loads(file.read_text())
    for told in suite.values():
        if isinstance(told, dict):
            told["version"] = version
    file.write_text(json.dumps(suite))

    def change(rows):
        for row in rows.values():
            row[2] = version

    history.change_results(range(len(history.hashes)), change)


def test_what_held_under_another_version_is_measured_again_and_keeps_its_name(history):
    history.shows = lost_from(8)
    (known,) = history.losses()
    measure_anew(history)
    history.shows = lost_from(9)

    (seen,) = history.losses(measuring=False)
    (again,) = history.losses()

    assert (known.held, seen.held, again.held) == (True, None, False)
    assert {seen.identity, again.identity} == {known.identity}
    assert len(history.asked) == 2


def test_what_gave_no_answer_under_another_version_is_tried_again(history):
    history.unbuildable = frozenset({8})
    for _ in range(3):
        history.losses()
    measure_anew(history)
    history.shows, history.unbuildable = lost_from(8), frozenset()

    assert [a.state_text for a in history.losses()] == ["lost"]


def test_a_memory_from_before_the_version_was_noted_is_believed_and_completed(history):
    history.shows = lost_from(8)
    history.losses()
    file = history.root / "results" / MEMORY
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line.pop("version") for line in lines} == {"1"}
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    assert [a.held for a in history.losses()] == [True]
    measure_anew(history)
    assert [a.held for a in history.losses(measuring=False)] == [None]


@pytest.mark.parametrize("left_out", ["results", "none"])
def test_where_all_results_are_of_another_version_that_is_the_reason(history, left_out):
    measure_anew(history)
    if left_out == "results":
        history.change_results(range(9), lambda rows: [row.__setitem__(2, "1") for row in rows.values()])

    done = antigil(history.root, "alert")

    reason = "there are no results of today's suite: measure with 'asv run'"
    assert (reason in done.stdout) == (left_out == "results")
    assert "known to count threads" not in done.stdout
