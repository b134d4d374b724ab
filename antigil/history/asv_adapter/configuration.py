"""asv's configuration and repository, and its errors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Protocol

from asv.config import Config
from asv.plugin_manager import plugin_manager
from asv.repo import get_repo
from asv.util import ProcessError
from asv.util import UserError as AsvUserError

from antigil import git
from antigil.errors import UserError


class Configuration(Protocol):
    """What is read of ``asv.conf.json``."""

    project: str
    repo: str
    show_commit_url: str
    hash_length: int
    branches: list[str | None]
    benchmark_dir: str
    environment_type: str
    pythons: list[str]
    env_dir: str
    results_dir: str
    html_dir: str
    regressions_first_commits: Mapping[str, str | None]


#: The types of what is read of it by every command; asv itself checks none of them.
TYPES: Mapping[str, type] = {
    "branches": list,
    "benchmark_dir": str,
    "env_dir": str,
    "repo": str,
    "results_dir": str,
    "regressions_first_commits": dict,
}
#: The same of what is read while publishing.
TYPES_FOR_PAGES = {**TYPES, "project": str, "show_commit_url": str, "hash_length": int, "html_dir": str}
NAMED = {list: "a list", dict: "an object", str: "a string", int: "a whole number"}


class Repository(Protocol):
    """What is asked of asv's repository; lists of commits begin with the newest and follow first parents."""

    dvcs: str
    _path: str

    def get_tags(self) -> dict[str, str]: ...
    def get_revisions(self, commits: Collection[str]) -> Mapping[str, int]: ...
    def get_branch_name(self, branch: str | None) -> str: ...
    def get_branch_commits(self, branch: str | None) -> list[str]: ...
    def get_hashes_from_range(self, range: str) -> list[str]: ...
    def pull(self) -> None: ...


def open_configuration(file: Path) -> tuple[Configuration, Repository]:
    """Load a configuration and its plugins and go to its folder, as asv's own commands do it.

    Raises
    ------
    UserError
        If the file holds something else; asv's own error if asv sees to that.
    """
    try:
        conf = Config.load(str(file))
        refuse_wrong_types(conf, TYPES)
        os.chdir(file.parent)
        for plugin in conf.plugins:
            plugin_manager.import_plugin(plugin)
        return conf, get_repo(conf)
    except (ValueError, TypeError, AttributeError, LookupError, ImportError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"{file.name} cannot be read as a configuration of asv: {said}") from error


def refuse_wrong_types(conf: Configuration, types: Mapping[str, type]) -> None:
    """Refuse by name what is of another type, or a list or object that holds more than strings and null."""
    for name, kind in types.items():
        value = getattr(conf, name)
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if not isinstance(value, kind) or not all(isinstance(part, str | None) for part in parts):
            of = " of strings" if kind in (list, dict) else ""
            raise UserError(f'"{name}" in asv.conf.json must be {NAMED[kind]}{of}, not {json.dumps(value)}')


def git_folder(repo: Repository) -> str:
    """Return the folder in which asv's repository lies; refuse one that is none of git's."""
    if repo.dvcs != "git":
        raise UserError(f"antigil reads repositories of git, and asv.conf.json names one of {repo.dvcs}")
    return repo._path


def commit_named(repo: Repository, name: str) -> str | None:
    """Return the hash of the commit that a name stands for, or None if there is none here.

    asv takes the first of several, as of a range, so git is asked itself.
    """
    return git.commit_named(git_folder(repo), name)


@contextmanager
def quiet_asv() -> Iterator[None]:
    """Send what asv says to stderr: stdout is for the report."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def asv_errors() -> Iterator[None]:
    """Turn what asv refuses into one line for the user.

    asv refuses to go on where it was interrupted, too: that is an interruption still.
    """
    try:
        yield
    except AsvUserError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise UserError(" ".join(str(error).split())) from error
    except ProcessError as error:
        raise UserError(_failed(error)) from error


def _failed(error: ProcessError) -> str:
    """Return in one line which program of asv's failed, and its last words."""
    text = "\n".join(words for words in (error.stdout, error.stderr) if words)
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return f"'{' '.join(error.args)}' failed: {said[-1] if said else f'exit status {error.retcode}'}"
