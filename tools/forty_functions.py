"""Measure forty functions of the kinds that others write, whose truth was stated beforehand.

    python tools/forty_functions.py FILE --python PYTHON [--busy N] [--only NAME ...]
    python tools/forty_functions.py --table FILE ...

The functions, and what is true of each with and without a GIL, stand in forty_functions.toml. Each is
measured by ``antigil measure`` under PYTHON, and then each of its assertions is made there by a small script;
with --busy as many other programs want a CPU. Each function is a line in FILE, so that a run that was broken
off goes on where it was. A function is right where all that was told of it is, and open where something was
left open and nothing was wrong. The truths are those of two CPUs. The table is Markdown; exit status 1 where
a function is wrong by this version of the instrument.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forty_truths import (
    LIMIT_SECONDS,
    MARK,
    Ended,
    Function,
    Json,
    check_measured,
    check_word,
    functions,
    lines,
)
from support import add_note, busy_neighbours, machine, machines, markdown_table, read_notes, taken_under

from antigil.scaling import INSTRUMENT_VERSION

RESULTS = ("right", "open", "wrong")
ABOUT = """
import importlib.util, json, platform, sys
from antigil.scaling import INSTRUMENT_VERSION
packages = [name for name in sys.argv[1:] if importlib.util.find_spec(name)]
for name in packages:
    __import__(name)  # a package may enable the GIL
kind = "gil" if getattr(sys, "_is_gil_enabled", lambda: True)() else "nogil"
python = platform.python_version()
print(json.dumps({"kind": kind, "python": python, "instrument": INSTRUMENT_VERSION, "packages": packages}))
"""


def processes_of(session: int) -> list[int]:
    """Return the processes of a session that have not ended."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            state, _, _, its_session, *_ = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            if state != b"Z" and int(its_session) == session:
                found.append(int(entry.name))
    return found


def end(session: int, patience_seconds: float) -> None:
    """Wait for a session's processes to end by themselves, and then end what is left."""
    for number, seconds in ((0, patience_seconds), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0)):
        for process in processes_of(session):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        until = time.monotonic() + seconds
        while processes_of(session) and time.monotonic() < until:
            time.sleep(0.05)


def execute(command: Sequence[str], folder: str, seconds: float) -> Ended:
    """Run a command in a session of its own; its output goes to files, which no stray child keeps open."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "ANTIGIL"))}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end(process.pid, 0.0 if process.poll() is None else 3.0)
            process.wait()
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Ended(status, *texts)


def asserted(function: Function, call: str, python: str, folder: str, seconds: float) -> Json:
    """Return how an assertion ended in a process of its own, and what was said."""
    if seconds < 1.0:
        return {"call": call, "outcome": "no time left", "message": ""}
    script = Path(folder, "asserted.py")
    script.write_text(function.script(call))
    ended = execute([python, str(script)], folder, seconds)
    marks = [line for line in ended.output.splitlines() if line.startswith(MARK)]
    outcome, message = f"died:{ended.status}", ended.errors
    if ended.status is None:
        outcome = "timed out"
    elif marks:
        outcome, message = json.loads(marks[-1].removeprefix(MARK))
    return {"call": call, "outcome": outcome, "message": message}


def measured(function: Function, kind: str, python: str) -> Json:
    """Measure a function, assert of it, and return what was told and what of it is right."""
    began = time.monotonic()
    end_by = began + LIMIT_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "found.json")
        forget(function)
        ended = execute(function.command(python, output), folder, LIMIT_SECONDS)
        found: Json = json.loads(output.read_text()) if output.exists() else {}
        checks = check_measured(function, kind, ended, found)
        outcomes = []
        for assertion in function.assertions:
            forget(function)
            one = asserted(function, assertion["call"], python, folder, end_by - time.monotonic())
            outcomes.append(one)
            left_open = one["outcome"] if one["outcome"] == "no time left" else "skip"
            checks.append(check_word(one["call"], one["outcome"], assertion[kind], left_open))
        forget(function)
    results = {one["result"] for one in checks}
    return {
        "result": next(result for result in reversed(RESULTS) if result in results),
        **{key: found.get(key) for key in ("verdict", "scaling", "sentence")},
        "held": (found.get("gil_held") or {}).get("share"),
        "stderr": ended.errors,
        "asserts": outcomes,
        "checks": checks,
        "seconds": round(time.monotonic() - began, 1),
    }


def forget(function: Function) -> None:
    """Remove the folder that the set-up makes, where a process was ended before it could."""
    if function.makes:
        shutil.rmtree(function.makes, ignore_errors=True)


def asked(python: str, packages: Sequence[str]) -> Json:
    """Return what an interpreter says of itself: whether it has a GIL, versions, packages."""
    with tempfile.TemporaryDirectory() as folder:
        ended = execute([python, "-c", ABOUT, *packages], folder, LIMIT_SECONDS)
    if ended.status != 0:
        raise SystemExit(f"{python}: {ended.errors.strip() or 'no answer'}")
    about: Json = json.loads(ended.output)
    return about


def measure_missing(args: argparse.Namespace, wanted: Sequence[Function]) -> None:
    """Measure the functions that the file lacks, and note each as soon as it is measured."""
    (path,) = args.files
    about = asked(args.python, sorted({name for one in wanted for name in one.needs}))
    under = {"busy": args.busy, **{key: about[key] for key in ("kind", "python", "instrument")}}
    done = {row["name"] for row in taken_under(read_notes(path), under)}
    python = f"Python {about['python']} ({about['kind']})"
    print(f"{python}, beside {args.busy} busy programs; measured from {machine()}\n")
    with busy_neighbours(args.busy):
        for function in wanted:
            missing = set(function.needs).difference(about["packages"])
            if missing:
                print(f"{function.name}: left out, {args.python} has no {' and '.join(sorted(missing))}")
            elif function.name not in done:
                came = measured(function, about["kind"], args.python)
                row = add_note(path, {"name": function.name, **under, **came})
                print(f"{function.name}: {row['result']}", flush=True)


def reasons(row: Json) -> str:
    """Return why a function is wrong or open, and what was said of it."""
    doubtful = [one for one in row["checks"] if one["result"] != "right"]
    calls = {one["what"] for one in doubtful}
    said = [one.get("message") for one in row["asserts"] if one["call"] in calls]
    items = [f"{one['what']}: {seen_as_text(one['seen'])}; right is {one['accept']}" for one in doubtful]
    items += [" / ".join(lines(text)[-3:]) for text in (row["sentence"] or row["stderr"], *said) if text]
    head = f"{row['name']}, {row['kind']}, {row['busy']} busy programs, {row['result']}:\n"
    return "\n".join([head, *(f"- {item}" for item in items)])


def seen_as_text(seen: Any) -> str:
    """Return what was seen of something, a held share with its interval."""
    if not isinstance(seen, dict):
        return str(seen)
    interval = " to ".join(f"{bound:.3f}" for bound in seen["ci99"] or () if bound is not None)
    return f"{seen['share']:.3f} ({interval or 'no interval'})"


def report(rows: Sequence[Json]) -> str:
    """Return how many functions were right, open and wrong, and why those that were not right."""

    def conditions(row: Json) -> tuple[str, str, str, int]:
        return row["kind"], row["python"], row.get("instrument", "not noted"), row["busy"]

    counts = Counter((*conditions(row), row["result"]) for row in rows)
    cells = []
    for under in sorted(set(map(conditions, rows))):
        told = [counts[*under, result] for result in RESULTS]
        cells.append([*map(str, (*under, *told)), str(sum(told))])
    table = markdown_table(["kind", "Python", "instrument", "busy programs", *RESULTS, "of"], cells)
    return "\n\n".join([machines(rows), table, *(reasons(row) for row in rows if row["result"] != "right")])


def interpreter(text: str) -> str:
    """Read an interpreter from the command line; links stay, since one leads out of its environment."""
    found = shutil.which(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"no such interpreter: {text!r}")
    return os.path.abspath(found)


def main() -> int:
    """Measure what is missing, or only print the table."""
    known = {function.name: function for function in functions()}
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--table", action="store_true", help="measure nothing, only print the table")
    parser.add_argument("--python", type=interpreter, help="the interpreter, which has antigil")
    parser.add_argument("--busy", type=int, default=0, help="programs that keep a CPU busy each")
    parser.add_argument("--only", nargs="+", choices=known, default=list(known), metavar="NAME")
    args = parser.parse_args()
    if not args.table:
        if args.python is None or len(args.files) > 1:
            parser.error("to measure, name one FILE and --python")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            measure_missing(args, [known[name] for name in args.only])
        except KeyboardInterrupt:
            sys.exit("interrupted; the same command goes on where this stopped")
    rows = [row for path in args.files for row in read_notes(path)]
    print(report(rows))
    return int(any(row["result"] == "wrong" for row in taken_under(rows, {"instrument": INSTRUMENT_VERSION})))


if __name__ == "__main__":
    sys.exit(main())
