"""git, which no other module of the package runs, and what antigil asks of it.

`run` runs it and returns what it answered, whatever that is; the functions below each ask one thing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from antigil.errors import UserError

NOTHING: Mapping[str, str] = {}

#: The hash of a tree without files, which git knows in every repository.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

#: A commit's whole name.
HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

#: Of every submodule, whatever the configuration says, and without a program of the user's.
DIFF = ("diff", "--ignore-submodules=none", "--no-ext-diff", "--quiet")

#: How git tells a hook which repository runs it; every git started there takes that for its own.
OF_A_HOOK = (
    *("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)


@dataclass(frozen=True)
class GitOutput:
    """What git said, and its exit status."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True)
class Described:
    """What git tells of a commit; `date` (the author's, as asv takes it) in milliseconds since 1970."""

    subject: str
    author: str
    date: int


def leave_hook() -> None:
    """Have git find repositories by folder: in a hook, asv would check out commits in the user's own."""
    for name in OF_A_HOOK:
        os.environ.pop(name, None)


def run(
    folder: Path | str | None, *words: str, said: str = "", environment: Mapping[str, str] = NOTHING
) -> GitOutput:
    """Run git in a folder (the current one if None).

    Parameters
    ----------
    said
        What git reads from its standard input.
    environment
        Variables beside those of this process.
    """
    where = [] if folder is None else ["-C", str(folder)]
    done = subprocess.run(
        ["git", *where, *words],
        input=said.encode(),
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    output, errors = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    return GitOutput(done.returncode, output, errors)


def describe_commits(folder: Path | str, hashes: Iterable[str]) -> dict[str, Described]:
    """Return what git knows of each commit that is here; nothing if git fails."""
    # git minds --ignore-missing only in what it is told after it
    words = ["log", "--ignore-missing", "--no-walk=unsorted", "--stdin", "--encoding=UTF-8"]
    asked = "\n".join(hashes)
    if not asked:
        return {}
    output = run(folder, *words, "--format=%H%x00%s%x00%an%x00%at", said=asked).output
    rows = (line.split("\0") for line in output.split("\n"))
    return {row[0]: _described(*row[1:]) for row in rows if len(row) == 4}


def _described(subject: str, author: str, seconds: str) -> Described:
    """Return one commit; git leaves a date empty that it cannot read."""
    return Described(subject, author, int(seconds or 0) * 1000)


def commit_named(folder: Path | str, name: str) -> str | None:
    """Return the hash of the commit that a name stands for, or None if there is none here.

    What stands for several, such as a range, stands for none.
    """
    found = _found(run(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"))
    return found if found is not None and HASH.fullmatch(found) else None


def merge_base(folder: Path | str, one: str, other: str) -> str | None:
    """Return the last commit that two have in common, if there is one here."""
    return _found(run(folder, "merge-base", one, other))


def _found(answer: GitOutput) -> str | None:
    """Return what git found, or None if there is no such thing; if it could not look, pass on its reason."""
    lines = answer.errors.splitlines()
    if answer.status not in (0, 1) and lines:  # it is without a word where a log ends before main@{99}
        fatal = next((line for line in lines if line.startswith("fatal: ")), lines[0])
        raise UserError(f"git: {fatal.removeprefix('fatal: ')}")
    return answer.output.strip() if answer.status == 0 else None


def merged_tags(folder: Path | str, commit: str) -> set[str]:
    """Return the names of all tags of a commit and of those before it, on any branch; none if git fails."""
    words = ("for-each-ref", "--merged", commit, "--format=%(refname:strip=2)", "refs/tags")
    return set(run(folder, *words).output.splitlines())


def differ(folder: Path | str, base: str, head: str, paths: Sequence[str]) -> bool:
    """Tell whether anything beneath some paths differs between two commits; true where git cannot tell."""
    return _heard(run(folder, *DIFF, base, head, "--", *paths)).status != 0


def holds(folder: Path | str, commit: str, path: str) -> bool:
    """Tell whether a commit has anything beneath a path; true where git cannot tell."""
    return run(folder, *DIFF, EMPTY_TREE, commit, "--", path).status != 0


def uncommitted(folder: Path | str, besides: Iterable[str] = ()) -> bool:
    """Tell whether the working tree differs from its commit; false where git cannot tell, or has none.

    Parameters
    ----------
    besides
        Paths from the top, beneath which a difference does not count.
    """
    if run(folder, "rev-parse", "--is-bare-repository").output.strip() == "true":
        return False
    words = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=untracked")
    answer = _heard(run(folder, *words, "--", *(f":(top,exclude,literal){path}" for path in besides)))
    return answer.status == 0 and bool(answer.output.strip())


def _heard(answer: GitOutput) -> GitOutput:
    """Let the user see what git complains of, where the answer alone does not tell that it could not tell."""
    sys.stderr.write(answer.errors)
    return answer


def is_shallow(folder: Path | str) -> bool:
    """Tell whether the history of a repository is cut off."""
    return run(folder, "rev-parse", "--is-shallow-repository").output.strip() == "true"


def date_of_checkout(folder: Path | str) -> int | None:
    """Return when a checkout's commit was made, in seconds since 1970, or None where that is not known.

    One that is dated in the future counts as made now: it must not stand above all that come after it.
    """
    answer = run(folder, "log", "-1", "--no-show-signature", "--format=%ct")
    return min(int(answer.output.strip() or 0), int(time.time())) or None if answer.status == 0 else None
