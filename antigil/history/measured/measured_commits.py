"""Which commits were measured in each environment, and which environments have retired."""

from __future__ import annotations

import numpy as np

from ..change_detection import NEARBY
from ..series import Archive, Environment, Ints

#: An environment has retired that has no results in so many of the newest commits measured on its branch,
#: nor in `BREAKS` times as many of the branch's commits as `USUAL` of its breaks do not exceed.
RETIRED_AFTER, BREAKS, USUAL = 30, 4, 0.9
#: It has as well if so many commits were measured, on any branch, that are younger than its newest.
LONGEST = 10 * RETIRED_AFTER


class MeasuredCommits:
    """The measured commits of each environment."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._revisions: dict[Environment, Ints] = {}
        for series in archive.series:
            known = self._revisions.get(series.environment, series.revisions)
            self._revisions[series.environment] = np.union1d(known, series.revisions)

    def near(self, environment: Environment, one: int, other: int) -> bool:
        """Tell whether two revisions are one measured commit apart, or the same."""
        a, b = np.searchsorted(self._revisions[environment], [one, other])
        return abs(int(a) - int(b)) <= NEARBY

    def active(self) -> set[Environment]:
        """Return the environments that have not retired."""
        branches: dict[str | None, Ints] = {}
        for one, own in self._revisions.items():
            branches[one.branch] = np.union1d(branches.get(one.branch, own), own)
        dates = self._dates(np.array(sorted(self._archive.commits)))
        return {
            one
            for one, own in self._revisions.items()
            if (dates > self._dates(own).max()).sum() < LONGEST
            and not self.is_away(one.branch, own, branches[one.branch])
        }

    def is_away(self, branch: str | None, own: Ints, measured: Ints) -> bool:
        """Tell whether what has results of its `own` commits has been without for longer than it usually is.

        `measured` are the commits of which it could have results. Its breaks are counted in commits of the
        branch, measured or not: no backfill lengthens them.
        """
        if (measured > own[-1]).sum() < RETIRED_AFTER:
            return False
        commits = self._archive.branches.get(branch, measured)
        breaks = np.diff(np.searchsorted(commits, own))
        usual = np.quantile(breaks, USUAL, method="higher") if len(breaks) else 0
        return bool((commits > own[-1]).sum() > BREAKS * usual)

    def _dates(self, revisions: Ints) -> Ints:
        known = self._archive.commits
        return np.array([known[one].date if one in known else 0 for one in revisions.tolist()])
