"""Scaling laws fitted to the commits that readers look at: the newest, releases, and both sides of changes.

Fitting takes a few milliseconds, so not every commit of a long history is fitted. Thread counts beyond the
CPUs allowed are left out: no law knows that end.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from antigil import laws

from .series import Archive
from .standing import Standing

#: At most this many commits per workload and environment are fitted, the newest first.
MOST = 10


def can_fit() -> bool:
    """Return whether SciPy is installed, which fitting needs (the extra ``laws``)."""
    return importlib.util.find_spec("scipy") is not None


def fitted_laws(archive: Archive, standing: Standing) -> dict[str, list[dict[str, Any]]]:
    """Return the fits of a standing's notable commits, by revision."""
    found = {}
    for revision in notable_revisions(archive, standing)[:MOST]:
        fits = _fits(archive, standing, revision)
        if fits:
            found[str(revision)] = fits
    return found


def notable_revisions(archive: Archive, standing: Standing) -> list[int]:
    """Return revisions with a value that a reader is likely to choose, the newest commit first.

    They are the newest commit, the newest one not newer than each release, and both sides of each change.
    """
    wanted = {standing.revision}
    wanted.update(revision for c in standing.changes for revision in (c.revision, c.before_revision))
    for tagged in archive.tags.values():
        position = standing.headline.at_or_before(tagged)
        if position is not None:
            wanted.add(int(standing.headline.revisions[position]))
    return sorted(wanted, reverse=True)


def _fits(archive: Archive, standing: Standing, revision: int) -> list[dict[str, Any]]:
    """Return the laws that can be fitted to one commit's speedups."""
    cpus = archive.cpus_allowed(standing.environment, revision)
    counts, speedups = [], []
    for series in archive.of(standing.workload.name, standing.environment, "slowdown"):
        position = int(np.searchsorted(series.revisions, revision))
        served = cpus is None or (series.threads or 1) <= cpus
        if served and position < len(series.revisions) and series.present[position] and series.threads != 1:
            counts.append(float(series.threads or 1))
            speedups.append(float(series.speedup()[0][position]))
    fits = []
    for fit in (laws.fit_amdahl, lambda n, s: laws.fit_usl(n, s, relative=True)):
        try:
            fits.append(fit(counts, speedups).to_json())
        except ValueError:
            continue  # too few points for this law: the page then shows the ones that it has
    return fits
