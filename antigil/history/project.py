"""The project that ``asv.conf.json`` describes, opened as asv's own commands do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from antigil import git
from antigil.errors import UserError
from antigil.git import Described

from .asv_adapter.configuration import (
    Configuration,
    Repository,
    asv_errors,
    commit_named,
    git_folder,
    open_configuration,
    quiet_asv,
)
from .labels import printable
from .options import Options, read_options

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

    conf: Configuration
    repo: Repository
    options: Options

    def revision(self, name: str) -> Revision:
        """Return the commit that a name stands for, or refuse the name."""
        hash_ = commit_named(self.repo, name)
        if hash_ is None:
            raise UserError(f"no commit {name!r} here: fetch it, or name another one")
        told = printable_commits(self.repo, [hash_]).get(hash_)
        return Revision(hash_, told.subject if told else "")

    @property
    def first_branch(self) -> str:
        """The branch that is configured first."""
        return self.repo.get_branch_name(self.conf.branches[0])

    @property
    def beginnings(self) -> dict[str, str | None]:
        """Where asv begins to look for regressions, by patterns of benchmarks; None where it never does."""
        told = self.conf.regressions_first_commits
        return {one: None if name is None else self.revision(name).hash for one, name in told.items()}

    def merge_base(self, one: Revision, other: Revision) -> Revision:
        """Return the last commit that two have in common; refuse them if there is none here."""
        found = git.merge_base(git_folder(self.repo), one.hash, other.hash)
        if found is None:
            raise UserError(f"{one.short} and {other.short} have no commit in common here: fetch the history")
        return self.revision(found)

    def differ(self, base: Revision, head: Revision, paths: Sequence[str]) -> bool:
        """Tell whether anything beneath some paths differs between two commits, or may: git cannot tell.

        A path that is in neither is refused.
        """
        folder = git_folder(self.repo)
        if folder is None:
            return True
        for path in paths:
            if not any(git.holds(folder, one.hash, path) for one in (base, head)):
                raise UserError(f"neither {base.short} nor {head.short} has {path!r}: name it from the top")
        return git.differ(folder, base.hash, head.hash, paths)

    def uncommitted(self) -> bool:
        """Tell whether the working tree differs from its commit: what differs is not measured."""
        folder = git_folder(self.repo)
        return folder is not None and git.uncommitted(folder)

    def commits_between(self, base: str, head: str) -> list[str]:
        """Return the commits after one up to another, oldest first."""
        with asv_errors():
            return self.repo.get_hashes_from_range(self.repo.get_range_spec(base, head))[::-1]


def refuse_shallow(conf: Configuration) -> None:
    """Refuse a repository whose history is cut off, in which commits would silently be missing."""
    folder = Path(conf.repo)
    if folder.is_dir() and git.is_shallow(folder):
        raise UserError("the history here is cut off (a shallow clone): git fetch --unshallow")


def open_project(path: str | None = None, *, pull: bool = False) -> Project:
    """Load asv's configuration and go to its folder, as asv does.

    Parameters
    ----------
    pull
        Whether asv's own copy of a repository elsewhere is brought up to date.

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
        conf, repo = open_configuration(file)
        if pull:
            with quiet_asv():
                repo.pull()
        return Project(conf, repo, read_options(conf))


def printable_commits(repo: Repository, hashes: Iterable[str]) -> dict[str, Described]:
    """Return what git knows of each commit, in characters that a page can hold.

    asv's repository class offers hashes and dates only, so git is asked directly; for a repository of
    another kind, or if git fails, the result is empty and pages do without.
    """
    folder = git_folder(repo)
    told = {} if folder is None else git.describe_commits(folder, hashes)
    return {
        hash_: replace(one, subject=printable(one.subject), author=printable(one.author))
        for hash_, one in told.items()
    }
