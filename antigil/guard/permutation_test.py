"""Exact permutation tests of two small samples, ties included, of any sizes. Pure, standard library only.

If it made no difference which sample a value belongs to, every way to deal the m + n values out to the
two sides would be equally likely. p is the share of these C(m + n, n) ways in which the upper side's
scores sum up to at least what was seen. The ways are counted and not drawn: the number of them with the
sum s is the coefficient of x^n y^s in the product over all values of (1 + x y^score).

References
----------
E. J. G. Pitman, "Significance tests which may be applied to samples from any populations", Supplement to
the Journal of the Royal Statistical Society 4 (1937): scores that are the values themselves.
F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945): ranks. Without
ties the same as H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Values in [0, 1] are tested in steps of this size, rounded against a difference.
STEPS = 1000


def larger_by_rank(lower: Sequence[float], upper: Sequence[float]) -> float:
    """Return the one-sided p of `upper` being larger than `lower`: ranks, the mean rank for ties.

    For values with far outliers, which count for no more than their place.
    """
    ordered = sorted([*lower, *upper])
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    doubled = {value: first[value] + last[value] for value in first}  # an integer, where a mean is none
    return _share_at_least([doubled[value] for value in lower], [doubled[value] for value in upper])


def larger_in_the_mean(lower: Sequence[float], upper: Sequence[float]) -> float:
    """Return the one-sided p of `upper` being larger than `lower`: means of values in [0, 1].

    For shares that were counted: a sample that happens to be 0 counts for what it lacks, and not for as
    many places as there are samples on the other side.
    """
    tolerance = 1e-6  # of a step: what floating point makes of whole ones
    return _share_at_least(
        [math.ceil(value * STEPS - tolerance) for value in lower],
        [math.floor(value * STEPS + tolerance) for value in upper],
    )


def _share_at_least(lower: Sequence[int], upper: Sequence[int]) -> float:
    """Return the share of all ways to deal out the scores that give `upper` its sum or more.

    A polynomial in y is one long integer, so many bits per coefficient that none can run over.
    """
    scores, least = [*lower, *upper], min([*lower, *upper])
    ways = math.comb(len(scores), len(upper))
    bits = ways.bit_length()
    chosen = [1] + [0] * len(upper)  # by how many are chosen
    for score in scores:
        for count in range(len(upper), 0, -1):
            chosen[count] += chosen[count - 1] << (score - least) * bits
    seen = sum(upper) - len(upper) * least
    return _sum_of_coefficients(chosen[-1] >> seen * bits, bits) / ways


def _sum_of_coefficients(polynomial: int, bits: int) -> int:
    """Return a polynomial's value at 1."""
    size = (polynomial.bit_length() + bits - 1) // bits
    while size > 1:
        half = (size + 1) // 2
        # Sums of ways are at most all ways, so a coefficient still cannot run over.
        polynomial = (polynomial >> half * bits) + (polynomial & ((1 << half * bits) - 1))
        size = half
    return polynomial
