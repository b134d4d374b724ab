"""How often `antigil bisect` finds the commit, in histories of 64 commits, beside a busy program.

Usage: bisect_histories.py FOLDER                   look in the next history, some minutes, and note it
       bisect_histories.py FOLDER --for 3600        as many as fit in so many seconds
       bisect_histories.py FOLDER --table           what came of it, as Markdown

Each history is the tests' own project with a C extension, of one function and the control. The commit that
loses the pair of macros, or brings a serial fraction of a tenth, stands where a generator with the history's
number as its seed puts it; the other 63 change nothing that is measured. Exit status 1 where another commit
was named.
"""

import argparse
import json
import random
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from sample_project import CHANGES, FIRST, antigil, generate_project  # noqa: E402
from support import add_note, busy_neighbours, machines, markdown_table, read_notes, stop  # noqa: E402

COMMITS = 64
#: In turn; seconds of measuring for each commit.
LOSSES = {"macros": 2.0, "tenth": 4.0}


def main():
    """Look in histories, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", default=0.0)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    notes = args.folder / "histories.jsonl"
    done = read_notes(notes)
    if args.table:
        print(f"{machines(done)}\nOne busy program beside it\n\n{table(done)}")
        return int(any(map(is_wrong, done)))
    began, longest = time.monotonic(), 0.0
    while True:
        before = time.monotonic()
        note = look(args.folder.resolve() / "project", len(done))
        note["seconds"] = time.monotonic() - before
        done.append(add_note(notes, note))
        print(json.dumps(done[-1]), flush=True)
        longest = max(longest, note["seconds"])
        if time.monotonic() - began + longest > args.seconds:
            return int(any(map(is_wrong, done)))


def is_wrong(note):
    """Tell whether another commit was named."""
    return note["status"] == 1 and note["found"] != [note["culprit"]]


def look(project, number):
    """Generate a history and look in it; the environments of the one before are kept."""
    function = list(LOSSES)[number % len(LOSSES)]
    culprit = random.Random(number).randint(1, COMMITS)
    kept = project.with_name("env")
    if (project / "env").exists():
        (project / "env").rename(kept)
    shutil.rmtree(project, ignore_errors=True)
    (loss,) = [change for change in CHANGES if change[1] == function]
    nothing = ("docs: say nothing new", None, "")
    changes = [loss if i == culprit else nothing for i in range(1, COMMITS + 1)]
    budgets = {function: LOSSES[function], "loop": LOSSES[function]}
    hashes = generate_project(project, {function: FIRST[function]}, changes, budgets)
    if kept.exists():
        kept.rename(project / "env")
    with busy_neighbours(1):
        words = ("bisect", hashes[0], hashes[-1], f"work.{function.title()}", "--format", "json")
        done = antigil(project, *words, timeout=3600)
    if not done.stdout:
        stop(done.stderr)
    found = json.loads(done.stdout)
    return {
        "history": number,
        "loss": function,
        "culprit": culprit,
        "status": done.returncode,
        "found": [hashes.index(one["hash"]) for one in found["suspects"]],
        "comparisons": len(found["steps"]),
        "unanswered": sum(step["lost"] is None for step in found["steps"]),
    }


def table(done):
    """Return what came of the histories, by what was lost."""
    rows = []
    for loss in LOSSES:
        own = [note for note in done if note["loss"] == loss]
        right = sum(note["status"] == 1 and note["found"] == [note["culprit"]] for note in own)
        wrong = sum(map(is_wrong, own))
        counts = [note["comparisons"] for note in own]
        minutes = sum(note["seconds"] for note in own) / 60 / max(1, len(own))
        told = f"{min(counts)} to {max(counts)}" if counts else ""
        row = [len(own), right, wrong, len(own) - right - wrong, told, f"{minutes:.0f} min"]
        rows.append([loss, *map(str, row)])
    head = ["what was lost", "histories", "found", "another named", "not told", "comparisons", "each"]
    return markdown_table(head, rows)


if __name__ == "__main__":
    sys.exit(main())
