"""Results on a branch of their own, to which several runners may write at once.

Nobody's results are lost: a writer adds its files to the branch as it finds it, and when the push is
refused, because somebody else was faster, it does the same again on top of theirs. Nothing is forced.
Where two measured the same commit, a file holds the benchmarks of both, the later ones where both have
one. The branch has no other content and no history in common with the code.
"""

from __future__ import annotations

import base64
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from asv.results import Results
from asv.util import UserError as AsvUserError
from asv.util import load_json, write_json

from antigil.errors import UserError

ATTEMPTS = 10

AUTHOR = {
    f"GIT_{role}_{part}": text
    for role in ("AUTHOR", "COMMITTER")
    for part, text in (("NAME", "antigil"), ("EMAIL", "antigil@users.noreply.github.com"))
}


class PushRefusedError(Exception):
    """Somebody else has written to the branch meanwhile."""


def fetch_results(results_dir: Path, branch: str, remote: str = "origin") -> bool:
    """Bring the branch's results into asv's folder; return whether the branch exists."""
    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        clone = Path(folder, "clone")
        exists = _clone(_url(remote), branch, clone)
        merge(clone, results_dir)
    return exists


def push_results(
    folders: Sequence[Path],
    branch: str,
    message: str,
    remote: str = "origin",
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Add results to the branch; return whether there was anything to add.

    Raises
    ------
    UserError
        If a folder is missing, or the push is refused again and again.
    """
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing:
        raise UserError(f"no folder {', '.join(missing)}: nothing was measured, or it lies elsewhere")
    url = _url(remote)
    for attempt in range(ATTEMPTS):
        with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
            clone = Path(folder, "clone")
            _clone(url, branch, clone)
            for one in folders:
                merge(one, clone)
            _git(clone, "add", "--all")
            if not _git(clone, "status", "--porcelain"):
                return False
            _git(clone, "commit", "--quiet", "--message", message)
            try:
                _push(clone, branch)
            except PushRefusedError:
                pause(random.uniform(0.0, min(2.0**attempt, 60.0)))
                continue
            return True
    raise UserError(f"branch {branch} refused the push {ATTEMPTS} times: somebody else writes all the time")


def merge(source: Path, target: Path) -> None:
    """Add one folder of results to another."""
    for file in _files(source):
        goal = target / file.relative_to(source)
        goal.parent.mkdir(parents=True, exist_ok=True)
        if not goal.exists() or goal.name in ("machine.json", "benchmarks.json"):
            shutil.copyfile(file, goal)
        elif file.suffix == ".jsonl":
            lines = [*goal.read_text(encoding="utf-8").splitlines(), *file.read_text("utf-8").splitlines()]
            goal.write_text("".join(f"{line}\n" for line in dict.fromkeys(lines)), encoding="utf-8")
        else:
            _merge_results(file, goal)


def _files(folder: Path) -> Iterator[Path]:
    """Yield asv's files and ours; nothing else belongs on the branch, links least of all."""
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        plain = file.is_file() and not file.is_symlink() and inside.parts[0] != ".git"
        if plain and file.suffix in (".json", ".jsonl"):
            yield file


def _merge_results(file: Path, goal: Path) -> None:
    """Bring the benchmarks of two files on one commit together."""
    try:
        old, new = (load_json(str(path), Results.api_version) for path in (goal, file))
        same = old["commit_hash"] == new["commit_hash"] and old["result_columns"] == new["result_columns"]
    except (AsvUserError, KeyError) as error:
        raise UserError(f"{file.name} holds no results of asv: {error}") from error
    if same:
        new["results"] = {**old["results"], **new["results"]}
        new["durations"] = {**old.get("durations", {}), **new.get("durations", {})}
    write_json(str(goal), new, Results.api_version, compact=True)


def _clone(url: str, branch: str, into: Path) -> bool:
    """Get the branch's newest state, or an empty one if it does not exist yet."""
    known = _git(None, "ls-remote", "--heads", url, f"refs/heads/{branch}")
    if known:
        _git(None, "clone", "--quiet", "--depth", "1", "--branch", branch, url, str(into))
    else:
        _git(None, "init", "--quiet", "--initial-branch", branch, str(into))
        _git(into, "remote", "add", "origin", url)
    return bool(known)


def _push(clone: Path, branch: str) -> None:
    done = _run(clone, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    if done.returncode == 0:
        return
    refusals = ("[rejected]", "fetch first", "cannot lock ref", "failed to update ref")
    if any(text in done.stderr for text in refusals):
        raise PushRefusedError(done.stderr)
    raise UserError(f"git push failed: {' '.join(done.stderr.split())}")


def _url(remote: str) -> str:
    return _git(None, "remote", "get-url", remote)


def _git(folder: Path | None, *words: str) -> str:
    done = _run(folder, *words)
    if done.returncode != 0:
        raise UserError(f"git {words[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def _run(folder: Path | None, *words: str) -> subprocess.CompletedProcess[str]:
    where = [] if folder is None else ["-C", str(folder)]
    env = {**os.environ, **AUTHOR, **_credentials(), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return subprocess.run(["git", *where, *words], env=env, capture_output=True, text=True, check=False)


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
