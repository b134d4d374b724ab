"""Kill the tracking's commands with SIGKILL at random moments, and tell what was lost: nothing.

    python tools/kill_tracking.py [--times 200] [--outcomes FILE] [--seed 1] [--folder FOLDER]

The six commands take turns. Each time one is started with something stored to lose, killed with all that it
started after a random part of the time that it takes, looked at for results that are lost, changed or half
written, and started again, which has to complete the work. Each outcome is a line of FILE (JSON), and a call
with the same FILE goes on where it ended. Exit status 1 where something was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from support import add_note, machines, markdown_table, positive, read_notes, stop

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "reliability"))

from tracked import SUBJECTS


def once(subject, seconds: float) -> dict[str, object]:
    """Kill a command once; return what came of it."""
    subject.begin()
    before = subject.kept()
    at_work = subject.killed_after(seconds)
    problems = subject.damage(before)
    status, said = subject.run()
    try:
        subject.complete()
        subject.kept()
    except (AssertionError, OSError, ValueError) as error:
        problems.append(f"not completed: {error!r}: {said[-300:]}")
    return {"at_work": at_work, "status": status, "problems": problems}


def main() -> int:
    """Kill as often as asked, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=positive, default=200)
    parser.add_argument("--outcomes", type=Path, default=Path("kill_tracking.jsonl"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    done = read_notes(args.outcomes)
    subjects, seconds, names = {}, {}, list(SUBJECTS)
    kept = (
        contextlib.nullcontext(args.folder) if args.folder else tempfile.TemporaryDirectory(prefix="killed-")
    )
    with kept as folder:
        for i in range(len(done), args.times):
            name = names[i % len(names)]
            if name not in subjects:
                place = Path(folder) / f"{i}-{name.replace(' ', '-')}"
                if place.exists():
                    stop(f"antigil: error: {place} is there already: delete it, or name another --folder")
                subject = subjects[name] = SUBJECTS[name](place)
                subject.begin()
                began = time.monotonic()
                subject.run()
                seconds[name] = time.monotonic() - began
            moment = random.Random(f"{args.seed} {i}").uniform(0.0, seconds[name])
            came = once(subjects[name], moment)
            done.append(add_note(args.outcomes, {"command": name, "moment": round(moment, 3), **came}))
            print(i + 1, done[-1], flush=True)
    report(done)
    return int(any(one["problems"] for one in done))


def report(done: list[dict[str, object]]) -> None:
    """Print how often each command was killed, and what was lost."""
    killed = Counter(one["command"] for one in done)
    at_work = Counter(one["command"] for one in done if one["at_work"])
    lost = Counter(one["command"] for one in done if one["problems"])
    rows = [[f"`{name}`", str(n), str(at_work[name]), str(lost[name])] for name, n in killed.items()]
    print(markdown_table(["command", "killed", "while at work", "with a loss"], rows))
    print(machines(done))


if __name__ == "__main__":
    sys.exit(main())
