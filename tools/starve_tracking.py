"""Run the tracking's commands with the disk full, read-only, or the clock set back, and tell what was lost.

    python tools/starve_tracking.py [--rounds 3] [--outcomes FILE] [--seed 1]

As root, with ``faketime`` installed. Each command has a file system of its own in memory, which is filled up
to a random rest of at most 64 kB, mounted read-only, or used by a clock that is two years behind. Then it
is started again where nothing is in its way, which has to complete the work. Each outcome is a line of FILE
(JSON), and a call with the same FILE goes on where it ended. Exit status 1 where something was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from support import add_note, machines, markdown_table, positive, read_notes, stop

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "reliability"))

from tracked import SUBJECTS, Subject


@contextlib.contextmanager
def disk_full(folder: Path, rest: int) -> Iterator[tuple[str, ...]]:
    """Fill the disk but for a rest of some bytes."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        os.truncate(filler, max(0, filler.stat().st_size - rest))
        yield ()
    finally:
        filler.unlink(missing_ok=True)


@contextlib.contextmanager
def mounted_read_only(folder: Path, rest: int) -> Iterator[tuple[str, ...]]:
    """Take the right to write from the whole disk."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    try:
        yield ()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


@contextlib.contextmanager
def clock_set_back(folder: Path, rest: int) -> Iterator[tuple[str, ...]]:
    """Let the command's clock be two years behind."""
    yield ("faketime", "-f", "-2y")


CONDITIONS = {"disk full": disk_full, "read-only": mounted_read_only, "clock set back": clock_set_back}


@contextlib.contextmanager
def file_system() -> Iterator[Path]:
    """Provide a file system in memory."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def once(subject: Subject, folder: Path, condition: str, rest: int) -> dict[str, object]:
    """Run a command once under a condition, and once without; return what came of it."""
    subject.begin()
    before = subject.kept()
    with CONDITIONS[condition](folder, rest) as words:
        status, said = subject.run(words)
        problems = subject.damage(before)
    if "antigil" in subject.words()[0] and "Traceback" in said:
        problems.append(f"more than one line: {said[-300:]}")
    again, said = subject.run()
    try:
        subject.complete()
        problems += subject.damage(before)
    except (AssertionError, OSError, ValueError) as error:
        problems.append(f"not completed: {error!r}: {said[-300:]}")
    return {"status": status, "again": again, "problems": problems}


def main() -> int:
    """Try each command under each condition, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--outcomes", type=Path, default=Path("starve_tracking.jsonl"))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    done = read_notes(args.outcomes)
    known = {(one["command"], one["condition"], one["round"]) for one in done}
    for name in SUBJECTS:
        todo = [(c, i) for i in range(args.rounds) for c in CONDITIONS if (name, c, i) not in known]
        if not todo:
            continue
        if os.geteuid() != 0 or shutil.which("faketime") is None:
            stop("antigil: error: this has to be root, and wants faketime: apt install faketime")
        with file_system() as folder:
            subject = SUBJECTS[name](folder / "it")
            for condition, i in todo:
                rest = random.Random(f"{args.seed} {name} {i}").randrange(65_536)
                came = once(subject, folder, condition, rest)
                note = {"command": name, "condition": condition, "round": i, **came}
                done.append(add_note(args.outcomes, note))
                print(done[-1], flush=True)
    tried = Counter((one["condition"], bool(one["status"])) for one in done)
    lost = Counter(one["condition"] for one in done if one["problems"])
    rows = [[c, str(tried[c, True] + tried[c, False]), str(tried[c, True]), str(lost[c])] for c in CONDITIONS]
    print(markdown_table(["condition", "runs", "refused or failed", "with a loss"], rows))
    print(machines(done))
    return int(any(one["problems"] for one in done))


if __name__ == "__main__":
    sys.exit(main())
