"""Which branch is a repository's main one, and whether an address or a path is the repository's own."""

from __future__ import annotations

import re
from pathlib import Path

from antigil.errors import UserError
from antigil.git import run

#: ``https://…``, ``file://…``, ``git@host:…``: no path, as which ``C:\…`` is meant.
ADDRESS = re.compile(r"[\w+.-]+://|([\w.-]+@)?[\w.-]{2,}:")


def main_branch(root: Path) -> tuple[str, bool]:
    """Return the main branch, and whether anything says that it is: if nothing does, it is the one here.

    The remote's is the one that it had at the time of the clone: it may have been renamed since.
    """
    remote = run(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if remote.status == 0 and _exists(root, "refs/remotes/origin/HEAD"):
        return remote.output.strip().removeprefix("origin/"), True
    usual = run(root, "config", "init.defaultBranch").output.strip()
    for name in filter(None, ("main", "master", usual)):
        if _exists(root, f"refs/heads/{name}"):
            return name, True
    here = run(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if here.status:
        raise UserError(f"{root} is on no branch, and has neither main nor master: check one out")
    branches = run(root, "for-each-ref", "--format=%(refname)", "refs/heads").output.splitlines()
    return here.output.strip(), len(branches) == 1


def _exists(root: Path, ref: str) -> bool:
    return run(root, "rev-parse", "--verify", "--quiet", ref).status == 0


def is_here(root: Path, folder: Path, repo: object) -> bool:
    """Tell whether what a configuration in a folder names as its repository is the one that lies here.

    An address may be that of another copy: of a fork, or of what it was forked from. So only the last part of
    it tells, and nothing does where no remote says what lies here.
    """
    if not isinstance(repo, str) or not repo:
        return True
    if not ADDRESS.match(repo):
        return (folder / repo).resolve() == root.resolve()
    told = run(root, "config", "--get-regexp", r"^remote\..*\.url$").output.splitlines()
    remotes = {_last_part(line.partition(" ")[2]) for line in told}
    return not remotes or _last_part(repo) in remotes


def _last_part(address: str) -> str:
    """Return what a repository is called in an address, ``name`` of ``git@github.com:owner/name.git``."""
    return re.split(r"[/:\\]", address.rstrip("/"))[-1].removesuffix(".git").lower()
