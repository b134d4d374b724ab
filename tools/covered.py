"""Run tests and tell which lines and branches of the package they reach, in Python and in C.

Usage: python tools/covered.py              a table by room, of what the tests of the instrument, the laws
                                            and the decisions reach; then one of the C files
       python tools/covered.py --deciding   of the parts that decide only, by their own tests

Of the parts that decide (`DECIDING`) every line and every branch has to be reached: exit status 1 and the
lines that were not, otherwise; two rooms are tested at once. The tables count the processes that the tests
start, too.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from covered_c import c_files
from under import ROOT

DECIDING = (
    "antigil/scaling/verdicts/*.py",
    "antigil/scaling/sample.py",
    "antigil/scaling/held_share/estimate.py",
    "antigil/guard/decision_rule.py",
    "antigil/guard/permutation_test.py",
    "antigil/guard/commit_verdict.py",
    "antigil/guard/samples.py",
    "antigil/guard/search/*.py",
    "antigil/laws/*.py",
)
"""What turns samples into verdicts: intervals, the held share, decision rules, searches and laws."""

DECIDING_TESTS = ("tests/scaling", "tests/laws", "tests/guard")
ALL_TESTS = (*DECIDING_TESTS, "tests/commands", "tests/report")
IN_TWO = ("-n", "2", "--dist", "loadfile")
SETTINGS = """\
[run]
branch = true
source = antigil
data_file = {folder}/data
parallel = true
{processes}
[report]
skip_covered = true
show_missing = true
"""


PROCESSES = "patch = subprocess, _exit"


def main() -> int:
    """Run the tests, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--deciding", action="store_true", help="only the parts that decide")
    deciding = parser.parse_args().deciding
    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        settings = Path(folder) / "coveragerc"
        settings.write_text(SETTINGS.format(folder=folder, processes="" if deciding else PROCESSES))
        words = ["pytest", "-q", "-p", "no:cacheprovider", "-m", "not timing and not long"]
        at_once = [[room] for room in DECIDING_TESTS] if deciding else [[*ALL_TESTS, *IN_TWO]]
        with ThreadPoolExecutor(2) as pool:
            run = partial(coverage, settings, "run", "-m", *words)
            failed = any(list(pool.map(lambda tests: run(*tests), at_once)))
        coverage(settings, "combine", "--quiet")
        if not deciding:
            coverage(settings, "json", "--quiet", "-o", f"{folder}/covered.json")
            print(table("room", by_room(json.loads(Path(folder, "covered.json").read_text())["files"])))
            print(table("C file", c_files()))
        missed = coverage(settings, "report", f"--include={','.join(DECIDING)}", "--fail-under=100")
        return int(bool(failed or missed))


def coverage(settings: Path, command: str, *words: str) -> int:
    """Run one of coverage's commands; return its exit status."""
    command_line = [sys.executable, "-m", "coverage", command, f"--rcfile={settings}", *words]
    return subprocess.run(command_line, cwd=ROOT, check=False).returncode


Counts = tuple[int, int, int, int]
"""Lines, those reached, branches, those reached."""


def by_room(files: dict[str, dict[str, dict[str, int]]]) -> dict[str, Counts]:
    """Add up coverage's counts by room: a folder of the package, with those in it."""
    rooms: dict[str, list[Counts]] = defaultdict(list)
    for name, file in files.items():
        found = file["summary"]
        counts = (
            found["num_statements"],
            found["covered_lines"],
            found["num_branches"],
            found["covered_branches"],
        )
        rooms["/".join(Path(name).parent.parts[:2])].append(counts)
    return {room: tuple(map(sum, zip(*counts, strict=True))) for room, counts in sorted(rooms.items())}


def table(what: str, rows: dict[str, Counts]) -> str:
    """Return a table in Markdown."""
    lines = [f"| {what} | lines | reached | branches | reached |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, (n_lines, lines_reached, n_branches, branches_reached) in rows.items():
        shares = share(lines_reached, n_lines), share(branches_reached, n_branches)
        lines.append(f"| `{name}` | {n_lines} | {shares[0]} | {n_branches} | {shares[1]} |")
    return "\n".join(lines)


def share(part: int, whole: int) -> str:
    """Return a share in percent, rounded down, so that 100 % is all."""
    return f"{100 * part // whole} %" if whole else "–"


if __name__ == "__main__":
    sys.exit(main())
