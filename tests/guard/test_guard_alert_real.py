"""A real history, measured commit by commit by asv, and what the alert says of it.

Of two functions and their GIL-held share only; ``tools/guard_scenarios.py`` measures it all.
"""

import json
import os
import subprocess
import sys

import pytest
from sample_project import CHECKOUT, antigil, generate_project

pytestmark = [
    pytest.mark.long,
    pytest.mark.timing,
    pytest.mark.skipif(sys.platform == "win32", reason="asv's environments lie elsewhere there"),
]

FIRST = {"gains": "_native.calcular_com_gil(600)", "loses": "_native.calcular_sem_gil(600)"}
CHANGES = (
    ("docs: say hello", None, ""),
    ("loses: hold the GIL", "loses", FIRST["gains"]),
    ("gains: release the GIL", "gains", FIRST["loses"]),
)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Measure all commits; return their hashes, the alert's exit status and its JSON form."""
    root = tmp_path_factory.mktemp("alert") / "sample"
    hashes = generate_project(root, FIRST, CHANGES, dict.fromkeys(FIRST, 1.2))
    run = ("run", "--record-samples", "--bench", "(Gains|Loses).track_gil_held", "ALL")
    for words in (("machine", "--yes"), run):
        done = subprocess.run(
            [sys.executable, "-m", "asv", *words], cwd=root, capture_output=True, text=True, timeout=3600,
            env={**os.environ, "HOME": str(root.parent), "PYTHONPATH": str(CHECKOUT), "PYTHONSAFEPATH": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    done = antigil(root, "alert", "--format", "json")
    return hashes, done.returncode, json.loads(done.stdout)


def test_exactly_the_commits_that_changed_something_are_named_with_the_right_direction(told):
    hashes, status, document = told
    named = {
        (alert["workload"], hashes.index(alert["commit"]["hash"]), alert["standing"])
        for alert in document["alerts"]
    }

    assert named == {("work.Loses", 2, "lost in the history"), ("work.Gains", 3, "gained")}
    assert status == 2


def test_the_loss_is_told_with_what_was_held_before_and_is_now(told):
    (alert,) = [one for one in told[2]["alerts"] if one["standing"] == "lost in the history"]
    (effect,) = alert["effects"]

    assert (effect["quantity"], effect["outcome"]) == ("gil_held", "lost")
    assert effect["base"] < 0.1
    assert effect["head"] > 0.9
