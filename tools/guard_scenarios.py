"""What `antigil compare` and `antigil alert` say of a project whose commits do one known thing each.

Usage: guard_scenarios.py FOLDER                do the next step, one to three minutes, and note it
       guard_scenarios.py FOLDER --for 3600     as many steps as fit in so many seconds
       guard_scenarios.py FOLDER --table        what came of it, as Markdown

FOLDER gets the tests' own project with a C extension and all its functions, among them the article's before
and after, serial fractions of 5, 10 and 25 %, a lock around a shared counter, a lost pair of macros, a thread
that becomes slower, and a commit that changes nothing. A step compares a commit with the one before it,
or measures a commit for the history; after the last one the alert looks at the history. Exit status 1 where
something is named that the commit did not change.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from comparison_runs import project_in  # noqa: E402
from sample_project import CHANGES, FIRST, antigil, generate_project  # noqa: E402
from support import add_note, machines, markdown_table, own_home, read_notes, stop  # noqa: E402

from antigil.scaling import INSTRUMENT_VERSION  # noqa: E402

#: Seconds of measuring for each commit; 5 % needs what the suites of antigil take.
BUDGETS = {**dict.fromkeys([*FIRST, "loop"], 3.0), "twentieth": 8.0}


def main():
    """Do steps, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", default=0.0)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    notes = args.folder / "steps.jsonl"
    done = read_notes(notes)
    if args.table:
        print(f"{machines(done)}\n\n{table(done)}")
        return int(any(map(is_wrong, done)))
    if any(one.get("instrument") != INSTRUMENT_VERSION for one in done):
        stop(f"antigil: error: {args.folder} is of another version of the instrument: take another folder")
    project, hashes = project_in(args.folder.resolve(), lambda to: generate_project(to, budgets=BUDGETS))
    began, longest = time.monotonic(), 0.0
    for kind, place in steps(len(hashes))[len(done) :]:
        before = time.monotonic()
        note = {
            "instrument": INSTRUMENT_VERSION,
            "kind": kind,
            "place": place,
            **KINDS[kind](project, hashes, place),
        }
        note["seconds"] = time.monotonic() - before
        print(json.dumps(add_note(notes, note)), flush=True)
        longest = max(longest, note["seconds"])
        if time.monotonic() - began + longest > args.seconds:
            break
    return int(any(map(is_wrong, read_notes(notes))))


def is_wrong(note):
    """Tell whether something is named that the commit did not change, the control among it."""
    named = note.get("alerts", [[note["place"], name, None] for name in note.get("found", {})])
    return any(place < 1 or name.lower() != CHANGES[place - 1][1] for place, name, _ in named)


def steps(commits):
    """Return every step, in order: its kind, and the place of its commit in the history."""
    pairs = [("compare", place) for place in range(1, commits)]
    return [*pairs, *[("measure", place) for place in range(commits)], ("alert", None)]


def compare(project, hashes, place):
    """Compare a commit with the one before it."""
    done = antigil(project, "compare", hashes[place - 1], hashes[place], "--format", "json")
    if not done.stdout:
        stop(done.stderr)
    workloads = [one for c in json.loads(done.stdout)["comparisons"] for one in c["workloads"]]
    found = {
        one["name"].rpartition(".")[2]: sorted({row["outcome"] for row in one["rows"]} - {"same", "passing"})
        for one in workloads
    }
    return {"status": done.returncode, "found": {name: what for name, what in found.items() if what}}


def measure(project, hashes, place):
    """Measure a commit for the history."""
    env = own_home(project.parent)
    for words in (["machine", "--yes"], ["run", "--record-samples", f"{hashes[place]}^!"]):
        done = subprocess.run(
            [sys.executable, "-m", "asv", *words],
            cwd=project, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            stop(done.stdout + done.stderr)
    return {}


def alert(project, hashes, place):
    """Look along the measured history."""
    done = antigil(project, "alert", "--format", "json")
    if not done.stdout:
        stop(done.stderr)
    alerts = [
        [hashes.index(one["commit"]["hash"]), one["workload"].rpartition(".")[2], one["standing"]]
        for one in json.loads(done.stdout)["alerts"]
    ]
    return {"status": done.returncode, "alerts": alerts}


KINDS = {"compare": compare, "measure": measure, "alert": alert}


def table(done):
    """Return, for every commit, what both commands say."""
    told = next((one["alerts"] for one in done if one["kind"] == "alert"), None)
    compared = {one["place"]: one for one in done if one["kind"] == "compare"}
    rows = []
    for place, (subject, _, _) in enumerate(CHANGES, start=1):
        one = compared.get(place)
        said = "not measured"
        if one is not None:
            found = ", ".join(f"{name} {' and '.join(what)}" for name, what in one["found"].items())
            said = f"{found or 'nothing'} (exit status {one['status']})"
        named = "not measured"
        if told is not None:
            named = ", ".join(f"{name} {what}" for at, name, what in told if at == place) or "nothing"
        rows.append([subject, said, named])
    return markdown_table(["commit", "`antigil compare`", "`antigil alert`"], rows)


if __name__ == "__main__":
    sys.exit(main())
