"""The statistics of a comparison, on numbers made up by the tests."""

import itertools
import random
from math import comb, inf
from statistics import median

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, permutation_test

from antigil.guard.decision_rule import (
    Limit,
    Number,
    SamplePair,
    holm,
    judge,
    least_effects,
    powerless,
    smallest_p,
)
from antigil.guard.permutation_test import larger_by_rank, larger_in_the_mean
from antigil.history.options import Options

OPTIONS = Options(threshold=0.05, held_threshold=0.02, thresholds={"noisy": 0.5})
LIMITS = least_effects(OPTIONS)


def scattered(seed, value, spread, n=8):
    generator = random.Random(seed)
    return tuple(generator.gauss(value, spread) for _ in range(n))


def judged(number, base, head, level=0.05):
    return judge({number: SamplePair(tuple(base), tuple(head))}, LIMITS, level)[number]


@pytest.mark.parametrize(("m", "n"), [(8, 8), (3, 5), (1, 1), (2, 7), (20, 20)])
def test_p_by_rank_agrees_with_scipy_where_nothing_ties(m, n):
    generator = random.Random(m * 10 + n)
    for _ in range(50):
        low, high = [generator.random() for _ in range(m)], [generator.random() for _ in range(n)]
        expected = mannwhitneyu(high, low, alternative="greater", method="exact").pvalue

        assert larger_by_rank(low, high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("m", "n"), [(8, 8), (3, 5), (2, 7)])
def test_p_in_the_mean_agrees_with_scipys_permutations_ties_included(m, n):
    generator = random.Random(m * 10 + n)
    for _ in range(20):
        low = [generator.randrange(4) / 100 for _ in range(m)]
        high = [generator.randrange(8) / 100 for _ in range(n)]
        expected = permutation_test(
            (np.multiply(high, 100), np.multiply(low, 100)), lambda x, y, axis: np.sum(x, axis=axis),
            alternative="greater", n_resamples=inf, vectorized=True,
        ).pvalue  # fmt: skip

        assert larger_in_the_mean(low, high) == pytest.approx(expected, abs=1e-12)


def test_p_by_rank_of_every_arrangement_is_the_share_at_least_as_extreme_ties_included():
    values = (0, 0, 1, 2, 2, 3)
    ranks = {0: 1.5, 1: 3, 2: 4.5, 3: 6}
    arrangements = list(itertools.combinations(range(6), 3))
    sums = {chosen: sum(ranks[values[i]] for i in chosen) for chosen in arrangements}
    for chosen, total in sums.items():
        upper = [values[i] for i in chosen]
        lower = [values[i] for i in set(range(6)) - set(chosen)]

        assert larger_by_rank(lower, upper) == pytest.approx(sum(s >= total for s in sums.values()) / 20)


@pytest.mark.parametrize("larger", [larger_by_rank, larger_in_the_mean])
def test_equal_values_are_no_difference(larger):
    assert larger([0.0] * 8, [0.0] * 8) == 1.0


def test_a_process_that_found_nothing_costs_a_held_share_little_and_a_rank_much():
    """What was seen beside busy neighbours: all processes of the base, raised, are tied above the odd one."""
    raised, head = [0.02] * 8, [0.0, 0.07, 0.08, 0.1, 0.1, 0.11, 0.12, 0.14]

    assert larger_in_the_mean(raised, head) == pytest.approx(9 / comb(16, 8))
    untied = mannwhitneyu(head, [0.02 + i * 1e-9 for i in range(8)], alternative="greater", method="exact")
    assert untied.pvalue > 7 * larger_in_the_mean(raised, head)


def test_a_share_is_rounded_against_a_difference():
    assert larger_in_the_mean([0.0202] * 8, [0.0208] * 8) == 1.0


def test_smallest_p_is_reached_where_the_samples_do_not_overlap():
    number = Number("work", "gil_held")

    assert judged(number, [0.0] * 8, [0.5] * 8).p == pytest.approx(smallest_p(8, 8))


def test_holm_multiplies_the_smallest_by_all_and_never_descends():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("quantity", "threads", "base", "head"),
    [
        ("slowdown", 2, 1.0, 2.0),
        ("gil_held", None, 0.0, 0.1),
        ("waiting", 2, 0.0, 0.4),
        ("stall", None, 0.001, 0.006),
        ("time", None, 0.003, 0.0035),
    ],
)
def test_a_change_is_lost_one_way_and_gained_the_other(quantity, threads, base, head):
    number = Number("work", quantity, threads)
    low, high = scattered(1, base, 0.002 * base), scattered(2, head, 0.002 * head)

    assert judged(number, low, high).direction == "lost"
    assert judged(number, high, low).direction == "gained"
    assert judged(number, low, high).base == median(low)


@pytest.mark.parametrize(
    ("quantity", "base", "head"),
    [("slowdown", 1.0, 1.04), ("gil_held", 0.1, 0.115), ("stall", 0.001, 0.0025), ("time", 1.0, 1.04)],
)
def test_what_is_clear_but_below_the_least_effect_is_no_change(quantity, base, head):
    assert judged(Number("work", quantity), [base] * 8, [head] * 8).direction == "same"


def test_a_workload_may_have_a_threshold_of_its_own():
    assert judged(Number("noisy.One", "slowdown", 2), [1.0] * 8, [1.4] * 8).direction == "same"
    assert judged(Number("noisy.One", "slowdown", 2), [1.0] * 8, [1.6] * 8).direction == "lost"


def test_the_more_numbers_the_clearer_a_change_has_to_be():
    changed, steady = SamplePair((0.0,) * 4, (1.0,) * 4), SamplePair((0.0,) * 4, (0.0,) * 4)
    number = Number("work.Changed", "gil_held")
    others = {Number(f"work.Steady{i}", "gil_held"): steady for i in range(9)}

    assert judge({number: changed}, LIMITS, 0.05)[number].direction == "lost"
    assert judge({number: changed, **others}, LIMITS, 0.05)[number].direction == "same"


def test_it_is_known_when_no_change_whatever_could_be_shown():
    pairs = {Number("work", "gil_held"): SamplePair((0.0,) * 3, (1.0,) * 3)}

    assert powerless(pairs, 0.05) == (Number("work", "gil_held"),)
    assert powerless(pairs, 0.2) == ()
    assert powerless({n: SamplePair((0.0,) * 8, (1.0,) * 8) for n in pairs}, 0.05) == ()


def looked_changed(level):
    """Judge ten numbers without any least effect, 1000 times; return how often one looked changed."""
    generator = random.Random(7)

    def sample():
        return tuple(generator.gauss(1, 0.1) for _ in range(8))

    def one_did():
        pairs = {Number(f"w{i}", "time"): SamplePair(sample(), sample()) for i in range(10)}
        return any(
            found.direction != "same" for found in judge(pairs, lambda number: Limit(), level).values()
        )

    return sum(one_did() for _ in range(1000))


def test_identical_commits_look_changed_as_often_as_the_level_says_and_not_twice_as_often():
    """Of 1000, more than 70 have a probability below 0.003 at 5 %, 70 or fewer below 0.001 at 10 %."""
    assert 30 <= looked_changed(0.05) <= 70 < looked_changed(0.10)
