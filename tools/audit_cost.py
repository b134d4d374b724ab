"""What `pytest --antigil-audit` costs: the time of tests with its watch, against the same tests without.

Usage: audit_cost.py [--runs 16] [MODULE ...]

Runs pytest on the tests of modules that are installed (default: some of NumPy's own, which call native code
throughout). In each run the watch is on for some blocks of tests and off for the others, by chance: machines
change their speed within a minute, and two runs of a suite, one after the other, differ by more than the
watch costs. Then runs pytest on one empty test, with the audit and without in turn: what is paid once.
Prints medians or means, and 99 % intervals: by resampling the blocks, and by rank.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import machine, positive, stop

from antigil.scaling.sample import median_interval
from antigil.where.long_holds import HoldWatch

MODULES = ("numpy.linalg", "numpy.fft", "numpy.polynomial", "numpy.matrixlib", "numpy.ma", "numpy.random")
BLOCK = 40
"""Tests."""

LIMIT = 0.02
RESAMPLED = 2000
CLOCKS = ("by the clock", "CPU time")

Seconds = tuple[float, float]
"""By the clock, and of CPU time."""


def now() -> Seconds:
    """Read both clocks."""
    return time.perf_counter(), time.process_time()


class Alternating:
    """A plugin for pytest that has the watch on in some blocks of tests, and notes what each block took."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._watch: HoldWatch | None = None
        self._tests = 0
        self._blocks: list[dict[str, Any]] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        """Time a test, and begin a block where the last one is full."""
        if self._tests % BLOCK == 0:
            self._begin(is_on=random.random() < 0.5)
        self._tests += 1
        clock, cpu = now()
        outcome = yield
        end = now()
        self._blocks[-1]["clock"] += end[0] - clock
        self._blocks[-1]["cpu"] += end[1] - cpu
        return outcome

    def _begin(self, *, is_on: bool) -> None:
        if self._watch is not None:
            self._watch.stop()
        self._watch = HoldWatch(LIMIT) if is_on else None
        if self._watch is not None:
            self._watch.start()
        self._blocks.append({"is_on": is_on, "clock": 0.0, "cpu": 0.0})

    def pytest_unconfigure(self) -> None:
        """Write what was noted."""
        if self._watch is not None:
            self._watch.stop()
        Path(self._file).write_text(json.dumps(self._blocks))


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin in pytest as it is run below."""
    config.pluginmanager.register(Alternating(os.environ["AUDIT_COST_FILE"]))


def run(folder: str, tests: list[str], *options: str) -> Seconds:
    """Run pytest in a folder, and return how long it took."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", *tests, *options]
    # Threads of a BLAS spin while they wait for each other, and more or less so by chance.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent)}
    environment["AUDIT_COST_FILE"] = str(Path(folder, "blocks"))
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


def blocks_of(folder: str, modules: list[str], runs: int) -> Iterator[tuple[Seconds, Seconds]]:
    """Yield what each block of tests took without the watch and with it, each the mean over the runs."""
    taken: dict[int, dict[bool, list[Seconds]]] = defaultdict(lambda: {False: [], True: []})
    for i in range(runs):
        run(folder, modules, "-p", "audit_cost")
        for number, block in enumerate(json.loads(Path(folder, "blocks").read_text())):
            taken[number][block["is_on"]].append((block["clock"], block["cpu"]))
        print(f"{i + 1} of {runs}", file=sys.stderr)
    for both in taken.values():
        if all(both.values()):
            yield mean(both[False]), mean(both[True])


def mean(taken: list[Seconds]) -> Seconds:
    """Return the means of both clocks."""
    return statistics.mean(clock for clock, _ in taken), statistics.mean(cpu for _, cpu in taken)


def cost(blocks: list[tuple[float, float]]) -> float:
    """Return what the watch adds, as a share of the time without."""
    return sum(audited for _, audited in blocks) / sum(without for without, _ in blocks) - 1.0


def main() -> None:
    """Run the tests, and print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--runs", type=positive, default=16)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        Path(folder, "test_empty.py").write_text("def test_empty():\n    pass\n")
        blocks = list(blocks_of(folder, args.modules, args.runs))
        if not blocks:
            stop("antigil: error: no block of tests ran both with the watch and without: try more --runs")
        empty = ["test_empty.py"]
        once = [(run(folder, empty, "--antigil-audit"), run(folder, empty)) for _ in range(args.runs)]
    print(f"{machine()}; {args.runs} runs of {' '.join(args.modules)}; {len(blocks)} blocks of {BLOCK} tests")
    for k, clock in enumerate(CLOCKS):
        pairs = [(without[k], audited[k]) for without, audited in blocks]
        again = sorted(cost(random.choices(pairs, k=len(pairs))) for _ in range(RESAMPLED))
        low, high = again[RESAMPLED // 200], again[-RESAMPLED // 200]
        seconds = sum(without for without, _ in pairs)
        first = [audited[k] - alone[k] for audited, alone in once]
        interval = median_interval(first, 0.99)
        shown = "" if interval is None else f" (99 %: {interval[0]:.2f} to {interval[1]:.2f})"
        print(f"{clock}: {cost(pairs):.1%} (99 %: {low:.1%} to {high:.1%}) of the tests' {seconds:.1f} s;")
        print(f"  {statistics.median(first):.2f} s{shown} once")


if __name__ == "__main__":
    main()
