"""Workloads that do what none should end in one clear error, and the next one gets its result.

All of them: tools/hostile.py, whose counts stand in docs/reliability.md.
"""

import subprocess
import sys
from pathlib import Path

HOSTILE = Path(__file__).parents[2] / "tools" / "hostile.py"
QUICK = [
    "raises what cannot be shown",
    "kills its group",
    "breaks time",
    "leaves processes behind",
]

if sys.platform == "linux":  # it asks /proc what is left

    def test_what_a_workload_does_to_its_process_harms_no_other():
        command = [sys.executable, str(HOSTILE), "--only", *QUICK]

        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

        assert done.stdout.endswith(f"{len(QUICK)} hostile workloads, 0 not as they should be\n\n"), (
            done.stdout
        )
        assert (done.returncode, done.stderr) == (0, "")
