"""What `antigil compare` says of builds that differ in nothing but where their code lies.

Usage: guard_layouts.py FOLDER                  compare once more, and note it
       guard_layouts.py FOLDER --for 3600       as often as fits in that time
       guard_layouts.py FOLDER... --table       what came of it, as Markdown

A commit that changes nothing measured is still another build. Each comparison takes a head of its own, of one
of three kinds in turn, quiet and beside a busy program; every loss that is told is a false alarm:

    link order   the extension's objects in another order
    padding      a function that nobody calls, of any size up to 4 KiB, at the top of every C file
    docstring    a longer text in the module that has them
"""

import json
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from comparison_runs import outcome, project_in, run  # noqa: E402
from sample_project import antigil, generate_project, git  # noqa: E402
from support import stop  # noqa: E402

FIRST = {
    "released": "_native.calcular_sem_gil(600)",
    "held": "_native.calcular_com_gil(600)",
    "tenth": "serial(0.1)",
    "counter": "count(SLOTS)",
}
BUDGETS = dict.fromkeys([*FIRST, "loop"], 2.0)
KINDS = ("link order", "padding", "docstring")
#: Of the rule and of the layouts: outcomes of another one are counted apart.
VERSION = 2
MOST_PADDING = 4096

#: Bytes that are never run, in a function that the linker keeps.
PADDING = """\
__attribute__((used, noinline)) static void padding(void)
{{
    __asm__ volatile(".skip {size}, 0x90");
}}

"""
DOCUMENTED = "Kernels with a known way of scaling across Python threads."


def compare(folder: Path, kind: str, number: int) -> dict:
    """Compare the first commit with a build of another layout."""
    project, _ = project_in(folder, lambda to: generate_project(to, FIRST, (), BUDGETS))
    head = laid_out(project, kind, number)
    done = antigil(project, "compare", "--no-where", "main", head, "--format", "json", timeout=None)
    if not done.stdout:
        stop(done.stderr)
    return {"number": number, **outcome(done.returncode, json.loads(done.stdout))}


def laid_out(project: Path, kind: str, number: int) -> str:
    """Commit, beside the first commit, what lays the code out anew; return the hash."""
    git(project, "checkout", "-q", "-f", "--detach", "main")  # the one before may have been broken off
    generator = random.Random(f"{VERSION} {kind} {number}")
    sources = sorted((project / "sample").glob("*.c"))
    if kind == "link order":
        names = [f"sample/{source.name}" for source in sources]
        shuffled = generator.sample(names, len(names))
        replace(project / "setup.py", 'sorted(glob("sample/*.c"))', repr(shuffled))
    elif kind == "padding":
        for source in sources:
            padding = PADDING.format(size=generator.randint(1, MOST_PADDING))
            source.write_text(padding + source.read_text())
    else:
        longer = f"{DOCUMENTED} {'x' * generator.randint(1, MOST_PADDING)}"
        replace(project / "sample/module.c", DOCUMENTED, longer)
    git(project, "commit", "-q", "-a", "-m", f"build: {kind} {number}")
    hash_ = git(project, "rev-parse", "HEAD")
    git(project, "branch", "-f", f"{kind.replace(' ', '-')}-{number}", hash_)
    git(project, "checkout", "-q", "main")
    return hash_


def replace(file: Path, old: str, new: str) -> None:
    """Replace a text that has to be there."""
    text = file.read_text()
    if old not in text:
        stop(f"antigil: error: {file.name} has no {old!r}")
    file.write_text(text.replace(old, new))


if __name__ == "__main__":
    sys.exit(run(__doc__, KINDS, VERSION, compare))
