"""The queue-free speedup: what other programs took is given back, and no more than that."""

import pytest
from fakes import round_of, window


def test_the_queue_free_speedup_gives_back_what_others_took():
    one, two = window(1, 100.0, on_cpu=0.75, queued=0.25), window(2, 100.0, on_cpu=0.5, queued=0.5)
    assert round_of(one, two).queue_free_speedup(2) == 1.0 * 0.75 / 0.5


def test_threads_that_wait_lose_what_a_queued_holder_loses():
    """Two threads that run one after another: in either's queue time, nobody gets on."""
    one, two = window(1, 100.0, on_cpu=1.0, queued=0.0), window(2, 60.0, on_cpu=0.3, queued=0.2)
    assert round_of(one, two).queue_free_speedup(2) == pytest.approx(0.6 / (1.0 - 0.2 - 0.2))


@pytest.mark.parametrize("n", [2, 3, 8])
@pytest.mark.parametrize("taken", [0.1, 0.5, 0.9])
def test_threads_of_which_one_at_a_time_gets_on_have_a_speedup_of_1_however_busy_the_machine(n, taken):
    """Whoever's turn it is, other programs take that share of the turn; alone they take it all the same."""
    one = window(1, 100.0 * (1.0 - taken), on_cpu=1.0 - taken, queued=taken)
    many = window(n, 100.0 * (1.0 - taken), on_cpu=(1.0 - taken) / n, queued=taken / n)

    assert round_of(one, many, cpus_allowed=n).queue_free_speedup(n) == pytest.approx(1.0)


def test_a_thread_that_waits_on_its_own_loses_nothing_by_others():
    one, two = window(1, 100.0, on_cpu=0.1, queued=0.0), window(2, 160.0, on_cpu=0.08, queued=0.2)
    assert round_of(one, two).queue_free_speedup(2) == pytest.approx(1.6 / 0.8)


@pytest.mark.parametrize("taken", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("slept", [0.0, 1.0, 5.0])
def test_what_sleeps_in_its_turn_has_a_speedup_of_1_however_busy_the_machine(slept, taken):
    """Under a lock each call works for a second and sleeps; others take a share of the CPU meanwhile."""
    queued = taken / (1.0 - taken)
    turn = 1.0 + slept + queued
    one = window(1, 1.0 / turn, on_cpu=1.0 / turn, queued=queued / turn)
    two = window(2, 1.0 / turn, on_cpu=0.5 / turn, queued=0.5 * queued / turn)

    assert round_of(one, two).queue_free_speedup(2) == pytest.approx(1.0)


@pytest.mark.parametrize(("works", "sleeps", "quiet"), [(70.0, 30.0, 100.0 / 71.0), (30.0, 120.0, 2.0)])
def test_what_sleeps_between_its_turns_is_told_too_little_of_and_no_more_than_it_is(works, sleeps, quiet):
    """Calls that work under the GIL, for twice as long beside other programs, and then sleep."""
    alone = 2.0 * works + sleeps
    one = window(1, 1.0 / alone, on_cpu=works / alone, queued=works / alone)
    cycle = max(alone, 4.0 * works)
    two = window(2, 2.0 / cycle, on_cpu=works / cycle, queued=works / cycle)

    found = round_of(one, two).queue_free_speedup(2)

    assert 0.85 * quiet < found <= quiet


def test_the_queue_free_speedup_gives_back_what_those_lost_that_waited_for_a_queued_thread():
    """Each waits for a fifth of the time, for one that does not wait: a quarter as much again was lost."""
    two = window(2, 100.0, on_cpu=0.6, queued=0.2)
    assert round_of(window(1, 100.0), two).queue_free_speedup(2) == pytest.approx(1.0 / 0.75)


def test_no_more_is_given_back_than_the_threads_did_not_run():
    """The two clocks are not read at the same moment."""
    eight = window(8, 400.0, on_cpu=0.7, queued=0.4)
    assert round_of(window(1, 100.0), eight, cpus_allowed=8).queue_free_speedup(8) == 4.0 / 0.7


@pytest.mark.parametrize("queued", [None, 0.5])
def test_nothing_is_given_back_where_queueing_is_unknown_or_the_truth(queued):
    """More threads than CPUs queue for each other."""
    one, four = window(1, 100.0, on_cpu=0.5, queued=queued), window(4, 150.0, on_cpu=0.5, queued=queued)
    done = round_of(one, four, cpus_allowed=4 if queued is None else 2)
    assert done.queue_free_speedup(4) == done.speedup(4) == 1.5
