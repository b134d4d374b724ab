"""A workload's history as a picture: a small line in the overview, and what a README can show.

A small line is inline SVG of a few hundred bytes, coloured by the page's style. A README shows the workload
of `headline_status`: ``badge.json`` in shields.io's endpoint format, and ``history.svg``, which needs no
style sheet and no script, and follows the reader's choice of light or dark by itself.

References
----------
https://shields.io/badges/endpoint-badge
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from antigil.report.quantities import counted, times

from .workload_status import WorkloadStatus

#: Of a small line.
SMALL_WIDTH, SMALL_HEIGHT, MARGIN = 220, 44, 4
#: Columns of pixels that it may use; longer histories are cut to the least and the most in each.
COLUMNS = 110
#: Of a README's picture, and its margins.
WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 96, 56, 28
#: shields.io's names of colours, by what threads do.
COLORS = {"scales": "blue", "helps partly": "yellow", "threads do not help": "red", "threads hurt": "red"}


def sparkline(status: WorkloadStatus) -> str:
    """Return the history of the headline speedup, with its ideal and its confirmed changes."""
    x, y, _ = _scales(status, 1.05, MARGIN, SMALL_WIDTH - MARGIN, MARGIN, SMALL_HEIGHT - MARGIN)
    path = _path([(x(revision), y(value)) for revision, value in _points(status)], COLUMNS)
    ideal = y(status.ideal)
    marks = "".join(
        f'<path class="spark-{c.direction}" d="{_triangle(x(c.revision), c.lost)}"/>'
        for c in status.changes
        if c.confirmed
    )
    end = (x(status.revision), y(status.speedup))
    return (
        f'<svg class="spark" viewBox="0 0 {SMALL_WIDTH} {SMALL_HEIGHT}" preserveAspectRatio="none"'
        f' aria-hidden="true">'
        f'<path class="spark-ideal" d="M{MARGIN} {ideal:.1f}H{SMALL_WIDTH - MARGIN}"/>'
        f'<path class="spark-line" d="{path}"/>{marks}'
        f'<circle class="spark-end" cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="2.6"/></svg>'
    )


def _triangle(x: float, lost: bool) -> str:
    """Return a small triangle at the bottom that points down for a loss and up for a gain."""
    if lost:
        return f"M{x - 3:.1f} {SMALL_HEIGHT - 6}h6l-3 5z"
    return f"M{x - 3:.1f} {SMALL_HEIGHT - 1}h6l-3 -5z"


def badge(status: WorkloadStatus) -> dict[str, object]:
    """Return a badge in shields.io's endpoint format."""
    return {
        "schemaVersion": 1,
        "label": f"speedup, {counted(status.threads, 'thread')}",
        "message": f"{times(status.speedup)} of {status.ideal}",
        "color": COLORS.get(status.verdict, "lightgrey"),
    }


def history_model(status: WorkloadStatus, label: str) -> dict[str, Any]:
    """Return the headline workload's history of speedup, as the picture's template takes it."""
    across, up, highest = _scales(status, 1.08, LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM)

    def x(revision: float) -> float:
        return round(across(revision), 1)

    def y(value: float) -> float:
        return round(up(value), 1)

    line = [(x(revision), y(value)) for revision, value in _points(status)]
    end, ideal = (x(status.revision), y(status.speedup)), y(status.ideal)
    ticks = range(0, int(highest) + 1, max(1, round(highest / 5)))
    return {
        "title": f"{status.workload.title}: {times(status.speedup)} with {counted(status.threads, 'thread')}",
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
        "path": _path(line, WIDTH),
        "end": end,
        "now": times(status.speedup),
    }


def _points(status: WorkloadStatus) -> list[tuple[int, float]]:
    """Return revisions and speedups, NaN where there is none."""
    headline = status.headline
    return list(zip(headline.revisions.tolist(), headline.speedup()[0].tolist(), strict=True))


def _scales(
    status: WorkloadStatus, room: float, left: int, right: int, top: int, bottom: int
) -> tuple[Callable[[float], float], Callable[[float], float], float]:
    """Return where revisions and speedups lie between these edges, and the speedup at the upper one.

    That is a little more, by the factor `room`, than the largest speedup and the ideal.
    """
    first, last = (int(status.headline.revisions[i]) for i in (0, -1))
    highest = max(float(np.nanmax(status.headline.speedup()[0])), status.ideal) * room

    def x(revision: float) -> float:
        share = (revision - first) / (last - first) if last > first else 0.5
        return left + (right - left) * share

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / highest

    return x, y, highest


def _path(points: list[tuple[float, float]], columns: int) -> str:
    """Return a line as SVG's path, thinned to its extremes in each of so many columns; one value is a dot."""
    parts = []
    for run in _runs(points):
        parts.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in _thin(run, columns)))
        parts += ["h0"] if len(run) == 1 else []
    return "".join(parts)


def _runs(points: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Cut a line where values are missing."""
    found: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point[1] != point[1]:
            found.append([])
        else:
            found[-1].append(point)
    return [run for run in found if run]


def _thin(run: list[tuple[float, float]], columns: int) -> list[tuple[float, float]]:
    """Keep the first, least, largest and last point in each column."""
    if len(run) <= 2 * columns:
        return run
    width = (run[-1][0] - run[0][0]) / columns or 1.0
    by_column: dict[int, list[tuple[float, float]]] = {}
    for point in run:
        by_column.setdefault(int((point[0] - run[0][0]) / width), []).append(point)
    kept: list[tuple[float, float]] = []
    for column in by_column.values():
        some = {column[0], column[-1], min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1])}
        kept += sorted(some)
    return kept
