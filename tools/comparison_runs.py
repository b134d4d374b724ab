"""Comparisons taken one by one, each noted as a JSON line when it is done, until the time is up.

All samples go to `samples.jsonl` beside the outcomes. A run may be ended at any time, and goes on where it
was. Several may run at once, each with a folder of its own, on CPUs of their own:
``taskset -c 0,1 python tools/... FOLDER1 --for 3600``. A table counts all folders, what was taken by another
rule or instrument apart.
"""

import argparse
import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from scipy.stats import binomtest
from support import (
    Note,
    add_note,
    busy_neighbours,
    machines,
    made,
    markdown_table,
    read_notes,
    stop,
    taken_under,
)

from antigil.scaling import INSTRUMENT_VERSION

OUTCOMES = "outcomes.jsonl"
SAMPLES = "samples.jsonl"
NOT_NOTED = "not noted"


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


def told_a_loss(one: Note) -> bool:
    """Tell whether a comparison ended with a loss, which is wrong where nothing changed."""
    return bool(one["status"] == 1)


def run(
    description: str,
    kinds: Sequence[str],
    version: int,
    compare: Callable[..., Note],
    is_wrong: Callable[[Note], bool] = told_a_loss,
    table: Callable[..., str] = table,
    when_asked: Sequence[str] = (),
) -> int:
    """Take the comparisons that the command line asks for, or print the table of those that were taken.

    Parameters
    ----------
    kinds
        What there is to compare; each is taken in turn, quiet and beside a busy program.
    version
        Of the rule by which is judged; outcomes of another one are counted apart.
    compare
        Given the folder, a kind and how many of that kind were taken, returns exit status and changes.
    is_wrong
        Tells of an outcome whether the comparison told what is not there: then the exit status is 1, if it
        was taken by this rule and instrument.
    table
        Given the outcomes and the kinds, returns them as Markdown.
    when_asked
        Further kinds, taken only where one is asked for.
    """
    parser = arguments(description, [*kinds, *when_asked])
    return obey(parser, kinds, version, compare, is_wrong, table)


def arguments(description: str, kinds: Sequence[str]) -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--for", dest="seconds", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--kind", choices=kinds)
    parser.add_argument("--table", action="store_true", help="print what all folders hold, as Markdown")
    return parser


def obey(
    parser: argparse.ArgumentParser,
    kinds: Sequence[str],
    version: int,
    compare: Callable[..., Note],
    is_wrong: Callable[[Note], bool],
    table: Callable[..., str],
) -> int:
    """Do what the command line asks for; see `run`."""
    args = parser.parse_args()
    if args.table:
        found = [one for folder in args.folders for one in read_notes(folder / OUTCOMES)]
        for by, ones in by_rule_and_instrument(found):
            print(f"{by}\n{machines(ones)}\n\n{table(ones, kinds)}\n")
    elif len(args.folders) > 1:
        parser.error("one folder at a time is measured in")
    else:
        folder = args.folders[0].resolve()
        found = take(folder, [args.kind] if args.kind else kinds, version, compare, args.seconds)
    return int(any(map(is_wrong, taken_under(found, versions_now(version)))))


def versions_now(version: int) -> Note:
    """Return by which rule and instrument comparisons are taken now."""
    return {"version": version, "instrument": INSTRUMENT_VERSION}


def by_rule_and_instrument(notes: Iterable[Note]) -> list[tuple[str, list[Note]]]:
    """Divide notes by the versions of rule and instrument, each with words for both; end where are none."""

    def versions(one: Note) -> tuple[int, str]:
        return one["version"], one.get("instrument", NOT_NOTED)

    groups = groupby(sorted(notes, key=versions), versions)
    found = [(f"Rule {rule}, instrument {instrument}", list(own)) for (rule, instrument), own in groups]
    if not found:
        stop("antigil: error: nothing is noted there yet")
    return found


def take(
    folder: Path, kinds: Sequence[str], version: int, compare: Callable[..., Note], seconds: float
) -> list[Note]:
    """Take the comparison of which there are fewest, and more while the longest so far fits in the time."""
    file, began, longest, found = folder / OUTCOMES, time.monotonic(), 0.0, []
    versions = versions_now(version)
    while True:
        notes = taken_under(read_notes(file), versions)
        taken = [(one["neighbour"], one["kind"]) for one in notes]
        sides = [(neighbour, kind) for kind in kinds for neighbour in (False, True)]
        neighbour, kind = min(sides, key=taken.count)
        before = time.monotonic()
        with busy_neighbours(1) if neighbour else contextlib.nullcontext():
            came = compare(folder, kind, sum(one == kind for _, one in taken))
        took = time.monotonic() - before
        cpus = sorted(os.sched_getaffinity(0))
        note = {**versions, "kind": kind, "neighbour": neighbour, "seconds": round(took, 1), "cpus": cpus}
        note |= came
        if note["samples"]:
            add_note(folder / SAMPLES, note)
        del note["samples"]
        found.append(add_note(file, note))
        print(json.dumps(found[-1]), flush=True)
        longest = max(longest, took)
        if time.monotonic() - began + longest > seconds:
            return found


def project_in(folder: Path, generate: Callable[[Path], Sequence[str]]) -> tuple[Path, list[str]]:
    """Return the folder of a generated project, which is made where there is none, and its commits."""

    def make(to: Path) -> None:
        hashes = generate(to)
        (to / "hashes").write_text("\n".join(hashes))

    project = made(folder / "project", make)
    if not (hashes := project / "hashes").exists():
        stop(f"antigil: error: {project} was begun by an older version or broken off: take another folder")
    return project, hashes.read_text().split()


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
