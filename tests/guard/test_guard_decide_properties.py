"""What holds for the decision whatever the samples: order, direction, size of the loss, and unit."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as made

from antigil.guard.decision_rule import Limit, Number, SamplePair, holm, judge
from antigil.guard.permutation_test import larger_by_rank, larger_in_the_mean

values = made.integers(1, 500)  # whole numbers: doubled or halved, they keep their ties
samples = made.lists(values, min_size=1, max_size=6)
tests = made.sampled_from([larger_by_rank, larger_in_the_mean])
quick = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def shares(numbers):
    return [number / 1000 for number in numbers]


def p_of(base, head, limit):
    number = Number("work", "slowdown", 2)
    (found,) = judge({number: SamplePair(tuple(base), tuple(head))}, lambda _: limit).values()
    return found.p, found.tendency


@quick
@given(tests, samples, samples, made.randoms())
def test_the_order_of_the_samples_says_nothing(test, lower, upper, random):
    mixed = random.sample(lower, len(lower)), random.sample(upper, len(upper))
    assert test(shares(lower), shares(upper)) == test(shares(mixed[0]), shares(mixed[1]))


@quick
@given(tests, samples, samples, made.integers(0, 100))
def test_a_larger_loss_is_no_less_certain(test, lower, upper, more):
    larger = [value + more for value in upper]
    assert test(shares(lower), shares(larger)) <= test(shares(lower), shares(upper))


@quick
@given(tests, samples, samples)
def test_a_gain_is_a_loss_the_other_way_round(test, lower, upper):
    turned = test(shares([1000 - value for value in upper]), shares([1000 - value for value in lower]))
    assert turned == pytest.approx(test(shares(lower), shares(upper)))


@quick
@given(samples, samples, made.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_says_nothing(base, head, factor):
    scaled = [value * factor for value in base], [value * factor for value in head]
    assert p_of(*scaled, Limit(relative=0.5)) == p_of(base, head, Limit(relative=0.5))


@quick
@given(samples, samples)
def test_base_and_head_changed_for_each_other_change_the_direction_alone(base, head):
    (p, tendency), (back, other) = p_of(base, head, Limit(0.1)), p_of(head, base, Limit(0.1))
    assert back == p
    assert p == 1.0 or {tendency, other} == {"lost", "gained"}


@quick
@given(made.lists(made.floats(0.0, 1.0), min_size=1, max_size=8))
def test_the_correction_only_raises_and_keeps_the_order(ps):
    corrected = holm(ps)
    assert all(p <= one <= 1.0 for p, one in zip(ps, corrected, strict=True))
    assert [corrected[i] for i in sorted(range(len(ps)), key=lambda i: ps[i])] == sorted(corrected)
