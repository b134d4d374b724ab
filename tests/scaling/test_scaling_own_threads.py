"""Threads that a workload starts itself: they are seen, left unpinned, and their CPU time is counted."""

import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
from marks import needs_two_cpus

from antigil.scaling import FunctionWorkload, Plan, Workload, affinity, measure_rounds, probe_gil
from antigil.scaling.experiment import measure_in_fresh_process
from antigil.scaling.measurement import combine
from antigil.scaling.own_work.meter import LEAST_CPU_SECONDS, OwnWorkMeter
from antigil.scaling.sample import PointSample, Sample
from antigil.scaling.threads import Threads

pytestmark = pytest.mark.timing

linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for threads")

HASHING = """\
import hashlib, threading, time
from concurrent.futures import ThreadPoolExecutor
data = bytes(1 << 21)
def work():
    began = time.thread_time()
    hashlib.sha256(data)
    return time.thread_time() - began
"""

POOLS = {
    "made in the set-up": ("pool.submit(work).result()", "pool = ThreadPoolExecutor(2)\npool.submit(work)"),
    "made in the first call": (
        "submitted().result()",
        "from functools import cache\npool = cache(lambda: ThreadPoolExecutor(2))\n"
        "submitted = lambda: pool().submit(work)",
    ),
    "made in the thirtieth call": (
        "call()",
        "from itertools import count\nnumber, pools = count(), []\n"
        "def call():\n"
        "    if next(number) == 30: pools.append(ThreadPoolExecutor(2))\n"
        "    pools[0].submit(work).result() if pools else work()\n",
    ),
    "a thread for each call": (
        "thread = threading.Thread(target=work); thread.start(); thread.join()",
        "",
    ),
}


@linux
@pytest.mark.parametrize("pool", POOLS)
def test_the_threads_of_a_workload_are_seen_and_their_cpu_time_belongs_to_a_call(pool):
    statement, setup = POOLS[pool]
    workload = Workload(statement, HASHING + setup)
    before = hashing_seconds()
    found = measure_in_fresh_process(workload, Plan((1, 2), budget=1.0, rounds=3), 0.1).sample
    hashing = median([*before, *hashing_seconds()])
    for point in found.points.values():
        assert 1 <= point.own_threads <= 3
        assert 0.5 * hashing < point.own_cpu_seconds < 3.0 * hashing


def hashing_seconds():
    """Return the CPU time of some such calls."""
    names = {}
    exec(HASHING, names)
    return [names["work"]() for _ in range(10)]


@linux
@pytest.mark.parametrize(
    ("statement", "setup"),
    [
        ("work()", ""),
        ("time.sleep(0.002)", ""),
        ("sum(range(1000))", ""),
        ("work()", "pool = ThreadPoolExecutor(2)\nfor _ in range(8): pool.submit(time.sleep, 0.01)"),
    ],
    ids=["hashes", "sleeps", "holds the GIL", "hashes beside an idle pool"],
)
def test_where_no_threads_of_its_own_work_none_are_seen(statement, setup):
    workload = Workload(statement, HASHING + setup)
    found = measure_in_fresh_process(workload, Plan((1, 2), budget=0.5, rounds=3), 0.05).sample
    assert [(point.own_threads, point.own_cpu_seconds) for point in found.points.values()] == [(0, 0.0)] * 2


@linux
def test_the_threads_of_a_matrix_product_are_seen():
    """As many as the library starts: one beside the thread that calls, of two CPUs."""
    pytest.importorskip("numpy")
    workload = Workload("a @ a", "import os\nos.environ['OPENBLAS_NUM_THREADS'] = '2'\nimport numpy\n"
                        "a = numpy.ones((600, 600))")  # fmt: skip
    found = measure_in_fresh_process(workload, Plan((1,), budget=0.5, rounds=3), 0.05).sample
    assert found.points[1].own_threads == 1


class Masks:
    """Calls that do some work in a pool, from the given call on, and note on which CPUs it may run."""

    def __init__(self, first_call):
        self.first_call, self.calls, self.seen = first_call, 0, []
        self._lock, self._pool = threading.Lock(), None

    def work(self):
        """Hash, and note the mask."""
        hashlib.sha256(bytes(1 << 20))
        self.seen.append(tuple(sorted(os.sched_getaffinity(0))))

    def __call__(self):
        """Call the pool, once it is made."""
        with self._lock:
            self.calls += 1
            if self.calls == self.first_call:
                self._pool = ThreadPoolExecutor(3)
        if self._pool is not None:
            list(self._pool.map(lambda _: self.work(), range(3)))

    def end(self):
        """End the pool: when else its threads would end, and use CPU time for that, nobody knows."""
        self._pool.shutdown()


@linux
@needs_two_cpus
@pytest.mark.parametrize("first_call", [1, 2, 50])
def test_a_pool_is_not_pinned_in_the_end_whenever_it_is_made(first_call):
    masks = Masks(first_call)
    before = os.sched_getaffinity(0)
    rounds = measure_rounds(FunctionWorkload(masks), Plan((1, 2), budget=0.5, rounds=3))
    masks.end()
    assert all(window.own_threads for done in rounds for window in done.windows.values())
    assert set(masks.seen[-20:]) == {affinity()}
    assert os.sched_getaffinity(0) == before


@linux
@needs_two_cpus
def test_a_pool_that_is_made_while_the_gil_is_probed_is_not_pinned_in_the_end():
    masks = Masks(1)
    probe_gil(FunctionWorkload(masks), 0.2)
    masks.end()
    after_the_first_call = masks.seen[3:]  # a busy machine makes but a few
    assert set(after_the_first_call[-20:]) == {affinity()}


@linux
@needs_two_cpus
def test_a_thread_for_each_call_is_not_pinned():
    masks = []

    def work():
        hashlib.sha256(bytes(1 << 20))
        masks.append(tuple(sorted(os.sched_getaffinity(0))))

    def call():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    measure_rounds(FunctionWorkload(call), Plan((1, 2), budget=0.5, rounds=3))
    assert set(masks[-20:]) == {affinity()}


@linux
@needs_two_cpus
def test_threads_of_ours_are_pinned_where_the_workload_starts_none():
    masks = []
    call = FunctionWorkload(lambda: (time.sleep(0.001), masks.append(len(os.sched_getaffinity(0)))))
    measure_rounds(call, Plan((2,), budget=0.2, rounds=2))
    assert masks[-1] == 1


@linux
def test_threads_that_work_for_a_caller_are_counted_while_they_live_and_after():
    used, together = [], threading.Barrier(3)

    def work():
        together.wait()
        while time.thread_time() < 0.1:
            pass
        together.wait()
        used.append(time.thread_time())

    def body():
        group.gate.wait()
        others = [threading.Thread(target=work) for _ in range(3)]
        for thread in others:
            thread.start()
        for thread in others:
            thread.join()

    group = Threads(1, 60.0)
    own = group.run([body], look_seconds=0.001)
    assert (own.own_threads, own.own_processes) == (3, 0)
    assert own.own_cpu_seconds == pytest.approx(sum(used), rel=0.1)


@linux
def test_what_a_thread_did_before_does_not_count():
    done, go = threading.Event(), threading.Event()

    def work():
        while time.thread_time() < 0.05:
            pass
        done.set()
        go.wait(60.0)

    thread = threading.Thread(target=work)
    thread.start()
    done.wait(60.0)
    time.sleep(0.02)
    own = OwnWorkMeter().read({0: 0.0})
    go.set()
    thread.join()
    assert (own.own_threads, own.own_cpu_seconds) == (0, 0.0)
    assert LEAST_CPU_SECONDS < 0.05


def test_inflation_counts_the_cpu_time_of_all_threads():
    """One caller keeps two threads busy; two callers keep the same two busy, and calls cost as much."""
    one = PointSample(10.0, 1.0, 1.0, waiting=1.0, queued=0.0, own_threads=2, own_cpu_seconds=0.2)
    two = PointSample(10.0, 1.0, 1.0, waiting=1.0, queued=0.0, own_threads=2, own_cpu_seconds=0.2)
    points = combine([Sample({1: one, 2: two}, 1, 0, False)])
    assert [point.inflation for point in points] == [1.0, 1.0]
    assert [point.own_on_cpu for point in points] == [2.0, 1.0]
