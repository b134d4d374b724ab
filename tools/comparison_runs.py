"""Comparisons taken one by one, each noted as a JSON line when it is done, until the time is up.

All samples go to `samples.jsonl` beside the outcomes. A run may be ended at any time, and goes on where it
was. Several may run at once, each with a folder of its own, on CPUs of their own:
``taskset -c 0,1 python tools/... FOLDER1 --for 3600``. A table counts all folders.
"""

import argparse
import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scipy.stats import binomtest
from support import busy_neighbours, machine, markdown_table

Note = dict[str, Any]

OUTCOMES = "outcomes.jsonl"
SAMPLES = "samples.jsonl"


def table(found: Iterable[Note], kinds: Sequence[str]) -> str:
    """Return, by kind and neighbour, how many comparisons lost something, or could not judge, of how many."""
    found, rows = list(found), []
    for kind in kinds:
        for neighbour in (False, True):
            own = [one for one in found if (one["kind"], one["neighbour"]) == (kind, neighbour)]
            counts = [share(sum(one["status"] == status for one in own), len(own)) for status in (1, 2)]
            quantities = sorted({row[1] for one in own for row in one["changed"] if row[3] == "lost"})
            rows.append([kind, "one CPU busy" if neighbour else "none", *counts, ", ".join(quantities)])
    return markdown_table(["commit", "neighbour", "a loss", "could not judge", "lost in"], rows)


def run(
    description: str,
    kinds: Sequence[str],
    version: int,
    compare: Callable[..., Note],
    table: Callable[..., str] = table,
    when_asked: Sequence[str] = (),
) -> None:
    """Take the comparisons that the command line asks for, or print the table of those that were taken.

    Parameters
    ----------
    kinds
        What there is to compare; each is taken in turn, quiet and beside a busy program.
    version
        Outcomes of another one are not counted.
    compare
        Given the folder, a kind and how many of that kind were taken, returns exit status and changes.
    table
        Given the outcomes and the kinds, returns them as Markdown.
    when_asked
        Further kinds, taken only where one is asked for.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--for", dest="seconds", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--kind", choices=[*kinds, *when_asked])
    parser.add_argument("--table", action="store_true", help="print what all folders hold, as Markdown")
    args = parser.parse_args()
    if args.table:
        found = [one for folder in args.folders for one in notes(folder / OUTCOMES, version)]
        print(f"{machine()}\n\n{table(found, kinds)}")
        return
    if len(args.folders) > 1:
        parser.error("one folder at a time is measured in")
    folder = args.folders[0].resolve()
    take(folder, [args.kind] if args.kind else kinds, version, compare, args.seconds)


def notes(file: Path, version: int) -> list[Note]:
    """Return what was noted so far."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [one for one in map(json.loads, lines) if one["version"] == version]


def take(
    folder: Path, kinds: Sequence[str], version: int, compare: Callable[..., Note], seconds: float
) -> None:
    """Take the comparison of which there are fewest, and more while the longest so far fits in the time."""
    file, began, longest = folder / OUTCOMES, time.monotonic(), 0.0
    while True:
        taken = [(one["neighbour"], one["kind"]) for one in notes(file, version)]
        sides = [(neighbour, kind) for kind in kinds for neighbour in (False, True)]
        neighbour, kind = min(sides, key=taken.count)
        before = time.monotonic()
        with busy_neighbours(1) if neighbour else contextlib.nullcontext():
            found = compare(folder, kind, sum(one == kind for _, one in taken))
        took = time.monotonic() - before
        cpus = sorted(os.sched_getaffinity(0))
        note = {"version": version, "kind": kind, "neighbour": neighbour, "seconds": round(took, 1)}
        note |= {"cpus": cpus, **found}
        add(folder / SAMPLES, note)
        del note["samples"]
        add(file, note)
        print(json.dumps(note), flush=True)
        longest = max(longest, took)
        if time.monotonic() - began + longest > seconds:
            return


def add(file: Path, note: Note) -> None:
    """Add a line to a file."""
    with file.open("a") as lines:
        lines.write(json.dumps(note) + "\n")


def outcome(status: int, document: Mapping[str, Any]) -> Note:
    """Return a comparison's exit status, its problems and samples, and the outcomes other than "same"."""
    rows = [row for c in document["comparisons"] for one in c["workloads"] for row in one["rows"]]
    changed = [
        [row["workload"].rpartition(".")[2], row["quantity"], row["threads"], row["outcome"]]
        for row in rows
        if row["outcome"] != "same"
    ]
    problems = [line for one in document["comparisons"] for line in one["problems"]]
    samples = [[r["workload"], r["quantity"], r["threads"], *r["samples"].values()] for r in rows]
    return {"status": status, "changed": changed, "problems": problems, "samples": samples}


def share(k: int, n: int) -> str:
    """Return k of n with its 95 % interval (Clopper and Pearson)."""
    if n == 0:
        return "not measured"
    interval = binomtest(k, n).proportion_ci(0.95, method="exact")
    return f"{k} of {n} ({interval.low:.1%} to {interval.high:.1%})"
