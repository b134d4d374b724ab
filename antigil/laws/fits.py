"""Laws fitted to points: parameters with their uncertainty, and the simplest law that fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from antigil.scaling import Z99

from . import formulas
from .formulas import checked

NO_SPEEDUP = 0.1  # a "speedup" at n = 1 further than this from 1 is another number, a rate say

_LAWS: dict[str, Callable[..., float]] = {
    "linear": formulas.linear,
    "amdahl": formulas.amdahl,
    "gustafson": formulas.gustafson,
    "usl": formulas.usl,
}
_PARAMETERS = {"linear": (), "amdahl": ("f",), "gustafson": ("f",), "usl": ("alpha", "beta")}


@dataclass(frozen=True)
class Parameter:
    """A fitted parameter; at a bound its error and interval are NaN, without degrees of freedom infinite."""

    name: str
    value: float
    standard_error: float
    ci_low: float
    ci_high: float
    at_bound: bool


@dataclass(frozen=True)
class Peak:
    """The thread count (a real number, at least 1) at which a law is largest, and its value there."""

    n: float
    value: float


@dataclass(frozen=True)
class Fit:
    """A law fitted to points; `residuals` are observed minus fitted, one for each point given."""

    law: str
    parameters: tuple[Parameter, ...]
    residuals: tuple[float, ...]
    dof: int
    rss: float
    level: float
    peak: Peak | None

    def __getitem__(self, name: str) -> Parameter:
        """Return the parameter called `name`."""
        return {parameter.name: parameter for parameter in self.parameters}[name]

    def predict(self, n: float) -> float:
        """Return the law's value for `n` threads."""
        return _LAWS[self.law](n, *(parameter.value for parameter in self.parameters))

    def to_json(self) -> dict[str, Any]:
        """Return plain data for `json.dumps`: parameters by name, None for a NaN or an infinity."""
        entries = [asdict(parameter) for parameter in self.parameters]
        parameters = {
            entry.pop("name"): {key: value if math.isfinite(value) else None for key, value in entry.items()}
            for entry in entries
        }
        return asdict(self) | {"parameters": parameters, "residuals": list(self.residuals)}


def fit_amdahl(n: Iterable[float], speedup: Iterable[float], *, level: float = 0.99) -> Fit:
    """Fit Amdahl's law, one parameter ``f``; otherwise as `fit_usl`."""
    return _fit("amdahl", n, speedup, level)


def fit_gustafson(n: Iterable[float], speedup: Iterable[float], *, level: float = 0.99) -> Fit:
    """Fit Gustafson's law, one parameter ``f``; otherwise as `fit_usl`."""
    return _fit("gustafson", n, speedup, level)


def fit_usl(
    n: Iterable[float], throughput: Iterable[float], *, relative: bool = False, level: float = 0.99
) -> Fit:
    """Fit the Universal Scalability Law.

    Parameters
    ----------
    n : iterable of float
        Thread counts, at least 1, strictly increasing.
    throughput : iterable of float
        One positive throughput for each, in any unit, which is also gamma's.
    relative : bool
        `throughput` is a speedup: gamma is 1 and is not fitted.
    level : float
        Confidence level of the parameters' intervals.

    Returns
    -------
    Fit
        With the parameters ``alpha``, ``beta`` and, unless `relative`, ``gamma``.

    Raises
    ------
    ValueError
        Too few points; a value that is NaN, infinite or not positive; `n` unordered, repeated or below 1.
    ImportError
        NumPy or SciPy is missing.
    """
    return _fit("usl", n, throughput, level, absolute=not relative)


def best_fit(
    n: Iterable[float],
    speedup: Iterable[float],
    *,
    noise: float = 0.01,
    intervals: Iterable[tuple[float, float]] | None = None,
    level: float = 0.99,
) -> Fit | None:
    """Return the simplest law that the data do not speak against, or None where no law fits.

    The candidates are linear, Amdahl, Gustafson and, from two points with n > 1 on, the USL with gamma = 1;
    the first whose AIC is within 2 of the lowest is taken. Thread counts are too few to estimate the noise
    from (AICc needs four for one parameter), so it is taken as known: sigma = `noise` times the largest
    speedup, or more at a point whose interval reaches further on the side on which the law misses it. Then
    AIC = sum of (residual / sigma)^2 + 2 per parameter. A law fits if it misses no point by more than 5
    sigma.

    Parameters
    ----------
    n, speedup : iterable of float
        As for `fit_usl`. Leave out counts beyond the CPUs allowed: no law here knows that end.
    noise : float
        Relative standard error of the largest speedup.
    intervals : iterable of (float, float), optional
        The 99 % interval of each speedup.
    level : float
        Confidence level of the parameters' intervals.
    """
    if not 0 < noise < 1:
        raise ValueError(f"noise must lie between 0 and 1, got {noise}")
    counts, speedups = checked(n, speedup, "speedup")
    spread = _spread(speedups, noise * max(speedups), intervals)
    laws = list(_PARAMETERS)
    if sum(count > 1 for count in counts) < len(_PARAMETERS["usl"]):
        laws.remove("usl")
    fits = [_fit(law, counts, speedups, level) for law in laws]
    missed = [
        [residual / sigmas[residual < 0] for residual, sigmas in zip(fit.residuals, spread, strict=True)]
        for fit in fits
    ]
    scores = [
        sum(x * x for x in one) + 2 * len(fit.parameters) for one, fit in zip(missed, fits, strict=True)
    ]
    best = next(i for i, score in enumerate(scores) if score <= min(scores) + 2)
    return fits[best] if max(map(abs, missed[best])) <= 5 else None


def _spread(
    speedups: Sequence[float], least: float, intervals: Iterable[tuple[float, float]] | None
) -> list[tuple[float, float]]:
    """Return the standard error of each speedup downwards, where a law lies below it, and upwards."""
    if intervals is None:
        return [(least, least)] * len(speedups)
    return [
        (max(least, (value - low) / Z99), max(least, (high - value) / Z99))
        for value, (low, high) in zip(speedups, intervals, strict=True)
    ]


def _fit(law: str, n: Iterable[float], y: Iterable[float], level: float, *, absolute: bool = False) -> Fit:
    """Fit `law` to throughputs (`absolute`) or to speedups."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    counts, values = checked(n, y, "throughput" if absolute else "speedup")
    names = _PARAMETERS[law] + (("gamma",) if absolute else ())
    first = 0 if absolute or counts[0] > 1 else 1
    if first and abs(values[0] - 1) > NO_SPEEDUP:
        raise ValueError(f"a speedup at n = 1 is 1, got {values[0]:g}: divide by the rate of one thread")
    needed, used = max(len(names), 1), len(counts) - first
    if used < needed:
        points = f"{needed} {'point' if needed == 1 else 'points'}{'' if absolute else ' with n > 1'}"
        raise ValueError(f"the law {law} needs at least {points}, got {used}")
    parameters = _parameters(law, names, counts[first:], values[first:], level) if names else ()
    theta = [parameter.value for parameter in parameters]
    residuals = tuple(y - _LAWS[law](n, *theta) for n, y in zip(counts, values, strict=True))
    return Fit(
        law=law,
        parameters=parameters,
        residuals=residuals,
        dof=used - sum(not parameter.at_bound for parameter in parameters),
        rss=math.fsum(residual**2 for residual in residuals[first:]),
        level=level,
        peak=_peak(*theta) if law == "usl" else None,
    )


def _parameters(
    law: str, names: tuple[str, ...], n: tuple[float, ...], y: tuple[float, ...], level: float
) -> tuple[Parameter, ...]:
    """Search by `least_squares`, and tell how far each parameter is known."""
    try:
        import numpy as np
        from scipy.special import stdtrit

        from . import least_squares
    except ImportError as error:
        raise ImportError(f'fitting needs NumPy and SciPy: pip install "antigil[laws]" ({error})') from error
    counts, row = np.array(n), np.array([y])
    if law == "gustafson":
        found = least_squares.fit_gustafson(counts, row)
    else:
        found = least_squares.fit(counts, row, absolute="gamma" in names)[law]
    values, errors = (numbers[0].tolist() for numbers in found)
    at_bound = [math.isnan(error) for error in errors]
    dof = len(n) - at_bound.count(False)
    t = float(stdtrit(dof, (1 + level) / 2)) if dof else math.inf
    return tuple(
        Parameter(name, value, error, value - t * error, value + t * error, bound)
        for name, value, error, bound in zip(names, values, errors, at_bound, strict=True)
    )


def _peak(alpha: float, beta: float, gamma: float = 1.0) -> Peak | None:
    """Return the USL's peak: none without coherency cost, one thread where it falls from the start."""
    if not beta:
        return None
    n = max(math.sqrt((1 - alpha) / beta), 1.0)
    return Peak(n, formulas.usl(n, alpha, beta, gamma))
