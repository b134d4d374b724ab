"""Single commits of a real project, one comparison each, in environments that are installed once.

``tools/guard_scenarios.py`` does so with every commit of the project, and with all its functions.
"""

import json
import sys

import pytest
from sample_project import CHANGES, FIRST, antigil, generate_project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="asv's environments lie elsewhere there")

#: Seconds per function and commit, and processes of the first look: what is looked for is not small.
BUDGET, PROCESSES = 1.2, 3

#: The number that is measured: all of them, as in test_guard_compare_real.py, take longer.
NUMBERS = "track_gil_held"


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return what compares two of the project's commits, by their places, and gives status and outcomes."""
    root = tmp_path_factory.mktemp("commits") / "sample"
    changes = [change for change in CHANGES if change[1] in (None, "macros")]
    budgets = {"macros": BUDGET, "loop": BUDGET}
    hashes = generate_project(root, {"macros": FIRST["macros"]}, changes, budgets)

    def compare(base, head):
        arguments = ("--processes", str(PROCESSES), "--bench", NUMBERS, "--no-where", "--format", "json")
        done = antigil(root, "compare", hashes[base], hashes[head], *arguments)
        assert done.stdout, done.stderr
        (comparison,) = json.loads(done.stdout)["comparisons"]
        return done.returncode, {
            (one["name"], row["quantity"]): row["outcome"]
            for one in comparison["workloads"]
            for row in one["rows"]
            if row["outcome"] not in ("same", "passing")
        }

    return compare


def test_a_commit_compared_with_itself_lost_nothing(compared):
    assert compared(0, 0) == (0, {})


def test_a_commit_that_changes_nothing_measured_lost_nothing(compared):
    assert compared(0, 1) == (0, {})


def test_a_commit_that_loses_the_macro_pair_is_named_with_its_workload_alone(compared):
    status, outcomes = compared(1, 2)

    assert status == 1
    assert {name for name, _ in outcomes} == {"work.Macros"}
    assert outcomes["work.Macros", "gil_held"] == "lost"
