"""What other tools tell of the statements of known_verdicts.py: timeit in threads, py-spy, perf.

    python tools/other_tools.py [--threads 2] [--seconds 3] [--only WORD]

timeit runs a statement in one thread, and as often in each of several at once: the ratio is what people
compute by hand. While several threads run it, py-spy counts threads that are active, and those that hold the
GIL; `perf stat` tells how many CPUs they used, and how often they were switched. The table shows these
figures beside what antigil says. A tool that is not installed, or cannot look at this Python, leaves its
cells empty, and why is told below the table. py-spy comes from PyPI, perf with the system.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from known_verdicts import NO_LAWS, WITH_GIL, WITHOUT, Row
from support import machine, markdown_table

from antigil.report.measurement import measurement_to_json
from antigil.scaling import Workload, gil_enabled, measure_in_turn

TIMED = """
import sys, threading, time, timeit
setup, statement, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
names = {}
exec(setup, names)
timer = timeit.Timer(statement, globals=names)
number, _ = timer.autorange()
def seconds(count):
    several = [threading.Thread(target=timer.timeit, args=(number,)) for _ in range(count)]
    start = time.perf_counter()
    for one in several: one.start()
    for one in several: one.join()
    return time.perf_counter() - start
one, many = (min(seconds(count) for _ in range(5)) for count in (1, threads))
print(threads * one / many)
"""
RUNS = """
import sys, threading, time
setup, statement, threads, end = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
names = {}
exec(setup, names)
code, end = compile(statement, "<statement>", "exec"), time.monotonic() + end
def run():
    while time.monotonic() < end: exec(code, names)
several = [threading.Thread(target=run) for _ in range(threads)]
for one in several: one.start()
for one in several: one.join()
"""
RATE = 200
"""Of py-spy's samples, per second."""


@dataclass
class Told:
    """What the tools said of one statement; nothing where one could not."""

    row: Row
    antigil: str
    timeit: float
    gil: float | None = None
    active: float | None = None
    cpus: float | None = None
    switches: float | None = None
    refused: list[str] = field(default_factory=list)


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command, and return what it said."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def by_antigil(row: Row, threads: int, seconds: float) -> str:
    """Return antigil's verdict on scaling, its S* and its first cause."""
    workload = Workload(row.statement, row.setup)
    (found,) = measure_in_turn(workload, [None], (1, threads), budget=seconds)
    form = measurement_to_json(found, NO_LAWS)
    cause = f", {form['cause']}" if form["cause"] else ""
    return f"{form['scaling']}, {form['judged']['speedup']:.2f}{cause}"


def by_py_spy(told: Told, arguments: list[str], seconds: float) -> None:
    """Note how many threads were active, and how many held the GIL."""
    with tempfile.TemporaryDirectory() as folder:
        for options in ([], ["--gil"]):
            file = Path(folder, "stacks")
            looks = [
                "py-spy",
                "record",
                *options,
                "--rate",
                str(RATE),
                "--format",
                "raw",
                "--output",
                str(file),
            ]
            done = run([*looks, "--", sys.executable, "-c", RUNS, *arguments, str(seconds)])
            if done.returncode or not file.exists():
                told.refused.append(f"py-spy: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
                return
            counts = [int(line.rpartition(" ")[2]) for line in file.read_text().splitlines()]
            share = sum(counts) / (RATE * seconds)
            told.active, told.gil = (told.active, share) if options else (share, None)


def by_perf(told: Told, arguments: list[str], seconds: float) -> None:
    """Note how many CPUs were used, and how often a thread left its own, per second."""
    command = [
        "perf",
        "stat",
        "-x",
        ";",
        "-e",
        "task-clock,context-switches",
        "--",
        sys.executable,
        "-c",
        RUNS,
    ]
    done = run([*command, *arguments, str(seconds)])
    found = dict(re.findall(r"^([\d.]+);[^;]*;(task-clock|context-switches)", done.stderr, re.MULTILINE))
    found = {event: float(count) for count, event in found.items()}
    if len(found) < 2:
        told.refused.append(f"perf: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        return
    told.cpus, told.switches = found["task-clock"] / 1000 / seconds, found["context-switches"] / seconds


def main() -> None:
    """Let each tool look at each statement, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", default="", metavar="WORD")
    args = parser.parse_args()
    found = []
    for row in WITH_GIL if gil_enabled() else WITHOUT:
        if args.only not in row.name:
            continue
        arguments = [row.setup, row.statement, str(args.threads)]
        ratio = run([sys.executable, "-c", TIMED, *arguments])
        told = Told(row, by_antigil(row, args.threads, args.seconds), float(ratio.stdout))
        for name, look in {"py-spy": by_py_spy, "perf": by_perf}.items():
            if shutil.which(name) is None:
                told.refused.append(f"{name}: not installed")
            else:
                look(told, arguments, args.seconds)
        found.append(told)
        print(told, file=sys.stderr)
    report(found)


def report(found: list[Told]) -> None:
    """Print the table, and what was refused."""
    head = [
        "statement", "right verdicts", "right causes", "antigil", "timeit, ratio", "py-spy: threads active",
        "hold the GIL", "perf: CPUs used", "switches per second",
    ]  # fmt: skip
    rows = []
    for one in found:
        causes = " or ".join(cause or "none" for cause in one.row.causes)
        cells = [one.row.name, " or ".join(one.row.verdicts), causes, one.antigil, f"{one.timeit:.2f}"]
        cells += ["" if value is None else f"{value:.2f}" for value in (one.active, one.gil, one.cpus)]
        rows.append([*cells, "" if one.switches is None else f"{one.switches:.0f}"])
    print(markdown_table(head, rows))
    for refused in sorted({text for one in found for text in one.refused}):
        print(f"\n{refused}")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
