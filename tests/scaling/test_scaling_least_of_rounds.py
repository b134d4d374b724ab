"""What a speedup of disturbed rounds is at least, which `assert_scales` goes by."""

from dataclasses import replace

import pytest
from fakes import round_of, window

from antigil.scaling import GilHeld, least_of_rounds


def rounds(queued, sleeps):
    """Return rounds whose two threads are queued for a share, and leave their CPUs so often a second."""
    one = replace(window(1, 100.0), sleeps=10.0)
    two = window(2, 200.0 * (1.0 - queued), on_cpu=1.0 - queued, queued=queued)
    return [round_of(one, replace(two, sleeps=sleeps))] * 8


def test_undisturbed_it_is_what_was_measured():
    assert least_of_rounds(rounds(0.0, 10.0), 2, 1.9, None) == 1.9


@pytest.mark.parametrize("held", [None, GilHeld(0.3, 0.005, 500, 0.001, "switches")])
def test_the_longer_threads_were_kept_apart_the_less_it_is(held):
    least = [least_of_rounds(rounds(queued, 10.0), 2, 1.9, held) for queued in (0.2, 0.4, 0.6)]
    assert 0.0 < least[2] < least[1] < least[0] <= 1.9


@pytest.mark.parametrize("queued", [0.0, 0.4])
def test_of_threads_that_send_each_other_to_sleep_nothing_is_certain(queued):
    assert least_of_rounds(rounds(queued, 20_000.0), 2, 1.9, None) == 0.0
