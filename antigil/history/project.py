"""The project that ``asv.conf.json`` describes, opened as asv's own commands do it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from antigil import git
from antigil.errors import UserError, note
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
#: Names that stand for what is checked out.
OF_CHECKOUT = re.compile(r"(HEAD|@)([~^@:].*)?")


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
    """asv's configuration and repository, what the ``antigil`` key says, and the file that says it."""

    conf: Configuration
    repo: Repository
    options: Options
    file: Path = Path(NAMES[0])

    def revision(self, name: str, key: str | None = None) -> Revision:
        """Return the commit that a name stands for, or refuse it; a `key` of asv.conf.json may name it."""
        hash_ = commit_named(self.repo, name)
        if hash_ is None:
            where = "" if key is None else f', which "{key}" in {self.file.name} names'
            raise UserError(f"no commit {name!r} here{where}: fetch it, or name another one")
        told = printable_commits(self.repo, [hash_]).get(hash_)
        found = Revision(hash_, told.subject if told else "")
        if OF_CHECKOUT.fullmatch(name) and not Path(self.conf.repo).is_dir():
            note(f"{name} of asv's own copy of {self.conf.repo} is {found.short} {found.subject}")
        return found

    def since(self, asked: str | None) -> Revision | None:
        """Return the last commit of no interest: the one that is asked for, else the configuration's."""
        if asked:
            return self.revision(asked)
        return self.revision(self.options.since, "since") if self.options.since else None

    @property
    def first_branch(self) -> str:
        """The branch that is configured first."""
        return self.repo.get_branch_name(self.conf.branches[0])

    @property
    def beginnings(self) -> dict[str, str | None]:
        """Where asv begins to look for regressions, by patterns of benchmarks; None where it never does."""
        key = "regressions_first_commits"
        told = self.conf.regressions_first_commits
        return {one: None if name is None else self.revision(name, key).hash for one, name in told.items()}

    def merge_base(self, one: Revision, other: Revision) -> Revision:
        """Return the last commit that two have in common; refuse them if there is none here."""
        found = git.merge_base(git_folder(self.repo), one.hash, other.hash)
        if found is None:
            raise UserError(f"{one.short} and {other.short} have no commit in common here: fetch the history")
        return self.revision(found)

    def is_next(self, base: Revision, head: Revision) -> bool:
        """Tell whether a commit is the one right after another, as asv counts: along first parents."""
        return commit_named(self.repo, f"{head.hash}^") == base.hash

    def differ(self, base: Revision, head: Revision, paths: Sequence[str]) -> bool:
        """Tell whether anything beneath some paths differs between two commits, or may: git cannot tell.

        A path that is in neither is refused.
        """
        folder = git_folder(self.repo)
        for path in paths:
            if not any(git.holds(folder, one.hash, path) for one in (base, head)):
                raise UserError(f"neither {base.short} nor {head.short} has {path!r}: name it from the top")
        return git.differ(folder, base.hash, head.hash, paths)

    def uncommitted(self) -> bool:
        """Tell whether the working tree differs from its commit in what is measured as it was committed.

        The suite, its configuration and the results are those that lie here.
        """
        top = Path(git_folder(self.repo)).resolve()
        here = (Path(one).resolve() for one in (self.conf.benchmark_dir, self.file, self.conf.results_dir))
        return git.uncommitted(top, [one.relative_to(top).as_posix() for one in here if top in one.parents])

    def commits_between(self, base: str, head: str) -> list[str]:
        """Return the commits after one up to another, oldest first."""
        with asv_errors():
            return self.repo.get_hashes_from_range(f"{base}..{head}")[::-1]


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
        If there is none, or it says what cannot be meant, or the repository is none of git's.
    """
    found = path or next((name for name in NAMES if Path(name).exists()), None)
    if found is None or not Path(found).exists():
        raise UserError(f"no {found or NAMES[0]} here: go to the folder that has it, or name it by --config")
    file = Path(found).absolute()
    with asv_errors():
        conf, repo = open_configuration(file)
        git_folder(repo)  # refuses another kind
        if pull:
            with quiet_asv():
                repo.pull()
        return Project(conf, repo, read_options(conf), file)


def printable_commits(repo: Repository, hashes: Iterable[str]) -> dict[str, Described]:
    """Return what git knows of each commit, in characters that a page can hold.

    asv's repository class offers hashes and dates only, so git is asked directly; if it fails, the result is
    empty and pages do without.
    """
    told = git.describe_commits(git_folder(repo), hashes)
    return {
        hash_: replace(one, subject=printable(one.subject), author=printable(one.author))
        for hash_, one in told.items()
    }
