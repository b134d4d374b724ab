"""Disturb measurements whose answers are known, and count the wrong ones.

    python tools/disturb.py FILE [--only NAME ...] [--subjects NAME ...] [--runs 1] [--budget 3]

As root, on Linux with control groups of version 1 or 2, on two CPUs. A measurement is right, marked
(disturbed, or a verdict left open, and what else it says right), refused in one line, or wrong. Each is a
line of FILE (JSON), and a call with the same FILE and budget goes on where it ended. Exit status 1 where any
was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from disturbances import DISTURBANCES, MEASURE, environment
from support import add_note, machines, markdown_table, positive, read_notes, taken_under

from antigil.scaling import INSTRUMENT_VERSION

KINDS = ("right", "marked", "refused", "wrong")
HELD_MARGIN = 0.08
"""The GIL-held share was found so far off beside busy programs (docs/evidence/held-share.md)."""


@dataclass(frozen=True)
class Subject:
    """A statement, and what is known of it in two threads on two CPUs."""

    statement: str
    verdicts: tuple[str, ...]
    speedup: tuple[float, float]
    gil: str
    held: float
    waits: str | None = None


SUBJECTS = {
    "releases": Subject("calcular_sem_gil(600)", ("scales",), (1.8, 2.1), "releases", 0.0),
    "holds": Subject("calcular_com_gil(600)", ("does-not", "hurts"), (0.85, 1.1), "holds", 1.0),
    "partly": Subject("serial_fraction(400_000, 0.6, 20_000)", ("partly",), (1.2, 1.7), "partly", 0.6),
    "sleeps": Subject("sleep_releasing(0.002)", ("scales",), (1.8, 2.1), "releases", 0.0, "alone"),
}


def is_marked(form: dict[str, Any]) -> bool:
    """Tell whether a measurement says of itself that it does not say all."""
    is_open = "inconclusive" in (form["scaling"], form["verdict"])
    return is_open or any(point["disturbed"] for point in form["points"])


def wrong(subject: Subject, form: dict[str, Any]) -> list[str]:
    """Return what a measurement says that is wrong; a disturbed one may say only its verdicts right."""
    low, high = form["gil_held"]["ci99"]
    found = {
        f"verdict {form['scaling']}": form["scaling"] in (*subject.verdicts, "inconclusive"),
        f"GIL {form['verdict']}": form["verdict"] in (subject.gil, "inconclusive"),
        f"held {low:.2f} to {high:.2f}": low - HELD_MARGIN <= subject.held <= high + HELD_MARGIN,
    }
    if not is_marked(form):
        least, most = form["judged"]["low"], form["judged"]["high"]
        found[f"waits {form['waits']}"] = form["waits"] == subject.waits
        found[f"speedup {least:.2f} to {most:.2f}"] = (
            least <= subject.speedup[1] and most >= subject.speedup[0]
        )
    return [words for words, is_right in found.items() if not is_right]


def once(name: str, subject: Subject, budget: float) -> dict[str, Any]:
    """Measure a subject under a disturbance, and return what came of it."""
    command = [*MEASURE, subject.statement, "-t", "1,2", "--budget", str(budget), "--json", "-"]
    begun = time.monotonic()
    pipe = subprocess.PIPE
    with environment(name) as more:
        env = {**os.environ, **more}
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env)
        with DISTURBANCES[name](process.pid):
            said, errors = process.communicate()
    seconds = round(time.monotonic() - begun, 1)
    if process.returncode != 0:
        lines = errors.strip().splitlines()
        is_one_line = len(lines) == 1 and lines[0].startswith("antigil: error:")
        return {"kind": "refused" if is_one_line else "wrong", "words": errors[-500:], "seconds": seconds}
    form = json.loads(said)
    words = wrong(subject, form)
    kind = "wrong" if words else "marked" if is_marked(form) else "right"
    return {"kind": kind, "words": words or form["sentence"], "seconds": seconds}


def main() -> int:
    """Disturb all, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--only", nargs="*", default=list(DISTURBANCES), choices=DISTURBANCES, metavar="NAME")
    parser.add_argument("--subjects", nargs="*", default=list(SUBJECTS), choices=SUBJECTS, metavar="NAME")
    parser.add_argument("--runs", type=positive, default=1)
    parser.add_argument("--budget", type=float, default=3.0)
    args = parser.parse_args()
    under = {"budget": args.budget, "instrument": INSTRUMENT_VERSION}
    done = taken_under(read_notes(args.file), under)
    known = {(one["disturbance"], one["subject"], one["run"]) for one in done}
    todo = [(name, of, i) for i in range(args.runs) for name in args.only for of in args.subjects]
    for name, of, i in todo:
        if (name, of, i) not in known:
            came = once(name, SUBJECTS[of], args.budget)
            done.append(add_note(args.file, {**under, "disturbance": name, "subject": of, "run": i, **came}))
            print(f"{name}, {of}: {came}", file=sys.stderr, flush=True)
    counts = Counter((one["disturbance"], one["kind"]) for one in done)
    rows = [[name, *(str(counts[name, kind]) for kind in KINDS)] for name in args.only]
    print(markdown_table(["disturbance", *KINDS], rows))
    print(f"\n{machines(done)}\n{sum(one['kind'] == 'wrong' for one in done)} wrong")
    return any(one["kind"] == "wrong" for one in done)


if __name__ == "__main__":
    sys.exit(main())
