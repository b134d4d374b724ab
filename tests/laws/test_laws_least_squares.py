"""Many rows fitted at once, as publishing does, have the minima and standard errors of each row alone."""

import math
import random

import numpy as np
import pytest
from scipy import optimize

from antigil import laws
from antigil.laws import least_squares

COUNTS = ([2], [2, 4], [2, 4, 8], [2, 3, 4, 6, 8], [4, 8, 16, 32])
LAWS = {"amdahl": ("f",), "usl": ("alpha", "beta")}


def curves(counts):
    """Return speedups with and without noise, of laws inside the bounds and on them; some points lack."""
    draw = random.Random(3)
    for _ in range(60):
        alpha = draw.choice([0, 1, draw.random(), draw.random() ** 3])
        beta = draw.choice([0, 0, draw.random() / 10, draw.random() / 100, 1])
        noise = draw.choice([0, 0.01, 0.1])
        row = [max(0.05, laws.usl(n, alpha, beta) * draw.gauss(1, noise)) for n in counts]
        yield [math.nan if draw.random() < 0.05 else value for value in row]


def published(n, rows):
    """Fit rows as the pages' numbers are, without a search of hopeless faces."""
    return least_squares.fit(n, rows, hopeless=least_squares.HOPELESS)


def expected(counts, row):
    """Return the package's own fits of one row, by law; None where it has too few points."""
    points = [(n, value) for n, value in zip(counts, row, strict=True) if not math.isnan(value)]
    n, speedups = zip(*points, strict=True) if points else ((), ())
    return {
        "amdahl": laws.fit_amdahl(n, speedups) if points else None,
        "usl": laws.fit_usl(n, speedups, relative=True) if len(points) > 1 else None,
    }


@pytest.mark.parametrize("counts", COUNTS)
def test_rows_are_fitted_as_each_is_alone(counts):
    rows = list(curves(counts))
    found = published(np.array(counts, dtype=float), np.array(rows))
    for i, row in enumerate(rows):
        for law, fit in expected(counts, row).items():
            values, errors = (columns[i] for columns in found[law])
            if fit is None:
                assert np.isnan(values).all()
                assert np.isnan(errors).all()
                continue
            own = [fit[name] for name in LAWS[law]]
            assert values == pytest.approx([one.value for one in own], rel=1e-5, abs=1e-8)
            assert np.isnan(errors).tolist() == [one.at_bound for one in own]
            finite = [one.standard_error for one in own]
            assert errors == pytest.approx(finite, rel=1e-3, abs=1e-9, nan_ok=True)


def test_a_count_that_no_row_has_changes_nothing():
    n, rows = np.array([2.0, 4.0, 8.0]), np.array([[1.9, 3.4, math.nan], [1.5, 1.8, math.nan]])
    whole, part = published(n, rows), published(n[:2], rows[:, :2])
    for law in LAWS:
        for mine, other in zip(whole[law], part[law], strict=True):
            assert mine == pytest.approx(other, rel=1e-6, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("counts", [[2, 4, 8], [2, 3, 4, 6, 8]])
def test_no_row_is_beaten_by_a_bounded_search_of_scipys(counts):
    n = np.array(counts, dtype=float)
    rows = np.array([row for row in curves(counts) if not any(map(math.isnan, row))][:20])
    found, _ = published(n, rows)["usl"]
    for row, theta in zip(rows, found, strict=True):
        rivals = [
            optimize.least_squares(lambda p, row=row: laws.usl(n, *p) - row, start, bounds=(0, 1)).cost
            for start in ((0.01, 1e-3), (0.1, 0.1), (0.9, 0.01))
        ]
        assert np.sum((laws.usl(n, *theta) - row) ** 2) <= 2 * min(rivals) * (1 + 1e-6) + 1e-20
