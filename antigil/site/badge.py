"""What a README can show: ``badge.json`` in shields.io's endpoint format, and ``history.svg``.

Both tell the headline workload in the environment that was measured last (of several,
one whose Python has the GIL). The picture needs no style sheet
and no script; it follows the reader's choice of light or dark by itself.

References
----------
https://shields.io/badges/endpoint-badge
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from antigil.history.options import ConfigError, Options
from antigil.report.quantities import times

from .sparkline import svg_path
from .status import WorkloadStatus

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 96, 56, 28
#: shields.io's names of colours, by what threads do.
COLORS = {"scales": "blue", "helps partly": "yellow", "threads do not help": "red", "threads hurt": "red"}


def headline_status(
    statuses: Sequence[WorkloadStatus], options: Options, drawable: Collection[str]
) -> WorkloadStatus | None:
    """Return the status of the workload that a README shows; None if nothing was measured that could be.

    Raises
    ------
    ConfigError
        If the configured headline names no workload of the suite (`drawable` are their names).
    """
    if options.headline is not None:
        if options.headline not in drawable:
            known = ", ".join(sorted(drawable)) or "none"
            what = f'"headline" under "antigil" names no workload of the suite: {options.headline}'
            raise ConfigError(f"{what}; there are: {known}")
        statuses = [s for s in statuses if s.workload.name == options.headline]
    candidates = [s for s in statuses if not s.workload.control] or list(statuses)
    names = sorted({s.workload.name for s in candidates})
    own = [s for s in candidates if s.workload.name == names[0]] if names else []
    return max(own, key=lambda s: (s.revision, not s.environment.python.endswith("t")), default=None)


def badge(status: WorkloadStatus) -> dict[str, object]:
    """Return a badge in shields.io's endpoint format."""
    return {
        "schemaVersion": 1,
        "label": f"speedup, {status.threads} threads",
        "message": f"{times(status.speedup)} of {status.ideal}",
        "color": COLORS.get(status.verdict, "lightgrey"),
    }


def history_model(status: WorkloadStatus, label: str) -> dict[str, Any]:
    """Return the headline workload's history of speedup, as the picture's template takes it."""
    speedup = status.headline.speedup()[0]
    revisions = status.headline.revisions
    first, last = int(revisions[0]), int(revisions[-1])
    highest = max(float(np.nanmax(speedup)), status.ideal) * 1.08

    def x(revision: float) -> float:
        share = (revision - first) / (last - first) if last > first else 0.5
        return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / highest, 1)

    line = [
        (x(r), y(v) if np.isfinite(v) else v)
        for r, v in zip(revisions.tolist(), speedup.tolist(), strict=True)
    ]
    end, ideal = (x(status.revision), y(status.speedup)), y(status.ideal)
    ticks = range(0, int(highest) + 1, max(1, round(highest / 5)))
    return {
        "title": f"{status.workload.title}: {times(status.speedup)} with {status.threads} threads",
        "label": label,
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "bottom": HEIGHT - BOTTOM,
        "ticks": [(value, y(value)) for value in ticks],
        "ideal": status.ideal,
        "ideal_y": ideal,
        "ideal_label_y": ideal + 4 if abs(ideal - end[1]) > 16 else ideal - 12,
        "changes": [(x(c.revision), c.direction) for c in status.changes if c.confirmed],
        "path": svg_path(line, WIDTH),
        "end": end,
        "now": times(status.speedup),
    }
