"""Short forms of what docs/reliability.md counts: checkers, many threads, leaks, interpreters, endings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from under import found  # noqa: E402


def run_tool(name, *arguments, python=None):
    """Run a script of tools/ with this Python, or under another one, and return what it printed."""
    under = [] if python is None else [str(TOOLS / "under.py"), python]
    command = [sys.executable, *under, str(TOOLS / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def need(python):
    """Skip where a Python is not there."""
    if found(python) is None:
        pytest.skip(f"there is no {python}")
    return python


if sys.platform == "linux":  # elsewhere are neither gcc's checkers nor python3.14t

    def test_no_memory_is_misused_and_nothing_undefined_done():
        told = run_tool("sanitize.py", "address", "--seconds", "0.2").splitlines()

        assert [
            line for line in told if ": seen" not in line and ": 0 reports, exit status 0" not in line
        ] == []

    def test_no_thread_races_with_another():
        python = need("python3.14t")

        told = run_tool("sanitize.py", "thread", "--python", python, "--seconds", "0.2").splitlines()

        assert told[0] == "a fault, race: seen"
        assert [line for line in told[1:] if ": 0 reports, exit status 0" not in line] == []

    def test_sixteen_threads_without_a_gil_agree_with_one():
        told = run_tool("hammer.py", "--seconds", "2", python=need("python3.14t"))

        assert "by 16 threads, the GIL off, 0 wrong answers" in told

    def test_interpreters_with_a_gil_each_work_at_once():
        told = run_tool("own_gils.py", "--times", "1", python=need("python3.13"))

        assert "6 interpreters with a GIL each, 0 failures" in told


def test_many_threads_agree_with_one():
    assert "0 wrong answers" in run_tool("hammer.py", "--threads", "4", "--seconds", "0.5")


if os.name != "nt":

    def test_nothing_leaks():
        told = run_tool("leaks.py", "--calls", "300", "--reloads", "100", "--interpreters", "5")

        assert told.endswith(": 0 leaks\n")

    def test_forks_endings_and_tiny_stacks_do_no_harm():
        told = run_tool("endings.py", "--times", "1")

        assert told.count(": 1 processes, 0 failed") == 3
