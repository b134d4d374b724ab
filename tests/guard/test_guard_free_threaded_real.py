"""Two commits of a real project on a free-threaded build, measured by asv.

``tools/guard_free_threaded.py`` does so again and again, with all that threads may come to share.
"""

import json
import shutil

import pytest
from free_threaded_project import generate
from sample_project import antigil

pytestmark = [
    pytest.mark.long,
    pytest.mark.timing,
    pytest.mark.skipif(shutil.which("python3.14t") is None, reason="there is no python3.14t"),
]


def test_a_reference_count_that_threads_come_to_share_is_a_loss(tmp_path):
    """It is compared once more if it is not named: it may go unseen beside other busy programs."""
    root = tmp_path / "sample"
    before, after = generate(root, names=("references",))
    for _ in range(2):
        done = antigil(root, "compare", before, after, "--no-where", "--format", "json")
        (comparison,) = json.loads(done.stdout)["comparisons"]
        lost = {
            (row["workload"], row["quantity"])
            for workload in comparison["workloads"]
            for row in workload["rows"]
            if row["outcome"] == "lost"
        }
        if done.returncode == 1:
            break
    assert done.returncode == 1, done.stdout + done.stderr
    assert {name for name, _ in lost} == {"work.References"}
    assert {quantity for _, quantity in lost} >= {"slowdown", "inflation"}
