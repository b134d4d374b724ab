"""A process that is stopped while it measures, and CPUs that are taken from it: measured anew, or refused."""

import os
import subprocess
import sys
import textwrap

import pytest
from marks import needs_two_cpus

from antigil.scaling import MeasurementError, Plan, Workload, measure, measure_rounds
from antigil.scaling.host import pin_thread

#: A workload that has itself stopped in its 25th call, by a process that lets it go on half a second later.
STOPPED = """
import itertools, os, subprocess, sys
from time import sleep
calls = itertools.count()
def stop():
    words = f"kill -STOP {os.getpid()}; sleep 0.5; kill -CONT {os.getpid()}"
    subprocess.run(["sh", "-c", words], start_new_session=True)
"""
STOPS = "next(calls) == 24 and stop()"
SLEEPS = f"sleep(0.002); {STOPS}"


def told_by(script):
    """Return what a script prints that finds the workload above; it runs in a process of its own."""
    code = f"setup, statement = {STOPPED!r}, {SLEEPS!r}\n{textwrap.dedent(script)}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


if hasattr(os, "sched_setaffinity"):  # Linux: whose signals and masks these are

    def test_a_stop_is_noticed_once():
        words = told_by("""
            import os, subprocess
            from antigil.scaling.stops import stops_noticed, was_stopped
            stop = f"kill -STOP {os.getpid()}; kill -CONT {os.getpid()}"
            with stops_noticed():
                print(was_stopped())
                subprocess.run(["sh", "-c", stop], check=True)
                print(was_stopped(), was_stopped())
        """)
        assert words == ["False", "True", "False"]

    def test_the_time_of_a_stop_is_not_taken_for_waiting_for_the_gil():
        (stall,) = told_by("""
            from antigil.scaling import Workload, probe_gil
            print(probe_gil(Workload(statement, setup), 0.5).stall)
        """)
        assert float(stall) < 0.4

    def test_a_round_with_a_stop_is_measured_anew():
        (windows,) = told_by("""
            from antigil.scaling import FunctionWorkload, Plan, measure_rounds
            exec(setup)
            windows, plan = [], Plan((1, 2), budget=0.1, rounds=1)
            def work():
                sleep(0.002)
                if len(windows) > 1 and next(calls) == 3:  # within the round, however calls were timed
                    stop()
            measure_rounds(FunctionWorkload(work), plan, before_window=lambda: windows.append(1))
            print(len(windows))
        """)
        assert int(windows) == 1 + 2 + 2  # one to time calls, and a round twice

    def test_a_round_with_a_stop_of_one_of_several_processes_is_measured_anew(tmp_path):
        note = f"if is_worker: print(file=open({str(tmp_path / 'set-ups')!r}, 'a'))"
        setup = f"{STOPPED}is_worker = sys.argv[3].endswith('worker')"
        stops = STOPS.replace("24", "8")  # workers time no calls first
        workload = Workload(f"sleep(0.002); is_worker and ({stops})", setup, note)
        measure(workload, (1, 2), budget=0.2, processes=1, rounds=1, in_processes=True)
        assert len((tmp_path / "set-ups").read_text()) in (2 * 3, 3 * 3)  # a round has 3; two are stopped

    def test_what_is_stopped_again_and_again_is_refused():
        workload = Workload("stop()", STOPPED.replace("0.5", "0.01"))
        with pytest.raises(MeasurementError, match="was stopped again and again"):
            measure(workload, (1, 2), budget=0.1, processes=1)

    @pytest.fixture
    def one_cpu():
        """Return a function that takes all CPUs but one from this thread, until the end of the test."""
        before = os.sched_getaffinity(0)
        yield lambda *ignored: os.sched_setaffinity(0, {min(before)})
        os.sched_setaffinity(0, before)

    @needs_two_cpus
    def test_other_cpus_in_another_process_are_refused(one_cpu):
        """Two threads that had one CPU and two threads that had two are not the same."""
        with pytest.raises(MeasurementError, match=r"^the CPUs allowed changed from \d+ to 1 while"):
            measure(Workload("pass"), (1, 2), budget=0.1, processes=2, on_process=one_cpu)

    @needs_two_cpus
    def test_other_cpus_in_another_round_are_refused(one_cpu):
        with pytest.raises(MeasurementError, match=r"^the CPUs allowed changed from \d+ to 1 while"):
            measure_rounds(Workload("pass"), Plan((1, 2), rounds=1), before_window=one_cpu)

    def test_a_cpu_that_was_taken_away_is_named():
        with pytest.raises(MeasurementError, match=r"^CPU 100000 was taken from this process"):
            pin_thread(100_000)
