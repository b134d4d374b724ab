"""A workload's history as a picture: a small line in the overview, and what a README can show.

A small line is inline SVG, of at most 5 kB however long the history, coloured by the page's style. A README
shows the workload of `headline_status`: ``badge.json`` in shields.io's endpoint format, and ``history.svg``,
which needs no style sheet and no script, and follows the reader's choice of light or dark by itself.

References
----------
https://shields.io/badges/endpoint-badge
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby
from typing import Any
from unicodedata import east_asian_width

import numpy as np

from antigil.report.quantities import counted, times

from .workload_status import WorkloadStatus

#: Of a small line.
SMALL_WIDTH, SMALL_HEIGHT, MARGIN = 220, 44, 4
#: Columns of pixels that it may use; longer histories are cut to the least and the most in each.
COLUMNS = 100
#: Of a README's picture, and its margins.
WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 96, 56, 28
#: Characters of its two lines that fit beside its left margin, in the widest of usual fonts.
HEAD, BELOW = 60, 90
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

    told = f"{times(status.speedup)} with {counted(status.threads, 'thread')}"
    line = [(x(revision), y(value)) for revision, value in _points(status)]
    end, ideal = (x(status.revision), y(status.speedup)), y(status.ideal)
    ticks = range(0, int(highest) + 1, max(1, round(highest / 5)))
    return {
        "title": f"{status.workload.title}: {told}",
        "lines": (_fitting(status.workload.title, HEAD), _fitting(f"{told} · {label}", BELOW)),
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
    for run in _runs(points, columns):
        parts.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in run))
        parts += ["h0"] if len(run) == 1 else []
    return "".join(parts)


def _runs(points: list[tuple[float, float]], columns: int) -> list[list[tuple[float, float]]]:
    """Keep the first, least, largest and last value in each column; cut where one begins or ends without."""
    left, width = points[0][0], (points[-1][0] - points[0][0]) / columns or 1.0
    found: list[list[tuple[float, float]]] = [[]]
    for _, group in groupby(points, key=lambda point: int((point[0] - left) / width)):
        column = list(group)
        here = [point for point in column if not math.isnan(point[1])]
        if here[:1] != column[:1]:
            found.append([])
        if here:
            least, largest = (choose(here, key=lambda point: point[1]) for choose in (min, max))
            found[-1] += sorted({here[0], least, largest, here[-1]})
        if here[-1:] != column[-1:]:
            found.append([])
    return [run for run in found if run]


def _fitting(text: str, widest: int) -> str:
    """Return a text, cut to so many columns; a wide character takes two."""
    taken = 0
    for i, character in enumerate(text):
        taken += 2 if east_asian_width(character) in "FW" else 1
        if taken > widest:
            return text[: i - 1].rstrip() + "…"
    return text
