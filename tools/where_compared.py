"""How often `antigil compare` names the function that a commit made hold the GIL.

Usage: where_compared.py FOLDER                one, in one to three minutes, noted in FOLDER/runs.jsonl
       where_compared.py FOLDER --for 3600     as many as fit in so many seconds
       where_compared.py FOLDER --count        what came of all of them

The project in FOLDER is tests/guard/reader_project.py: its second commit calls the C function `parse_header`
with the GIL held, which takes two fifths of a call. A run counts where the loss is confirmed, and
`parse_header` comes first among the functions whose held share changed. A run may be ended, and goes on where
it was. Exit status 1 where a confirmed loss named another function first.
"""

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from comparison_runs import project_in  # noqa: E402
from reader_project import generate_reader  # noqa: E402
from sample_project import antigil  # noqa: E402
from support import add_note, machines, read_notes, stop  # noqa: E402


def main():
    """Compare, or count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", default=0.0)
    parser.add_argument("--count", action="store_true")
    args = parser.parse_args()
    notes = args.folder.resolve() / "runs.jsonl"
    if args.count:
        print(f"{machines(read_notes(notes))}\n{count(notes)}")
        return int(any(map(is_wrong, read_notes(notes))))
    project, (base, head) = project_in(args.folder.resolve(), generate_reader)
    began, longest = time.monotonic(), 0.0
    while True:
        before = time.monotonic()
        note = compared(project, base, head)
        note["seconds"] = round(time.monotonic() - before, 1)
        print(json.dumps(add_note(notes, note)), flush=True)
        longest = max(longest, note["seconds"])
        if time.monotonic() - began + longest > args.seconds:
            return int(any(map(is_wrong, read_notes(notes))))


def compared(project, base, head):
    """Compare both commits; return the exit status and what is told of the functions."""
    done = antigil(project, "compare", base, head, "--processes", "5", "--format", "json", timeout=3600)
    if not done.stdout:
        stop(done.stderr)
    (comparison,) = json.loads(done.stdout)["comparisons"]
    (read,) = (one for one in comparison["workloads"] if not one["control"])
    losses = (read["where"] or {"losses": []})["losses"]
    held = next((one for one in losses if one["loss"] == "held"), {"functions": []})
    told = [
        [f["name"], round(f["before"]["value"], 3), round(f["after"]["value"], 3)] for f in held["functions"]
    ]
    return {"status": done.returncode, "held": told, "notes": comparison["notes"]}


def is_wrong(run):
    """Tell whether another function than the one that changed is named first."""
    return run["status"] == 1 and bool(run["held"]) and run["held"][0][0] != "parse_header"


def count(notes):
    """Return how many runs confirmed the loss, and how many named the function first."""
    runs = read_notes(notes)
    confirmed = [one for one in runs if one["status"] == 1]
    named = [one for one in confirmed if one["held"] and one["held"][0][0] == "parse_header"]
    others = sorted({name for one in confirmed for name, *_ in one["held"]} - {"parse_header"})
    return (
        f"{len(runs)} runs, {len(confirmed)} confirmed the loss, {len(named)} of them named `parse_header`"
        f" first; others named: {', '.join(others) or 'none'}"
    )


if __name__ == "__main__":
    sys.exit(main())
