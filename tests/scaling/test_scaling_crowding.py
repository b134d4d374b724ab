"""Whether other programs take what CPUs a workload leaves, and what is told then."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

import pytest
from fakes import measurement, round_of, window

from antigil.report.measurement.sentence import sentence
from antigil.scaling import FunctionWorkload, Plan, affinity, measure_rounds
from antigil.scaling.measurement import combine
from antigil.scaling.own_work import crowding
from antigil.scaling.own_work.crowding import Crowding
from antigil.scaling.sample import PointSample, Sample, sample_of
from antigil.scaling.verdicts.on_scaling import judged

TICKS = os.sysconf("SC_CLK_TCK")


class Machine:
    """Four CPUs of which the workload may use two, by what /proc/stat says of them."""

    def __init__(self, file):
        self.file, self.now = file, 100.0
        self.idle = [50.0, 60.0, 70.0, 80.0]
        self.write()

    def write(self):
        """Write for how long each CPU ran something, and stood idle, half of it waiting for a disk."""
        half = [round(seconds / 2 * TICKS) for seconds in self.idle]
        busy = [round((self.now - seconds) * TICKS) for seconds in self.idle]
        ticks = enumerate(zip(busy, half, strict=True))
        lines = [f"cpu{i} {ran} 0 0 {idle} {idle} 0 0 0 9 9" for i, (ran, idle) in ticks]
        self.file.write_text("cpu 9 9 9 9 9 9 9 0 0 0\n" + "\n".join(lines) + "\nintr 1 2 3\nctxt 9\n")

    def pass_time(self, seconds, *idle):
        """Let time pass, for a share of which each CPU stands idle."""
        self.now += seconds
        self.idle = [before + seconds * share for before, share in zip(self.idle, idle, strict=True)]
        self.write()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path / "stat")
    monkeypatch.setattr(crowding, "perf_counter", lambda: made.now)
    return made


def windows(*used, own=1):
    """Return windows in which the workload, with threads of its own, keeps so many CPUs busy."""
    return [replace(window(2, 100.0, on_cpu=cpus / 2), own_threads=own) for cpus in used]


@pytest.mark.parametrize(
    ("idle", "used", "seen"),
    [
        ((0.0, 0.0), (0.5, 0.7), True),
        ((0.02, 0.04), (1.0,), True),
        ((0.0, 0.0), (1.7,), True),
        ((0.0, 0.0), (1.9,), False),
        ((0.0, 0.0), (1.7, 2.0, 2.0), False),
        ((0.08, 0.0), (0.5,), True),
        ((0.1, 0.1), (0.5,), False),
        ((0.0, 1.0), (0.5,), False),
    ],
    ids=[
        "never idle, though it leaves much",
        "hardly ever idle",
        "little is taken",
        "it uses all itself",
        "other windows of it use all",
        "one of them a little idle",
        "both a little idle",
        "one of them idle",
    ],
)
def test_cpus_are_crowded_that_are_never_idle_though_the_workload_leaves_some(machine, idle, used, seen):
    watch = Crowding({1, 2}, machine.file)
    machine.pass_time(2.0, 1.0, *idle, 1.0)
    assert watch.is_seen(windows(*used), 2) is seen


@pytest.mark.parametrize(("used", "seen"), [((1.0,), False), ((0.7,), True)])
def test_under_a_quota_others_take_something_only_of_what_it_leaves(machine, used, seen):
    """Two CPUs that are never idle, of which it may use one in all: who has that lacks nothing."""
    watch = Crowding({1, 2}, machine.file)
    machine.pass_time(2.0, 1.0, 0.0, 0.0, 1.0)
    assert watch.is_seen(windows(*used), 1) is seen


def test_all_windows_count_since_the_beginning(machine):
    watch = Crowding({0, 1}, machine.file)
    machine.pass_time(1.0, 0.5, 0.5, 0.0, 0.0)
    assert not watch.is_seen(windows(1.0), 2)
    machine.pass_time(1.0, 0.0, 0.0, 1.0, 1.0)
    assert not watch.is_seen(windows(1.0), 2)
    machine.pass_time(20.0, 0.0, 0.0, 1.0, 1.0)
    assert watch.is_seen(windows(1.0), 2)


def test_after_too_short_a_time_it_cannot_be_told_yet(machine):
    watch = Crowding({0, 1}, machine.file)
    machine.pass_time(0.4, 0.0, 0.0, 0.0, 0.0)
    assert watch.is_seen(windows(0.5), 2) is None
    machine.pass_time(0.2, 0.0, 0.0, 0.0, 0.0)
    assert watch.is_seen(windows(0.5), 2)


def test_it_is_not_looked_for_until_own_work_is_seen(machine):
    watch = Crowding({0, 1}, machine.file)
    machine.pass_time(2.0, 0.0, 0.0, 0.0, 0.0)
    assert watch.is_seen(windows(0.5, own=0), 2) is False
    assert watch.is_seen(windows(0.5, own=1), 2) is True


def test_a_sandbox_whose_clocks_stand_still_is_not_crowded(tmp_path, monkeypatch):
    monkeypatch.setattr(crowding, "LEAST_SECONDS", 0.0)
    file = tmp_path / "stat"
    file.write_text("cpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n")
    assert Crowding({0, 1}, file).is_seen(windows(0.5), 2) is False


@pytest.mark.parametrize(
    "stat", [None, "", "cpu0 1 1 1 1 1 1 1 0 0 0\n\n"], ids=["none", "empty", "one CPU, and a blank line"]
)
def test_where_the_system_does_not_tell_nothing_is_seen(tmp_path, monkeypatch, stat):
    monkeypatch.setattr(crowding, "LEAST_SECONDS", 0.0)
    file = tmp_path / "stat"
    if stat is not None:
        file.write_text(stat)
    assert Crowding({0, 1}, file).is_seen(windows(0.5), 2) is False


@pytest.mark.skipif(not crowding.STAT.exists(), reason="asks /proc for idle CPUs")
def test_the_system_tells_how_long_its_cpus_stood_idle():
    ticks = Crowding(affinity())._ticks()
    assert ticks is not None
    idle, everything = ticks
    assert 0 < idle < everything


@pytest.mark.timing
@pytest.mark.skipif(not crowding.STAT.exists(), reason="asks /proc for idle CPUs")
def test_measuring_goes_on_until_it_can_be_told_whether_own_work_lacks_cpus():
    """Two rounds of short calls end before the CPUs' ticks tell anything."""
    pool = ThreadPoolExecutor(1)
    workload = FunctionWorkload(lambda: pool.submit(sum, range(20_000)).result())
    start = perf_counter()
    rounds = measure_rounds(workload, Plan((1, 2), budget=2.0, rounds=2))
    took = perf_counter() - start
    pool.shutdown()
    assert all(one.has_own_work for done in rounds for one in done.windows.values())
    assert len(rounds) > 2
    assert took >= crowding.LEAST_SECONDS


@pytest.mark.parametrize(
    ("own", "crowded", "disturbed"), [(0, True, False), (2, False, False), (2, True, True)]
)
@pytest.mark.parametrize("n", [1, 2])
def test_what_others_take_disturbs_only_what_starts_work_itself(own, crowded, disturbed, n):
    ones = {1: window(1, 100.0, on_cpu=0.3), 2: window(2, 150.0, on_cpu=0.3)}
    ones[n] = replace(ones[n], own_threads=own, own_cpu_seconds=0.001)
    assert replace(round_of(*ones.values()), crowded=crowded).disturbed is disturbed


def test_more_threads_than_cpus_are_not_called_disturbed():
    many = replace(window(4, 100.0, on_cpu=0.3), own_processes=2, own_cpu_seconds=0.001)
    assert not replace(round_of(window(1, 100.0), many), crowded=True).disturbed


@pytest.mark.parametrize("sleeps", [None, 1e6])
@pytest.mark.parametrize("own_cpu_seconds", [0.0, 0.002, 0.02])
def test_a_point_blames_others_for_the_same_part_of_the_queue_as_its_windows(sleeps, own_cpu_seconds):
    """Who yields, as at locks without a GIL, stands behind all own work, and others behind a part of it."""
    two = replace(window(2, 80.0, on_cpu=0.1, queued=0.8), own_threads=1, own_cpu_seconds=own_cpu_seconds)
    done = round_of(window(1, 60.0), replace(two, sleeps=sleeps))
    point = combine([sample_of([done])] * 8)[1]
    assert point.queued_by_others == 0.8 * done.windows[2].by_others(done.cpus_allowed)
    assert (point.queued_by_others > 0.03) is done.disturbed


@pytest.mark.parametrize("speedup", [0.6, 1.0, 1.5, 1.95])
@pytest.mark.parametrize("own", [(2, 0.001), (0, 0.001, 2)], ids=["threads", "processes"])
def test_nothing_is_said_of_own_work_that_others_keep_off_the_cpus(speedup, own):
    quiet = measurement(0.0, speedup=(1.0, speedup, speedup), waiting=(0.5, 0.5, 0.5), own=own)
    busy = replace(quiet, points=tuple(replace(point, crowded=True) for point in quiet.points))
    assert quiet.scaling != "inconclusive"
    assert busy.scaling == "inconclusive"
    assert (judged(busy).low, judged(busy).high) == (0.0, 2)


def test_what_the_gil_allows_is_sure_all_the_same():
    held = measurement(1.0, speedup=(1.0, 1.0, 1.0), waiting=(0.5, 0.75, 0.9), own=(2, 0.005))
    busy = replace(held, points=tuple(replace(point, crowded=True) for point in held.points))
    assert judged(busy).high < 1.1
    assert "do not help, but whether they hurt cannot be told" in sentence(busy)


@pytest.mark.parametrize(("crowded", "told"), [(0, False), (1, False), (4, False), (5, True)])
def test_processes_are_crowded_if_most_are(crowded, told):
    def sample(i):
        points = {
            n: PointSample(100.0 * n, n, n, 0.5, 0.0, own_threads=1, crowded=i < crowded) for n in (1, 2)
        }
        return Sample(points, 4, 0, disturbed=i < crowded)

    assert [point.crowded for point in combine([sample(i) for i in range(8)])] == [told] * 2


def test_a_process_tells_in_which_windows_own_work_was():
    one, two = window(1, 100.0), replace(window(2, 150.0), own_threads=1)
    found = sample_of([replace(round_of(one, two), crowded=True)])
    assert [point.crowded for point in found.points.values()] == [False, True]
