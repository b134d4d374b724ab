"""Which workloads are no longer measured in an environment, by the rule for environments."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from ..branches import of_branches
from ..series import Archive, Environment
from .measured_commits import MeasuredCommits

#: Workloads by name, each with an environment.
Places = Set[tuple[str, Environment]]


def ended_workloads(archive: Archive) -> Places:
    """Return the workloads that are no longer measured, each with the environment.

    Tags that are on no branch count only for what has no results but theirs.
    """
    on_branches = of_branches(archive)
    return _ended(on_branches) | (_ended(archive) - _places(on_branches))


def _places(archive: Archive) -> Places:
    return {
        (name, environment) for name in archive.workloads for environment in archive.environments_of(name)
    }


def _ended(archive: Archive) -> Places:
    measured = MeasuredCommits(archive)
    active = measured.active()
    return {
        (name, environment)
        for name, environment in _places(archive)
        if environment not in active or _is_away(archive, measured, name, environment)
    }


def _is_away(archive: Archive, measured: MeasuredCommits, workload: str, environment: Environment) -> bool:
    """Tell whether a workload has ended in an environment that goes on."""
    counts = list(archive.of(workload, environment, "slowdown"))
    own = [one.revisions[one.present] for one in counts if one.newest() is not None]
    if not own:
        return False
    return measured.is_away(environment.branch, np.unique(np.concatenate(own)), counts[0].revisions)
