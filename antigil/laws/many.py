"""Amdahl's law and the USL fitted to many rows of speedups at once, by NumPy alone.

The pages need a fit per commit, and `antigil.laws.least_squares` takes milliseconds for each. Here the same
minima are found for all rows together: on every face of the box of alpha and beta (each free, 0 or 1), from
the best point of a grid, by Levenberg and Marquardt's method. Amdahl's law is the faces on which beta is 0.
"""

from __future__ import annotations

import itertools

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
HOPELESS = 100  # a face of the USL whose best point of the grid is so much worse than another's is left out
EQUAL = 1e-9  # relative difference of two sums of squares that rounding may make
STEPS = 200
STILL = 1e-9  # a relative step that ends the search


def fit(n: Floats, speedups: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Fit both laws to each row, as `antigil.laws.fit_amdahl` and `fit_usl` (relative) fit one.

    Parameters
    ----------
    n : array of k floats
        Thread counts above 1, ascending.
    speedups : array of rows × k floats
        Above 0; NaN where there is none.

    Returns
    -------
    dict
        By law, parameters and standard errors: rows × 1 (``amdahl``: f) or rows × 2 (``usl``: alpha,
        beta). An error is NaN at a bound and infinite without degrees of freedom; both numbers are NaN where
        a law has fewer points than parameters.
    """
    used = np.isfinite(speedups)
    y = np.where(used, speedups, 0.0)
    with np.errstate(all="ignore"):  # a step may divide by zero; it is then not taken
        theta = _starts(n, y, used)
        sums = np.stack([_squares(n, y, used, one) for one in theta])
        hopeful: Bools = sums <= HOPELESS * sums.min(axis=0)
        wanted = MOVING[:, None] & (hopeful | AMDAHL[:, None])
        face, row = np.nonzero(wanted)
        theta[wanted], sums[wanted] = _search(n, y[row], used[row], theta[wanted], sums[wanted], FREE[face])
        sums[~((theta >= 0) & (theta <= 1)).all(axis=2)] = np.inf
        return {
            "amdahl": _judged(n, y, used, theta[AMDAHL], sums[AMDAHL], FREE[AMDAHL], 1),
            "usl": _judged(n, y, used, theta, sums, FREE, 2),
        }


def _model(n: Floats, theta: Floats) -> Floats:
    values: Floats = n / (1 + theta[:, :1] * (n - 1) + theta[:, 1:] * (n * (n - 1)))
    return values


def _squares(n: Floats, y: Floats, used: Bools, theta: Floats) -> Floats:
    sums: Floats = np.sum(((y - _model(n, theta)) * used) ** 2, axis=1)
    return sums


def _starts(n: Floats, y: Floats, used: Bools) -> Floats:
    """Return for each face and row the best point of a grid that covers every scale."""
    alpha, beta = (np.append(0.0, np.geomspace(1e-3 / n[-1] ** i, 1.0, GRID - 1)) for i in (1, 2))
    points = np.stack(np.meshgrid(alpha, beta, indexing="ij"), axis=2)
    shapes = _model(n, points.reshape(-1, 2)).T
    scores = (used @ shapes**2 - 2 * (y @ shapes)).reshape(-1, GRID, GRID)
    found = []
    for a, b in FACES:
        face = points[PLACES[a], PLACES[b]].reshape(-1, 2)
        own = scores[:, PLACES[a], PLACES[b]].reshape(len(y), -1)
        found.append(face[np.argmin(own, axis=1)])
    return np.stack(found)


def _normal(n: Floats, y: Floats, used: Bools, theta: Floats, free: Bools) -> tuple[Floats, Floats]:
    """Return J'J as its entries aa, ab, bb and J'r, which keep a parameter that is not free where it is."""
    values = _model(n, theta)
    by_alpha = -(values**2) * (n - 1) / n * used  # by_beta is n times this
    powers = n[:, None] ** np.arange(3)
    left = by_alpha**2 @ powers * np.stack([free[:, 0], free.all(axis=1), free[:, 1]], axis=1)
    left[:, [0, 2]] += ~free
    return left, (by_alpha * (y - values)) @ powers[:, :2] * free


def _search(
    n: Floats, y: Floats, used: Bools, theta: Floats, sums: Floats, free: Bools
) -> tuple[Floats, Floats]:
    """Return the minimum near each row's start, by Levenberg and Marquardt's method, and its sum."""
    damping = np.full(len(theta), 1e-3)
    active = np.arange(len(theta))
    for _ in range(STEPS):
        if not len(active):
            break
        now, own, mask = theta[active], y[active], used[active]
        left, (right_a, right_b) = (part.T for part in _normal(n, own, mask, now, free[active]))
        aa, ab, bb = left[0] * (1 + damping[active]), left[1], left[2] * (1 + damping[active])
        steps = np.stack([bb * right_a - ab * right_b, aa * right_b - ab * right_a], axis=1)
        steps /= (aa * bb - ab * ab)[:, None]
        next_sums = _squares(n, own, mask, now + steps)
        better = next_sums <= sums[active]
        theta[active[better]] += steps[better]
        sums[active[better]] = next_sums[better]
        damping[active] *= np.where(better, 0.1, 10.0)
        still = (np.abs(steps) <= STILL * np.abs(now) + STILL**1.5).all(axis=1)
        active = active[~still & (damping[active] <= 1e12)]
    return theta, sums


def _judged(
    n: Floats, y: Floats, used: Bools, theta: Floats, sums: Floats, free: Bools, needed: int
) -> tuple[Floats, Floats]:
    """Return the best face's parameters and their standard errors; NaN where there are too few points."""
    rounding = used.sum(axis=1) * 1e-28
    face = np.argmax(sums <= sums.min(axis=0) * (1 + EQUAL) + rounding, axis=0)
    every = np.arange(len(y))
    best, least, moved = theta[face, every], sums[face, every], free[face]
    left, _ = _normal(n, y, used, best, moved)
    determinant = left[:, 0] * left[:, 2] - left[:, 1] ** 2
    spread = np.sqrt(left[:, [2, 0]] / determinant[:, None])
    spread[determinant <= 1e-14 * left[:, 0] * left[:, 2]] = np.inf
    dof = used.sum(axis=1) - moved.sum(axis=1)
    errors = np.where(dof > 0, np.sqrt(least / np.maximum(dof, 1)), np.inf)[:, None] * spread
    errors[~moved] = np.nan
    lacking = used.sum(axis=1) < needed
    best[lacking] = errors[lacking] = np.nan
    return best[:, :needed], errors[:, :needed]
