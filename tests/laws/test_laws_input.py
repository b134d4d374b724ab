"""What the scaling laws refuse, and how they say so."""

import math
import subprocess
import sys

import pytest

from antigil import laws

EVERY_LAW = [laws.fit_amdahl, laws.fit_gustafson, laws.fit_usl, laws.karp_flatt, laws.best_fit]


@pytest.mark.parametrize("law", EVERY_LAW)
@pytest.mark.parametrize(
    ("n", "y", "message"),
    [
        ([], [], "are empty"),
        ([1, 2, 4], [1, 2], "n has 3 values and .* has 2"),
        ([1, 2, 4], [1, math.nan, 3], "must be finite.*nan"),
        ([1, 2, 4], [1, math.inf, 3], "must be finite.*inf"),
        ([1, 2, 4], [1, 10**400, 3], "must be finite.*inf"),
        ([1, 2, math.nan], [1, 2, 3], "n must be finite.*nan"),
        ([1, 2, 4], [1, 0, 3], "must be above 0, got 0"),
        ([1, 2, 4], [1, -2, 3], "must be above 0, got -2"),
        ([0, 2, 4], [1, 2, 3], "n must be at least 1, got 0"),
        ([1, 4, 2], [1, 2, 3], "n must increase without repeats, but 2 follows 4"),
        ([1, 2, 2], [1, 2, 3], "n must increase without repeats, but 2 follows 2"),
    ],
)
def test_bad_data_is_refused_in_one_line(law, n, y, message):
    with pytest.raises(ValueError, match=message) as caught:
        law(n, y)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("law", EVERY_LAW)
@pytest.mark.parametrize("value", ["2", None, 2j])
def test_what_is_no_number_is_a_type_error(law, value):
    with pytest.raises(TypeError, match="must hold real numbers"):
        law([1, 2, 4], [1, value, 3])


@pytest.mark.parametrize(
    ("law", "n", "message"),
    [
        (laws.fit_usl, [1, 2], "the law usl needs at least 3 points, got 2"),
        (laws.fit_amdahl, [1], "the law amdahl needs at least 1 point with n > 1, got 0"),
        (laws.fit_gustafson, [1], "the law gustafson needs at least 1 point with n > 1, got 0"),
        (laws.best_fit, [1], "the law linear needs at least 1 point with n > 1, got 0"),
    ],
)
def test_too_few_points_are_refused(law, n, message):
    with pytest.raises(ValueError, match=message):
        law(n, n)


def test_a_rate_given_for_a_speedup_is_refused():
    with pytest.raises(ValueError, match=r"a speedup at n = 1 is 1, got 64\.9"):
        laws.fit_amdahl([1, 2, 4], [64.9, 110, 190])


@pytest.mark.parametrize("value", [0, 1, -1, math.nan])
def test_a_level_or_noise_outside_0_to_1_is_refused(value):
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        laws.fit_usl([1, 2, 4], [1, 2, 3], level=value)
    with pytest.raises(ValueError, match="noise must lie between 0 and 1"):
        laws.best_fit([1, 2], [1, 2], noise=value)


@pytest.mark.parametrize("missing", ["numpy", "scipy"])
def test_laws_load_without_numpy_and_scipy_and_a_fit_then_names_the_extra(missing):
    program = f"""
import sys
sys.modules[{missing!r}] = None
from antigil import laws
assert laws.karp_flatt([2], [2]) == (0,)
laws.fit_amdahl([2], [2])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 'ImportError: fitting needs NumPy and SciPy: pip install "antigil[laws]"' in done.stderr


def test_values_as_far_apart_as_allowed_give_a_finite_fit():
    """Warnings are errors here: nothing overflows on the way."""
    counts = [1.0, 3e10, 8e20, 1e30]
    for scale in (1e-300, 1.0, 1e30):
        for fit in (
            laws.fit_usl(counts, [scale, scale / 7, scale / 3, scale / 9]),
            laws.best_fit(counts, counts),
        ):
            assert all(math.isfinite(parameter.value) for parameter in fit.parameters)
