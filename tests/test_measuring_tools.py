"""The tools that measure again and again: what they note, what they count, and how they end."""

import argparse
import json
import math
import os
import re
import sys
import threading
from pathlib import Path
from random import Random
from unittest.mock import Mock

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "tools"
sys.path[:0] = [str(TOOLS), str(ROOT / "tests/guard")]

import assertion_error_rates  # noqa: E402
import comparison_runs  # noqa: E402
import disturbances  # noqa: E402
import every_call  # noqa: E402
import forty_functions  # noqa: E402
import guard_alert_rates  # noqa: E402
import guard_error_rates  # noqa: E402
import guard_free_threaded  # noqa: E402
import guard_layouts  # noqa: E402
import interrupts  # noqa: E402
import known_verdicts  # noqa: E402
import other_tools  # noqa: E402
import phased_calls  # noqa: E402
import published_history  # noqa: E402
import support  # noqa: E402
from sample_project import generate_project, git  # noqa: E402

from antigil.scaling import INSTRUMENT_VERSION  # noqa: E402

QUIET = {"neighbour": False, "seconds": 1.0, "cpus": [0, 1], "problems": []}
SAME = {"status": 0, "changed": []}


def noted(path, *notes):
    """Write notes to a file, and return it."""
    path.write_text("".join(f"{json.dumps(note)}\n" for note in notes))
    return path


def test_what_an_earlier_rule_or_instrument_gave_is_not_gone_on_with_but_counted_apart(tmp_path):
    old = [{"version": rule, "kind": "b", **QUIET, **SAME} for rule in (1, 2)]
    file = noted(tmp_path / comparison_runs.OUTCOMES, *old)

    (note,) = comparison_runs.take(tmp_path, ["b"], 2, lambda *asked: {**SAME, "samples": []}, 0.0)

    assert (note["neighbour"], note["instrument"]) == (False, INSTRUMENT_VERSION)
    groups = comparison_runs.by_rule_and_instrument(support.read_notes(file))
    assert {by: len(ones) for by, ones in groups} == {
        "Rule 1, instrument not noted": 1,
        "Rule 2, instrument not noted": 1,
        f"Rule 2, instrument {INSTRUMENT_VERSION}": 1,
    }
    assert support.machines([note]).startswith("1 on ")
    assert support.machines(old) == "2 on a machine that was not noted"


def test_outcomes_from_before_the_instrument_was_noted_are_counted_on():
    notes = support.read_notes(ROOT / "docs/evidence/free_threaded_outcomes.jsonl")

    (own,) = (ones for by, ones in comparison_runs.by_rule_and_instrument(notes) if "not noted" in by)

    assert {one["version"] for one in notes} == {guard_free_threaded.VERSION}
    assert len(own) >= 92
    assert "| 2 | none | a false alarm | 0 of " in guard_free_threaded.table(own, guard_free_threaded.KINDS)


@pytest.mark.parametrize("changed", ["threads", "busy", "budget"])
def test_a_run_under_other_conditions_does_not_count_as_done(changed):
    asked = {"threads": 2, "busy": 0, "budget": 4.0}
    before, now = (
        known_verdicts.conditions(argparse.Namespace(**{**asked, **other})) for other in ({}, {changed: 7})
    )

    assert support.taken_under([{**before, "row": "a lock"}], now) == []
    assert support.taken_under([{**before, "row": "a lock"}], before) == [{**before, "row": "a lock"}]


def test_the_python_that_looks_is_noted_where_none_is_named(monkeypatch):
    row, *_ = known_verdicts.WITHOUT
    form = {"judged": {"ideal": 2.0}, "scaling": "helps", "cause": None}
    answers = {"rows_for": (row,), "measure_in_turn": [None], "measurement_to_json": form, "wrong": None}
    for name, answer in {**answers, "by_timeit": 2.0, "by_py_spy": None, "by_perf": None}.items():
        monkeypatch.setattr(other_tools, name, lambda *_, answer=answer, **__: answer)
    args = argparse.Namespace(python=[], threads=2, budget=1.0, seconds=1.0)

    (note,) = other_tools.looks(args, set())

    assert note["python"] == support.this_python()
    assert list(other_tools.looks(args, {(support.this_python(), row.name)})) == []


class Here:
    """In place of processes: says what was asked of them, and gives each the same answer."""

    def __init__(self, answer):
        self.asked, self._answer = [], answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def apply(self, _, words):
        """Answer."""
        self.asked.append(words)
        return self._answer


@pytest.mark.parametrize(
    ("tool", "run"),
    [
        (assertion_error_rates, lambda file: assertion_error_rates.run(file, "quiet", 1, math.inf)),
        (phased_calls, lambda file: phased_calls.run(file, 1, ["quiet"], math.inf)),
    ],
)
@pytest.mark.parametrize("other", [{"instrument": "1"}, {"python": "PyPy 3.11"}])
def test_a_run_by_another_instrument_or_python_is_taken_again(tmp_path, monkeypatch, tool, run, other):
    file, pool = tmp_path / "runs.jsonl", Here("holds")
    monkeypatch.setattr(tool.multiprocessing, "get_context", lambda _: Mock(Pool=lambda *_, **__: pool))

    run(file)
    wanted = list(pool.asked)
    run(file)
    assert pool.asked == wanted
    noted(file, *({**note, **other} for note in support.read_notes(file)))
    run(file)

    assert pool.asked == 2 * wanted
    assert len(support.taken_under(support.read_notes(file), tool.UNDER)) == len(wanted)


def test_a_function_is_measured_again_where_the_interpreter_has_another_version_of_the_instrument(
    tmp_path, monkeypatch
):
    assert forty_functions.asked(sys.executable, [])["instrument"] == INSTRUMENT_VERSION
    (function, *_), file = forty_functions.functions(), tmp_path / "runs.jsonl"
    about = {"kind": "gil", "python": "3.13.1", "packages": function.needs}
    came = {"result": "right", "checks": [], "asserts": []}
    monkeypatch.setattr(forty_functions, "measured", lambda *_: came)
    for instrument in ("3", "4", "4"):
        monkeypatch.setattr(
            forty_functions, "asked", lambda *_, version=instrument: {**about, "instrument": version}
        )
        args = argparse.Namespace(files=[file], python="python", busy=0)
        forty_functions.measure_missing(args, [function])

    assert [note["instrument"] for note in support.read_notes(file)] == ["3", "4"]
    report = forty_functions.report(support.read_notes(file))
    assert "| gil | 3.13.1 | 3 | 0 | 1 | 0 | 0 | 1 |" in report


def test_a_folder_is_made_anew_where_it_was_broken_off_and_left_alone_where_it_is_whole(tmp_path):
    def broken_off(folder):
        folder.mkdir()
        (folder / "half").touch()
        raise KeyboardInterrupt

    def whole(folder):
        folder.mkdir()

    with pytest.raises(KeyboardInterrupt):
        support.made(tmp_path / "a/project", broken_off)
    made = support.made(tmp_path / "a/project", whole)

    assert list(made.iterdir()) == []
    assert support.made(made, broken_off) == made


def test_a_history_of_other_parameters_is_another_one(tmp_path):
    one, two = (published_history.history(tmp_path, 12, workloads, 1) for workloads in (1, 2))
    (one / "env").mkdir()

    assert published_history.history(tmp_path, 12, 1, 1) == one
    assert not (one / "env").exists()
    assert len(list(two.glob("results/*/*-*.json"))) == 12
    assert "work.Number01.track_slowdown" in (two / "results/benchmarks.json").read_text()
    assert "work.Number01.track_slowdown" not in (one / "results/benchmarks.json").read_text()


def test_a_layout_that_was_broken_off_is_not_part_of_the_next_one(tmp_path):
    project = tmp_path / "project"
    generate_project(project, guard_layouts.FIRST, (), guard_layouts.BUDGETS)
    (project / "setup.py").write_text("broken off")

    head = guard_layouts.laid_out(project, "docstring", 1)

    assert git(project, "diff", "--name-only", "main", head) == "sample/module.c"


def run_of(rows):
    """Return a comparison's samples: the process's number is each value that it gave."""
    return [[name, quantity, threads, *rows] for name in ("work.Lost", "work.Loop") for quantity, threads in (
        ("slowdown", 2), ("gil_held", None), ("time", None)
    )]  # fmt: skip


def test_a_process_is_drawn_with_all_its_numbers_by_the_simulation_of_comparisons(monkeypatch):
    drawn = []

    def look(measure, *asked):
        drawn.extend(measure(None, 20))
        raise InterruptedError

    monkeypatch.setattr(guard_error_rates, "take_looks", look)
    with pytest.raises(InterruptedError):
        guard_error_rates._simulate(Random(2), [run_of([list(range(50)), list(range(50, 90))])], True)

    for readings in drawn:
        for name in ("work.Lost", "work.Loop"):
            own = [values for number, values in readings.samples.items() if number.workload == name]
            assert len(own) == 3
            assert own[0] == own[1] == own[2]


def test_a_process_is_drawn_with_all_its_numbers_for_a_history():
    history, again = guard_alert_rates.measured(Random(3), [run_of([list(range(40)), list(range(40, 70))])])
    processes = [process for commit in history for own in commit.values() for process in own]

    assert len(processes) > 900
    assert all(len(set(process.values())) == 1 for process in [*processes, again("work.Loop")])


def sampled(kind, rows, **more):
    return {"version": 2, "kind": kind, **QUIET, **SAME, "samples": rows, **more}


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ([sampled("mutex", run_of([[1.0], [1.0]]))], "has no comparison of"),
        ([sampled("any other", run_of([[1.0], [1.0]]))], "has no comparison of"),
        (
            [sampled("padding", run_of([[1.0], [1.0]])), sampled("docstring", run_of([[1.0], [1.0]])[:3])],
            "other workloads",
        ),
    ],
)
def test_histories_are_drawn_only_from_what_is_known_not_to_have_changed(tmp_path, capsys, notes, words):
    with pytest.raises(SystemExit) as caught:
        guard_alert_rates.of_measured(1, noted(tmp_path / "samples.jsonl", *notes))

    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert words in said
    assert said.count("\n") == 1


def test_histories_can_be_drawn_where_all_comparisons_had_a_neighbour(tmp_path):
    note = sampled("identical", run_of([[1.0] * 8, [1.0] * 8]), neighbour=True)

    (row,) = guard_alert_rates.of_measured(1, noted(tmp_path / "samples.jsonl", note))

    assert row[1:] == ["0 of 1 (0.0% to 97.5%)"] * 2


def test_a_thread_that_ends_in_any_exception_is_told(monkeypatch):
    def broken(shared, thread, wrong):
        raise MemoryError("of one thread") if thread else SystemExit("of the other")

    monkeypatch.setattr(every_call, "_resize_and_read", broken)

    _, wrong = every_call.hammer(2, 0.1)

    assert {one for one in wrong if "ended" in one} == {
        "thread 0 ended: SystemExit('of the other')",
        "thread 1 ended: MemoryError('of one thread')",
    }


def test_a_disturbance_that_fails_is_told_when_it_is_left():
    left = threading.Event()

    def disturb(over):
        over.wait()
        raise PermissionError("no such right")

    with pytest.raises(PermissionError, match="no such right"), disturbances._beside(disturb):
        left.set()
    assert left.is_set()


def test_twins_are_not_compared_where_their_portions_were_not_found(tmp_path, monkeypatch):
    """Both would be the same build, and looking for signals cost nothing."""
    monkeypatch.setattr(interrupts, "PORTION", re.compile("^#define (STEPS_AT_ONCE) .*$", re.MULTILINE))

    with pytest.raises(AssertionError, match="2 sizes of portions"):
        interrupts.without_portions(tmp_path)


def test_what_sets_the_clock_lies_where_nobody_else_can_put_something():
    with disturbances.environment("the clock set by two hours, ten times a second") as variables:
        library = Path(variables["LD_PRELOAD"])
        assert library.parent.stat().st_mode & 0o777 == 0o700
        assert library.parent.stat().st_uid == os.getuid()
    assert not library.exists()
    with disturbances.environment("a busy program") as variables:
        assert variables == {}
