"""Set what antigil says of statements beside what timeit in threads, py-spy and perf say of them.

    python tools/other_tools.py FILE [--threads 2] [--seconds 3] [--budget 12] [--python PYTHON ...]

The statements, and what is right of them, are those of known_verdicts.py. Each is a line in FILE, so that
a run that was broken off goes on where it was; the table counts those with the same threads, seconds, budget
and version of the instrument. py-spy and perf have to be on the PATH, and permitted to look.

    timeit   n threads repeat the statement at the same time, in one process, five times; the shortest time
             against one thread's is the speedup that somebody without an instrument would go by
    py-spy   in which share of the looks that it was asked for it saw a thread with the GIL (record --gil)
    perf     the functions in which most samples of the CPU clock are, as py-spy with n threads
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from known_verdicts import NO_LAWS, Row, rows_for, wrong
from support import Note, add_note, at_least, machines, markdown_table, read_notes, taken_under, this_python

from antigil.commands.arguments import find_interpreter
from antigil.report.measurement.lines import measurement_to_json
from antigil.scaling import INSTRUMENT_VERSION, Interpreter, Workload, measure_in_turn, speedup_word

RUNNER = """\
import json, sys, threading, time, timeit
asked = json.loads(sys.argv[1])
names = {"__name__": "__main__"}
exec(asked["setup"], names)
timer = timeit.Timer(asked["statement"], globals=names)
calls, taken = timer.autorange()
number = max(1, int(0.2 * calls / taken))

def run(target, n):
    threads = [threading.Thread(target=target) for _ in range(n)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def together(n):
    began = []
    gate = threading.Barrier(n, lambda: began.append(time.perf_counter()))
    def repeat():
        gate.wait()
        timer.timeit(number)
    run(repeat, n)
    return time.perf_counter() - began[0]

if asked["seconds"]:
    print("ready", flush=True)
    end = time.monotonic() + asked["seconds"]
    def go_on():
        while time.monotonic() < end:
            timer.timeit(max(1, number // 20))
    run(go_on, asked["threads"])
else:
    alone, n = min(together(1) for _ in range(5)), asked["threads"]
    print(n * alone / min(together(n) for _ in range(5)))
"""

RATE = 200
"""Samples per second that py-spy is asked for."""


def start(python: Interpreter, row: Row, threads: int, seconds: float) -> subprocess.Popen[str]:
    """Start a process that runs a statement in threads for so long, or times it if that is nothing."""
    asked = {"setup": row.setup, "statement": row.statement, "threads": threads, "seconds": seconds}
    command = [python.executable, "-c", RUNNER, json.dumps(asked)]
    environment = {**os.environ, **python.environment}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def by_timeit(python: Interpreter, row: Row, threads: int) -> float:
    """Return the speedup that timeit in threads shows."""
    return float(start(python, row, threads, 0.0).communicate()[0])


def beside(python: Interpreter, row: Row, threads: int, seconds: float, command: list[str]) -> str | None:
    """Run a command on the process that runs a statement; return what it said, None where it failed."""
    with start(python, row, threads, seconds + 1.0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        asked = [str(process.pid) if word == "PID" else word for word in command]
        done = subprocess.run(asked, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode == 0 else None


def by_py_spy(python: Interpreter, row: Row, threads: int, seconds: float) -> float | None:
    """Return for which share of its looks py-spy saw a thread that had the GIL; None where it cannot look."""
    with tempfile.NamedTemporaryFile("r") as file:
        duration = ["--duration", f"{seconds:.0f}", "--rate", str(RATE)]
        command = ["py-spy", "record", "--gil", *duration, "--format", "raw", "--output", file.name]
        if beside(python, row, threads, seconds, [*command, "--pid", "PID"]) is None:
            return None
        return sum(int(line.rpartition(" ")[2]) for line in file) / (RATE * round(seconds))


def by_perf(python: Interpreter, row: Row, threads: int, seconds: float) -> list[str] | None:
    """Return the two functions in which perf saw most of the CPU time; None where it cannot look."""
    with tempfile.NamedTemporaryFile() as file:
        record = ["perf", "record", "--quiet", "--event", "cpu-clock", "--output", file.name, "--pid", "PID"]
        if beside(python, row, threads, seconds, [*record, "--", "sleep", f"{seconds:.0f}"]) is None:
            return None
        report = ["perf", "report", "--input", file.name, "--stdio", "--sort", "symbol"]
        told = subprocess.run(report, capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in told.splitlines() if line.strip() and not line.startswith("#")]
    return [f"{share} {name}" for share, _, name, *_ in lines[:2]]


def looks(args: argparse.Namespace, done: set[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Look at each statement with each tool, if that has not been done."""
    pythons: list[Interpreter | None] = [find_interpreter(text) for text in args.python]
    for python in pythons or [None]:
        name = this_python() if python is None else python.name
        run_by = python or Interpreter("", sys.executable, {})
        for row in rows_for(python):
            if (name, row.name) in done:
                continue
            workload = Workload(row.statement, row.setup)
            (found,) = measure_in_turn(workload, [python], (1, args.threads), budget=args.budget)
            form = measurement_to_json(found, NO_LAWS)
            yield {
                "python": name,
                "row": row.name,
                "verdicts": row.verdicts,
                "causes": row.causes,
                "ideal": form["judged"]["ideal"],
                "antigil": {"scaling": form["scaling"], "cause": form["cause"], "wrong": wrong(row, form)},
                "timeit": by_timeit(run_by, row, args.threads),
                "py-spy": by_py_spy(run_by, row, args.threads, args.seconds),
                "perf": by_perf(run_by, row, args.threads, args.seconds),
            }


def told(one: dict[str, Any]) -> list[str]:
    """Return a row of the table."""
    word = speedup_word(one["timeit"], (one["timeit"], one["timeit"]), one["ideal"])
    held, functions = one["py-spy"], one["perf"]
    antigil = one["antigil"]
    return [
        one["python"],
        one["row"],
        f"{' or '.join(one['verdicts'])}: {' or '.join(str(cause or 'nothing') for cause in one['causes'])}",
        f"{antigil['scaling']}: {antigil['cause'] or 'nothing'}",
        f"{one['timeit']:.2f}, {word}{'' if word in one['verdicts'] else ' (wrong)'}",
        "cannot look" if held is None else f"{held:.0%}",
        "cannot look" if functions is None else ", ".join(f"`{name}`" for name in functions),
    ]


def count(notes: list[dict[str, Any]]) -> str:
    """Return in how many rows each tool told what is right."""
    right: Counter[str] = Counter()
    for one in notes:
        word = speedup_word(one["timeit"], (one["timeit"], one["timeit"]), one["ideal"])
        antigil = one["antigil"]
        right["antigil"] += not antigil["wrong"] and antigil["scaling"] != "inconclusive"
        right["open"] += not antigil["wrong"] and antigil["scaling"] == "inconclusive"
        right["timeit"] += word in one["verdicts"]
    return (
        f"Of {len(notes)}: antigil told {right['antigil']} with their cause and left {right['open']} open; "
        f"by timeit {right['timeit']} are right, without a cause"
    )


def main() -> None:
    """Look, note, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--threads", type=at_least(2), default=2)
    parser.add_argument("--seconds", type=float, default=3.0, help="for py-spy, and for perf")
    parser.add_argument("--budget", type=float, default=12.0, help="for antigil")
    parser.add_argument("--python", action="append", default=[])
    args = parser.parse_args()
    under: Note = {"threads": args.threads, "seconds": args.seconds, "budget": args.budget}
    under["instrument"] = INSTRUMENT_VERSION
    notes = taken_under(read_notes(args.file), under)
    done = {(one["python"], one["row"]) for one in notes}
    notes += [add_note(args.file, {**under, **one}) for one in looks(args, done)]
    head = ["Python", "statement", "right", "antigil", "timeit", "py-spy: GIL held", "perf"]
    print(f"{machines(notes)}; {', '.join(f'{name} {value}' for name, value in under.items())}\n")
    print(f"{markdown_table(head, list(map(told, notes)))}\n\n{count(notes)}")


if __name__ == "__main__":
    main()
