"""Measure functions of libraries that others wrote, whose truth is known, in old and new releases.

    python tools/real_libraries.py FOLDER [--only WORD] [--conditions quiet,busy,sampler]
                                      [--through COMMAND [--batch SECONDS]]

The functions, their releases and what is true of each, and from where it is known, stand in
real_libraries.toml. Every release is installed with pip into a virtual environment of its own under
FOLDER, antigil beside it, and measured there by ``antigil measure --json``: quiet, and with a busy
neighbour for every CPU; and sampled quiet by ``antigil where --json``, whose held share has nothing in common
with the probe's. What FOLDER already holds is not installed again, nor measured again with the same budget
and version of the instrument. The tables printed at the end are Markdown.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from library_subjects import ROOT, Subject, subjects
from library_tables import CONDITIONS, SAMPLER, report
from support import Note, busy_neighbours, machine, made, some_of, taken_under

from antigil.files import write_whole
from antigil.scaling import INSTRUMENT_VERSION

BUDGET_SECONDS = 8.0
QUIET_AT_MOST = 0.05
"""Share of time in the run queue with which a measurement still counts as quiet."""

TIME_PART = """
import sys, timeit
setup, *statements = sys.argv[1:]
def best(statement):
    timer = timeit.Timer(statement, setup)
    number, _ = timer.autorange()
    return min(timer.repeat(7, number)) / number
print(best(statements[0]) / best(statements[1]))
"""


def environment(subject: Subject, folder: Path) -> Path:
    """Return the Python of the subject's environment, which is made where it does not exist."""
    requires = re.sub(r"[^a-z0-9.]+", "-", "-".join(subject.requires) or "none")
    name = f"{requires}-{subject.python or 'default'}"
    place = folder / "environments" / name
    python = place / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if not (place / "complete").exists():
        base = f"python{subject.python}" if subject.python else sys.executable
        subprocess.run([base, "-m", "venv", "--clear", place], check=True)
        if subject.requires:
            subprocess.run([*pip, "install", "--prefer-binary", *subject.requires], check=True)
        (place / "complete").touch()

    def build(wheels: Path) -> None:
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)

    wheels = made(folder / "wheels" / INSTRUMENT_VERSION / (subject.python or "default"), build)
    (wheel,) = wheels.glob("*.whl")
    installed = place / f"antigil-{wheel.stat().st_mtime_ns}"
    if not installed.exists():
        for other in place.glob("antigil-*"):
            other.unlink()
        subprocess.run([*pip, "install", "--no-deps", "--force-reinstall", wheel], check=True)
        installed.touch()
    return python


def measure(
    python: Path | str, subject: Subject, neighbours: int, budget: float, instrument: str = "measure"
) -> dict[str, Any]:
    """Return what ``antigil measure`` or ``where`` tells of a subject beside so many busy neighbours."""
    threads = "1,2" if instrument == "measure" else "2"
    command = [python, "-m", "antigil", instrument, "--json", "-", "--threads", threads]
    command += ["--budget", f"{budget:g}"]
    command += ["--setup", subject.setup, "--thread-setup", subject.thread_setup, subject.statement]
    with busy_neighbours(neighbours):
        done = subprocess.run(command, capture_output=True, text=True, cwd=os.path.dirname(python) or "/")
    if done.returncode:
        raise SystemExit(f"{subject.release}, {subject.function}: cannot be measured\n{done.stderr}")
    return json.loads(done.stdout)


def held_part(python: Path, subject: Subject) -> float | None:
    """Return the share of one call's time that its known part without the GIL leaves, by timeit.

    The part that holds it is not timed on its own: alone it finds warm caches.
    """
    if subject.released_part is None:
        return None
    command = [python, "-c", TIME_PART, subject.setup, subject.released_part, subject.statement]
    return 1.0 - float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def file_of(subject: Subject, folder: Path) -> Path:
    """Return where the subject's record is kept."""
    return folder / "results" / f"{subject.slug}.json"


def record_of(subject: Subject, folder: Path) -> dict[str, Any]:
    """Return what the folder holds of a subject."""
    file = file_of(subject, folder)
    record: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return record


def missing(chosen: Sequence[Subject], args: argparse.Namespace) -> list[tuple[Subject, str]]:
    """Return what has still to be measured, and under which condition."""
    return [
        (subject, condition)
        for subject in chosen
        for condition in args.conditions
        if not taken_under([record_of(subject, args.folder).get("under", {}).get(condition, {})], under(args))
    ]


def under(args: argparse.Namespace) -> Note:
    """Return what a measurement is noted with, and has to have been noted with to count."""
    return {"budget": args.budget, "instrument": INSTRUMENT_VERSION}


def forget_disturbed(chosen: Sequence[Subject], folder: Path) -> None:
    """Forget what was meant to be quiet, but other programs took CPU time from it."""
    for subject in chosen:
        record = record_of(subject, folder)
        noted = record.get("under", {})
        if "quiet" in noted and max(one["queued"] for one in record["quiet"]["points"]) > QUIET_AT_MOST:
            del noted["quiet"]
            write_whole(file_of(subject, folder), json.dumps(record, indent=1))


def measure_for_a_while(chosen: Sequence[Subject], args: argparse.Namespace) -> None:
    """Measure what is missing, and begin nothing new once the time of a batch is over."""
    end = time.monotonic() + args.batch
    for subject, condition in missing(chosen, args):
        if time.monotonic() > end:
            return
        print(f"{subject.slug}: {condition}", file=sys.stderr, flush=True)
        python = environment(subject, args.folder)
        record = record_of(subject, args.folder)
        instrument = "where" if condition == SAMPLER else "measure"
        record[condition] = measure(python, subject, CONDITIONS.get(condition, 0), args.budget, instrument)
        record.setdefault("under", {})[condition] = under(args)
        record["machine"] = machine()
        if "held_part" not in record:
            record["held_part"] = held_part(python, subject)
        write_whole(file_of(subject, args.folder), json.dumps(record, indent=1))


def main() -> None:
    """Install, measure what is missing, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="where environments and results are kept")
    parser.add_argument("--only", default="", metavar="WORD", help="only releases whose name has it")
    known = [*CONDITIONS, SAMPLER]
    parser.add_argument("--conditions", type=some_of(known), default=known)
    parser.add_argument("--budget", type=float, default=BUDGET_SECONDS, help="seconds for each figure")
    parser.add_argument(
        "--through",
        type=shlex.split,
        default=[],
        metavar="COMMAND",
        help="measure through it, such as 'flock FILE' on a machine that others use",
    )
    parser.add_argument(
        "--batch", type=float, default=math.inf, metavar="SECONDS", help="for each run of COMMAND"
    )
    parser.add_argument(
        "--retake", action="store_true", help="measure again what was meant to be quiet and was not"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.batch < math.inf and not args.through:
        parser.error("--batch is for --through")
    args.folder = args.folder.resolve()
    chosen = [subject for subject in subjects() if args.only in subject.slug]
    if args.retake and not args.inside:
        forget_disturbed(chosen, args.folder)
    if args.inside or not args.through:
        measure_for_a_while(chosen, args)
    else:
        for subject in chosen:
            environment(subject, args.folder)
        while missing(chosen, args):
            subprocess.run([*args.through, sys.executable, *sys.argv, "--inside"], check=True)
    if not args.inside:
        print(report([(subject, record_of(subject, args.folder)) for subject in chosen], args.conditions))


if __name__ == "__main__":
    main()
