"""The least-squares search behind `antigil.laws`; this module needs NumPy and SciPy to load.

The USL is minimised on every face of its box of bounds: alpha and beta each free, 0 or 1. On a face, a grid
that covers every scale of the two finds the basin and Levenberg-Marquardt the minimum; the caller gives no
starting values. A minimum outside the box is dropped: the constrained one then lies on a smaller face, which
is searched too. Among equals the smaller face wins, so that a parameter that is 0 is reported at its bound.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EQUAL = 1e-9  # relative difference of two sums of squares that rounding may make
ROUNDING = 1e-14  # relative to the largest value: a residual that is none


class Minimum(NamedTuple):
    """Where the sum of squares is smallest, for each parameter, and how sure that is."""

    values: tuple[float, ...]
    at_bound: tuple[bool, ...]
    standard_errors: tuple[float, ...]  # NaN at a bound, infinite without degrees of freedom
    half_widths: tuple[float, ...]  # of the confidence interval


def gustafson(n: Sequence[float], y: Sequence[float], *, level: float) -> Minimum:
    """Minimise for f in S(n) = n - f (n - 1), which is linear in f."""
    counts, observed = np.array(n), np.array(y)
    slope = counts - 1
    f = float(slope @ (counts - observed) / (slope @ slope))
    theta = np.array([min(max(f, 0.0), 1.0)])
    residuals = observed - counts + theta * slope
    return _judge(theta, np.array([0 < f < 1]), residuals, slope[:, None], level, np.ones(1))


def usl(n: Sequence[float], y: Sequence[float], *, coherency: bool, absolute: bool, level: float) -> Minimum:
    """Minimise for alpha, for beta if `coherency` (else it is 0), for gamma if `absolute` (else it is 1)."""
    counts, observed = np.array(n), np.array(y)
    scale = observed.max() if absolute else 1.0
    observed = observed / scale
    fitted = np.array([True, coherency, absolute])
    choices = (None, 0.0, 1.0)
    minima = []
    with np.errstate(all="ignore"):  # a step of the search may divide by zero; it is then not taken
        for face in itertools.product(choices, choices if coherency else (0.0,)):
            free = np.array([value is None for value in (*face, None)]) & fitted
            theta = _search(counts, observed, _start(counts, observed, face, absolute), free)
            if (theta >= 0).all() and (theta[:2] <= 1).all():
                minima.append((_rss(counts, observed, theta), int(free.sum()), theta, free))
    least = min(rss for rss, *_ in minima) * (1 + EQUAL) + len(counts) * ROUNDING**2
    _, _, theta, free = min((entry for entry in minima if entry[0] <= least), key=lambda entry: entry[1])
    units = np.array([1.0, 1.0, scale])[fitted]
    residuals = observed - _model(counts, theta)
    return _judge(theta[fitted], free[fitted], residuals, _jacobian(counts, theta)[:, fitted], level, units)


def _model(n: Floats, theta: Floats) -> Floats:
    alpha, beta, gamma = theta
    values: Floats = gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))
    return values


def _jacobian(n: Floats, theta: Floats) -> Floats:
    """Return the model's derivatives by alpha, beta and gamma as columns."""
    values = _model(n, theta)
    by_alpha = -(values**2) * (n - 1) / (theta[2] * n)
    return np.column_stack([by_alpha, by_alpha * n, values / theta[2]])


def _rss(n: Floats, y: Floats, theta: Floats) -> float:
    return float(np.sum((y - _model(n, theta)) ** 2))


def _start(n: Floats, y: Floats, face: Sequence[float | None], absolute: bool) -> Floats:
    """Return the best point of a grid over `face`, with the best gamma at each."""
    most = n[-1]
    grids = [
        np.append(0.0, np.geomspace(1e-3 / reach, 1.0, 30)) if value is None else np.array([value])
        for value, reach in zip(face, (most, most * most), strict=True)
    ]
    alpha, beta = (grid.ravel() for grid in np.meshgrid(*grids))
    shape = n / (1 + np.outer(alpha, n - 1) + np.outer(beta, n * (n - 1)))
    gamma = shape @ y / np.sum(shape**2, axis=1) if absolute else np.ones(len(alpha))
    best = int(np.argmin(np.sum((y - gamma[:, None] * shape) ** 2, axis=1)))
    return np.array([alpha[best], beta[best], gamma[best]])


def _search(n: Floats, y: Floats, theta: Floats, free: Bools) -> Floats:
    """Return `theta` with its `free` entries moved to the minimum nearby."""
    if not free.any():
        return theta

    def whole(part: Floats) -> Floats:
        moved = theta.copy()
        moved[free] = part
        return moved

    part, *_ = leastsq(
        lambda part: _model(n, whole(part)) - y,
        theta[free],
        Dfun=lambda part: _jacobian(n, whole(part))[:, free],
        full_output=True,  # a search that ends early is no error here: its point is compared like any other
        ftol=1e-15,
        xtol=1e-15,
    )
    return whole(part)


def _judge(
    theta: Floats, free: Bools, residuals: Floats, jacobian: Floats, level: float, units: Floats
) -> Minimum:
    """Add first-order standard errors: those of the law in which the parameters at a bound are constants.

    The parameters come in `units`, and leave without them.
    """
    errors = np.full(len(theta), math.nan)
    errors[free] = math.inf
    widths = errors.copy()
    dof = len(residuals) - int(free.sum())
    columns = jacobian[:, free]
    lengths = np.linalg.norm(columns, axis=0)
    if dof and free.any() and np.linalg.matrix_rank(columns / lengths) == free.sum():
        # The covariance is s^2 (J'J)^-1 = s^2 J+ (J+)'; unit columns keep it well conditioned.
        spread = np.linalg.norm(np.linalg.pinv(columns / lengths), axis=1) / lengths
        errors[free] = np.sqrt(residuals @ residuals / dof) * spread
        widths[free] = errors[free] * stdtrit(dof, (1 + level) / 2)
    scaled = (tuple((numbers * units).tolist()) for numbers in (theta, errors, widths))
    values, standard_errors, half_widths = scaled
    return Minimum(values, tuple((~free).tolist()), standard_errors, half_widths)
