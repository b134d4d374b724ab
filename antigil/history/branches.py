"""The configured branches: which commits they have, and on which of them a commit is, as asv decides it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import numpy as np

from antigil import git
from antigil.errors import UserError

from .asv_adapter.configuration import (
    Configuration,
    Repository,
    asv_errors,
    commit_named,
    git_folder,
    quiet_asv,
)
from .project import Project, Revision, refuse_shallow
from .series import Archive, Ints, Series


class Branches:
    """The commits of the configured branches.

    Attributes
    ----------
    first : str
        The name of the one that is configured first.
    strays : set of str
        Commits that were asked for and are on none of them.
    """

    def __init__(self, conf: Configuration, repo: Repository, tagged: Collection[str]) -> None:
        self._repo = repo
        commits = {_here(repo, branch): repo.get_branch_commits(branch) for branch in conf.branches}
        self._commits = {branch: set(all_) for branch, all_ in commits.items()}
        self._newest = {branch: all_[0] for branch, all_ in commits.items() if all_}
        self._tagged = tagged
        self.first = repo.get_branch_name(conf.branches[0])
        self.strays: set[str] = set()

    def of(self, commit: str) -> list[str | None]:
        """Return the branches of a commit; ``[None]`` stands for the only one."""
        found = [branch for branch, commits in self._commits.items() if commit in commits]
        if not found and commit in self._tagged:
            found = list(self._commits)
        if not found:
            self.strays.add(commit)
        return [self._key(branch) for branch in found]

    def revisions(self) -> dict[str | None, Ints]:
        """Return asv's revision numbers of all commits of each branch, ascending."""
        numbers = self._repo.get_revisions(set().union(*self._commits.values()))
        return {
            self._key(branch): np.array(sorted(numbers[c] for c in commits if c in numbers), dtype=np.int64)
            for branch, commits in self._commits.items()
        }

    def tags(self) -> dict[str | None, frozenset[str]]:
        """Return the names of the tags of each branch: of its commits, and of what was merged to it."""
        folder = git_folder(self._repo)
        return {
            self._key(branch): frozenset(git.merged_tags(folder, newest))
            for branch, newest in self._newest.items()
        }

    def _key(self, branch: str) -> str | None:
        """Return what an environment names as its branch."""
        return branch if len(self._commits) > 1 else None


def commits_of(project: Project, since: str | None = None) -> list[str]:
    """Return the commits of the configured branches, newest first.

    Parameters
    ----------
    since
        Only commits that this one does not have among its ancestors; the configuration's if None.

    Raises
    ------
    UserError
        If there is no such branch or commit here, or the history is cut off.
    """
    refuse_shallow(project.conf)
    beginning = project.since(since)
    with quiet_asv(), asv_errors():
        start = "" if beginning is None else f"{beginning.hash}.."
        ranges = [f"{start}{_here(project.repo, branch)}" for branch in project.conf.branches]
        commits = {hash_ for name in ranges for hash_ in project.repo.get_hashes_from_range(name)}
        revisions = project.repo.get_revisions(commits)
    return sorted(commits, key=lambda hash_: revisions[hash_], reverse=True)


def newest_known(project: Project, archive: Archive, since: Revision) -> dict[str | None, int]:
    """Return asv's number of the newest commit of each branch that a commit has among its ancestors, or is.

    The commit may be on another branch, where its own number says nothing of the rest. -1 stands for none.
    """
    with asv_errors():
        names = list(dict.fromkeys(_here(project.repo, branch) for branch in project.conf.branches))
        later = [len(project.repo.get_hashes_from_range(f"{since.hash}..{name}")) for name in names]
    found: dict[str | None, int] = {}
    for name, n in zip(names, later, strict=True):
        key = name if len(names) > 1 else None
        own = archive.branches[key]
        found[key] = int(own[-n - 1]) if n < len(own) else -1
    return found


def of_branches(archive: Archive) -> Archive:
    """Return an archive without the tags that are on none of its branches.

    asv shows those on every branch by their dates, so that a release stands between commits that it has not.
    """
    series = tuple(one for one in map(partial(_of_branch, archive), archive.series) if len(one.revisions))
    return replace(archive, series=series)


def of_branches_where_any(archive: Archive) -> Archive:
    """Return an archive without such tags, but for what was measured nowhere else in an environment."""
    on_branches = of_branches(archive)
    there = {(one.workload, one.environment) for one in on_branches.series if one.newest() is not None}
    kept = [one for one in on_branches.series if (one.workload, one.environment) in there]
    others = [one for one in archive.series if (one.workload, one.environment) not in there]
    return replace(archive, series=(*kept, *others))


def tags_aside(archive: Archive) -> list[str]:
    """Return the measured tags that are on none of the branches, which `of_branches` leaves out."""
    own = np.concatenate([*archive.branches.values()])
    return sorted(name for name, at in archive.tags.items() if at in archive.commits and at not in own)


def _of_branch(archive: Archive, series: Series) -> Series:
    """Return a series without commits that are not on its branch."""
    own = archive.branches.get(series.environment.branch, series.revisions)
    here = np.isin(series.revisions, own)
    if here.all():
        return series
    columns = {name: getattr(series, name)[here] for name in ("revisions", "values", "low", "high", "states")}
    return replace(series, **columns)


def _here(repo: Repository, branch: str | None) -> str:
    """Return the name of a configured branch, which has to be here: a checkout has only its own."""
    name = repo.get_branch_name(branch)
    if commit_named(repo, name) is not None:
        return name
    if branch is None:
        raise UserError(f'no branch {name} here: name yours in asv.conf.json, as in "branches": ["main"]')
    raise UserError(f"no branch {name} here, which asv.conf.json names: git fetch origin {name}:{name}")
