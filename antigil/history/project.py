"""The project that ``asv.conf.json`` describes, opened as asv's own commands do it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv.config import Config
from asv.plugin_manager import plugin_manager
from asv.repo import NoSuchNameError, get_repo
from asv.util import ProcessError
from asv.util import UserError as AsvUserError

from antigil import git
from antigil.errors import UserError

from .commits import describe_commits, git_folder
from .options import ConfigError, Options, read_options

NAMES = ("asv.conf.json", "asv.conf.jsonc")


@dataclass(frozen=True)
class Revision:
    """One commit by its full hash and its subject line."""

    hash: str
    subject: str

    @property
    def short(self) -> str:
        """As many digits of the hash as asv shows."""
        return self.hash[:8]


@dataclass(frozen=True)
class Project:
    """asv's configuration and repository, and what the ``antigil`` key says."""

    conf: Any
    repo: Any
    options: Options

    def revision(self, name: str) -> Revision:
        """Return the commit that a name stands for.

        Raises
        ------
        UserError
            If there is none.
        """
        try:
            hash_ = self.repo.get_hash_from_name(name)
        except (NoSuchNameError, ProcessError) as error:
            raise UserError(f"no commit {name!r} here: fetch it, or name another one") from error
        told = describe_commits(self.repo, [hash_]).get(hash_)
        return Revision(hash_, told.subject if told else "")

    def merge_base(self, one: Revision, other: Revision) -> Revision:
        """Return the last commit that two have in common.

        Raises
        ------
        UserError
            If there is none here.
        """
        found = git.merge_base(git_folder(self.repo), one.hash, other.hash)
        if found is None:
            raise UserError(f"{one.short} and {other.short} have no commit in common here: fetch the history")
        return self.revision(found)


def open_project(path: str | None = None) -> Project:
    """Load asv's configuration and go to its folder, as asv does.

    Raises
    ------
    UserError
        If there is none, or it says what cannot be meant.
    """
    found = path or next((name for name in NAMES if Path(name).exists()), None)
    if found is None or not Path(found).exists():
        raise UserError(f"no {found or NAMES[0]} here: go to the folder that has it, or name it by --config")
    file = Path(found).absolute()
    with asv_errors():
        conf = Config.load(str(file))
        os.chdir(file.parent)
        for plugin in conf.plugins:
            plugin_manager.import_plugin(plugin)
        return Project(conf, get_repo(conf), read_options(conf))


@contextmanager
def quiet_asv() -> Iterator[None]:
    """Send what asv says to stderr: stdout is for the report."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def asv_errors() -> Iterator[None]:
    """Turn what asv and the configuration refuse into one line for the user."""
    try:
        yield
    except (AsvUserError, ConfigError) as error:
        raise UserError(" ".join(str(error).split())) from error
    except ProcessError as error:
        raise UserError(_failed(error)) from error


def _failed(error: ProcessError) -> str:
    """Return in one line which program of asv's failed, and its last words."""
    text = "\n".join(words for words in (error.stdout, error.stderr) if words)
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return f"'{' '.join(error.args)}' failed: {said[-1] if said else f'exit status {error.retcode}'}"
