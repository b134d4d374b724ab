"""Single commits of a real project, one comparison each, in environments that are installed once.

``tools/guard_scenarios.py`` does so with every commit of the project, and with all its functions.
"""

import json
import platform
import shutil
import sys

import pytest
from marks import needs_gil
from sample_project import CHANGES, FIRST, antigil, generate_project

from antigil.scaling import cpu_model

pytestmark = [
    pytest.mark.long,
    pytest.mark.timing,
    pytest.mark.skipif(sys.platform == "win32", reason="asv's environments lie elsewhere there"),
]

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

    def compare(*sides):
        arguments = ("--processes", str(PROCESSES), "--bench", NUMBERS, "--no-where", "--format", "json")
        words = [hashes[side] if isinstance(side, int) else side for side in sides]
        done = antigil(root, "compare", *arguments, *words)
        assert done.stdout, done.stderr
        compare.documents.append(json.loads(done.stdout))
        (comparison,) = compare.documents[-1]["comparisons"]
        return done.returncode, {
            (one["name"], row["quantity"]): row["outcome"]
            for one in comparison["workloads"]
            for row in one["rows"]
            if row["outcome"] not in ("same", "passing")
        }

    compare.documents = []
    return compare


@pytest.fixture(scope="module")
def itself(compared):
    """Return what a comparison of a commit with itself gives, and its JSON form."""
    told = compared(0, 0)
    (comparison,) = compared.documents[-1]["comparisons"]
    return told, comparison


def test_packages_compiler_kernel_and_cpu_of_both_sides_are_recorded(itself):
    found = itself[1]

    assert found["besides"] == []
    for side in found["surroundings"]:
        assert side["python"].endswith(platform.python_version())
        assert side["kernel"] == f"{platform.system()} {platform.release()}"
        assert side["compiler"]
        assert side["cpu"] == cpu_model()
        names = [package.split()[0] for package in side["packages"]]
        assert "asv_runner" in names
        assert "sample" not in names


def test_a_commit_compared_with_itself_lost_nothing(itself):
    assert itself[0] == (0, {})


def test_a_commit_that_changes_nothing_measured_lost_nothing(compared):
    assert compared(0, 1) == (0, {})


def test_a_commit_that_loses_the_macro_pair_is_named_with_its_workload_alone(compared):
    status, outcomes = compared(1, 2)

    assert status == 1
    assert {name for name, _ in outcomes} == {"work.Macros"}
    assert outcomes["work.Macros", "gil_held"] == "lost"


@needs_gil
@pytest.mark.skipif(shutil.which("python3.14t") is None, reason="python3.14t is not on the PATH")
def test_one_commit_is_compared_under_two_interpreters(compared):
    """The last commit holds the GIL; where there is none, nothing holds it."""
    here = ".".join(map(str, sys.version_info[:2]))
    status, outcomes = compared("--pythons", here, "3.14t", 2)

    assert status == 0
    assert outcomes["work.Macros", "gil_held"] == "gained"


def test_bisect_finds_the_commit_in_three_comparisons_and_refuses_a_name_that_is_none(project, compared):
    root, hashes = project
    words = ("bisect", hashes[0], hashes[2])
    measuring = ("--processes", str(PROCESSES), "--bench", NUMBERS)

    done = antigil(root, *words, "work.Macros", *measuring)
    refused = antigil(root, *words, "work.Nothing", *measuring)

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"Found: work.Macros got worse at {hashes[2][:8]}\n")
    assert "3 comparisons for 2 commits" in done.stdout
    assert refused.returncode == 2
    assert refused.stderr.endswith(
        "antigil: error: the suite has no workload 'work.Nothing'; it has work.Loop, work.Macros\n"
    )
