"""Which of the configured branches a commit is on, as asv decides it, and which commits each branch has."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from .asv_adapter.configuration import Configuration, Repository
from .series import Ints


class Branches:
    """The commits of the configured branches.

    Attributes
    ----------
    strays : set of str
        Commits that were asked for and are on none of them.
    """

    def __init__(self, conf: Configuration, repo: Repository, tagged: Collection[str]) -> None:
        self._repo = repo
        self._commits = {repo.get_branch_name(b): set(repo.get_branch_commits(b)) for b in conf.branches}
        self._tagged = tagged
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

    def _key(self, branch: str) -> str | None:
        """Return what an environment names as its branch."""
        return branch if len(self._commits) > 1 else None
