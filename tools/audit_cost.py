"""What `pytest --antigil-audit` costs: the CPU time of a test suite with it, against the same suite without.

Usage: audit_cost.py [--pairs 20] [PATH ...]

Runs pytest on the paths (default: tests of this project that start no processes) with and without the audit
in turn. CPU time does not count what other programs take of the CPUs. Prints the median of the pairs'
costs, and its 99 % interval by rank.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from support import machine

from antigil.scaling.sample import median_interval

ROOT = Path(__file__).resolve().parent.parent
PATHS = ("tests/report", "tests/where/test_where_names.py")


def cpu_seconds(paths: list[str], *options: str) -> float:
    """Return the CPU time that a run of pytest takes, its child processes included."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths, *options]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the pairs, and print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="*", default=list(PATHS))
    parser.add_argument("--pairs", type=int, default=20)
    args = parser.parse_args()
    cpu_seconds(args.paths)  # what is compiled once and cached
    costs, alone = [], []
    for pair in range(args.pairs):
        seconds = {}
        for audit in (True, False) if pair % 2 else (False, True):
            seconds[audit] = cpu_seconds(args.paths, *(["--antigil-audit"] if audit else []))
        costs.append(seconds[True] / seconds[False] - 1.0)
        alone.append(seconds[False])
    interval = median_interval(costs, 0.99)
    told = "" if interval is None else f" (99 %: {interval[0]:.1%} to {interval[1]:.1%})"
    print(f"{machine()}; {args.pairs} pairs, {statistics.median(alone):.1f} s of CPU time without the audit")
    print(f"cost of the audit: {statistics.median(costs):.1%}{told}")


if __name__ == "__main__":
    main()
