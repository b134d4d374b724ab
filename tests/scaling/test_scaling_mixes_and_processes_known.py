"""Mixes and processes of workloads with known answers, and how the processes end, on this machine."""

import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more

from antigil.scaling import MeasurementError, RemoteTraceback, Workload, WorkloadTimeout, measure

pytestmark = pytest.mark.timing

SETUP = """
from time import sleep
from antigil.kernels import SharedCounter, calcular_sem_gil, stream_releasing
data = bytearray(b"1") * (1 << 24)
lock, slots = SharedCounter("lock", 2), SharedCounter("slots", 2)
"""


def found(statement, setup=SETUP, *, counts=(1, 2), beside=None, teardown="pass", budget=1.5, **options):
    workload = Workload(statement, setup, beside=beside, teardown=teardown)
    return measure(workload, counts, budget=budget, processes=2, rounds=3, **options)


@cache
def mixed_and_in_processes(statement, beside):
    """Measure mixes and processes at once, for two tests."""
    return found(statement, beside=beside, in_processes=True, budget=2.0)


SUMS = "sum(range(30_000))", "sum(range(60_000))"
UNDER_LOCK = "lock.add_releasing(10_000, thread)", "lock.add_releasing(20_000, thread)"


@once_more
def test_sleepers_do_not_take_each_others_time():
    (two, four) = found("sleep(0.002)", counts=(1, 2, 4), beside="sleep(0.003)").mix.points

    assert (two.threads, four.threads) == (2, 4)
    assert two.readers.median > 0.7
    assert two.writer.median > 0.7
    assert two.readers_rate > 1.2 * two.writer_rate
    assert four.raw_readers.median > 1.3
    assert four.waiting / (1.0 - four.queued) > 0.7


@needs_gil
def test_two_kinds_that_hold_the_gil_wait_for_each_other_and_two_that_release_it_do_not():
    """On a busy machine rates vary more than the share of the time that they had a CPU for."""
    (holding,) = mixed_and_in_processes(*SUMS).mix.points
    (releasing,) = found("calcular_sem_gil(400)", beside="calcular_sem_gil(800)").mix.points

    assert holding.waiting / (1.0 - holding.queued) >= 0.3
    assert releasing.waiting / (1.0 - releasing.queued) <= 0.2


def test_readers_stand_still_while_the_writer_has_their_lock():
    setup = "import threading, time\nlock, registry = threading.Lock(), {'key': 1}"
    writer = "with lock: time.sleep(0.003)"
    # Between two reads it sleeps: else it may take the lock again and again before the writer wakes up.
    (point,) = found("with lock: registry['key']\ntime.sleep(0.0005)", setup, beside=writer).mix.points

    assert point.readers.median < 0.7
    assert point.writer_waiting / (1.0 - point.queued) > 0.7


@needs_two_cpus
def test_a_writer_takes_the_lock_from_readers_and_nothing_where_each_has_a_place_of_its_own():
    """Beside busy programs those under a lock meet less often, and seem to get more done."""
    statement, beside = (each.replace("lock", "slots") for each in UNDER_LOCK)
    (locked,) = mixed_and_in_processes(*UNDER_LOCK).mix.points
    (apart,) = found(statement, beside=beside).mix.points

    under_lock = locked.readers.median + locked.writer.median
    assert apart.readers.median + apart.writer.median > 1.25 * min(1.0, under_lock)


def test_the_writer_is_the_last_thread_and_has_the_thread_s_names():
    statement, writer = (
        "assert thread < max(1, threads - 1)",
        "assert thread == threads - 1 and own == thread",
    )
    workload = Workload(f"if not alone: {statement}", "alone = True", "own = thread", beside=writer)
    mixed = measure(workload, (1, 3), budget=0.5, processes=1, rounds=1).mix

    assert [point.threads for point in mixed.points] == [3]
    assert mixed.points[0].writer_rate > 0


@needs_two_cpus
@needs_gil
def test_processes_scale_where_the_gil_keeps_threads_from_it():
    measured = mixed_and_in_processes(*SUMS)

    assert measured.processes.point(2).speedup.median > 1.3 * measured.point(2).speedup.median


@needs_two_cpus
def test_processes_share_no_lock_of_the_set_up():
    measured = mixed_and_in_processes(*UNDER_LOCK)

    assert measured.processes.point(2).speedup.median > measured.point(2).speedup.median


@needs_two_cpus
@once_more
def test_processes_share_the_memory_s_bandwidth_and_get_no_more_than_the_cpus_give():
    point = found("stream_releasing(data)", in_processes=True).processes.point(2)

    error = 1.05  # of one round or two
    assert point.disturbed or point.speedup.median <= 2.0 * error
    assert point.speedup.median * point.inflation <= 2.0 * error


# What goes wrong, and how it ends

COUNTED = """
import os
from pathlib import Path
pids = Path({!r})
first = not pids.exists()
with pids.open("a") as file: file.write(f"{{os.getpid()}}\\n")
"""
"""The first process is the one that measures; the others are beside it."""


@pytest.fixture
def counted(tmp_path):
    return COUNTED.format(str(tmp_path / "pids"))


def running(folder):
    """Return which of the processes that wrote their number have not ended."""
    numbers = [int(line) for line in (folder / "pids").read_text().split()]
    assert numbers
    return [number for number in numbers if runs(number)]


def runs(number):
    """Tell whether a process runs; one that has ended, and is not waited for, does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def once(statement, setup, **options):
    options = {"budget": 0.4, "processes": 1, "rounds": 1, "in_processes": True} | options
    return measure(Workload(statement, setup, teardown=options.pop("teardown", "pass")), (1, 2), **options)


def test_each_process_runs_the_set_up_and_the_tear_down_and_none_is_left(tmp_path, counted):
    once("pass", counted, teardown="pids.with_name(str(os.getpid())).touch()")

    numbers = (tmp_path / "pids").read_text().split()
    assert len(numbers) == 3
    assert all((tmp_path / number).exists() for number in numbers)
    assert running(tmp_path) == []


def test_what_is_raised_in_one_process_is_raised_with_its_traceback(tmp_path, counted):
    with pytest.raises(KeyError) as caught:
        once("{}['key'] if not first else None", counted)

    told = str(caught.value.__cause__)
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    assert "{}['key'] if not first" in told
    assert told.count("Traceback") == 1
    assert "antigil/scaling" not in told.replace(os.sep, "/")
    assert running(tmp_path) == []


@pytest.mark.parametrize(
    ("statement", "setup", "said"),
    [
        ("first or os._exit(3)", "", "exit status 3"),
        ("first or os.kill(os.getpid(), 9)", "", "SIGKILL"),
        ("pass", "first or os._exit(3)", "exit status 3"),
    ],
)
def test_a_process_that_dies_is_told(tmp_path, counted, statement, setup, said):
    with pytest.raises(MeasurementError, match=said):
        once(statement, f"{counted}\n{setup}")
    assert running(tmp_path) == []


def test_a_process_that_hangs_is_ended(tmp_path, counted):
    with pytest.raises(WorkloadTimeout, match="did not end within 1 s"):
        once("first or time.sleep(1000)", f"import time{counted}", time_limit=1.0)
    assert running(tmp_path) == []


def test_a_tear_down_that_fails_in_a_process_is_told(counted):
    with pytest.raises(ZeroDivisionError):
        once("pass", counted, teardown="first or 1 / 0")


FORKS = """
import time
forked = []
def fork():
    if (child := os.fork()) == 0:
        time.sleep(600)
        os._exit(0)
    forked.append(child)
"""


def test_processes_end_though_what_the_workload_forks_meanwhile_holds_their_input_open(tmp_path, counted):
    end = "for child in forked: os.kill(child, 9)"
    found = once("if first and not forked: fork()", f"{counted}\n{FORKS}", teardown=end)

    assert found.processes.point(2).rate > 0
    assert running(tmp_path) == []


def test_a_process_that_dies_is_told_though_what_it_has_forked_holds_its_output_open(counted):
    with pytest.raises(MeasurementError, match="exit status 3"):
        once("if not first: fork(); os._exit(3)", f"{counted}\n{FORKS}")


def test_what_a_process_prints_and_reads_is_no_part_of_what_is_said_about_it(counted):
    noisy = "print('{', flush=True); os.write(1, b'noise'); assert os.read(0, 1) == b''"

    assert once(noisy, counted).processes.point(2).rate > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_a_command_that_is_ended(tmp_path, counted, number):
    command = [sys.executable, "-m", "antigil", "measure", "--processes", "--budget", "30", "-t", "1,2"]
    with subprocess.Popen(
        [*command, "-s", counted, "sum(range(1000))"], stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pids").exists() or len((tmp_path / "pids").read_text().split()) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(30) != 0

    deadline = time.monotonic() + 10
    while running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running(tmp_path) == []


def test_syntax_of_what_stands_beside_is_shown_as_its_own():
    with pytest.raises(SyntaxError) as caught:
        measure(Workload("pass", beside="x = = 1"), (1, 2), budget=0.2, processes=1)
    assert 'File "<beside>", line 1' in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("beside", "thread_setup", "where"),
    [
        ("x = 1\n1 / 0", "pass", '"<beside>", line 2'),
        ("pass", "thread and 1 / 0", '"<thread setup>", line 1'),
    ],
)
def test_what_the_writer_raises_shows_its_own_line(beside, thread_setup, where):
    with pytest.raises(ZeroDivisionError) as caught:
        measure(Workload("pass", "pass", thread_setup, beside=beside), (1, 2), budget=0.2, processes=1)
    assert where in str(caught.value.__cause__)
