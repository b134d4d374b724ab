"""Results on a branch of their own, to which several runners may write at once.

Nobody's results are lost: a writer adds its files to the branch as it finds it, and when the push is
refused, because somebody else was faster, it does the same again on top of theirs. Nothing is forced. It
also tries again where the network or the server fails, and leaves out a file that cannot be read without
losing the others. The branch has no other content and no history in common with the code; the file
`BRANCH_MARK_FILE` tells that it is ours, and no other is written to.
"""

from __future__ import annotations

import base64
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from antigil import git
from antigil.errors import UserError, note

from .merge_results import merge

ATTEMPTS = 10

#: The file by which a branch is known to be ours, and what it tells people.
BRANCH_MARK_FILE = "antigil-results.md"
BRANCH_MARK_TEXT = "Results of asv, which `antigil ci push` adds. Nothing else belongs here.\n"

#: What git says where somebody else was faster.
OVERTAKEN = (
    "[rejected]",
    "fetch first",
    "cannot lock ref",
    "failed to update ref",
    "reference already exists",
)

#: What git says where a disk cannot be written to, even of a ref that it cannot lock.
DISK = (
    "no space left on device|read-only file system|disk quota exceeded|file too large"
    "|unable to create temporary object directory"
)

#: What git says where trying again changes nothing. All else may be the network's or the server's, and pass.
FINAL = re.compile(
    rf"{DISK}|declined|refusing to|not allowed|authentication failed|permission|could not read username"
    r"|died of signal|error: 40[0-4]|repository .*(not found|does not exist)"
    r"|does not appear to be a git repository",
    re.IGNORECASE,
)

#: What git says where two branches cannot stand beside each other: for it one is a folder of the other.
IN_THE_WAY = re.compile(r"'refs/heads/([^']+)' exists; cannot create")

AUTHOR = {
    f"GIT_{role}_{part}": text
    for role in ("AUTHOR", "COMMITTER")
    for part, text in (("NAME", "antigil"), ("EMAIL", "antigil@users.noreply.github.com"))
}


T = TypeVar("T")


class PassingError(Exception):
    """Somebody else has written to the branch meanwhile, or the network failed."""


def fetch_results(results_dir: Path, branch: str, pause: Callable[[float], None] = time.sleep) -> bool:
    """Bring the branch's results into asv's folder; return whether the branch exists."""

    def fetch() -> bool:
        with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
            clone = Path(folder, "clone")
            exists = _clone(url, branch, clone)
            for problem in merge(clone, results_dir):
                note(problem)
        return exists

    url = _git(None, "remote", "get-url", "origin")
    return _persistently(fetch, pause)


def push_results(folders: Sequence[Path], branch: str, pause: Callable[[float], None] = time.sleep) -> bool:
    """Add results to the branch; return whether there was anything to add.

    Raises
    ------
    UserError
        If a folder is missing, or the push fails again and again; or, once all others are stored, if
        files cannot be read.
    """
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing:
        raise UserError(f"no folder {', '.join(missing)}: nothing was measured, or it lies elsewhere")
    url = _git(None, "remote", "get-url", "origin")
    problems: list[str] = []

    def push() -> bool:
        with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
            clone = Path(folder, "clone")
            _clone(url, branch, clone)
            problems[:] = [problem for one in folders for problem in merge(one, clone)]
            _git(clone, "add", "--all")
            if _git(clone, "status", "--porcelain") in ("", f"A  {BRANCH_MARK_FILE}"):
                return False
            _git(clone, "commit", "--quiet", "--message", "results: add what was measured")
            _remotely(clone, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
            return True

    added = _persistently(push, pause)
    if problems:
        raise UserError(f"all else is stored, but {'; '.join(problems)}")
    return added


def _persistently(action: Callable[[], T], pause: Callable[[float], None]) -> T:
    """Do something until it succeeds, with longer and longer pauses: five minutes of them at most."""
    for attempt in range(ATTEMPTS):
        try:
            return action()
        except PassingError as error:
            note(f"{error}; trying again")
            last = error
            pause(random.uniform(0.5, 1.0) * min(2.0**attempt, 60.0))
    raise UserError(f"given up after {ATTEMPTS} attempts: {last}")


def _clone(url: str, branch: str, into: Path) -> bool:
    """Get the branch's newest state, or an empty one if it does not exist yet; refuse somebody else's."""
    known = _remotely(None, "ls-remote", "--heads", url, f"refs/heads/{branch}")
    if known:
        _remotely(None, "clone", "--quiet", "--depth", "1", "--branch", branch, url, str(into))
        if not (into / BRANCH_MARK_FILE).is_file():
            raise UserError(
                f"the branch {branch} has no file {BRANCH_MARK_FILE}, so it was not made by antigil:"
                " name another one by --branch, in a workflow by results_branch, or add that file if results"
                " belong there"
            )
    else:
        _git(None, "init", "--quiet", "--initial-branch", branch, str(into))
        _git(into, "remote", "add", "origin", url)
        (into / BRANCH_MARK_FILE).write_text(BRANCH_MARK_TEXT, encoding="utf-8")
    return bool(known)


def _remotely(folder: Path | None, *words: str) -> str:
    """Run what needs the network; tell whether a failure may pass."""
    answer = _git_answer(folder, *words)
    if answer.status == 0:
        return answer.output.strip()
    said = " ".join(answer.errors.split())
    if found := IN_THE_WAY.search(said):
        raise UserError(
            f"git cannot have this branch beside {found[1]}: delete that one, or name another one"
            " by --branch, in a workflow by results_branch"
        )
    if any(text in said for text in OVERTAKEN) and not re.search(DISK, said, re.IGNORECASE):
        raise PassingError("somebody else has written to the branch meanwhile")
    if FINAL.search(said) or answer.status < 0:
        raise UserError(f"git {words[0]} failed: {said or f'signal {-answer.status}'}")
    raise PassingError(f"git {words[0]} failed: {said}")


def _git(folder: Path | None, *words: str) -> str:
    answer = _git_answer(folder, *words)
    if answer.status != 0:
        raise UserError(f"git {words[0]} failed: {' '.join(answer.errors.split())}")
    return answer.output.strip()


def _git_answer(folder: Path | None, *words: str) -> git.GitOutput:
    own = {**AUTHOR, **_credentials(), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return git.run(folder, *words, environment=own)


def _credentials() -> dict[str, str]:
    """Return git configuration that sends GitHub's token, through the environment: not seen in ``ps``."""
    token, server = os.environ.get("GH_TOKEN"), os.environ.get("GITHUB_SERVER_URL")
    if not token or not server:
        return {}
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }
