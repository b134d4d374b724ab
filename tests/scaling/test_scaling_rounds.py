"""Rounds: speedup, what takes it away, and which rounds are used."""

import math
from statistics import median
from types import SimpleNamespace

import pytest
from fakes import OwnTime, round_of, window
from marks import needs_two_cpus

from antigil.scaling import FunctionWorkload, Plan, Workload, default_thread_counts, measure_rounds
from antigil.scaling import rounds as rounds_module
from antigil.scaling.host import Placement
from antigil.scaling.rounds import CALLS_PER_WINDOW, DISTURBED_QUEUE_SHARE
from antigil.scaling.sample import select
from antigil.scaling.verdicts.on_scaling import MOST_SLEEPS


def test_speedup_is_the_ratio_of_rates():
    assert round_of(window(1, 80.0), window(2, 120.0)).speedup(2) == 1.5


def test_inflation_is_the_ratio_of_cpu_times_per_call():
    one, two = window(1, 100.0, on_cpu=0.5), window(2, 100.0, on_cpu=0.75)
    assert round_of(one, two).inflation(2) == (0.75 * 2 / 100.0) / (0.5 / 100.0) == 3.0


def test_without_a_clock_that_sees_cpu_time_inflation_is_not_told():
    done = round_of(window(1, 10.0, on_cpu=0.0), window(2, 10.0, on_cpu=0.1))
    assert math.isnan(done.inflation(2))


@pytest.mark.parametrize(
    ("n", "queued", "disturbed"),
    [
        (2, DISTURBED_QUEUE_SHARE, False),
        (2, DISTURBED_QUEUE_SHARE + 0.001, True),
        (2, None, False),
        (4, 0.5, False),
    ],
)
def test_a_round_is_disturbed_where_threads_with_cpus_enough_queue(n, queued, disturbed):
    many = window(n, 100.0, on_cpu=0.4, queued=queued)
    assert round_of(window(1, 100.0), many).disturbed is disturbed


def rounds_with(*queued):
    return [round_of(window(1, 100.0), window(2, 200.0, on_cpu=0.5, queued=share)) for share in queued]


@pytest.mark.parametrize(
    ("queued", "used", "disturbed"),
    [
        ((0.0, 0.0), (0, 1), False),
        ((0.0, 0.5, 0.0), (0, 2), False),
        ((0.0, 0.5, 0.5), (0, 1, 2), True),
        ((0.0, 0.5, 0.5, 0.0, 0.5, 0.5), (0, 3), False),
        ((0.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5), (0, 1, 2, 3, 4, 5, 6), True),
        ((0.5,), (0,), True),
        ((0.0,), (0,), False),
    ],
)
def test_disturbed_rounds_are_left_out_where_enough_others_are_there(queued, used, disturbed):
    done = rounds_with(*queued)
    assert select(done) == (tuple(done[i] for i in used), disturbed)


class Machine:
    """Stands in for run_window: each window takes its length, and queues as the script says."""

    def __init__(self, queued=(), call_seconds=0.01):
        self.time = 1000.0
        self.script = iter(queued)
        self.last = 0.0
        self.call_seconds = call_seconds
        self.asked = []
        self.warmed_up = []

    def monotonic(self):
        """Stand in for time.monotonic."""
        return self.time

    def __call__(
        self, make_run, n, seconds, *, calls_per_mark=1, cpus=None, clocks, time_limit, call_seconds=None
    ):
        """Stand in for run_window."""
        self.asked.append(SimpleNamespace(n=n, seconds=seconds, calls_per_mark=calls_per_mark, cpus=cpus))
        self.warmed_up.append(call_seconds is None)
        self.time += seconds
        queued = 0.0
        if n == 2:
            queued = self.last = next(self.script, self.last)
        return window(n, n / self.call_seconds, on_cpu=0.4, queued=queued, seconds=seconds)


@pytest.fixture
def install(monkeypatch):
    """Return a function that lets measure_rounds run on a machine of the test's own."""

    def put_in_place(machine, cpus=(0, 1)):
        monkeypatch.setattr(rounds_module, "run_window", machine)
        monkeypatch.setattr(rounds_module, "monotonic", machine.monotonic)
        monkeypatch.setattr(rounds_module, "cpus_allowed", lambda: len(cpus))
        monkeypatch.setattr(rounds_module, "require_cpus", lambda allowed: None)
        monkeypatch.setattr(rounds_module, "placement", lambda: Placement(cpus, len(cpus)))
        monkeypatch.setattr(rounds_module, "affinity", lambda: (0,))  # the first CPU has the first turn
        return machine

    return put_in_place


NOTHING = FunctionWorkload(lambda: None)


def test_measuring_ends_with_so_many_undisturbed_rounds(install):
    install(Machine(queued=[0.0, 0.0, 0.0]))
    done = measure_rounds(NOTHING, Plan((1, 2), budget=100.0, rounds=3))
    assert [one.disturbed for one in done] == [False, False, False]


def test_disturbed_rounds_are_taken_again(install):
    install(Machine(queued=[0.5, 0.0, 0.5, 0.0]))
    done = measure_rounds(NOTHING, Plan((1, 2), budget=100.0, rounds=2))
    assert [one.disturbed for one in done] == [True, False, True, False]


def test_disturbed_rounds_are_taken_again_while_the_budget_lasts(install):
    """A round takes 0.08 s: 12 of them fit into 1 s beside the look at the first call."""
    machine = install(Machine(queued=[0.5]))
    done = measure_rounds(NOTHING, Plan((1, 2), budget=1.0, rounds=2))
    assert len(done) == 12
    assert all(one.disturbed for one in done)
    assert machine.time <= 1001.0


def test_the_first_round_is_measured_whatever_it_takes(install):
    install(Machine(call_seconds=60.0))
    assert len(measure_rounds(NOTHING, Plan((1, 2), budget=0.1, rounds=5))) == 1


def test_a_round_holds_every_thread_count_and_one(install):
    install(Machine())
    (done,) = measure_rounds(NOTHING, Plan((2, 4), budget=1.0, rounds=1))
    assert sorted(done.windows) == [1, 2, 4]


def test_windows_come_in_random_order(install):
    machine = install(Machine())
    measure_rounds(NOTHING, Plan((1, 2, 3), budget=1e6, rounds=40))
    orders = [tuple(asked.n for asked in machine.asked[i : i + 3]) for i in range(1, 121, 3)]
    assert {tuple(sorted(order)) for order in orders} == {(1, 2, 3)}
    assert len(set(orders)) > 1


@pytest.mark.parametrize(
    ("call_seconds", "window_seconds", "calls_per_mark"),
    [(1e-6, 0.03, 100), (3e-5, 0.03, 3), (0.005, 0.03, 1), (0.5, 2.0, 1)],
)
def test_a_window_fits_the_calls(install, call_seconds, window_seconds, calls_per_mark):
    machine = install(Machine(call_seconds=call_seconds))
    measure_rounds(NOTHING, Plan((1,), budget=1.0, rounds=1))
    assert machine.asked[-1].seconds == pytest.approx(window_seconds)
    assert machine.asked[-1].calls_per_mark == calls_per_mark


def test_long_calls_shorten_the_windows_where_the_plan_says_so(install):
    machine = install(Machine(call_seconds=2.0))
    (done,) = measure_rounds(NOTHING, Plan((1, 2), budget=1.0, rounds=5, shorten=True))
    assert done.shortened
    assert [asked.seconds for asked in machine.asked[1:]] == pytest.approx([1.8, 1.8])
    assert machine.warmed_up == [True, False, False]


@pytest.mark.parametrize(
    ("call_seconds", "budget", "shorten"), [(2.0, 1.0, False), (2.0, 30.0, True), (0.01, 0.01, True)]
)
def test_nothing_else_is_shortened(install, call_seconds, budget, shorten):
    machine = install(Machine(call_seconds=call_seconds))
    done = measure_rounds(NOTHING, Plan((1, 2), budget=budget, rounds=1, shorten=shorten))
    assert not done[0].shortened
    assert {asked.seconds for asked in machine.asked[1:]} == {max(0.03, CALLS_PER_WINDOW * call_seconds)}
    assert all(machine.warmed_up)


def test_threads_are_pinned_while_there_are_cpus_enough_and_take_turns(install):
    machine = install(Machine(), cpus=(4, 6))
    measure_rounds(NOTHING, Plan((1, 2, 3), budget=100.0, rounds=2))
    by_count = {n: [asked.cpus for asked in machine.asked[1:] if asked.n == n] for n in (1, 2, 3)}
    assert by_count == {1: [(4,), (6,)], 2: [(4, 6), (6, 4)], 3: [None, None]}


def test_nothing_is_pinned_where_that_is_not_wanted(install):
    machine = install(Machine())
    measure_rounds(NOTHING, Plan((1, 2), budget=1.0, rounds=1, pin=False))
    assert [asked.cpus for asked in machine.asked] == [None, None, None]


def test_the_first_turn_is_not_always_the_first_cpus(install, monkeypatch):
    machine = install(Machine(), cpus=(4, 6))
    monkeypatch.setattr(rounds_module, "affinity", lambda: (4, 6))
    for _ in range(40):
        measure_rounds(NOTHING, Plan((1,), budget=1.0, rounds=1))
    assert {asked.cpus for asked in machine.asked} == {None, (4,), (6,)}


@pytest.mark.parametrize("threads", [1, 2, 8, 64, 256])
def test_looks_at_the_clock_take_little_of_the_gil(threads):
    """A look holds it for less than 1 us."""
    assert threads * 1e-6 / rounds_module.mark_seconds(threads) <= 0.081


def test_measuring_with_clocks_of_ones_own():
    """Threads that never hinder each other: n threads are exactly n times as fast."""
    time = OwnTime()
    workload = FunctionWorkload(lambda: time.pass_by(0.0009765625))
    done = measure_rounds(workload, Plan((1, 2, 3), budget=5.0, rounds=1), time.clocks())
    assert [done[0].speedup(n) for n in (1, 2, 3)] == pytest.approx([1.0, 2.0, 3.0], rel=1e-12)


@pytest.mark.parametrize("counts", [(), (0, 1), (-1,), (2, 1), (1, 1, 2)])
def test_a_plan_refuses_thread_counts_that_make_no_sense(counts):
    with pytest.raises(ValueError, match="thread counts must be positive, ascending and different"):
        Plan(counts)


@pytest.mark.parametrize("wrong", [{"budget": 0.0}, {"rounds": 0}, {"time_limit": -1.0}])
def test_a_plan_refuses_what_is_not_positive(wrong):
    with pytest.raises(ValueError, match="must be positive"):
        Plan(**wrong)


@pytest.mark.parametrize(
    ("allowed", "counts"),
    [
        (1, (1, 2)),
        (2, (1, 2, 4)),
        (3, (1, 2, 3, 4)),
        (6, (1, 2, 4, 6, 8)),
        (8, (1, 2, 4, 8, 16)),
        (9, (1, 2, 4, 8, 9)),
        (16, (1, 2, 4, 8, 16)),
        (96, (1, 2, 4, 8, 16, 32, 64, 96)),
    ],
)
def test_default_thread_counts_double_up_to_one_step_beyond_the_cpus(allowed, counts):
    assert default_thread_counts(allowed) == counts


@pytest.mark.timing
@needs_two_cpus
def test_threads_that_take_turns_at_a_lock_leave_their_cpus_more_often_than_one_alone():
    """Also where they yield them first, as CPython's own locks do without a GIL: nothing else tells of it."""
    setup = "import hashlib, threading; lock = threading.Lock(); data = bytes(1 << 18)"
    rounds = measure_rounds(Workload("with lock: hashlib.sha256(data)", setup), Plan((1, 2), 1.0, rounds=8))

    one, two = ([done.windows[n].sleeps for done in rounds] for n in (1, 2))
    assert median(two) > 2.0 * median(one) + MOST_SLEEPS


@pytest.mark.parametrize(
    ("counts", "cpus", "served"),
    [((1, 2, 4, 8), 4, (2, 4)), ((1, 4), 2, (4,)), ((1, 8, 16), 4, (8,)), ((1,), 4, ()), ((2, 3), 3, (2, 3))],
)
def test_what_is_told_of_is_what_the_cpus_serve(counts, cpus, served):
    assert rounds_module.counts_served(counts, cpus) == served
