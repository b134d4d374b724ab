"""Every interval that is printed holds the truth as often as it says."""

from random import Random
from statistics import fmean

import pytest
from fakes import round_of, window
from simulator import seeded, simulate_calls

from antigil.report.assertion import STANDARD_ERRORS
from antigil.scaling import GilHeld, median_interval, pool
from antigil.scaling.held_share.estimate import estimate
from antigil.scaling.sample import speedup_interval, t99

stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")

RUNS = 3000
LEAST = 0.99 - 3 * (0.01 * 0.99 / RUNS) ** 0.5
"""Three standard errors below 99 %: chance alone goes there once in a thousand times."""


@pytest.mark.parametrize("degrees", [*range(1, 31), 100, 1000])
def test_quantiles_of_students_t(degrees):
    assert t99(degrees) == pytest.approx(stats.t.ppf(0.995, degrees), rel=2e-3)


def covers(interval, truth):
    return interval is not None and interval[0] <= truth <= interval[1]


@pytest.mark.parametrize("processes", [2, 3, 5, 8, 20])
@pytest.mark.parametrize("spread", [0.0, 0.01, 0.1])
def test_the_held_share_of_processes_that_differ(processes, spread):
    random, within = Random(f"{processes} {spread}"), 0.02

    def measured():
        share = 0.5 + random.gauss(0.0, spread) + random.gauss(0.0, within)
        return GilHeld(share, within, 200, 0.0, "switches")

    found = [covers(pool([measured() for _ in range(processes)]).ci99, 0.5) for _ in range(RUNS)]
    assert fmean(found) >= LEAST


@pytest.mark.parametrize("samples", [8, 9, 12, 20])
@pytest.mark.parametrize("draw", ["gauss", "lognormvariate", "uniform"])
def test_the_median_speedup(samples, draw):
    random = Random(f"{samples} {draw}")
    parameters, median = {"gauss": ((0, 1), 0), "lognormvariate": ((0, 2), 1), "uniform": ((0, 1), 0.5)}[draw]
    drawn = ([getattr(random, draw)(*parameters) for _ in range(samples)] for _ in range(RUNS))
    assert fmean(covers(median_interval(values, 0.99), median) for values in drawn) >= LEAST


PHASES = {
    "1 ms, two phases": (1.0, [(True, 3e-4), (False, 7e-4)]),
    "140 ms, two phases": (1.0, [(True, 0.04), (False, 0.1)]),
    "140 ms, two phases, the other way round": (1.0, [(False, 0.1), (True, 0.04)]),
    "five phases": (1.0, [(False, 0.05), (True, 0.02), (False, 0.2), (True, 0.1), (False, 0.13)]),
    "1.5 s, a fifth": (0.25, [(True, 0.3), (False, 1.2)]),
    "1.5 s, four fifths": (0.25, [(False, 0.3), (True, 1.2)]),
    "3 s": (0.25, [(False, 1.0), (True, 0.5), (False, 1.5)]),
    "one phase, held": (1.0, [(True, 0.2)]),
    "one phase, free": (1.0, [(False, 0.2)]),
}


def truth_of(phases):
    return sum(seconds for held, seconds in phases if held) / sum(seconds for _, seconds in phases)


@pytest.mark.parametrize(("budget", "phases"), PHASES.values(), ids=PHASES)
def test_calls_with_phases_are_probed_without_bias(budget, phases):
    truth, runs = truth_of(phases), 60
    found = [estimate(simulate_calls(phases, budget, seeded(phases, run))) for run in range(runs)]
    error = fmean(one.share for one in found) - truth
    spread = fmean((one.share - truth) ** 2 for one in found) ** 0.5
    assert abs(error) <= 0.003 + 3.0 * spread / runs**0.5
    assert fmean(covers(one.ci99, truth) for one in found) >= 0.95
    assert fmean(covers(one.interval(STANDARD_ERRORS), truth) for one in found) >= 0.95


@pytest.mark.parametrize(
    ("speedups", "interval"),
    [
        ([1.0, 1.5, 2.0], (0.9, 2.2)),
        ([1.0, 1.2, 1.5, 1.8, 2.0], (1.0, 2.0)),
        ([1.0, 1.2, 1.4, 1.5, 1.5, 1.6, 1.8, 2.0], (1.0, 2.0)),
    ],
    ids=["a margin around three", "the range of five", "the ends of eight"],
)
def test_the_interval_of_few_rounds_is_their_range_and_of_fewer_a_margin_more(speedups, interval):
    rounds = [round_of(window(1, 100.0), window(2, 100.0 * speedup)) for speedup in speedups]

    assert speedup_interval(rounds, 2) == pytest.approx(interval)


def test_the_interval_of_a_held_share_is_so_many_standard_errors_wide():
    held = GilHeld(0.5, 0.01, 500, 0.001, "switches", quantile99=3.0)

    assert held.ci99 == pytest.approx((0.47, 0.53))
    assert held.margin99 == pytest.approx(0.03)
