"""What `antigil compare` sees on a free-threaded build of commits that make threads wait for each other.

Usage: guard_free_threaded.py FOLDER                compare once more, and note it
       guard_free_threaded.py FOLDER --for 3600     as often as fits in that time
       guard_free_threaded.py FOLDER... --table     what came of it, as Markdown

Each comparison is of one of these in turn, quiet and beside a busy program. `identical` compares a commit
with itself, and every loss told there is a false alarm; the others change one function from what each thread
has for itself to what all threads share:

    references   the object whose reference count goes up and down
    mutex        the lock around a tenth of the work
    section      the list that is written to, which the interpreter locks for each write
    counter      the cache line in which is counted

It takes `python3.14t` on the PATH, with which asv makes the environments.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from comparison_runs import outcome, run  # noqa: E402
from free_threaded_project import CHANGES, generate  # noqa: E402
from sample_project import antigil  # noqa: E402

VERSION = 1


def compare(folder: Path, kind: str, number: int) -> dict:
    """Compare a commit with the one before it, or the first with itself."""
    project = folder / "project"
    if not (project / "hashes").exists():
        (project / "hashes").write_text("\n".join(generate(project)))
    hashes = (project / "hashes").read_text().split()
    place = 0 if kind == "identical" else 1 + list(CHANGES).index(kind)
    done = antigil(
        project, "compare", hashes[max(0, place - 1)], hashes[place], "--format", "json", timeout=None
    )
    if not done.stdout:
        raise SystemExit(done.stderr)
    return outcome(done.returncode, json.loads(done.stdout))


if __name__ == "__main__":
    run(__doc__, ("identical", *CHANGES), VERSION, compare)
