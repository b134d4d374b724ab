"""The statistics of a comparison, on numbers made up by the tests."""

import itertools
import random
from statistics import median

import pytest
from scipy.stats import mannwhitneyu

from antigil.history.config import Options
from antigil.history.decide import (
    Limit,
    Number,
    Pair,
    holm,
    judge,
    limits,
    powerless,
    probability_of_larger,
    smallest_p,
)

OPTIONS = Options(threshold=0.05, held_threshold=0.02, thresholds={"noisy": 0.5})
LIMITS = limits(OPTIONS)


def scattered(seed, value, spread, n=8):
    generator = random.Random(seed)
    return tuple(generator.gauss(value, spread) for _ in range(n))


def judged(number, base, head, level=0.05):
    return judge({number: Pair(tuple(base), tuple(head))}, LIMITS, level)[number]


@pytest.mark.parametrize(("m", "n"), [(8, 8), (3, 5), (1, 1), (2, 7)])
def test_p_agrees_with_scipy_where_nothing_ties(m, n):
    generator = random.Random(m * 10 + n)
    for _ in range(50):
        low, high = [generator.random() for _ in range(m)], [generator.random() for _ in range(n)]
        expected = mannwhitneyu(high, low, alternative="greater", method="exact").pvalue

        assert probability_of_larger(low, high) == pytest.approx(expected, abs=1e-12)


def test_p_of_every_arrangement_is_the_share_of_arrangements_at_least_as_extreme():
    arrangements = list(itertools.combinations(range(6), 3))
    larger = {a: sum(x > y for x in a for y in set(range(6)) - set(a)) for a in arrangements}
    for chosen, u in larger.items():
        expected = sum(v >= u for v in larger.values()) / len(arrangements)

        assert probability_of_larger(set(range(6)) - set(chosen), chosen) == pytest.approx(expected)


def test_ties_count_against_a_difference():
    assert probability_of_larger([0.0] * 8, [0.0] * 8) == 1.0


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
    changed, steady = Pair((0.0,) * 4, (1.0,) * 4), Pair((0.0,) * 4, (0.0,) * 4)
    number = Number("work.Changed", "gil_held")
    others = {Number(f"work.Steady{i}", "gil_held"): steady for i in range(9)}

    assert judge({number: changed}, LIMITS)[number].direction == "lost"
    assert judge({number: changed, **others}, LIMITS)[number].direction == "same"


def test_it_is_known_when_no_change_whatever_could_be_shown():
    pairs = {Number("work", "gil_held"): Pair((0.0,) * 3, (1.0,) * 3)}

    assert powerless(pairs, 0.05) == (Number("work", "gil_held"),)
    assert powerless({n: Pair((0.0,) * 8, (1.0,) * 8) for n in pairs}, 0.05) == ()


def test_identical_commits_look_changed_less_often_than_the_level_says():
    """Fifty numbers without any least effect, 200 times: changed at most as often as 5 % allows."""
    generator = random.Random(7)
    seen = 0
    for _ in range(200):
        pairs = {
            Number(f"w{i}", "time"): Pair(
                tuple(generator.gauss(1, 0.1) for _ in range(8)),
                tuple(generator.gauss(1, 0.1) for _ in range(8)),
            )
            for i in range(50)
        }
        found = judge(pairs, lambda number: Limit(), 0.05)
        seen += any(judgement.direction != "same" for judgement in found.values())

    assert seen <= 20  # 10 expected at most; more than 20 has a probability below 0.002


def test_relative_change_from_nothing_is_infinite_and_from_nothing_to_nothing_none():
    assert judged(Number("work", "gil_held"), [0.0] * 8, [0.5] * 8).change == float("inf")
    assert judged(Number("work", "gil_held"), [0.0] * 8, [0.0] * 8).change == 0.0
