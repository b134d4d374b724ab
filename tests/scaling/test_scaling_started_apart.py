"""Processes in groups of their own, which we or a workload started, end with it, and nobody else's do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_scaling_process import go
from test_scaling_user_code import SCRIPT, alive, gone

from antigil.scaling import Workload, measure

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who runs")

SLEEPS = "import time; print(1, flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
STARTS_ONE = f"""\
import subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", {SLEEPS!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def starting(code, how, log):
    """Return a set-up that starts a process, and notes its number, or what the process says instead."""
    return (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {code!r}], stdout=subprocess.PIPE, {how})\n"
        "said = int(child.stdout.readline())\n"
        f"print(child.pid, said if said > 1 else '', file=open({str(log)!r}, 'w'), flush=True)\n"
    )


@pytest.mark.parametrize("how", ["start_new_session=True", "process_group=0"])
@pytest.mark.parametrize("code", [SLEEPS, DEAF, STARTS_ONE], ids=["plain", "deaf", "with a child"])
def test_what_a_workload_starts_apart_ends_with_it(tmp_path, code, how):
    log = tmp_path / "pids"
    go("pass", starting(code, how, log))
    assert gone([int(number) for number in log.read_text().split()])


def test_what_a_workload_starts_apart_ends_with_it_where_it_fails(tmp_path):
    log = tmp_path / "pids"
    with pytest.raises(ZeroDivisionError):
        go("1 / 0", starting(SLEEPS, "start_new_session=True", log))
    assert gone([int(log.read_text())])


def test_so_does_what_processes_beside_the_threads_started(tmp_path):
    log = tmp_path / "pids"
    setup = starting(SLEEPS, "start_new_session=True", log).replace("'w'", "'a'")
    with pytest.raises(ZeroDivisionError):
        measure(Workload("1 // (thread - 1)", setup), (1, 2), budget=0.5, processes=1, in_processes=True)
    started = [int(number) for number in log.read_text().split()]
    assert len(started) == 3
    assert gone(started)


def told_to_end(tmp_path, setup, log, number, **more):
    """Measure in a process, and tell it to end once the set-up has written a log; return what it wrote."""
    (tmp_path / "script.py").write_text(SCRIPT.format(setup=setup))
    command = [sys.executable, str(tmp_path / "script.py")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, **more}) as process:
        try:
            end = time.monotonic() + 60.0
            while not (log.exists() and log.read_text()) and time.monotonic() < end:
                time.sleep(0.05)
            process.send_signal(number)
            process.wait(60.0)
        finally:
            process.kill()
    return [int(number) for number in log.read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_a_workload_has_started_apart_ends_where_the_measurement_is_told_to(tmp_path, number):
    log = tmp_path / "pids"
    setup = starting(SLEEPS, "start_new_session=True", log) + "import time; time.sleep(600)\n"
    assert gone(told_to_end(tmp_path, setup, log, number))


@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", None), signal.SIGINT])
def test_a_measurement_that_is_told_to_end_leaves_nothing(tmp_path, number):
    log = tmp_path / "pids"
    setup = f"import os, time\nprint(os.getpid(), file=open({str(log)!r}, 'w'), flush=True)\ntime.sleep(600)"
    (tmp_path / "tmp").mkdir()
    assert gone(told_to_end(tmp_path, setup, log, number, TMPDIR=str(tmp_path / "tmp")))
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)]
)
def test_what_is_being_started_when_we_are_told_to_end_ends_too(monkeypatch, number, error):
    start, started = subprocess.Popen, []

    def told_meanwhile(command, **how):
        started.append(start(command, **how))
        signal.raise_signal(number)
        return started[0]

    before = signal.getsignal(number)
    monkeypatch.setattr(subprocess, "Popen", told_meanwhile)
    with pytest.raises(error):
        go("pass", "import time; time.sleep(600)")
    assert gone([started[0].pid])
    assert signal.getsignal(number) is before


def test_a_process_that_cannot_be_started_changes_no_handler(monkeypatch, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError):
        go("pass")
    assert signal.getsignal(signal.SIGTERM) is before


def test_processes_of_who_measures_go_on():
    command = [sys.executable, "-S", "-c", SLEEPS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as other:
        other.stdout.readline()
        go("pass")
        assert alive(other.pid)
        assert os.getpgid(other.pid) == other.pid
        other.kill()
