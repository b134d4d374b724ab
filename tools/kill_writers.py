"""Let eight processes store to one bare repository at once, kill two of them, and tell what was lost.

    python tools/kill_writers.py [--rounds 50] [--outcomes FILE] [--seed 1]

In each round every writer has three commits' results of its own, and the machine and the suite in common with
the others. The repository is served by ``git daemon``, so that it outlives a client.
A dead writer's results have to be on the branch whole or not at all, and whole once it is started again. Each
outcome is a line of FILE (JSON), and a call with the same FILE goes on where it ended. Exit status 1 where
something was lost or stored twice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from support import add_note, machines, markdown_table, positive, read_notes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "reliability"))

from writers import DYING, WRITERS, Storing, served


def main() -> int:
    """Store as often as asked, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=positive, default=50)
    parser.add_argument("--outcomes", type=Path, default=Path("kill_writers.jsonl"))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    done = read_notes(args.outcomes)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as address:
        storing = Storing(Path(folder), address)
        began = time.monotonic()
        storing.round("warm up", 0.0)
        longest = max(2.0, (time.monotonic() - began) / 2)
        for i in range(len(done), args.rounds):
            done.append(add_note(args.outcomes, storing.round(f"{args.seed} {i}", longest)))
            print(i + 1, done[-1], flush=True)
    killed, lost = sum(one["at_work"] for one in done), sum(bool(one["problems"]) for one in done)
    row = [str(len(done)), str(WRITERS), str(DYING * len(done)), str(killed), str(lost)]
    head = ["rounds", "writers", "killed", "while at work", "rounds with a loss or a result stored twice"]
    print(markdown_table(head, [row]))
    print(machines(done))
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
