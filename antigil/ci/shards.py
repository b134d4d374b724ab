"""Deal the commits without results out to several runners, newest first.

The parts are dealt out from the backlog itself, so that they are even however patchy it is, and the same for
the same backlog. Runners that start one after the other, while results come in, would each see another
backlog: for them it is looked at once, and the parts are handed on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from antigil.errors import UserError
from antigil.report.github import MATRIX_LIMIT


def shard(commits: Sequence[str], number: int, of: int) -> list[str]:
    """Return the number-th of some equal parts, each with commits from all over the history."""
    return list(commits[number - 1 :: of])


def matrix(commits: Sequence[str], per_shard: int, most: int) -> list[dict[str, str]]:
    """Return the jobs of a matrix for the first of some commits: as many as they need, none for none.

    Each names its commits, so that a runner that starts late measures what was meant for it.

    Parameters
    ----------
    per_shard, most
        How many commits for a job, and how many jobs at most.

    Raises
    ------
    UserError
        If that are more jobs than GitHub takes.
    """
    if most > MATRIX_LIMIT:
        raise UserError(f"a matrix has {MATRIX_LIMIT} jobs at most: put more commits into each")
    planned = commits[: most * per_shard]
    of = math.ceil(len(planned) / per_shard)
    return [{"shard": f"{i}/{of}", "commits": " ".join(shard(planned, i, of))} for i in range(1, of + 1)]
