"""asv's fits, kept between runs: one more commit does not cost the fit of a whole history.

Of each series the places are kept where the pieces of its fit begin, under a digest of the numbers that it
was fitted to. A series whose numbers are the same takes them. Where commits were added at its end, asv fits
the newest `TAIL` numbers anew, and what lies before keeps its pieces. The two fits meet within these: near
its beginning, a fit has too few numbers before a step to see it. Once the history has grown by a
`GROWTH`-th since asv fitted all of it, it does so again. What a piece tells (its median, least value,
deviation) always comes from the numbers themselves. The file holds nothing that is not found anew without it:
one that is damaged, or of another asv, is made again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from antigil.errors import noting
from antigil.files import read_json, write_whole

from .asv_adapter import stored
from .change_detection import AsvStep, asv_input, by_revision
from .series import Floats, Series

FILE = "antigil-steps.json"

#: Numbers at the end of a series that are fitted anew where some were added.
TAIL = 250
#: The whole series is fitted again when it has grown by its length over this.
GROWTH = 20


@dataclass(frozen=True)
class _Kept:
    """The fit of one series: of `length` numbers, the first `whole` of which asv has fitted all at once."""

    length: int
    whole: int
    starts: list[int]
    digest: str


class KeptSteps:
    """Gives the fitted pieces of a series as `detect_steps` does, from a file as far as that holds them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._before = _read(file)
        self._now: dict[str, _Kept] = {}

    def __call__(self, series: Series) -> list[AsvStep]:
        """Return the pieces."""
        values, weights = asv_input(series)
        here = np.flatnonzero(~np.isnan(values) & ~(weights <= 0))
        values, weights = values[here], weights[here]
        key = _digest(repr((series.workload, series.quantity, series.threads, series.environment)))
        kept = self._now.get(key) or self._before.get(key)
        if kept is None or not _fits(kept, values, weights):
            starts, whole = _starts(values, weights), len(values)
        elif kept.length == len(values):
            starts, whole = kept.starts, kept.whole
        elif kept.length <= TAIL or len(values) - kept.whole > kept.whole // GROWTH:
            starts, whole = _starts(values, weights), len(values)
        else:
            cut = kept.length - TAIL
            newest = [cut + start for start in _starts(values[cut:], weights[cut:])[1:]]
            seam = _seam(kept.starts, newest, cut + TAIL // 4, cut + TAIL * 3 // 4)
            starts = [*(one for one in kept.starts if one <= seam), *(one for one in newest if one > seam)]
            whole = kept.whole
        self._now[key] = _Kept(len(values), whole, starts, _of(values, weights, whole, starts))
        return by_revision(series, _pieces(values, weights, starts, here))

    def save(self) -> None:
        """Keep what was asked for."""
        content = {"asv": stored.ASV_VERSION, "series": {key: asdict(one) for key, one in self._now.items()}}
        with noting(f"{self._file.name} cannot be kept, and all is fitted again the next time"):
            write_whole(self._file, json.dumps(content))


def _read(file: Path) -> dict[str, _Kept]:
    """Return what a file keeps; nothing of one that holds something else."""
    try:
        content = read_json(file)
        if content["asv"] != stored.ASV_VERSION:
            return {}
        return {str(key): _Kept(**one) for key, one in content["series"].items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return {}  # it is no more than a shorter way: everything is fitted again


def _fits(kept: _Kept, values: Floats, weights: Floats) -> bool:
    """Tell whether a fit is one of the first numbers of a series, as it was written down."""
    if type(kept.length) is not int or not 0 <= kept.length <= len(values):
        return False
    found = _of(values[: kept.length], weights[: kept.length], kept.whole, kept.starts)
    return found == kept.digest


def _of(values: Floats, weights: Floats, whole: Any, starts: Any) -> str:
    """Return the digest of a fit and of the numbers that it belongs to."""
    return _digest(values.tobytes() + weights.tobytes() + json.dumps([whole, starts]).encode())


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:32]


def _starts(values: Floats, weights: Floats) -> list[int]:
    """Return where the pieces of asv's own fit begin."""
    rows = stored.detect_steps(values.tolist(), weights.tolist())
    return [int(row[0]) for row in rows]


def _seam(before: Sequence[int], after: Sequence[int], first: int, last: int) -> int:
    """Return the place between two that is farthest from where the pieces of either fit begin.

    A step that the one fit has a few numbers earlier than the other is on the same side of it in both.
    """
    near = sorted({first, last, *(one for one in (*before, *after) if first < one < last)})
    left, right = max(itertools.pairwise(near), key=lambda pair: pair[1] - pair[0])
    return (left + right) // 2


def _pieces(values: Floats, weights: Floats, starts: Sequence[int], here: Any) -> list[AsvStep]:
    """Return the pieces that begin at some places, by asv's own median and distance."""
    if not len(values):
        return []
    known = weights[~np.isnan(weights)]
    middle = float(np.median(known)) if len(known) else 1.0
    share = np.where(np.isnan(weights), 1.0, weights / (middle or 1.0))
    fit = stored.get_mu_dist(values.tolist(), share.tolist())
    ends = [*starts[1:], len(values)]
    return [
        (
            int(here[a]),
            int(here[b - 1]) + 1,
            fit.mu(a, b - 1),
            float(values[a:b].min()),
            abs(fit.dist(a, b - 1) / (b - a)),
        )
        for a, b in zip(starts, ends, strict=True)
    ]
