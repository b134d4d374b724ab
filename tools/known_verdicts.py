"""Measure statements whose verdict and first cause are known beforehand, and count how often they are told.

    python tools/known_verdicts.py FILE [--runs 20] [--threads 2] [--busy N] [--budget 4] [--minutes M]
                                        [--python PYTHON ...]

Each run is a line in FILE, so that a run that was broken off goes on where it was. With --busy as many other
programs want a CPU. The table at the end counts, for each interpreter and statement, right verdicts with a
right cause, open ones, and wrong ones, of all runs in FILE with as many threads and busy programs, the same
budget and the same version of the instrument; exit status 1 where any was wrong. Several may measure at once,
each with a file and CPUs of its own (taskset).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import (
    Note,
    add_note,
    busy_neighbours,
    machines,
    markdown_table,
    positive,
    read_notes,
    taken_under,
    this_python,
)

from antigil.commands.arguments import find_interpreter
from antigil.report.measurement.lines import measurement_to_json
from antigil.scaling import INSTRUMENT_VERSION, Interpreter, Workload, gil_enabled, measure_in_turn

KINDS = ("right", "open", "wrong")
KEPT = ("scaling", "cause", "waits", "judged", "points", "sentence")
NO_LAWS: dict[str, Any] = {"threads": [], "karp_flatt": {}, "best": None, "note": None}


@dataclass(frozen=True)
class Row:
    """A statement, the verdicts that are right on any machine, and the causes that may come first."""

    name: str
    setup: str
    statement: str
    verdicts: tuple[str, ...]
    causes: tuple[str | None, ...]
    waits: tuple[str | None, ...] = (None,)
    with_more_cpus: tuple[str | None, ...] = ()
    """Causes that may come first where there are more than two CPUs."""


NO_HELP, LITTLE_HELP = ("hurts", "does-not"), ("hurts", "does-not", "partly")
NO_HELP_WIDTH = 0.2
"""From 0.9 to 1.1: a wider interval can reach across it, and then it stays open also on a quiet machine."""

STRLEN = "import ctypes; strlen = ctypes.CDLL(None).strlen; text = b'x' * {}"
SLEEP = "import threading, time; lock = threading.Lock()"
HASH = "import hashlib, threading; lock = threading.Lock(); data = bytes(1 << {})"
POOL = """
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
pool, work, parts = ThreadPoolExecutor(2), lambda part: sha256(part).digest(), [bytes(1 << 20)] * 8
"""
SQLITE = """
import sqlite3
one = sqlite3.connect(":memory:", check_same_thread=False)
one.execute("create table numbers(n)")
one.executemany("insert into numbers values(?)", [(n,) for n in range(2000)])
"""

A_POOL_OF_ITS_OWN = Row(
    "a pool of its own", POOL, "list(pool.map(work, parts))", LITTLE_HELP, ("own-threads",),
    (None, "each other", "alone"), ("waiting",),  # of more than two CPUs, two threads leave some idle
)  # fmt: skip
A_POOL_FOR_EACH_CALL = Row(
    "a pool for each call", POOL, "with ThreadPoolExecutor(2) as own: list(own.map(work, parts))",
    LITTLE_HELP, ("own-threads",), (None, "each other", "alone"),
)  # fmt: skip

WITH_GIL = (
    Row("strlen, 100 kB", STRLEN.format(100_000), "strlen(text)", LITTLE_HELP, ("hand-over",)),
    Row("strlen, 30 kB", STRLEN.format(30_000), "strlen(text)", LITTLE_HELP, ("hand-over",)),
    Row("crc32, 10 kB", "import zlib; data = bytes(10_000)", "zlib.crc32(data)", LITTLE_HELP, ("hand-over",)),
    Row("a loop", "", "for i in range(1000): pass", NO_HELP, ("gil",)),
    Row("json", "import json; data = list(range(5000))", "json.dumps(data)", NO_HELP, ("gil",)),
    Row("a lock", HASH.format(18), "with lock: hashlib.sha256(data)", NO_HELP, ("waiting",), ("each other",)),
    Row("sqlite3", SQLITE, "one.execute('select sum(n * n) from numbers').fetchall()", LITTLE_HELP,
        ("waiting",), ("each other",)),
    Row("subprocess", "import subprocess", "subprocess.run(['true'])", ("scales", "partly"),
        (None, "cpu", "gil", "hand-over", "waiting"), ("alone",)),
    Row("asyncio", "import asyncio", "asyncio.run(asyncio.sleep(0.001))", ("scales", "partly"),
        (None, "cpu", "gil", "hand-over", "waiting"), ("alone",)),
    Row("a sleep under a lock", SLEEP, "with lock: time.sleep(0.002)", NO_HELP,
        ("waiting",), ("each other",)),
    Row("a sleep that keeps the GIL", "import ctypes; usleep = ctypes.PyDLL(None).usleep", "usleep(2000)",
        NO_HELP, ("gil",), ("alone",)),
    Row("lzma", "import lzma; data = bytes(range(256)) * 200", "lzma.compress(data)", ("partly", "scales"),
        ("gil", "cpu", None)),
    Row("sha256", HASH.format(20), "hashlib.sha256(data)", ("scales",), (None, "cpu")),
    A_POOL_OF_ITS_OWN,
    A_POOL_FOR_EACH_CALL,
)  # fmt: skip

WITHOUT = (
    Row("a shared list", "numbers = [1, 2, 3]", "for i in range(1000): numbers[0]", LITTLE_HELP, ("cpu",)),
    Row("a shared method", "class A:\n    def f(self): pass\na = A()", "for i in range(1000): a.f()",
        LITTLE_HELP, ("cpu",)),
    Row("a shared dict", "d = {}", "for i in range(300): d[i] = i", LITTLE_HELP, ("waiting", "cpu"),
        (None, "each other")),
    Row("a shared set", "s = set()", "for i in range(300): s.add(i)", LITTLE_HELP, ("waiting", "cpu"),
        (None, "each other")),
    Row("a loop", "", "for i in range(1000): pass", ("scales",), (None, "cpu")),
    Row("sha256", HASH.format(20), "hashlib.sha256(data)", ("scales",), (None, "cpu")),
    Row("a sleep under a lock", SLEEP, "with lock: time.sleep(0.002)", NO_HELP,
        ("waiting",), ("each other",)),
    A_POOL_OF_ITS_OWN,
    A_POOL_FOR_EACH_CALL,
)  # fmt: skip


def rows_for(python: Interpreter | None) -> tuple[Row, ...]:
    """Return the statements for an interpreter, by whether it has a GIL; None is this one."""
    has_gil = gil_enabled()
    if python is not None:
        has_gil = not python.name.endswith("t") or python.environment.get("PYTHON_GIL") == "1"
    return WITH_GIL if has_gil else WITHOUT


def wrong(row: Row, form: dict[str, Any]) -> str | None:
    """Return what is wrong in the JSON form of a measurement; None for nothing, also where it stays open."""
    disturbed = any(point["disturbed"] for point in form["points"])
    if form["scaling"] == "inconclusive":
        low, high = form["judged"]["low"], form["judged"]["high"]
        return (
            None
            if disturbed or high - low > NO_HELP_WIDTH
            else f"open, though quiet: {low:.2f} to {high:.2f}"
        )
    if form["scaling"] not in row.verdicts:
        return f"verdict {form['scaling']}: {form['sentence']}"
    more = row.with_more_cpus if form["machine"]["cpus_allowed"] > 2 else ()
    if form["scaling"] != "scales" and form["cause"] not in (*row.causes, *more):
        return f"cause {form['cause']}: {form['sentence']}"
    if not disturbed and form["waits"] not in row.waits:
        return f"waits {form['waits']}: {form['sentence']}"
    return None


def runs(args: argparse.Namespace, done: Counter[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Measure what is still wanted, every statement once before any a second time."""
    began = time.monotonic()
    pythons: list[Interpreter | None] = [find_interpreter(text) for text in args.python]
    for number in range(args.runs):
        for python in pythons or [None]:
            name = this_python() if python is None else python.name
            for row in rows_for(python):
                if done[name, row.name] > number:
                    continue
                if args.minutes and time.monotonic() - began > 60 * args.minutes:
                    return
                workload = Workload(row.statement, row.setup)
                counts = (1, args.threads)
                (found,) = measure_in_turn(workload, [python], counts, budget=args.budget)
                form = measurement_to_json(found, NO_LAWS)
                kept = {key: form[key] for key in KEPT}
                yield {"python": name, "row": row.name, "wrong": wrong(row, form), **kept}


def conditions(args: argparse.Namespace) -> Note:
    """Return what a run is noted with, and has to have been noted with to count."""
    asked = {"threads": args.threads, "busy": args.busy, "budget": args.budget}
    return {**asked, "instrument": INSTRUMENT_VERSION}


def kind(one: dict[str, Any]) -> str:
    """Return ``right``, ``open`` or ``wrong``."""
    if one["wrong"]:
        return "wrong"
    return "open" if one["scaling"] == "inconclusive" else "right"


def main() -> int:
    """Measure, note, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=positive, default=20)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--budget", type=float, default=4.0)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--python", action="append", default=[])
    args = parser.parse_args()
    under = conditions(args)
    noted = taken_under(read_notes(args.file), under)
    done = Counter((one["python"], one["row"]) for one in noted)
    with busy_neighbours(args.busy):
        noted += [add_note(args.file, {**under, **one}) for one in runs(args, done)]
    print(f"{machines(noted)}; {', '.join(f'{name} {value}' for name, value in under.items())}\n")
    table = Counter((one["python"], one["row"], kind(one)) for one in noted)
    cells = [
        [python, row, *(str(table[python, row, told]) for told in KINDS)]
        for python, row in dict.fromkeys((one["python"], one["row"]) for one in noted)
    ]
    all_told = Counter(map(kind, noted))
    cells.append([f"{len(noted)} runs", "", *(str(all_told[told]) for told in KINDS)])
    print(markdown_table(["Python", "statement", *KINDS], cells))
    for one in noted:
        if one["wrong"]:
            print(f"\n{one['python']} {one['row']}: {one['wrong']}")
    return int(any(one["wrong"] for one in noted))


if __name__ == "__main__":
    sys.exit(main())
