"""Confidence intervals: of a mean of few values, by Student's t, and of a median, by the values' order.

The interval of a median is free of assumptions about the distribution: between the k-th
smallest and the k-th largest of m samples lies the median with probability
1 - 2 sum_{i<k} C(m, i) / 2^m. Eight samples are the fewest that give 99 %.

References
----------
H. A. David, H. N. Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Z99 = 2.5758
"""So many standard errors to each side hold 99 % of a normal distribution."""

T99 = (63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499)
"""The same of Student's t distribution with 1 to 7 degrees of freedom."""


def t99(degrees: int) -> float:
    """Return how many standard errors hold 99 % of Student's t with so many degrees of freedom.

    References
    ----------
    M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5.
    """
    if degrees <= len(T99):
        return T99[degrees - 1]
    z, z3, z5, z7 = Z99, Z99**3, Z99**5, Z99**7
    return (
        z
        + (z3 + z) / (4 * degrees)
        + (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees**2)
        + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees**3)
    )


def median_interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """Return the narrowest order-statistics interval of the median, or None with too few values."""
    ordered = sorted(values)
    m = len(ordered)
    outside, k = 0.0, 0
    while k < m // 2:
        outside += 2 * math.comb(m, k) / 2**m
        if outside > 1.0 - confidence:
            break
        k += 1
    return None if k == 0 else (ordered[k - 1], ordered[m - k])
