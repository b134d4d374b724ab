"""Compare what `antigil where` finds of functions whose losses are known with the truth.

Usage: where_known.py FILE [--busy N] [--runs 1] [--budget 10]
       where_known.py FILE --table

Compiles tests/where/known/_known.c for this Python, and samples it beside N programs that keep a CPU busy
each. Each sampling is noted as a line of FILE, and one that has been noted is not repeated; Pythons, numbers
of busy programs and budgets may share a FILE. A share is right within 0.02 and three standard errors of the
truth. Of a function that has released the GIL, samples are taken until there are 10,000: none may be counted
as held. Exit status 1 where anything in FILE is wrong.

Under another Python: tools/under.py PYTHON tools/where_known.py FILE.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import (
    add_note,
    busy_neighbours,
    machines,
    markdown_table,
    positive,
    read_notes,
    taken_under,
    this_python,
)

from antigil.scaling import Z99, Workload, gil_enabled
from antigil.where import Loss, Where, sample_in_turn, where

SOURCE = Path(__file__).parents[1] / "tests" / "where" / "known" / "_known.c"
GIL = gil_enabled()
TOLERANCE = 0.02
STANDARD_ERRORS = 3.0
RELEASED = "_known.split(15, 4, 1, 380)"
RELEASED_SAMPLES = 10_000
MEAN_SECONDS = 5e-4
"""Between the samples of which there are to be many; their number is asked for, and not their cost."""


@dataclass(frozen=True)
class Part:
    """A part of a loss: the functions or the reason by which it is known, and its share.

    The share is ``truth`` of the time, and ``of_total`` of the whole loss.
    """

    names: tuple[str, ...]
    truth: float
    of_total: float = 0.0


@dataclass(frozen=True)
class Known:
    """A statement, one of its losses, and the parts that this divides into."""

    statement: str
    loss: str
    parts: tuple[Part, ...]


def all_known() -> Iterator[Known]:
    """Yield what is known on this Python."""
    if GIL:
        units = {"parse_header": 75, "build_result": 20, "check_sum": 5}
        held = tuple(Part((name,), part / 400) for name, part in units.items())
        yield Known("_known.split(75, 20, 5, 300)", "held", held)
    locks = {"mutex": "a C or C++ mutex"}
    if GIL:
        locks["gil"] = "the GIL"
    else:
        locks["object"] = "a critical section"
    if sys.version_info >= (3, 13):
        locks["pymutex"] = "a mutex of CPython"
    for lock, reason in locks.items():
        # One of two threads is always inside. The other waits, but for what CPython's own locks spin.
        waits = (Part((reason,), -0.5, 1.0), Part(("I/O (ppoll)",), 0.375), Part(("sleep",), 0.125))
        yield Known(f"_known.wait_inside({lock!r}, fd, 3000, 1000)", "waiting", waits)
    counts = {"hits": ("count_hits",), "line": ("count_near",)}
    if not GIL:
        counts["references"] = ("count_references", "_Py_DecRefShared")
    for shared, functions in counts.items():
        parts = (Part(functions, 0.0, 1.0), Part(("count_own",), 0.0))
        yield Known(f"_known.count({shared!r}, 20000)", "inflation", parts)


def found(loss: Loss, part: Part) -> tuple[float, float]:
    """Return the share that was found of a part, and its standard error."""
    same = [one for one in loss.parts if not {one.function.name, one.reason}.isdisjoint(part.names)]
    share = sum(one.share.value for one in same)
    # Where nothing was found, one sample might have been.
    error = max([1 / max(1, loss.samples), *((one.share.ci99[1] - one.share.value) / Z99 for one in same)])
    return share, error


def sample(known: Known, setup: str, budget: float) -> dict[str, Any]:
    """Sample a statement; return what was found of each part."""
    result = where(known.statement, setup, 2, budget=budget)
    loss: Loss = getattr(result, known.loss)
    parts = []
    for part in known.parts:
        share, error = found(loss, part)
        truth = part.truth + part.of_total * loss.total.value
        right = abs(share - truth) <= TOLERANCE + STANDARD_ERRORS * error
        name = ", ".join(part.names)
        parts.append({"name": name, "truth": truth, "found": share, "error": error, "right": right})
    total = {"value": loss.total.value, "samples": loss.samples, "disturbed": result.disturbed}
    return {"statement": known.statement, "loss": known.loss, **total, "parts": parts}


def released(setup: str, budget: float) -> dict[str, Any]:
    """Sample until a function that releases the GIL has its samples; return how many were counted as held."""
    samples = wrong = 0
    workload = Workload(RELEASED, setup)
    while samples < RELEASED_SAMPLES:
        one: Where
        (one,) = sample_in_turn(workload, [None], 2, budget=budget, processes=3, mean_seconds=MEAN_SECONDS)
        wrong += sum(part.samples for part in one.held.parts if part.function.name == "decode")
        samples += one.held.samples - sum(part.samples for part in one.held.parts)
    return {"statement": workload.statement, "loss": "released", "samples": samples, "wrong": wrong}


def measure(args: argparse.Namespace, setup: str) -> None:
    """Sample what has not been noted yet."""
    for run in range(args.runs):
        under = {"python": this_python(), "busy": args.busy, "budget": args.budget, "run": run}
        done = {note["statement"] for note in taken_under(read_notes(args.file), under)}
        for known in all_known():
            if known.statement not in done:
                add_note(args.file, {**under, **sample(known, setup, args.budget)})
        if GIL and run == 0 and RELEASED not in done:
            add_note(args.file, {**under, **released(setup, args.budget)})


def tables(notes: list[dict[str, Any]]) -> str:
    """Return a table for each number of busy programs: a row for each part, a column for each Python."""
    pythons = list(dict.fromkeys(one["python"] for one in notes))
    told = []
    for busy in sorted({one["busy"] for one in notes}):
        rows: dict[str, dict[str, list[str]]] = {}
        for one in notes:
            if one["busy"] == busy:
                for name, cell in cells(one):
                    rows.setdefault(name, {}).setdefault(one["python"], []).append(cell)
        lines = [
            [name, *("; ".join(by_python.get(python, [])) for python in pythons)]
            for name, by_python in rows.items()
        ]
        told.append(f"Beside {busy} busy programs:\n\n{markdown_table(['loss and part', *pythons], lines)}")
    judged = are_right(notes)
    return "\n\n".join([*told, f"{sum(judged)} of {len(judged)} right.", machines(notes)])


def are_right(notes: list[dict[str, Any]]) -> list[bool]:
    """Tell of every share that was found whether it is right."""
    return [part["right"] for one in notes if one["loss"] != "released" for part in one["parts"]]


def any_wrong(notes: list[dict[str, Any]]) -> bool:
    """Tell whether a share is wrong, or time without the GIL was counted as held."""
    return not all(are_right(notes)) or any(one["loss"] == "released" and one["wrong"] for one in notes)


def cells(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the parts of a sampling: a name, and what was found (truth), in bold where that is wrong."""
    statement = one["statement"].removeprefix("_known.")
    if one["loss"] == "released":
        yield f"`{statement}`: released, counted as held", f"{one['wrong']} of {one['samples']}"
        return
    for part in one["parts"]:
        found = f"{part['found']:.3f} ± {Z99 * part['error']:.3f}"
        found = found if part["right"] else f"**{found}**"
        yield f"{one['loss']}, `{statement}`: {part['name']}", f"{found} ({part['truth']:.3f})"


def main() -> int:
    """Build, sample and note, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--busy", type=int, default=0, metavar="N")
    parser.add_argument("--runs", type=positive, default=1)
    parser.add_argument("--budget", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if args.table:
        print(tables(read_notes(args.file)))
        return int(any_wrong(read_notes(args.file)))
    with tempfile.TemporaryDirectory() as folder, busy_neighbours(args.busy):
        include = f"-I{sysconfig.get_path('include')}"
        command = ["cc", "-O2", "-g", "-shared", "-fPIC", include, str(SOURCE), "-o", f"{folder}/_known.so"]
        subprocess.run(command, check=True)
        paths = f"import os, sys; sys.path.insert(0, {folder!r})"
        measure(args, f"{paths}; import _known; fd, writer = os.pipe()")
    return int(any_wrong(read_notes(args.file)))


if __name__ == "__main__":
    sys.exit(main())
