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
def project(tmp_path_factory):
    """Return the project's folder and its commits."""
    root = tmp_path_factory.mktemp("commits") / "sample"
    changes = [change for change in CHANGES if change[1] in (None, "macros")]
    budgets = {"macros": BUDGET, "loop": BUDGET}
    return root, generate_project(root, {"macros": FIRST["macros"]}, changes, budgets)


@pytest.fixture(scope="module")
def compared(project):
    """Return what compares two of the project's commits, by their places, and gives status and outcomes."""
    root, hashes = project

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


def test_bisect_finds_the_commit_in_three_comparisons_and_refuses_a_name_that_is_none(project, compared):
    root, hashes = project
    words = ("bisect", hashes[0], hashes[2])
    measuring = ("--processes", str(PROCESSES), "--bench", NUMBERS)

    done = antigil(root, *words, "work.Macros", *measuring)
    refused = antigil(root, *words, "work.Nothing", *measuring)

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"Found: work.Macros lost it at {hashes[2][:8]}\n")
    assert "3 comparisons for 2 commits" in done.stdout
    assert refused.returncode == 2
    assert refused.stderr.endswith(
        "antigil: error: the suite has no workload 'work.Nothing'; it has work.Loop, work.Macros\n"
    )
