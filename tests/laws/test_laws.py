"""Scaling laws: published answers, exact data, properties of the fits."""

import itertools
import json
import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from antigil import laws

SPECSDM91 = ([1, 18, 36, 72, 108, 144, 216], [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2])
RAYTRACER = ([1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64], [20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310])
EXACT = ([1, 2, 4, 6, 8, 10], [1, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557])
COUNTS = [1, 2, 4, 8, 16]

# ---- Published answers ----------------------------------------------------------------------------------


def test_usl_gives_the_published_answer_for_specsdm91():
    fit = laws.fit_usl(*SPECSDM91)
    assert fit["alpha"].value == pytest.approx(0.0277284, abs=1e-7)
    assert fit["alpha"].standard_error == pytest.approx(0.0091217, abs=5e-8)
    assert fit["beta"].value == pytest.approx(1.04366e-4, abs=6e-10)  # the minimum lies at 1.0436548e-4
    assert fit["beta"].standard_error == pytest.approx(1.9875e-5, abs=5e-9)
    assert fit["gamma"].value == pytest.approx(89.9952, abs=5e-5)
    assert fit["gamma"].standard_error == pytest.approx(14.2135, abs=5e-5)
    assert fit.peak is not None
    assert fit.peak.n == pytest.approx(96.52, abs=5e-3)
    assert fit.peak.value == pytest.approx(1883.9, abs=0.05)
    assert fit.dof == 4


def test_usl_interval_is_students_t_on_n_minus_p_degrees_of_freedom():
    alpha = laws.fit_usl(*SPECSDM91, level=0.95)["alpha"]
    half_width = 2.7764451 * alpha.standard_error  # t table: 4 degrees of freedom, 95 % two-sided
    assert alpha.ci_high - alpha.value == pytest.approx(half_width)
    assert alpha.value - alpha.ci_low == pytest.approx(half_width)


def test_usl_puts_the_raytracers_beta_at_its_bound():
    fit = laws.fit_usl(*RAYTRACER)
    assert (fit["beta"].value, fit["beta"].at_bound) == (0, True)
    assert fit["alpha"].value == pytest.approx(0.0577708, abs=5e-8)
    assert fit["gamma"].value == pytest.approx(21.8488, abs=5e-5)
    assert fit.peak is None


def test_usl_gives_the_published_answer_for_the_raytracers_first_six_rows():
    fit = laws.fit_usl(RAYTRACER[0][:6], RAYTRACER[1][:6])
    assert fit["alpha"].value == pytest.approx(0.0244440, abs=5e-8)
    assert fit["beta"].value == pytest.approx(0.00162681, abs=5e-9)
    assert fit["gamma"].value == pytest.approx(20.8560, abs=5e-5)


@pytest.mark.parametrize("relative", [False, True])
def test_usl_recovers_parameters_from_rounded_data(relative):
    fit = laws.fit_usl(*EXACT, relative=relative)
    assert [p.value for p in fit.parameters] == pytest.approx([0.02, 0.02, 1][: 3 - relative], abs=1e-5)


# ---- The search -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [[1, 2, 4], COUNTS, [3, 5, 7, 9], [1, 18, 72, 216], [1, 100, 10_000, 1e6]])
@pytest.mark.parametrize("gamma", [1e-6, 1, 995, 1e9])
def test_usl_recovers_exact_data_from_no_starting_values(counts, gamma):
    for alpha, beta in itertools.product([0, 1e-4, 0.01, 0.2, 0.9, 1], [0, 1e-6, 1e-3, 0.1, 1]):
        fit = laws.fit_usl(counts, [laws.usl(n, alpha, beta, gamma) for n in counts])
        assert [p.value for p in fit.parameters] == pytest.approx([alpha, beta, gamma], rel=1e-6, abs=1e-9)


def test_usl_is_never_beaten_by_a_bounded_search_from_many_starts():
    """Random data, most of it nothing like the law: the minimum inside the bounds is the global one."""
    rng = np.random.default_rng(1)
    starts = [(a, b) for a in (0.001, 0.1, 0.9) for b in (1e-5, 1e-3, 0.1, 0.9)]
    for _ in range(15):
        n = np.sort(rng.choice(np.arange(1, 65), size=rng.integers(3, 8), replace=False)).astype(float)
        y = rng.lognormal(1, 0.8, len(n))
        fit = laws.fit_usl(n, y)
        rivals = [
            least_squares(
                lambda p, n=n, y=y: laws.usl(n, *p) - y,
                (a, b, 1.0),
                bounds=([0, 0, 1e-12], [1, 1, np.inf]),
                x_scale=[0.01, 0.001, 1],
            )
            for a, b in starts
        ]
        assert fit.rss <= 2 * min(rival.cost for rival in rivals) * (1 + 1e-6)
        assert all(0 <= fit[name].value <= 1 for name in ("alpha", "beta"))
        assert fit["gamma"].value > 0


@pytest.mark.parametrize(
    ("fit", "law"), [(laws.fit_amdahl, laws.amdahl), (laws.fit_gustafson, laws.gustafson)]
)
@pytest.mark.parametrize("f", [0, 1e-6, 0.05, 0.5, 0.99, 1])
def test_a_serial_fraction_is_recovered_from_exact_data(fit, law, f):
    found = fit(COUNTS, [law(n, f) for n in COUNTS])
    assert found["f"].value == pytest.approx(f, abs=1e-9)
    assert found["f"].at_bound == (f in (0, 1))


def test_scaling_the_throughput_scales_gamma_alone():
    fit, scaled = (laws.fit_usl(SPECSDM91[0], [k * x for x in SPECSDM91[1]]) for k in (1, 1000))
    for name, factor in (("alpha", 1), ("beta", 1), ("gamma", 1000)):
        assert scaled[name].value == pytest.approx(factor * fit[name].value)
        assert scaled[name].standard_error == pytest.approx(factor * fit[name].standard_error)
    assert scaled.rss == pytest.approx(1e6 * fit.rss)
    assert scaled.peak.n == pytest.approx(fit.peak.n)


def test_residuals_are_observed_minus_fitted_and_orthogonal_to_the_laws_slopes():
    fit = laws.fit_usl(*SPECSDM91)
    n, x = map(np.array, SPECSDM91)
    fitted = np.array([fit.predict(count) for count in n])
    assert np.array(fit.residuals) == pytest.approx(x - fitted)
    assert fit.rss == pytest.approx(np.sum(np.array(fit.residuals) ** 2))
    for slope in (fitted, fitted**2 * (n - 1) / n, fitted**2 * (n - 1)):
        assert abs(slope @ fit.residuals) < 1e-6 * np.linalg.norm(slope) * math.sqrt(fit.rss)


# ---- Uncertainty ----------------------------------------------------------------------------------------


def covered(fit, law, truth, counts, n_runs=400):
    """Return the share of simulated fits whose 90 % interval holds the first parameter."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(n_runs):
        noisy = [1 if n == 1 else law(n, *truth) * (1 + 0.01 * rng.standard_normal()) for n in counts]
        found = fit(counts, noisy, level=0.9).parameters[0]
        hits += found.ci_low <= truth[0] <= found.ci_high
    return hits / n_runs


@pytest.mark.parametrize(
    ("fit", "law", "truth"),
    [(laws.fit_amdahl, laws.amdahl, (0.2,)), (laws.fit_gustafson, laws.gustafson, (0.3,))],
)
def test_an_interval_covers_the_truth_as_often_as_it_says(fit, law, truth):
    """Three informative points: counting n = 1 as a fourth would cover 0.81 instead of 0.90."""
    assert covered(fit, law, truth, [1, 6, 7, 8]) == pytest.approx(0.9, abs=3 * math.sqrt(0.09 / 400))


def test_the_usls_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(7)
    counts = [1, 2, 4, 8, 12, 16, 24, 32]
    hits = 0
    for _ in range(400):
        noisy = [laws.usl(n, 0.1, 0.01, 50) + 0.5 * rng.standard_normal() for n in counts]
        beta = laws.fit_usl(counts, noisy, level=0.9)["beta"]
        hits += beta.ci_low <= 0.01 <= beta.ci_high
    assert hits / 400 == pytest.approx(0.9, abs=3 * math.sqrt(0.09 / 400))


def test_a_parameter_at_its_bound_is_a_constant_for_the_others():
    """The raytracer without beta is a two-parameter law: compare with one fitted as such."""
    fit = laws.fit_usl(*RAYTRACER)
    n, x = map(np.array, RAYTRACER)
    plain = least_squares(lambda p: p[1] * n / (1 + p[0] * (n - 1)) - x, (0.05, 20), x_scale="jac")
    covariance = np.linalg.inv(plain.jac.T @ plain.jac) * 2 * plain.cost / (len(n) - 2)
    assert fit.dof == len(n) - 2
    assert fit["alpha"].standard_error == pytest.approx(math.sqrt(covariance[0, 0]), rel=1e-4)
    assert fit["gamma"].standard_error == pytest.approx(math.sqrt(covariance[1, 1]), rel=1e-4)
    assert math.isnan(fit["beta"].standard_error)
    assert math.isnan(fit["beta"].ci_low)


@pytest.mark.parametrize(
    "fit",
    [
        laws.fit_usl([1, 2, 4], [10, 18, 28]),
        laws.fit_usl([1, 2, 4], [1, 1.8, 2.8], relative=True),
        laws.fit_amdahl([1, 4], [1, 3]),
        laws.fit_gustafson([4], [3]),
    ],
)
def test_a_fit_through_its_points_has_infinite_intervals(fit):
    assert fit.dof == 0
    assert fit.residuals == pytest.approx([0] * len(fit.residuals), abs=1e-9)
    assert {p.standard_error for p in fit.parameters} == {math.inf}
    assert {(p.ci_low, p.ci_high) for p in fit.parameters} == {(-math.inf, math.inf)}


# ---- Karp-Flatt, peak, JSON -----------------------------------------------------------------------------


def test_karp_flatt_inverts_amdahl():
    for f in (-0.05, 0, 0.05, 0.5, 1, 1.5):
        first, *rest = laws.karp_flatt(COUNTS, [laws.amdahl(n, f) for n in COUNTS])
        assert first is None
        assert rest == pytest.approx([f] * 4)


def test_karp_flatt_takes_one_point():
    assert laws.karp_flatt([4], [2]) == pytest.approx((1 / 3,))


def test_the_peak_is_where_throughput_is_largest():
    fit = laws.fit_usl(*SPECSDM91)
    assert fit.predict(fit.peak.n) == fit.peak.value
    assert fit.peak.value > max(fit.predict(fit.peak.n - 0.1), fit.predict(fit.peak.n + 0.1))


def test_a_throughput_that_only_falls_peaks_at_one_thread():
    fit = laws.fit_usl([1, 2, 4], [laws.usl(n, 0.5, 0.9, 70) for n in (1, 2, 4)])
    assert fit.peak.n == 1
    assert fit.peak.value == pytest.approx(70)


def test_json_holds_the_fit_with_null_for_what_is_not_finite():
    data = json.loads(json.dumps(laws.fit_usl(*RAYTRACER).to_json(), allow_nan=False))
    assert set(data) == {"law", "parameters", "residuals", "dof", "rss", "level", "peak"}
    assert list(data["parameters"]) == ["alpha", "beta", "gamma"]
    nothing = dict.fromkeys(("standard_error", "ci_low", "ci_high"))
    assert data["parameters"]["beta"] == {"value": 0, "at_bound": True, **nothing}
    assert data["peak"] is None
    peak = laws.fit_usl(*SPECSDM91).to_json()["peak"]
    assert peak["n"] == pytest.approx(96.52, abs=5e-3)


# ---- The law that fits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "function", "parameters"),
    [
        ("linear", laws.linear, ()),
        ("amdahl", laws.amdahl, (0.1,)),
        ("amdahl", laws.amdahl, (1,)),
        ("gustafson", laws.gustafson, (0.4,)),
        ("usl", laws.usl, (0.05, 0.02)),
    ],
)
def test_best_fit_names_the_law_that_made_the_data(law, function, parameters):
    rng = np.random.default_rng(3)
    for _ in range(20):
        speedups = [1 if n == 1 else function(n, *parameters) * rng.normal(1, 0.003) for n in COUNTS]
        assert laws.best_fit(COUNTS, speedups).law == law


@pytest.mark.parametrize(("speedup", "law"), [(1.99, "linear"), (1.5, "amdahl"), (0.99, "amdahl")])
def test_best_fit_needs_one_point_and_prefers_the_simpler_law(speedup, law):
    assert laws.best_fit([1, 2], [1, speedup]).law == law


def test_best_fit_allows_a_point_what_its_interval_allows():
    """The article's function that holds the GIL, with 1 to 16 threads on 16 CPUs."""
    counts, speedups = [1, 2, 4, 8, 16], [1, 0.94, 0.91, 0.99, 1.01]
    intervals = [(1, 1), (0.88, 1.03), (0.71, 1.03), (0.89, 1.14), (0.86, 1.07)]
    assert laws.best_fit(counts, speedups) is None
    fit = laws.best_fit(counts, speedups, intervals=intervals)
    assert (fit.law, fit["f"].value) == ("amdahl", 1)


def test_best_fit_minds_the_side_on_which_an_interval_is_long():
    """A tenth held: full speed up to 8 threads, then the ceiling. No law does that."""
    counts, speedups = [1, 2, 4, 8, 16], [1, 1.97, 3.92, 7.72, 8.43]
    upwards = [(1, 1), (1.92, 2.83), (3.72, 5.84), (7.29, 11.35), (7.53, 12.07)]
    assert laws.best_fit(counts, speedups, intervals=upwards) is None
    downwards = [(1, 1), (1.5, 2), (2.5, 4), (4.5, 7.8), (6, 9)]
    assert laws.best_fit(counts, speedups, intervals=downwards) is not None


@pytest.mark.parametrize("speedups", [[1, 2, 2, 2, 2], [1, 2, 3, 1, 6], [1, 3, 8, 20, 40]])
def test_best_fit_says_none_where_no_law_comes_near(speedups):
    assert laws.best_fit(COUNTS, speedups) is None
