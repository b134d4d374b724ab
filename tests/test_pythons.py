"""The tool that tests under several Pythons: what it runs, and what it says where one is missing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOL = ROOT / "tools/pythons.py"
sys.path.insert(0, str(ROOT / "tools"))

from pythons import ON_EACH, TRIES_SEVERAL, main, run_under  # noqa: E402

# Stands in for a Python: notes what it is to run, and fails where the words are among them.
RECORDER = """#!/bin/sh
echo "$*" >> "$0.calls"
case "$*" in *"{fails}"*) exit 1 ;; esac
"""

EACH = {"kernels", "scaling", "where", "commands"}


def test_what_it_runs_is_there():
    assert [one for one in (*ON_EACH, *TRIES_SEVERAL) if not (ROOT / one).exists()] == []
    assert {f"tests/{room}" for room in EACH} <= set(ON_EACH)


def test_a_python_that_is_not_there_is_said_before_anything_is_made():
    done = subprocess.run(
        [sys.executable, str(TOOL), "python3.13x", "python9"], capture_output=True, text=True, check=False
    )

    said = "antigil: error: there is no python3.13x and no python9\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_make_test_all_measures_under_a_python_without_a_gil(monkeypatch):
    """`make test` measures little there: tests/scaling/test_scaling_causes.py leaves most to this."""
    asked = {}
    monkeypatch.setattr("pythons.found", lambda name: name)
    monkeypatch.setattr("pythons.environment", lambda name, path: name)
    monkeypatch.setattr("pythons.run_under", lambda name, *, measuring: asked.update({name: measuring}) or 0)
    (named,) = re.findall(r"^PYTHONS \?= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert main(named.split()) == 0

    assert [name for name, measuring in asked.items() if measuring and name.endswith("t")] != []


if sys.platform != "win32":

    @pytest.mark.parametrize(
        ("fails", "status"), [("no such words", 0), ("not timing", 1), ("-m timing and", 1)]
    )
    def test_what_measures_runs_by_itself_and_a_failure_of_either_run_counts(tmp_path, fails, status):
        python = tmp_path / "python"
        python.write_text(RECORDER.format(fails=fails))
        python.chmod(0o755)

        assert run_under(python) == status

        first, whole, second = (tmp_path / "python.calls").read_text().splitlines()
        assert first.startswith(
            "-m pytest -n 2 --dist loadfile --no-loadscope-reorder -m not timing and not long"
        )
        assert whole == "-m pytest -m long and not timing tests/test_suite.py"
        assert second.startswith("-m pytest -m timing and not long")
