"""What `antigil compare` sees on a free-threaded build of commits that make threads wait for each other.

Usage: guard_free_threaded.py FOLDER                compare once more, and note it
       guard_free_threaded.py FOLDER --for 3600     as often as fits in that time
       guard_free_threaded.py FOLDER... --table     what came of it, as Markdown

Each comparison is of one of these, quiet and beside a busy program. `identical` compares a commit with
itself: every loss told there is a false alarm. `shared` compares it with one at which each of five functions
shares among all threads what each thread had for itself:

    references   the object whose reference count goes up and down
    mutex        the lock around two thirds of the work
    tenth        the lock around a tenth of the work, which costs two threads less than the limit of 5 %,
                 and holds more than ten to a speedup of ten
    section      the list that is written to, which the interpreter locks for each write
    counter      the cache line in which is counted

As many threads are measured as there are CPUs to use. With `--kind tenth`, or another of the five, that one
alone is shared and measured, beside the control.

It takes `python3.14t` on the PATH, with which asv makes the environments.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from comparison_runs import outcome, project_in, run, share  # noqa: E402
from free_threaded_project import CHANGES, generate  # noqa: E402
from sample_project import antigil  # noqa: E402
from support import Note, markdown_table, stop  # noqa: E402

KINDS = ("identical", "shared")
VERSION = 2


def compare(folder: Path, kind: str, number: int) -> Note:
    """Compare the first commit with itself or with the last, at which all is shared; or two neighbours."""
    threads = max(2, len(os.sched_getaffinity(0)))

    def first(project: Path) -> list[str]:
        hashes: list[str] = generate(project, threads=threads)
        (project / "threads").write_text(str(threads))
        return hashes

    project, hashes = project_in(folder, first)
    if (project / "threads").read_text() != str(threads):
        stop(f"antigil: error: {folder} was begun on another number of CPUs: take another folder")
    base, head, which = hashes[0], hashes[0] if kind == "identical" else hashes[-1], []
    if kind in CHANGES:
        base, head = hashes[[*CHANGES].index(kind) :][:2]
        which = ["--bench", kind.title(), "--bench", "Loop"]
    words = ["compare", "--no-where", *which, base, head, "--format", "json"]
    done = antigil(project, *words, timeout=None)
    if not done.stdout:
        stop(done.stderr)
    return outcome(done.returncode, json.loads(done.stdout))


def table(found: Iterable[Note], kinds: Sequence[str]) -> str:
    """Return how many comparisons told a loss where there is none, and how many told each that there is."""
    found, rows = list(found), []
    for cpus, neighbour in sorted({(len(one["cpus"]), one["neighbour"]) for one in found}):
        beside = [str(cpus), "one CPU busy" if neighbour else "none"]
        own = [one for one in found if (len(one["cpus"]), one["neighbour"]) == (cpus, neighbour)]
        alarms = [lost(one) for one in own if one["kind"] == "identical"]
        rows.append([*beside, "a false alarm", share(sum(map(bool, alarms)), len(alarms)), ""])
        for name in (*CHANGES, "loop"):
            measured_in = ("shared", name) if name in CHANGES else ("shared", *CHANGES)
            told = [lost(one) for one in own if one["kind"] in measured_in]
            seen = [one[name.title()] for one in told if name.title() in one]
            quantities = ", ".join(sorted(set().union(*seen)))
            what = f"{name} seen" if name in CHANGES else "the control named"
            rows.append([*beside, what, share(len(seen), len(told)), quantities])
    rows = [row for row in rows if row[3] != share(0, 0)]
    return markdown_table(["CPUs", "neighbour", "what", "comparisons", "lost in"], rows)


def lost(note: Note) -> dict[str, set[str]]:
    """Return the quantities in which each workload lost something."""
    by_workload: dict[str, set[str]] = {}
    for workload, quantity, _, told in note["changed"]:
        if told == "lost":
            by_workload.setdefault(workload, set()).add(quantity)
    return by_workload


def is_wrong(note: Note) -> bool:
    """Tell whether a comparison told a loss of what did not change."""
    return bool(lost(note)) if note["kind"] == "identical" else "Loop" in lost(note)


if __name__ == "__main__":
    sys.exit(run(__doc__, KINDS, VERSION, compare, is_wrong, table, tuple(CHANGES)))
