"""What `pytest --antigil-audit` costs: the CPU time of a test suite with it, against the same suite without.

Usage: audit_cost.py [--pairs 20] [PATH ...]

Runs pytest on the paths (default: tests of this project that start no processes), and on one empty test,
with and without the audit in turn. CPU time does not count what other programs take of the CPUs. Prints what
the audit takes once, and of the rest of the suite: medians of the pairs, and their 99 % intervals by rank.
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


def pair(paths: list[str], *, audit_first: bool) -> tuple[float, float]:
    """Return the CPU time with the audit, and without."""
    seconds = {}
    for audit in (audit_first, not audit_first):
        seconds[audit] = cpu_seconds(paths, *(["--antigil-audit"] if audit else []))
    return seconds[True], seconds[False]


def told(values: list[float], form: str) -> str:
    """Return the median and its interval."""
    interval = median_interval(values, 0.99)
    shown = "" if interval is None else f" (99 %: {interval[0]:{form}} to {interval[1]:{form}})"
    return f"{statistics.median(values):{form}}{shown}"


def main() -> None:
    """Run the pairs, and print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="*", default=list(PATHS))
    parser.add_argument("--pairs", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "test_empty.py")
        empty.write_text("def test_empty():\n    pass\n")
        cpu_seconds(args.paths)  # what is compiled once and cached
        nothing, suite = [], []
        for i in range(args.pairs):
            nothing.append(pair([str(empty)], audit_first=i % 2 == 0))
            suite.append(pair(args.paths, audit_first=i % 2 == 0))
    once = statistics.median(audited - alone for audited, alone in nothing)
    seconds = statistics.median(alone for _, alone in suite)
    print(f"{machine()}; {args.pairs} pairs, {seconds:.1f} s of CPU time without the audit")
    print(f"once: {told([audited - alone for audited, alone in nothing], '.2f')} s")
    print(f"of the rest: {told([(audited - once) / alone - 1.0 for audited, alone in suite], '.1%')}")


if __name__ == "__main__":
    main()
