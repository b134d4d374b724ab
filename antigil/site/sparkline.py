"""Small history lines as inline SVG: no script, a few hundred bytes each, coloured by the page's style."""

from __future__ import annotations

import numpy as np

from .status import WorkloadStatus

WIDTH, HEIGHT, MARGIN = 220, 44, 4
#: Columns of pixels that a line may use; longer histories are cut to the least and the most in each.
COLUMNS = 110


def sparkline(status: WorkloadStatus) -> str:
    """Return the history of the headline speedup, with its ideal and its confirmed changes."""
    speedup = status.headline.speedup()[0]
    revisions = status.headline.revisions
    top = max(float(np.nanmax(speedup)), float(status.ideal)) * 1.05
    first, last = int(revisions[0]), int(revisions[-1])

    def x(revision: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * ((revision - first) / (last - first) if last > first else 0.5)

    def y(value: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * value / top

    points = [(x(r), y(v)) for r, v in zip(revisions.tolist(), speedup.tolist(), strict=True)]
    path = svg_path(points, COLUMNS)
    ideal = y(status.ideal)
    marks = "".join(
        f'<path class="spark-{c.direction}" d="{_triangle(x(c.revision), c.lost)}"/>'
        for c in status.changes
        if c.confirmed
    )
    end = (x(status.revision), y(status.speedup))
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="spark-ideal" d="M{MARGIN} {ideal:.1f}H{WIDTH - MARGIN}"/>'
        f'<path class="spark-line" d="{path}"/>{marks}'
        f'<circle class="spark-end" cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="2.6"/></svg>'
    )


def _triangle(x: float, lost: bool) -> str:
    """Return a small triangle at the bottom that points down for a loss and up for a gain."""
    if lost:
        return f"M{x - 3:.1f} {HEIGHT - 6}h6l-3 5z"
    return f"M{x - 3:.1f} {HEIGHT - 1}h6l-3 -5z"


def svg_path(points: list[tuple[float, float]], columns: int) -> str:
    """Return a line as SVG's path, thinned to its extremes in each of so many columns."""
    cut = _runs(points)
    return "".join("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in _thin(run, columns)) for run in cut)


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
