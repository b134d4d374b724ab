"""Subject line, author and date of commits, from git in one call."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .labels import writable


@dataclass(frozen=True)
class Described:
    """What git tells of a commit; `date` (the author's, as asv takes it) in milliseconds since 1970."""

    subject: str
    author: str
    date: int


def describe_commits(repo: Any, hashes: Iterable[str]) -> dict[str, Described]:
    """Return what git knows of each commit.

    asv's repository class offers hashes and dates only, so git is asked directly; for a repository of
    another kind, or if git fails, the result is empty and pages do without.
    """
    folder = getattr(repo, "_path", None)
    if getattr(repo, "dvcs", None) != "git" or folder is None:
        return {}
    command = ["git", "-C", folder, "log", "--no-walk=unsorted", "--stdin", "--ignore-missing"]
    command += ["--encoding=UTF-8", "--format=%H%x00%s%x00%an%x00%at"]
    asked = "\n".join(hashes)
    if not asked:
        return {}
    done = subprocess.run(command, input=asked.encode(), capture_output=True, check=False)
    rows = (line.split("\0") for line in done.stdout.decode("utf-8", "replace").split("\n"))
    return {row[0]: _described(*row[1:]) for row in rows if len(row) == 4}


def _described(subject: str, author: str, seconds: str) -> Described:
    """Return one commit; git leaves a date empty that it cannot read."""
    return Described(writable(subject), writable(author), int(seconds or 0) * 1000)
