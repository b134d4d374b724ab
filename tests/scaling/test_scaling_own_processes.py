"""Processes that a workload starts: seen, left unpinned, and what they take is not other programs'."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from threading import Lock

import pytest
from fakes import measurement, round_of, window
from marks import needs_two_cpus

from antigil.scaling import (
    FunctionWorkload,
    Plan,
    Workload,
    affinity,
    judged,
    measure,
    measure_rounds,
    probe_gil,
)
from antigil.scaling.experiment import measure_in_fresh_process
from antigil.scaling.own_work import processes as processes_module
from antigil.scaling.own_work.meter import OwnWorkMeter
from antigil.scaling.own_work.processes import PROCESSES_BESIDE, own_processes

pytestmark = [
    pytest.mark.timing,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for processes"),
]

COUNTS = "sum(range(1_000_000))"
CHILDREN = f"""\
import subprocess, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
command = [sys.executable, "-S", "-c", "{COUNTS}"]
def two():
    for child in [subprocess.Popen(command) for _ in range(2)]:
        child.wait()
pools = []
def pooled(kind):
    if not pools:
        pools.append(ProcessPoolExecutor(2, get_context(kind)))
    list(pools[0].map(sum, [range(1_000_000)] * 2))
"""


def cpu_of_children():
    """Return the CPU time of two such children, in seconds, a few times."""
    import resource  # Windows has none, and imports this module

    def of_two():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(2):
            subprocess.run([sys.executable, "-S", "-c", COUNTS], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return [of_two() for _ in range(3)]


def test_the_cpu_time_of_children_that_end_belongs_to_a_call():
    before = cpu_of_children()
    found = measure_in_fresh_process(Workload("two()", CHILDREN), Plan((1, 2), 1.0, rounds=3), 0.1).sample
    usual = median([*before, *cpu_of_children()])
    for point in found.points.values():
        assert point.own_processes >= 1
        assert 0.5 * usual < point.own_cpu_seconds < 3.0 * usual


@pytest.mark.parametrize("kind", ["forkserver", "spawn"])  # those of a fork server are its children, not ours
def test_processes_of_a_pool_are_seen_at_work(kind):
    workload = Workload(f"pooled({kind!r})", CHILDREN, teardown="pools[0].shutdown()")
    found = measure_in_fresh_process(workload, Plan((1, 2), 1.0, rounds=3), 0.1).sample
    for point in found.points.values():
        assert point.own_processes >= 1
        assert point.own_cpu_seconds > 0.0


def test_children_of_a_process_of_the_fleet_are_seen():
    found = measure(Workload("two()", CHILDREN), (1, 2), in_processes=True, budget=2.0).processes
    assert all(point.own_processes for point in found.points)


class Masks:
    """Calls that have other processes work, from the given call on, and note on which CPUs they may run."""

    def __init__(self, first_call, *, pooled):
        self.first_call, self.pooled, self.calls, self.seen = first_call, pooled, 0, []
        self._lock, self._pool = Lock(), None

    def __call__(self):
        """Work in two processes, or in none before the first such call."""
        with self._lock:
            self.calls += 1
            if self.pooled and self.calls == self.first_call:
                self._pool = ProcessPoolExecutor(2, multiprocessing.get_context("forkserver"))
        if self.calls < self.first_call or (self.pooled and self._pool is None):
            sum(range(20_000))
        elif self._pool is not None:
            work = [self._pool.submit(sum, range(100_000)) for _ in range(2)]
            self.seen.append(tuple(sorted(self._pool.submit(os.sched_getaffinity, 0).result())))
            assert len({one.result() for one in work}) == 1
        else:
            code = f"import os; {COUNTS}; print(*sorted(os.sched_getaffinity(0)))"
            said = subprocess.check_output([sys.executable, "-S", "-c", code])
            self.seen.append(tuple(map(int, said.split())))

    def end(self):
        """End the pool."""
        if self._pool is not None:
            self._pool.shutdown()


@needs_two_cpus
@pytest.mark.parametrize("pooled", [False, True], ids=["a child for each call", "a pool"])
@pytest.mark.parametrize("first_call", [1, 50])
def test_processes_are_not_pinned_in_the_end_whenever_they_are_started(first_call, pooled):
    masks = Masks(first_call, pooled=pooled)
    before = os.sched_getaffinity(0)
    rounds = measure_rounds(FunctionWorkload(masks), Plan((1, 2), budget=1.0, rounds=3))
    masks.end()
    assert all(one.own_processes for done in rounds for one in done.windows.values())
    assert set(masks.seen[-8:]) == {affinity()}
    assert os.sched_getaffinity(0) == before


@needs_two_cpus
@pytest.mark.parametrize("pooled", [False, True], ids=["a child for each call", "a pool"])
def test_processes_that_are_started_while_the_gil_is_probed_are_not_pinned_in_the_end(pooled):
    masks = Masks(1, pooled=pooled)
    probe_gil(FunctionWorkload(masks), 0.5)
    masks.end()
    assert masks.seen[-1] == affinity()


#: It says what CPU time it has used, and again when it is told to go on, after as much work.
WORKS_TWICE = """\
import sys, time
for _ in range(2):
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    print(time.process_time(), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def child():
    """Return a child that has worked once, and stands idle."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", WORKS_TWICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.first = float(process.stdout.readline())
        yield process
        process.kill()


def go_on(child):
    child.stdin.write("\n")
    child.stdin.flush()
    return float(child.stdout.readline())


def end(child):
    child.stdin.close()
    child.wait()


def test_what_a_process_did_before_does_not_count_even_if_it_ends_meanwhile(child):
    go_on(child)
    meter = OwnWorkMeter()
    end(child)
    own = meter.read({0: 0.0})
    assert own.own_cpu_seconds < 0.1  # to end takes some, too


@pytest.mark.parametrize("ends", [False, True])
def test_what_a_process_does_counts_while_it_lives_and_after(child, ends):
    meter = OwnWorkMeter()
    used = go_on(child) - child.first
    if ends:
        end(child)
    own = meter.read({0: 0.0})
    assert own.own_processes == 1
    assert used <= own.own_cpu_seconds + 0.02 < 2.0 * used


def test_a_process_of_the_instrument_is_not_the_workloads(child):
    assert child.pid in own_processes()
    PROCESSES_BESIDE.add(child.pid)
    try:
        assert child.pid not in own_processes()
    finally:
        PROCESSES_BESIDE.discard(child.pid)


def test_a_process_that_a_child_starts_is_seen():
    waits = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {waits!r}])"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        grandchild = int(process.stdout.readline())
        seen = own_processes()
        process.stdin.close()
    assert {process.pid, grandchild} <= seen.keys()


def test_the_kernels_list_of_children_is_used_where_there_is_one(child, tmp_path, monkeypatch):
    """The kernel may have none: one is made up."""
    for process, children in ((os.getpid(), f"{child.pid} "), (child.pid, "")):
        thread = tmp_path / str(process) / "task" / str(process)
        thread.mkdir(parents=True)
        (thread / "children").write_text(children)
        (tmp_path / str(process) / "stat").write_bytes(Path(f"/proc/{process}/stat").read_bytes())
    (tmp_path / "self").symlink_to(str(os.getpid()))
    monkeypatch.setattr(processes_module, "PROC", tmp_path)
    monkeypatch.setattr(processes_module, "_all_children", None)
    assert own_processes().keys() == {child.pid}


def test_without_children_no_process_is_asked(monkeypatch):
    monkeypatch.setattr(processes_module, "_has_children", lambda: False)
    monkeypatch.setattr(processes_module, "_all_children", None)
    monkeypatch.setattr(processes_module, "_children", None)
    assert own_processes() == {}


def test_where_the_system_tells_of_no_processes_none_are_seen(child, tmp_path, monkeypatch):
    monkeypatch.setattr(processes_module, "PROC", tmp_path)
    assert own_processes() == {}


def queued_behind(own_on_cpu, *, rate=100.0, queued=0.2):
    one = window(2, rate, on_cpu=0.3, queued=queued)
    return replace(one, own_processes=1, own_cpu_seconds=2 * own_on_cpu / rate)


@pytest.mark.parametrize(
    ("own_on_cpu", "disturbed", "kept"),
    [(0.0, True, 0.8), (0.1, True, 0.9), (0.2, False, 1.0), (0.9, False, 1.0)],
)
def test_time_in_the_queue_is_others_only_as_far_as_own_work_does_not_account_for_it(
    own_on_cpu, disturbed, kept
):
    done = round_of(window(1, 50.0, on_cpu=0.5), queued_behind(own_on_cpu))
    assert done.disturbed is disturbed
    assert done.queue_free_speedup(2) == pytest.approx(done.speedup(2) / kept)


@pytest.mark.parametrize(("sleeps", "disturbed"), [(None, True), (9_000.0, True), (11_000.0, False)])
def test_several_that_yield_are_queued_behind_any_own_work(sleeps, disturbed):
    behind = replace(queued_behind(0.1), sleeps=sleeps)
    done = round_of(window(1, 50.0, on_cpu=0.5), behind)
    assert done.disturbed is disturbed
    assert (done.queue_free_speedup(2) == pytest.approx(done.speedup(2))) is not disturbed


@pytest.mark.parametrize(
    ("cpus", "own_on_cpu", "sleeps", "kept"),
    [
        *((2, 0.0, None, 0.4), (2, 0.4, None, 0.6), (2, 1.9, 3_000.0, 1.0), (4, 1.9, 3_000.0, 0.875)),
        *((4, 2.4, None, 1.0), (2, 0.4, 30_000.0, 0.8), (4, 0.6, 30_000.0, 1.0)),
    ],
)
def test_one_alone_is_queued_behind_own_work_while_that_keeps_all_cpus_busy_or_it_yields(
    cpus, own_on_cpu, sleeps, kept
):
    alone = window(1, 100.0, on_cpu=0.0, queued=0.6)
    alone = replace(alone, own_threads=2, own_cpu_seconds=own_on_cpu / 100.0, sleeps=sleeps)
    done = round_of(alone, window(2, 107.0, on_cpu=0.1), cpus_allowed=cpus)
    assert done.queue_free_speedup(2) == pytest.approx(1.07 * kept)
    assert done.disturbed is (kept < 1.0)


def test_the_verdict_takes_no_queueing_behind_own_work_for_others():
    found = measurement(0.0, speedup=(1.0, 1.9, 1.9), queued=(0.1, 0.1, 0.2), waiting=(0.5, 0.5, 0.5))
    own = measurement(
        0.0, speedup=(1.0, 1.9, 1.9), queued=(0.1, 0.1, 0.2), waiting=(0.5, 0.5, 0.5), own=(0, 0.01, 1)
    )
    assert judged(found).low < judged(own).low == pytest.approx(1.89)
