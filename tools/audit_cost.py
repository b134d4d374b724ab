"""What `pytest --antigil-audit` costs: the time of a test suite with it, against the same suite without.

Usage: audit_cost.py [--pairs 20] [MODULE ...]

Runs pytest on the tests of modules that are installed (default: some of NumPy's own, which call native code
throughout), and on one empty test, with and without the audit in turn. Prints what the audit adds to both, in
seconds of the clock and of CPU time, which other programs disturb less: medians of the pairs, and their 99 %
intervals by rank.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support import machine

from antigil.scaling.sample import median_interval

MODULES = ("numpy.linalg", "numpy.fft", "numpy.polynomial", "numpy.matrixlib", "numpy.ma", "numpy.random")

Pair = tuple[tuple[float, float], tuple[float, float]]


def seconds(folder: str, tests: list[str], *options: str) -> tuple[float, float]:
    """Return how long a run of pytest in a folder takes: by the clock, and of CPU time."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", *tests, *options]
    # Threads of a BLAS spin while they wait for each other, and more or less so by chance.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        clock = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return clock, used.ru_utime + used.ru_stime


def pair(folder: str, tests: list[str], *, audit_first: bool) -> Pair:
    """Return what a run takes with the audit, and without."""
    taken = {}
    for audit in (audit_first, not audit_first):
        taken[audit] = seconds(folder, tests, *(["--antigil-audit"] if audit else []))
    return taken[True], taken[False]


def told(values: list[float], form: str) -> str:
    """Return the median and its interval."""
    interval = median_interval(values, 0.99)
    shown = "" if interval is None else f" (99 %: {interval[0]:{form}} to {interval[1]:{form}})"
    return f"{statistics.median(values):{form}}{shown}"


def main() -> None:
    """Run the pairs, and print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--pairs", type=int, default=20)
    args = parser.parse_args()
    empty, suite = list[Pair](), list[Pair]()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        Path(folder, "test_empty.py").write_text("def test_empty():\n    pass\n")
        seconds(folder, args.modules)  # what is compiled once and cached
        for i in range(args.pairs):
            empty.append(pair(folder, ["test_empty.py"], audit_first=i % 2 == 0))
            suite.append(pair(folder, args.modules, audit_first=i % 2 == 0))
            print(f"{i + 1} of {args.pairs}", file=sys.stderr)
    print(f"{machine()}; {args.pairs} pairs of {' '.join(args.modules)}")
    for i, clock in enumerate(("by the clock", "CPU time")):
        alone = statistics.median(without[i] for _, without in suite)
        once = told([audit[i] - without[i] for audit, without in empty], ".2f")
        share = told([audit[i] / without[i] - 1.0 for audit, without in suite], ".1%")
        print(f"{clock}: {once} s of an empty test, {share} of the suite's {alone:.1f} s")


if __name__ == "__main__":
    main()
