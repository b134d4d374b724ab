"""``antigil ci``: its actions, each with arguments of its own, and what they need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ACTIONS = ("machine", "fetch", "push", "measure", "shards", "comment", "issues")


def ci(*words, flags=(), cwd=CHECKOUT, **environment):
    """Run ``antigil ci``, from this checkout's sources."""
    return subprocess.run(
        [sys.executable, *flags, "-m", "antigil", "ci", *words],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_lists_the_actions():
    said = ci("--help").stdout

    assert all(f"\n    {action} " in said for action in ACTIONS)


@pytest.mark.parametrize("action", ["push", "comment", "issues"])
def test_an_action_without_what_it_is_to_work_on_is_refused(action):
    done = ci(action)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("antigil: error: the following arguments are required: ")


def test_an_argument_of_another_action_is_refused():
    done = ci("comment", "comparison.json", "--minutes", "3")

    assert done.returncode == 2
    assert done.stderr.startswith("antigil: error: unrecognized arguments: --minutes")


def test_a_part_of_the_suite_that_is_no_pattern_is_refused():
    done = ci("measure", "--into", "nowhere", "-b", "a|b", "--bench", "(")

    assert done.returncode == 2
    assert "'(' is no regular expression" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("push", "nowhere"), "no folder nowhere"),
        (("comment", "nowhere.json"), "GITHUB_EVENT_PATH is not set"),
        (("issues", "nowhere.json"), "nowhere.json cannot be read"),
    ],
)
def test_what_runs_beside_a_token_that_writes_needs_the_standard_library_only(tmp_path, words, said):
    """-S keeps everything away that is installed."""
    done = ci(*words, flags=["-S"], cwd=tmp_path, GITHUB_EVENT_PATH="")

    assert done.returncode == 2
    assert said in done.stderr
