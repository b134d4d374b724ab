"""Which workload a README shows, and in which environment: the badge and the picture have room for one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from antigil.errors import UserError
from antigil.history.environment import named_without_gil
from antigil.history.options import Options

from .workload_status import WorkloadStatus


def headline_status(
    statuses: Sequence[WorkloadStatus], options: Options, drawable: Collection[str]
) -> WorkloadStatus | None:
    """Return the status of the workload that a README shows; None if nothing was measured that could be.

    A configured headline that names none of the suite's workloads, which are `drawable`, is refused.
    """
    if options.headline is not None:
        if options.headline not in drawable:
            known = ", ".join(sorted(drawable)) or "none"
            what = f'"headline" under "antigil" names no workload of the suite: {options.headline}'
            raise UserError(f"{what}; there are: {known}")
        statuses = [s for s in statuses if s.workload.name == options.headline]
    candidates = [s for s in statuses if not s.workload.control] or list(statuses)
    first = min((s.workload.name for s in candidates), default=None)
    return max((s for s in candidates if s.workload.name == first), key=_preference, default=None)


def _preference(s: WorkloadStatus) -> tuple[bool, bool, int, int, bool, bool, tuple[tuple[str, str], ...]]:
    """Sort by: the first branch, still measured, most results; then the rest, which only settles ties.

    The newest result alone would make the picture jump to whichever machine or branch was measured last.
    """
    environment = s.environment
    results = int(np.count_nonzero(s.headline.present))
    has_gil, named_so = s.gil is not False, not named_without_gil(environment.python)
    return environment.first, not s.retired, results, s.revision, has_gil, named_so, environment.key
