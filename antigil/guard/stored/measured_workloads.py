"""Which workloads fail at the newest commits of an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from antigil.history.branches import of_branches
from antigil.history.change_detection import CONFIRMED_BY, Effect
from antigil.history.measured.ended_workloads import ended_workloads
from antigil.history.options import Options
from antigil.history.series import Archive, Commit, Environment, Series, State, TrackedWorkload

#: The numbers in which the history looks for changes.
WATCHED = ("slowdown", "gil_held", "time")

#: Tells whether changes of a number of a workload in an environment are looked for at a revision.
LookedFor = Callable[[str, Environment, Effect | Series, int], bool]


@dataclass(frozen=True)
class Failure:
    """A workload that gave numbers in an environment and fails there since `commit`."""

    workload: TrackedWorkload
    environment: Environment
    commit: Commit


def find_failures(
    archive: Archive, options: Options, since: Mapping[str | None, int] | None, wanted: LookedFor
) -> tuple[Failure, ...]:
    """Return which workloads fail, in all numbers that are looked for or some, without an excuse.

    Parameters
    ----------
    since
        As for alerts.
    wanted
        Tells whether a number is looked for at the commit since which it fails.
    """
    archive = of_branches(archive)
    ended = ended_workloads(archive)
    found = []
    for name, workload in archive.workloads.items():
        for environment in archive.environments_of(name):
            failed = list(_first_failures(archive, name, environment, wanted))
            of_interest = failed and min(failed) > (since or {}).get(environment.branch, -1)
            if of_interest and options.excuse_of(name) is None and (name, environment) not in ended:
                found.append(Failure(workload, environment, archive.commits[min(failed)]))
    return tuple(found)


def _first_failures(
    archive: Archive, workload: str, environment: Environment, wanted: LookedFor
) -> Iterator[int]:
    """Yield of each number that fails and is looked for the revision since which it does."""
    for quantity in WATCHED:
        for series in archive.of(workload, environment, quantity):
            revision = _failed_since(series)
            if revision is not None and wanted(workload, environment, series, revision):
                yield revision


def _failed_since(series: Series) -> int | None:
    """Return the first commit at which a number failed after its newest value, if the newest ones all did."""
    newest = series.newest()
    tried = series.states[series.states != State.MISSING][-CONFIRMED_BY:]
    if newest is None or len(tried) < CONFIRMED_BY or (tried != State.FAILED).any():
        return None
    failed = np.flatnonzero(series.states == State.FAILED)
    return int(series.revisions[failed[failed > newest][0]])
