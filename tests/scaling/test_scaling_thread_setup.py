"""What the set-up of threads does is no part of their calls, and who is not started keeps nobody waiting."""

import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from test_scaling_window import alive_after

from antigil.scaling import FunctionWorkload, Plan, Workload, measure, measure_rounds, time_one_call
from antigil.scaling.experiment import measure_in_fresh_process
from antigil.scaling.window import run_window

pytestmark = pytest.mark.timing

linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for threads")

IN_A_POOL = """\
import hashlib, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
def prepare():
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(hashlib.sha256, [bytes(1 << 23)] * 2))
"""

IN_A_PROCESS = """\
import subprocess, sys
from concurrent.futures import ThreadPoolExecutor
def prepare():
    subprocess.run([sys.executable, "-S", "-c", "sum(range(1_000_000))"], check=True)
"""

NOTHING_SEEN = [(0, 0, 0.0)] * 2


def own_work(points):
    return [(one.own_threads, one.own_processes, one.own_cpu_seconds) for one in points]


@linux
@pytest.mark.parametrize("setup", [IN_A_POOL, IN_A_PROCESS], ids=["threads", "processes"])
@pytest.mark.parametrize("in_processes", [False, True])
def test_what_a_threads_set_up_starts_is_not_the_calls(setup, in_processes):
    workload = Workload("sum(range(1000))", setup, "prepare()")
    found = measure(workload, (1, 2), budget=0.5, processes=1, rounds=2, in_processes=in_processes)
    assert own_work(found.points) == NOTHING_SEEN
    if in_processes:
        assert own_work(found.processes.points) == NOTHING_SEEN


@linux
def test_a_pool_of_a_threads_set_up_counts_where_calls_have_it_work():
    """It stands idle until then."""
    setup = "import hashlib\nfrom concurrent.futures import ThreadPoolExecutor\ndata = bytes(1 << 21)"
    workload = Workload("pool.submit(hashlib.sha256, data).result()", setup, "pool = ThreadPoolExecutor(1)")
    found = measure_in_fresh_process(workload, Plan((1, 2), budget=0.5, rounds=2), 0.05).sample
    assert all(point.own_threads and point.own_cpu_seconds for point in found.points.values())


@linux
def test_what_prepares_the_threads_of_a_function_is_not_its_calls():
    def prepare():
        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(hashlib.sha256, [bytes(1 << 23)] * 3))

    workload = FunctionWorkload(lambda _: sum(range(1000)), per_thread=prepare)
    _, own = time_one_call(workload.prepare(), 60.0)
    assert not own.has_own_work
    for done in measure_rounds(workload, Plan((1, 2), budget=0.3, rounds=2)):
        assert own_work(done.windows.values()) == NOTHING_SEEN


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), KeyboardInterrupt()])
def test_a_thread_that_cannot_be_started_leaves_no_other_behind(monkeypatch, error):
    before, start = set(threading.enumerate()), threading.Thread.start

    def start_two(thread):
        if len(set(threading.enumerate()) - before) == 2:
            raise error
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_two)
    with pytest.raises(type(error)):
        run_window(lambda thread, threads: lambda calls: None, 4, 0.01)
    assert alive_after(set(threading.enumerate()) - before, 10.0) == []


AFTER_A_FORK = """\
import hashlib, os, time
from concurrent.futures import ThreadPoolExecutor
from antigil.scaling import FunctionWorkload, time_one_call

if child := os.fork():
    os.waitpid(child, 0)
else:
    while time.process_time() < 0.5:
        pass
    pool, data = ThreadPoolExecutor(1), bytes(1 << 23)
    work = FunctionWorkload(lambda: pool.submit(hashlib.sha256, data).result())
    print(time_one_call(work.prepare(), 30.0)[1].own_threads, flush=True)
    os._exit(0)
"""


@linux
def test_threads_of_a_call_are_seen_in_a_forked_process_that_has_worked_before():
    done = subprocess.run([sys.executable, "-c", AFTER_A_FORK], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
