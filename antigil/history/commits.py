"""Subject line, author and date of commits, from git in one call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from antigil import git
from antigil.git import Described

from .labels import writable


def git_folder(repo: Any) -> str | None:
    """Return the folder in which asv's repository lies, or None if it is none of git's."""
    folder: str | None = getattr(repo, "_path", None)
    return folder if getattr(repo, "dvcs", None) == "git" else None


def describe_commits(repo: Any, hashes: Iterable[str]) -> dict[str, Described]:
    """Return what git knows of each commit, in characters that a page can hold.

    asv's repository class offers hashes and dates only, so git is asked directly; for a repository of
    another kind, or if git fails, the result is empty and pages do without.
    """
    folder = git_folder(repo)
    told = {} if folder is None else git.describe_commits(folder, hashes)
    return {
        hash_: replace(one, subject=writable(one.subject), author=writable(one.author))
        for hash_, one in told.items()
    }
