"""The least-squares search behind `antigil.laws`, for many rows of numbers at once, by NumPy alone.

The USL is minimised on every face of its box of bounds: alpha and beta each free, 0 or 1. On a face, a grid
that covers every scale of the two finds the basin, and Levenberg and Marquardt's method the minimum; the
caller gives no starting values. A minimum outside the box is dropped: the constrained one then lies on a
smaller face, which is searched too. Among equals the smaller face wins, so that a parameter that is 0 is
reported at its bound. Amdahl's law is the faces on which beta is 0. Gamma, in which the law is linear, is at
every step the one for which the squares are least, and has no bound to come to.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Each face: alpha and beta, None where free. Those with fewer free parameters win among equals.
FACES = sorted(itertools.product((None, 0.0, 1.0), repeat=2), key=lambda face: face.count(None))
FREE = np.array([[value is None for value in face] for face in FACES])
MOVING = np.array([None in face for face in FACES])
AMDAHL = np.array([beta == 0.0 for _, beta in FACES])
GRID = 16  # values of each parameter: 0, then 15 from the smallest that matters to 1
PLACES = {None: slice(None), 0.0: slice(0, 1), 1.0: slice(-1, None)}
HOPELESS = 100  # times another face's squares, on the grid: a search of many rows may leave such a face out
EQUAL = 1e-9  # relative difference of two sums of squares that rounding may make
ROUNDING = 1e-14  # relative to 1: a residual that is none
STEPS = 200
STILL = 1e-9  # a relative step that ends the search


def fit_gustafson(n: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Fit f of S(n) = n - f (n - 1), which is linear in f, to each row of `y`; returns as `fit` does."""
    slope = n - 1
    theta = np.clip((n - y) @ slope / (slope @ slope), 0, 1)[:, None]
    residuals = y - n + theta * slope
    columns = np.broadcast_to(slope[:, None], (*y.shape, 1))
    return theta, _errors(columns, (residuals**2).sum(axis=1), (theta > 0) & (theta < 1), len(n))


def fit(
    n: Floats, y: Floats, *, absolute: bool = False, hopeless: float = math.inf
) -> dict[str, tuple[Floats, Floats]]:
    """Fit Amdahl's law and the USL to each row.

    Parameters
    ----------
    n : array of k floats
        Thread counts, ascending; above 1 unless `absolute`.
    y : array of rows × k floats
        Speedups, or throughputs if `absolute`, above 0; NaN where there is none.
    absolute : bool
        Whether gamma is fitted, too; else it is 1.
    hopeless : float
        Leave out a face of the USL whose best point of the grid has so many times the squares of another's.

    Returns
    -------
    dict
        By law, parameters and standard errors: rows × 1 (``amdahl``: f), rows × 2 (``usl``: alpha, beta),
        or one more each (gamma). An error is NaN at a bound and infinite without degrees of freedom; both
        numbers are NaN where a law has fewer points than parameters.
    """
    used = np.isfinite(y)
    y = np.where(used, y, 0.0)
    units = y.max(axis=1, keepdims=True) if absolute else np.ones((len(y), 1))
    rows = _Rows(n, y / units, used, absolute)
    with np.errstate(all="ignore"):  # a step may divide by zero; it is then not taken
        theta = rows.starts()
        sums = np.stack([rows.squares(one) for one in theta])
        wanted = MOVING[:, None] & ((sums <= hopeless * sums.min(axis=0)) | AMDAHL[:, None])
        face, row = np.nonzero(wanted)
        theta[wanted], sums[wanted] = _search(rows.take(row), theta[wanted], sums[wanted], FREE[face])
        sums[~((theta >= 0) & (theta <= 1)).all(axis=2)] = np.inf
        laws = {"amdahl": (AMDAHL, 1), "usl": (np.full(len(FACES), True), 2)}
        return {
            law: _judged(rows, theta[faces], sums[faces], FREE[faces], needed, units)
            for law, (faces, needed) in laws.items()
        }


class _Rows:
    """Rows to be fitted: `y` is 0 where it is not `used`; theta is alpha and beta of each row."""

    def __init__(self, n: Floats, y: Floats, used: Bools, absolute: bool) -> None:
        self.n, self.y, self.used, self.absolute = n, y, used, absolute

    def take(self, rows: NDArray[np.intp]) -> _Rows:
        """Return some of the rows, any of them more than once."""
        return _Rows(self.n, self.y[rows], self.used[rows], self.absolute)

    def gamma(self, shape: Floats) -> Floats:
        """Return for each row the factor of `shape` with which its squares are least, or 1, as a column."""
        if not self.absolute:
            return np.ones((len(shape), 1))
        shape = shape * self.used
        best: Floats = (self.y * shape).sum(axis=1, keepdims=True) / (shape**2).sum(axis=1, keepdims=True)
        return best

    def model(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return each row's values by the law, and its gamma."""
        shape = _shape(self.n, theta)
        gamma = self.gamma(shape)
        return gamma * shape, gamma

    def squares(self, theta: Floats) -> Floats:
        """Return each row's sum of squares."""
        sums: Floats = np.sum(((self.y - self.model(theta)[0]) * self.used) ** 2, axis=1)
        return sums

    def starts(self) -> Floats:
        """Return for each face and row the best point of a grid that covers every scale."""
        alpha, beta = (np.append(0.0, np.geomspace(1e-3 / self.n[-1] ** i, 1.0, GRID - 1)) for i in (1, 2))
        points = np.stack(np.meshgrid(alpha, beta, indexing="ij"), axis=2)
        shapes = _shape(self.n, points.reshape(-1, 2)).T
        own, common = self.used @ shapes**2, self.y @ shapes
        scores = -(common**2) / own if self.absolute else own - 2 * common
        scores = scores.reshape(-1, GRID, GRID)
        found = []
        for a, b in FACES:
            face = points[PLACES[a], PLACES[b]].reshape(-1, 2)
            on_face = scores[:, PLACES[a], PLACES[b]].reshape(len(self.y), -1)
            found.append(face[np.argmin(on_face, axis=1)])
        return np.stack(found)

    def jacobian(self, theta: Floats) -> Floats:
        """Return the derivatives by alpha, beta and, if it is fitted, gamma: rows × k × parameters."""
        values, gamma = self.model(theta)
        by_alpha = -(values**2) * (self.n - 1) / self.n / gamma
        columns = [by_alpha, by_alpha * self.n, values / gamma][: 2 + self.absolute]
        return np.stack(columns, axis=2) * self.used[:, :, None]

    def normal(self, theta: Floats, free: Bools) -> tuple[Floats, Floats]:
        """Return J'J as its entries aa, ab, bb and J'r, which keep a parameter that is not free where it is.

        Gamma follows alpha and beta: their columns are freed of its share.
        """
        values, gamma = self.model(theta)
        by_alpha = -(values**2) * (self.n - 1) / self.n * self.used / gamma
        powers = self.n[:, None] ** np.arange(3)
        left = by_alpha**2 @ powers
        if self.absolute:
            by_gamma = values * self.used
            by_gamma /= np.linalg.norm(by_gamma, axis=1, keepdims=True)
            a, b = ((by_alpha * by_gamma) @ powers[:, :2]).T
            left -= np.stack([a * a, a * b, b * b], axis=1)
        left *= np.stack([free[:, 0], free.all(axis=1), free[:, 1]], axis=1)
        left[:, [0, 2]] += ~free
        return left, (by_alpha * (self.y - values)) @ powers[:, :2] * free


def _shape(n: Floats, theta: Floats) -> Floats:
    """Return the law without gamma."""
    values: Floats = n / (1 + theta[:, :1] * (n - 1) + theta[:, 1:] * (n * (n - 1)))
    return values


def _search(rows: _Rows, theta: Floats, sums: Floats, free: Bools) -> tuple[Floats, Floats]:
    """Return the minimum near each row's start, by Levenberg and Marquardt's method, and its sum."""
    damping = np.full(len(theta), 1e-3)
    active = np.arange(len(theta))
    for _ in range(STEPS):
        if not len(active):
            break
        now, own = theta[active], rows.take(active)
        left, (right_a, right_b) = (part.T for part in own.normal(now, free[active]))
        aa, ab, bb = left[0] * (1 + damping[active]), left[1], left[2] * (1 + damping[active])
        steps = np.stack([bb * right_a - ab * right_b, aa * right_b - ab * right_a], axis=1)
        steps /= (aa * bb - ab * ab)[:, None]
        next_sums = own.squares(now + steps)
        better = next_sums <= sums[active]
        theta[active[better]] += steps[better]
        sums[active[better]] = next_sums[better]
        damping[active] *= np.where(better, 0.1, 10.0)
        still = (np.abs(steps) <= STILL * np.abs(now) + STILL**1.5).all(axis=1)
        active = active[~still & (damping[active] <= 1e12)]
    return theta, sums


def _judged(
    rows: _Rows, theta: Floats, sums: Floats, free: Bools, needed: int, units: Floats
) -> tuple[Floats, Floats]:
    """Return the best face's parameters and their standard errors; NaN where there are too few points.

    Gamma comes in `units`, and leaves without them.
    """
    points = rows.used.sum(axis=1)
    face = np.argmax(sums <= sums.min(axis=0) * (1 + EQUAL) + points * ROUNDING**2, axis=0)
    every = np.arange(len(rows.y))
    best, least, moved = theta[face, every], sums[face, every], free[face]
    columns, kept = rows.jacobian(best), list(range(needed))
    if rows.absolute:
        best = np.hstack([best, rows.model(best)[1]])
        moved = np.hstack([moved, np.full((len(moved), 1), True)])
        kept.append(2)
    errors = _errors(columns, least, moved, points)
    if rows.absolute:
        best[:, 2:] *= units
        errors[:, 2:] *= units
    lacking = points < len(kept)
    best[lacking] = errors[lacking] = np.nan
    return best[:, kept], errors[:, kept]


def _errors(columns: Floats, least: Floats, free: Bools, points: NDArray[np.intp] | int) -> Floats:
    """Return first-order standard errors: those of the law in which parameters at a bound are constants.

    The covariance is s^2 (J'J)^-1 = s^2 J+ (J+)'; columns of unit length keep it well conditioned.
    """
    columns = columns * free[:, None, :]
    lengths = np.linalg.norm(columns, axis=1)
    unit = columns / np.where(lengths > 0, lengths, 1.0)[:, None, :]
    n_free = free.sum(axis=1)
    with np.errstate(all="ignore"):
        spread = np.linalg.norm(np.linalg.pinv(unit), axis=2) / lengths
        spread[np.linalg.matrix_rank(unit) < n_free] = np.inf
        dof = points - n_free
        errors: Floats = np.sqrt(least / np.maximum(dof, 1))[:, None] * spread
    errors[dof <= 0] = np.inf
    errors[~free] = np.nan
    return errors
