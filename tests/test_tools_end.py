"""The exit statuses of tools: 1 where what was measured is wrong, 2 where the caller can mend something."""

import json
import os
import re
import runpy
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from unittest.mock import Mock

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "tools"
sys.path.insert(0, str(TOOLS))

import audit_cost  # noqa: E402
import guard_error_rates  # noqa: E402
import guard_layouts  # noqa: E402
import guard_scenarios  # noqa: E402
import starve_tracking  # noqa: E402
import support  # noqa: E402
from comparison_runs import project_in  # noqa: E402
from sanitize import COMMAND, FIGURES, KNOWN, TESTS, Sanitized, are_figures  # noqa: E402

from antigil.scaling import INSTRUMENT_VERSION  # noqa: E402

SAME = {"status": 0, "changed": []}
LOST = {"status": 1, "changed": [["Loop", "slowdown", 2, "lost"]]}
ANY = {
    "instrument": INSTRUMENT_VERSION, "kind": "compare", "neighbour": False, "seconds": 1.0, "cpus": [0, 1],
    "status": 1, "culprit": 3, "loss": "macros", "comparisons": 6, "place": 1,
}  # fmt: skip


def ended(tool, *words, monkeypatch):
    """Run a tool as from the command line, in this process; return its exit status."""
    monkeypatch.setattr(sys, "argv", [tool, *map(str, words)])
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    try:
        runpy.run_path(str(TOOLS / tool), run_name="__main__")
    except SystemExit as error:
        return error.code or 0
    return 0


def noted(path, *notes):
    """Write notes to a file, and return it."""
    path.write_text("".join(f"{json.dumps(note)}\n" for note in notes))
    return path


ENDINGS = [
    ("kill_tracking.py", ["--times", "1", "--outcomes"], {
        "command": "asv run", "at_work": True,
    }, {"problems": []}, {"problems": ["lost"]}),
    ("forty_functions.py", ["--table"], {
        "name": "a", "kind": "gil", "busy": 0, "python": "3.11", "checks": [], "asserts": [], "sentence": "",
        "stderr": "", "instrument": INSTRUMENT_VERSION,
    }, {"result": "right"}, {"result": "wrong"}),
    ("phased_calls.py", ["--table"], {
        "beside": "quiet", "what": "assert_releases_gil", "call": "spin 0.2", "seconds": 1.0,
        "instrument": INSTRUMENT_VERSION, "python": support.this_python(),
    }, {"found": "fails"}, {"found": "holds"}),
    ("where_known.py", ["--table"], {
        "python": "3.11", "busy": 0, "statement": "f()", "loss": "released", "samples": 10,
    }, {"wrong": 0}, {"wrong": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "words", "note", "right", "wrong"), ENDINGS)
def test_the_exit_status_tells_of_what_was_wrong(tmp_path, monkeypatch, tool, words, note, right, wrong):
    for more, status in ((right, 0), (wrong, 1)):
        file = noted(tmp_path / "notes.jsonl", {**note, **more})
        assert ended(tool, *words, file, monkeypatch=monkeypatch) == status


@pytest.mark.parametrize(
    ("tool", "option", "name", "right", "wrong"),
    [
        ("guard_layouts.py", "--table", "outcomes", {"kind": "padding", **SAME}, {"kind": "padding", **LOST}),
        ("guard_free_threaded.py", "--table", "outcomes", {"kind": "mutex", **SAME},
         {"kind": "mutex", **LOST}),
        ("guard_error_rates.py", "--table", "outcomes", {"kind": "stock identical", **LOST},
         {"kind": "identical", **LOST}),
        ("bisect_histories.py", "--table", "histories", {"found": [3]}, {"found": [4]}),
        ("where_compared.py", "--count", "runs", {"held": [["parse_header"]]}, {"held": [["decode_body"]]}),
        ("guard_scenarios.py", "--table", "steps", {"found": {"Article": ["gained"]}},
         {"found": {"Loop": ["lost"]}}),
    ],
)  # fmt: skip
def test_the_exit_status_tells_of_a_wrong_verdict(tmp_path, monkeypatch, tool, option, name, right, wrong):
    now = {"version": getattr(import_module(tool.removesuffix(".py")), "VERSION", None)}
    for more, status in ((right, 0), (wrong, 1)):
        noted(tmp_path / f"{name}.jsonl", {**ANY, **now, **more})
        assert ended(tool, tmp_path, option, monkeypatch=monkeypatch) == status


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("guard_error_rates.py", ["FOLDER", "--simulate", "0"]),
        ("guard_layouts.py", ["FOLDER", "--table"]),
        ("guard_alert_rates.py", ["-3"]),
        ("suite_cost.py", ["FOLDER"]),
        ("real_libraries.py", ["FOLDER", "--batch", "60"]),
        ("adopt_backends.py", ["FOLDER", "setuptool"]),
        ("held_share.py", ["--conditions", "quiet,bussy"]),
        ("held_share.py", ["--shares", "0.5;1"]),
        ("page_speed.py", ["FOLDER"]),
        ("under.py", ["python9.9", "any.py"]),
        ("endings.py", ["--times", "0"]),
        ("cost.py", ["--repeats", "0"]),
        ("held_inside.py", ["--times", "0"]),
        ("held_between_sleeps.py", ["--times", "-1"]),
        ("repeatability.py", ["--count", "1"]),
        ("hammer.py", ["--threads", "0"]),
        ("leaks.py", ["--reloads", "0"]),
        ("own_gils.py", ["--interpreters", "0"]),
        ("fuzz.py", ["--seconds", "0"]),
        ("hostile.py", ["--from", "0"]),
        ("known_answers.py", ["--threads", "1"]),
        ("noise.py", ["--threads", "1"]),
    ],
)
def test_what_the_caller_can_put_right_is_said_and_ends_with_two(tmp_path, monkeypatch, capsys, tool, words):
    words = [str(tmp_path) if word == "FOLDER" else word for word in words]

    assert ended(tool, *words, monkeypatch=monkeypatch) == 2

    assert "error: " in capsys.readouterr().err


def test_a_project_without_its_commits_is_not_taken_for_whole(tmp_path, capsys):
    (tmp_path / "project").mkdir()

    with pytest.raises(SystemExit) as caught:
        project_in(tmp_path, lambda to: [])

    assert caught.value.code == 2
    assert f"{tmp_path / 'project'} was begun by an older version or broken off" in capsys.readouterr().err


def test_an_overview_is_weighed_with_what_it_asks_for_by_a_query(tmp_path):
    page_speed = pytest.importorskip("page_speed", reason="needs playwright: pip install antigil[test]")
    script = tmp_path / "a script.js"
    for file in (tmp_path / "index.html", script):
        file.write_bytes(os.urandom(1000))

    def go_to(address):
        _, listen = page.on.call_args.args
        for url in (address, f"{script.as_uri()}?e5cd61ac"):
            listen(Mock(url=url))

    browser = Mock()
    page = browser.new_context.return_value.new_page.return_value
    page.goto.side_effect = go_to

    _, weight = page_speed.weighed(browser, tmp_path / "index.html")

    assert 2000 <= weight < 2200


def test_the_browser_is_whichever_is_installed(tmp_path, monkeypatch):
    (tmp_path / "second").touch()
    monkeypatch.setattr(support, "CHROMIUMS", (tmp_path / "first", tmp_path / "second"))

    assert support.chromium() == str(tmp_path / "second")


@pytest.mark.parametrize(
    ("failed", "allowed"),
    [
        ([f"FAILED {FIGURES[1]} - assert 1", f"ERROR {KNOWN}::test_any - no sample"], True),
        ([f"FAILED {FIGURES[1]} - assert 1", "FAILED tests/kernels/test_kernels_counter.py::test_a"], False),
        ([f"FAILED {FIGURES[-1]} - assert 1"], True),
        ([f"FAILED {FIGURES[-1].replace('30', '31')} - assert 1"], False),
        ([f"FAILED {FIGURES[2]}_in_short - assert 1"], False),
        ([f"FAILED {FIGURES[2]}[any of them] - assert 1"], True),
        ([f"ERROR {COMMAND}"], False),
        ([], False),
    ],
)
def test_only_what_wants_samples_may_fail_under_the_thread_sanitizer(tmp_path, failed, allowed):
    said = "\n".join(["13 failed, 600 passed", *failed, ""])

    assert are_figures(Sanitized("thread", "python", tmp_path, said), TESTS) == allowed
    assert not are_figures(Sanitized("address", "python", tmp_path, said), TESTS)
    assert not are_figures(Sanitized("thread", "python", tmp_path, said), "every call")


@pytest.mark.parametrize("name", FIGURES)
def test_what_may_fail_under_the_thread_sanitizer_is_there(name):
    file, _, test = name.partition("::")
    function, _, parameters = test.removesuffix("]").partition("[")
    text = (ROOT / file).read_text(encoding="utf-8")

    assert not function or f"def {function}(" in text
    assert not parameters or f'id="{parameters}"' in text


@pytest.mark.parametrize(
    ("tool", "words", "wanted"),
    [("starve_tracking.py", ["--outcomes", "none"], "faketime"), ("where_robust.py", ["--for", "0"], "g++")],
)
def test_what_wants_another_program_says_so(tmp_path, monkeypatch, capsys, tool, words, wanted):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")

    assert ended(tool, *words, monkeypatch=monkeypatch) == 2

    assert f"apt install {wanted}" in capsys.readouterr().err


def test_what_an_older_instrument_told_wrongly_is_shown_and_does_not_count(tmp_path, monkeypatch, capsys):
    (note,) = (note for tool, _, note, *_ in ENDINGS if tool == "forty_functions.py")
    file = noted(tmp_path / "notes.jsonl", {**note, "instrument": "3", "result": "wrong"})

    assert ended("forty_functions.py", "--table", file, monkeypatch=monkeypatch) == 0

    assert "| gil | 3.11 | 3 | 0 | 0 | 0 | 1 | 1 |" in capsys.readouterr().out


def test_what_an_older_rule_told_wrongly_is_shown_and_does_not_count(tmp_path, monkeypatch, capsys):
    old = {"kind": "padding", "version": guard_layouts.VERSION - 1}
    noted(tmp_path / "outcomes.jsonl", {**ANY, **old, **LOST})

    assert ended("guard_layouts.py", tmp_path, "--table", monkeypatch=monkeypatch) == 0

    assert "| padding | none | 1 of 1 " in capsys.readouterr().out


def test_a_folder_that_another_file_of_outcomes_used_is_refused(tmp_path, monkeypatch, capsys):
    (tmp_path / "0-asv-run").mkdir()
    words = ["--folder", tmp_path, "--outcomes", tmp_path / "another.jsonl"]

    assert ended("kill_tracking.py", *words, monkeypatch=monkeypatch) == 2

    assert f"{tmp_path / '0-asv-run'} is there already" in capsys.readouterr().err


def test_a_disk_can_be_written_to_again_where_a_run_is_interrupted(tmp_path, monkeypatch):
    run = Mock()
    monkeypatch.setattr(subprocess, "run", run)

    with pytest.raises(KeyboardInterrupt), starve_tracking.mounted_read_only(tmp_path, 0):
        raise KeyboardInterrupt

    assert [call.args[0][2] for call in run.call_args_list] == ["remount,ro", "remount,rw"]


@pytest.mark.parametrize(
    "step",
    [
        lambda project: guard_scenarios.measure(project, ["a" * 40], 0),
        lambda project: guard_error_rates.stock(project, "a" * 40, "b" * 40),
    ],
)
def test_the_users_own_notes_of_asv_are_left_alone(tmp_path, monkeypatch, step):
    run = Mock(return_value=Mock(returncode=0, stdout=""))
    monkeypatch.setattr(subprocess, "run", run)

    step(tmp_path / "project")

    assert {call.kwargs["env"]["HOME"] for call in run.call_args_list} == {str(tmp_path / "home")}


def test_a_cost_that_no_block_of_tests_tells_is_not_told(monkeypatch, capsys):
    monkeypatch.setattr(audit_cost, "blocks_of", lambda *asked: iter(()))
    monkeypatch.setattr(sys, "argv", ["audit_cost.py", "--runs", "1"])

    with pytest.raises(SystemExit) as caught:
        audit_cost.main()

    assert caught.value.code == 2
    assert "more --runs" in capsys.readouterr().err


BY_HAND = ("check.py", "pythons.py")
"""The one has to run on any Python, and the other takes whatever it is given for one."""

STARTS = re.compile(r'^if __name__ == "__main__":\n    .*\n\Z', re.MULTILINE)
STARTED = sorted(
    path.name
    for path in TOOLS.glob("*.py")
    if STARTS.search(path.read_text(encoding="utf-8")) and path.name not in BY_HAND
)


@pytest.mark.parametrize("tool", STARTED)
def test_every_tool_says_how_it_is_used(tool, monkeypatch, capsys):
    assert ended(tool, "--help", monkeypatch=monkeypatch) == 0

    assert capsys.readouterr().out.startswith("usage: ")
