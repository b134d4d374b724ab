"""How long a call takes is told without the looks at the clock, which take longer than the shortest calls."""

from functools import partial

import pytest
from virtual_time import AlwaysOnCpu

from antigil.scaling.own_work import first_calls
from antigil.scaling.own_work.first_calls import time_calls
from antigil.scaling.rounds import Plan, measure_rounds
from antigil.scaling.threads import Clocks
from antigil.scaling.window import MARK_SECONDS, run_window

LOOK = 4e-7
"""Seconds that a look at the clock takes."""


class PricedClock:
    """A clock that each look moves on, and a workload of which each call does."""

    def __init__(self, call_seconds, first=0.0):
        self.seconds, self.call_seconds, self.left = 0.0, call_seconds, first
        self.batches = []

    def now(self):
        """Return the time, and let pass what that takes."""
        self.seconds += LOOK
        return self.seconds

    def make_run(self, thread, threads):
        """Return what makes calls; the first of all takes some time more."""

        def run(calls):
            self.batches.append(calls)
            self.seconds += calls * self.call_seconds + self.left
            self.left = 0.0

        return run

    def clocks(self):
        """Return it as what a window is measured with."""
        return Clocks(self.now, partial(AlwaysOnCpu, self.now))


@pytest.fixture
def clock(request, monkeypatch):
    made = PricedClock(*request.param)
    monkeypatch.setattr(first_calls, "perf_counter", made.now)
    return made


SHORT = [(6e-9,), (4e-8,), (3e-7,), (5e-6,), (6e-5,), (6e-9, 0.01)]


@pytest.mark.parametrize("clock", SHORT, indirect=True)
def test_short_calls_are_timed_without_the_looks_at_the_clock(clock):
    measure_window = partial(run_window, clock.make_run, clocks=clock.clocks(), time_limit=60.0)
    seconds, _ = time_calls(clock.make_run, measure_window, 60.0)
    assert seconds == pytest.approx(clock.call_seconds, rel=0.1)


@pytest.mark.parametrize("clock", SHORT, indirect=True)
def test_short_calls_are_made_in_batches_that_last_as_long_as_is_told(clock):
    measure_rounds(clock.make_run, Plan((1,), budget=1.0, rounds=1), clock.clocks())
    assert clock.batches[-1] * clock.call_seconds == pytest.approx(MARK_SECONDS, rel=0.4)
