"""Scaling laws: Amdahl, Gustafson, Karp-Flatt and the Universal Scalability Law (USL).

    Amdahl      S(n) = n / (1 + f (n - 1))                      0 <= f <= 1
    Gustafson   S(n) = n - f (n - 1)                            0 <= f <= 1
    Karp-Flatt  e(n) = (1 / S - 1 / n) / (1 - 1 / n)            per point, n > 1
    USL         X(n) = gamma n / (1 + alpha (n - 1) + beta n (n - 1)),
                0 <= alpha, beta <= 1, gamma > 0; peak at n* = sqrt((1 - alpha) / beta)

Numbers in, numbers out. Fits are unweighted least squares. A standard error comes from the Jacobian at the
solution and the residual variance, an interval from Student's t, two-sided; both are first-order, and the
less to be trusted the wider they are.

Three conventions, with their reasons in docs/laws.md. A parameter that ends on its bound is a constant from
there on: it has no standard error, and the others' are those of the law without it. A speedup at n = 1 is 1
by definition, so it is no observation and no degree of freedom. A fit that has no degrees of freedom left
goes through its points, and its standard errors are infinite.

References
----------
Amdahl, AFIPS 30 (1967) 483; Gustafson, CACM 31 (1988) 532; Karp and Flatt, CACM 33 (1990) 539;
Gunther, Guerrilla Capacity Planning, Springer 2007, chapters 4 to 6.
"""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .least_squares import Minimum

LARGEST = 1e30  # beyond it, sums of squares of products no longer fit a double
NO_SPEEDUP = 0.1  # a "speedup" at n = 1 further than this from 1 is another number, a rate say


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


def linear(n: float) -> float:
    """Return the perfect speedup, `n` itself."""
    return n


def amdahl(n: float, f: float) -> float:
    """Return Amdahl's speedup of `n` threads where a share `f` of the work is serial."""
    return n / (1 + f * (n - 1))


def gustafson(n: float, f: float) -> float:
    """Return Gustafson's scaled speedup of `n` threads where a share `f` of the time is serial."""
    return n - f * (n - 1)


def usl(n: float, alpha: float, beta: float, gamma: float = 1.0) -> float:
    """Return the USL's throughput of `n` threads for contention `alpha`, coherency `beta`, slope `gamma`."""
    return gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))


_LAWS: dict[str, Callable[..., float]] = {
    "linear": linear,
    "amdahl": amdahl,
    "gustafson": gustafson,
    "usl": usl,
}
_PARAMETERS = {"linear": (), "amdahl": ("f",), "gustafson": ("f",), "usl": ("alpha", "beta")}


def karp_flatt(n: Iterable[float], speedup: Iterable[float]) -> tuple[float | None, ...]:
    """Return the experimentally determined serial fraction of each point, None at n = 1.

    It is not confined to 0..1: above 1, `n` threads are slower than one; below 0, faster than linear.
    """
    counts, speedups = _checked(n, speedup, "speedup")
    return tuple(
        None if count == 1 else (1 / value - 1 / count) / (1 - 1 / count)
        for count, value in zip(counts, speedups, strict=True)
    )


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
    n: Iterable[float], speedup: Iterable[float], *, noise: float = 0.01, level: float = 0.99
) -> Fit | None:
    """Return the simplest law that the data do not speak against, or None where no law fits.

    The candidates are linear, Amdahl, Gustafson and, from two points with n > 1 on, the USL with gamma = 1;
    the first whose AIC is within 2 of the lowest is taken. Thread counts are too few to estimate the noise
    from (AICc needs four for one parameter), so it is taken as known, sigma = `noise` times the largest
    speedup, and AIC = rss / sigma^2 + 2 per parameter. A law fits if it misses no point by more than 5 sigma.

    Parameters
    ----------
    n, speedup : iterable of float
        As for `fit_usl`. Leave out counts beyond the CPUs allowed: no law here knows that end.
    noise : float
        Relative standard error of the largest speedup.
    level : float
        Confidence level of the parameters' intervals.
    """
    if not 0 < noise < 1:
        raise ValueError(f"noise must lie between 0 and 1, got {noise}")
    counts, speedups = _checked(n, speedup, "speedup")
    sigma = noise * max(speedups)
    laws = list(_PARAMETERS)
    if sum(count > 1 for count in counts) < len(_PARAMETERS["usl"]):
        laws.remove("usl")
    fits = [_fit(law, counts, speedups, level) for law in laws]
    scores = [fit.rss / sigma / sigma + 2 * len(fit.parameters) for fit in fits]
    best = next(fit for fit, score in zip(fits, scores, strict=True) if score <= min(scores) + 2)
    return best if max(map(abs, best.residuals)) <= 5 * sigma else None


def _fit(law: str, n: Iterable[float], y: Iterable[float], level: float, *, absolute: bool = False) -> Fit:
    """Fit `law` to throughputs (`absolute`) or to speedups."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    counts, values = _checked(n, y, "throughput" if absolute else "speedup")
    names = _PARAMETERS[law] + (("gamma",) if absolute else ())
    first = 0 if absolute or counts[0] > 1 else 1
    if first and abs(values[0] - 1) > NO_SPEEDUP:
        raise ValueError(f"a speedup at n = 1 is 1, got {values[0]:g}: divide by the rate of one thread")
    needed, used = max(len(names), 1), len(counts) - first
    if used < needed:
        points = f"{needed} {'point' if needed == 1 else 'points'}{'' if absolute else ' with n > 1'}"
        raise ValueError(f"the law {law} needs at least {points}, got {used}")
    minimum = _minimum(law, counts[first:], values[first:], absolute=absolute, level=level)
    theta = minimum.values if minimum else ()
    residuals = tuple(y - _LAWS[law](n, *theta) for n, y in zip(counts, values, strict=True))
    return Fit(
        law=law,
        parameters=_parameters(names, minimum) if minimum else (),
        residuals=residuals,
        dof=used - (minimum.at_bound.count(False) if minimum else 0),
        rss=math.fsum(residual**2 for residual in residuals[first:]),
        level=level,
        peak=_peak(*theta) if law == "usl" else None,
    )


def _minimum(
    law: str, n: tuple[float, ...], y: tuple[float, ...], *, absolute: bool, level: float
) -> Minimum | None:
    """Search by `least_squares`, which needs the extra ``laws``; None if there is nothing to fit."""
    if law == "linear":
        return None
    try:
        from . import least_squares
    except ImportError as error:
        raise ImportError(f'fitting needs NumPy and SciPy: pip install "antigil[laws]" ({error})') from error
    if law == "gustafson":
        return least_squares.gustafson(n, y, level=level)
    return least_squares.usl(n, y, coherency=law == "usl", absolute=absolute, level=level)


def _parameters(names: tuple[str, ...], minimum: Minimum) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name, value, error, value - half_width, value + half_width, at_bound)
        for name, value, at_bound, error, half_width in zip(names, *minimum, strict=True)
    )


def _peak(alpha: float, beta: float, gamma: float = 1.0) -> Peak | None:
    """Return the USL's peak: none without coherency cost, one thread where it falls from the start."""
    if not beta:
        return None
    n = max(math.sqrt((1 - alpha) / beta), 1.0)
    return Peak(n, usl(n, alpha, beta, gamma))


def _checked(
    n: Iterable[float], y: Iterable[float], name: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return both as floats, or say what is wrong with them."""
    counts, values = _floats(n, "n"), _floats(y, name)
    if len(counts) != len(values):
        raise ValueError(f"n has {len(counts)} values and {name} has {len(values)}: give one for each")
    if not counts:
        raise ValueError(f"n and {name} are empty: give at least one point")
    if min(counts) < 1:
        raise ValueError(f"n must be at least 1, got {min(counts):g}")
    for before, after in itertools.pairwise(counts):
        if after <= before:
            raise ValueError(f"n must increase without repeats, but {after:g} follows {before:g}")
    if min(values) <= 0:
        raise ValueError(f"{name} must be above 0, got {min(values):g}")
    return counts, values


def _floats(values: Iterable[float], name: str) -> tuple[float, ...]:
    checked: list[float] = []
    for value in values:
        if not isinstance(value, numbers.Real):
            raise TypeError(f"{name} must hold real numbers, got {value!r}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not abs(number) <= LARGEST:  # a NaN, too, compares false
            raise ValueError(f"{name} must be finite and at most {LARGEST:g}, got {number:g}")
        checked.append(number)
    return tuple(checked)
