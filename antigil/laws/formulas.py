"""The laws as functions of the thread count, and what they take."""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Iterable

LARGEST = 1e30  # beyond it, sums of squares of products no longer fit a double


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


def karp_flatt(n: Iterable[float], speedup: Iterable[float]) -> tuple[float | None, ...]:
    """Return the experimentally determined serial fraction of each point, None at n = 1.

    It is not confined to 0..1: above 1, `n` threads are slower than one; below 0, faster than linear.
    """
    counts, speedups = checked(n, speedup, "speedup")
    return tuple(
        None if count == 1 else (1 / value - 1 / count) / (1 - 1 / count)
        for count, value in zip(counts, speedups, strict=True)
    )


def checked(n: Iterable[float], y: Iterable[float], name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
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
