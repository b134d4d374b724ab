"""From probes of the GIL to the held share: against a simulated truth, and by hand."""

from dataclasses import replace
from math import sqrt
from statistics import mean, stdev
from types import SimpleNamespace

import pytest
from simulator import seeded, simulate, simulate_preempted_calls

from antigil import testing
from antigil.scaling import GilHeld, MeasurementError, pool
from antigil.scaling.held_share.estimate import Probe, estimate, running_times

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0)
SLICES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
SEEDS = 12


def simulated(share, slice_seconds, preempted):
    """Return what the prober sees in each of several runs: 2 s long, or 100 of the longest slices."""
    seconds = max(2.0, 100 * slice_seconds)
    return [
        simulate(share, slice_seconds, seconds, seeded(share, slice_seconds, seed), preempted=preempted)
        for seed in range(SEEDS)
    ]


SPIN, SLEEP = True, False


@pytest.mark.parametrize("queue_seconds", [0.0, 0.003, 0.012])
@pytest.mark.parametrize(
    "phases",
    [
        ((SPIN, 0.04), (SLEEP, 0.1)),
        ((SPIN, 0.01), (SLEEP, 0.03)),
        ((SPIN, 0.1), (SLEEP, 0.05), (SPIN, 0.1), (SLEEP, 0.05), (SPIN, 0.05)),
        ((SLEEP, 0.3), (SPIN, 1.2)),
        ((SPIN, 0.05),),
    ],
    ids=["0.286", "0.25", "five phases, 0.714", "0.8", "1"],
)
def test_a_holder_in_the_run_queue_does_not_hold_for_longer(phases, queue_seconds):
    """Only what needs the CPU stands in the queue, and keeps the GIL meanwhile."""
    truth = sum(seconds for spins, seconds in phases if spins) / sum(seconds for _, seconds in phases)
    found = [
        estimate(simulate_preempted_calls(phases, 3.0, seeded("queue", seed), queue_seconds=queue_seconds))
        for seed in range(SEEDS)
    ]
    shares = [one.share for one in found]
    assert abs(mean(shares) - truth) <= 0.05 + 3.0 * stdev(shares) / sqrt(SEEDS)


def plain_share(probes):
    return sum(probe.taken for probe in probes) / len(probes)


@pytest.mark.parametrize("preempted", [0.0, 0.3])
@pytest.mark.parametrize("slice_seconds", SLICES)
@pytest.mark.parametrize("share", SHARES)
def test_the_estimate_is_without_bias(share, slice_seconds, preempted):
    """Within three standard errors of the mean of all runs, and half a per cent."""
    found = [estimate(probes).share for probes in simulated(share, slice_seconds, preempted)]
    assert abs(mean(found) - share) <= 0.005 + 3.0 * stdev(found) / sqrt(SEEDS)


@pytest.mark.parametrize("preempted", [0.0, 0.3])
@pytest.mark.parametrize("slice_seconds", SLICES)
@pytest.mark.parametrize("share", SHARES)
def test_the_standard_error_tells_how_far_off_a_run_is(share, slice_seconds, preempted):
    """One and a half times what is stated bounds the spread: twelve runs know it to a fifth."""
    found = [estimate(probes) for probes in simulated(share, slice_seconds, preempted)]
    off = sqrt(mean((one.share - share) ** 2 for one in found))
    assert off <= 1.5 * sqrt(mean(one.standard_error**2 for one in found))


@pytest.mark.parametrize(
    ("share", "slice_seconds", "preempted"),
    [(0.1, 1e-2, 0.0), (0.5, 1e-1, 0.0), (0.9, 1e-2, 0.0), (0.5, 1e-4, 0.3), (1.0, 1e-3, 0.3)],
)
def test_the_plain_share_of_probes_is_wrong(share, slice_seconds, preempted):
    """With long slices, and with a worker that is preempted: this is what the estimate mends."""
    plain = [plain_share(probes) for probes in simulated(share, slice_seconds, preempted)]
    assert abs(mean(plain) - share) > 0.05 + 10.0 * stdev(plain) / sqrt(SEEDS)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_extremes_are_not_certain(share):
    found = estimate(simulate(share, 1e-3, 1.0, seeded("extreme")))
    assert found.share == share
    assert 0.0 < found.standard_error < 0.01


def test_the_stall_is_the_longest_wait_for_the_gil():
    found = estimate(simulate(0.5, 0.02, 4.0, seeded("stall")))
    assert 0.018 <= found.stall <= 0.0201


def probe(elapsed, *, cpu=None, queued=0.0, taken=False, sleep=None):
    """Return a probe; the worker ran all the time, less what it was queued, but for what is said."""
    return Probe(
        sleep=elapsed if sleep is None else sleep,
        elapsed=elapsed,
        taken=taken,
        worker_cpu=max(0.0, elapsed - queued) if cpu is None else cpu,
        worker_queued=queued,
        own_queued=0.0,
    )


@pytest.mark.parametrize(
    ("probes", "running"),
    [
        ([probe(2.0), probe(3.0)], [2.0, 3.0]),
        ([probe(2.0, queued=0.5)], [1.5]),
        ([probe(2.0, cpu=0.0), probe(3.0, cpu=2.0, queued=3.0)], [0.0, 2.0]),
        ([probe(2.0, cpu=0.0), probe(1.0, cpu=0.0), probe(3.0, cpu=3.0, queued=3.0)], [0.0, 0.0, 3.0]),
        ([probe(2.0, cpu=0.0), probe(1.0, cpu=0.0), probe(3.0, cpu=2.0, queued=4.0)], [0.0, 0.0, 2.0]),
        ([probe(2.0, cpu=0.0), probe(1.0, cpu=0.0), probe(3.0, cpu=3.0, queued=1.5)], [1.5, 0.0, 3.0]),
        ([probe(2.0, cpu=0.0), probe(1.0), probe(3.0, queued=2.0)], [2.0, 1.0, 1.0]),
        ([probe(2.0, cpu=0.5), probe(3.0, cpu=2.0, queued=2.5)], [0.5, 2.0]),
        ([probe(2.0, cpu=0.5), probe(1.0, cpu=0.0), probe(3.0, cpu=2.0, queued=3.0)], [1.0, 0.0, 2.0]),
        ([probe(2.0, cpu=1.0, queued=5.0)], [1.0]),
    ],
    ids=[
        "never queued",
        "queued and back within a probe",
        "booked when it ends",
        "through two probes",
        "and a part of the third",
        "the nearest first",
        "not beyond the last progress",
        "preempted in the probe before",
        "preempted two probes before",
        "never below its CPU time",
    ],
)
def test_run_queue_time_belongs_where_the_worker_made_no_progress(probes, running):
    assert running_times(probes) == running


def test_running_times_add_up_where_the_worker_is_preempted_in_a_sleep():
    probes = simulate(0.25, 1e-4, 5.0, seeded("midway"), midway=0.3)
    ran = sum(probe.worker_cpu for probe in probes)
    assert sum(running_times(probes)) == pytest.approx(ran, rel=0.01)


def test_a_probe_before_which_the_worker_ran_is_fresh():
    """Whatever run-queue time is booked in it: left out where the GIL is free, it would bias the share."""
    found = estimate([probe(2.0, cpu=0.5), probe(3.0, cpu=2.0, queued=3.0)] * 5)
    assert found.probes == 10


def test_last_probes_without_progress_are_left_out():
    """The worker stands in the run queue, and nothing of it is booked yet."""
    settled = [probe(0.002, taken=i % 2 == 0) for i in range(10)]
    assert estimate([*settled, *[probe(0.002, cpu=0.0)] * 5]) == estimate(settled)


def test_a_worker_that_sleeps_makes_no_progress_and_holds_nothing():
    found = estimate([probe(0.002), *[probe(0.002, cpu=0.0)] * 99])
    assert (found.share, found.probes) == (0.0, 100)


@pytest.mark.parametrize("probes", [[], [probe(0.002)]])
def test_too_few_probes_are_refused(probes):
    with pytest.raises(MeasurementError, match="too few probes"):
        estimate(probes)


def test_a_worker_that_never_ran_is_refused():
    with pytest.raises(MeasurementError, match="never ran"):
        estimate([probe(0.002, queued=0.002)] * 5)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_probes_saw_is_a_share_or_an_error_of_ours(seed):
    """None fresh, none free, no time at all, more queued than elapsed: 200 sets of few probes each."""
    random = seeded("whatever", seed)

    def some_time():
        return random.choice([0.0, 1e-9, 1e-5, random.expovariate(500.0), random.expovariate(5.0)])

    for _ in range(200):
        one = random.choice([True, False, None, 2])
        probes = [
            Probe(
                sleep=some_time(),
                elapsed=some_time(),
                taken=random.random() < 0.5 if one == 2 else one,
                worker_cpu=some_time(),
                worker_queued=some_time(),
                own_queued=some_time(),
                is_last=i == 0 and random.random() < 0.5,
                asleep=random.choice([True, False, None]),
            )
            for i in reversed(range(random.randrange(6)))
        ]
        try:
            found = estimate(probes)
        except MeasurementError:
            continue
        assert 0.0 <= found.share <= 1.0
        assert 0.0 < found.standard_error < float("inf")
        assert found.stall >= 0.0


def test_looks_of_an_assertion_are_estimated_one_by_one(monkeypatch):
    """Taken for one, they book in the next look what the end of one left in the run queue."""
    monkeypatch.setattr(testing, "gil_enabled", lambda: True)
    as_one, one_by_one = [], []
    for seed in range(SEEDS):
        random = seeded("looks", seed)
        looks = [simulate(1.0, 1e-3, 0.25, random, mean_sleep=0.001, preempted=0.1) for _ in range(4)]
        as_one.append(estimate([probe for look in looks for probe in look]).share)
        left = list(looks)
        clock = SimpleNamespace(monotonic=lambda left=left: 0.25 * (4 - len(left)))
        monkeypatch.setattr(testing, "time", clock)
        monkeypatch.setattr(testing, "probe_gil", lambda *args, left=left, **options: estimate(left.pop()))
        one_by_one.append(testing._probed_until_clear(int, 0.999, 1.0, 60.0).share)
        assert left == []
    assert mean(as_one) < 0.995
    assert mean(one_by_one) == pytest.approx(1.0, abs=0.001)


def test_lateness_stands_in_for_a_count_of_switches():
    """Wake-ups are usually 0.1 ms late; a tenth of them comes after a hold of 8 ms."""
    free = replace(probe(0.0021, sleep=0.002), taken=None)
    late = replace(probe(0.0101, sleep=0.002), taken=None)
    found = estimate(([free] * 9 + [late]) * 20)
    assert found.method == "latency"
    truth = 0.1 + 0.9 * 20 * 0.0079 / (180 * 0.0021 + 20 * 0.0101)
    assert found.share == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_lateness_sees_holds_of_ten_milliseconds(share):
    """But not their last millisecond: it is biased low by up to a fifth."""
    probes = simulate(share, 0.01, 20.0, seeded("late", share))
    found = estimate([replace(probe, taken=None) for probe in probes])
    assert 0.8 * share - 0.005 <= found.share <= share + 0.02


def held(share, standard_error, probes=100, stall=0.0):
    return GilHeld(share, standard_error, probes, stall, "switches")


@pytest.mark.parametrize(
    ("share", "standard_error", "ceiling"),
    [(0.5, 0.01, 2.0), (1.0, 0.01, 1.0), (0.03, 0.01, 1 / 0.03), (0.029, 0.01, None), (0.0, 0.001, None)],
)
def test_the_ceiling_is_told_where_the_share_is_more_than_nothing(share, standard_error, ceiling):
    assert held(share, standard_error).ceiling == ceiling


def test_pooling_weighs_by_probes():
    pooled = pool([held(0.1, 0.03, 100, 0.001), held(0.2, 0.03, 300, 0.004)])
    assert pooled.share == pytest.approx((100 * 0.1 + 300 * 0.2) / 400)
    assert (pooled.probes, pooled.stall, pooled.method) == (400, 0.004, "switches")


def test_pooling_makes_the_standard_error_smaller():
    assert pool([held(0.1, 0.03)] * 9).standard_error == pytest.approx(0.01)


def test_processes_that_disagree_make_the_pooled_share_uncertain():
    pooled = pool([held(0.1, 0.001), held(0.5, 0.001)])
    assert pooled.standard_error == pytest.approx(0.2)  # of two values 0.4 apart, over their number less one
