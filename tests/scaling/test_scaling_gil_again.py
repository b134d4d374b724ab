"""A free-threaded build whose GIL something switches on again: an import, or who starts it."""

import subprocess
import sys
import sysconfig
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from antigil.report.measurement.lines import notes
from antigil.scaling import (
    FunctionWorkload,
    GilHeld,
    Host,
    Interpreter,
    MeasurementError,
    ThreadMeter,
    Workload,
    experiment,
    host,
    measure_in_turn,
    rounds,
    threads,
)
from antigil.scaling.experiment import ProcessResult
from antigil.scaling.host import require_alike
from antigil.scaling.own_work.meter import OwnWork, OwnWorkMeter
from antigil.scaling.sample import PointSample, Sample
from antigil.scaling.threads import Threads

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import under

OLD_EXTENSION = """\
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "unaware"};
PyMODINIT_FUNC PyInit_unaware(void) { return PyModuleDef_Init(&definition); }
"""

ONCE = "import os\nif not os.path.exists({0!r}):\n    open({0!r}, 'w').close()\n    import unaware"


@pytest.fixture(scope="module")
def free_python():
    """Return the command of a free-threaded Python."""
    python = under.found("python3.14t")
    if python is None:
        pytest.skip("there is no python3.14t")
    return python


@pytest.fixture(scope="module")
def unaware(free_python, tmp_path_factory):
    """Return a folder with an extension for it that does not declare Py_mod_gil."""
    folder = tmp_path_factory.mktemp("unaware")
    (folder / "unaware.c").write_text(OLD_EXTENSION)
    answer = subprocess.run(
        [free_python, "-c", under.WHERE_TO], capture_output=True, text=True, check=True
    ).stdout
    include, suffix = answer.split()
    under.compile_extension(folder, folder / f"unaware{suffix}", include, ("-O1",))
    return folder


def measured(python, setup="pass", path=(), processes=1, **environment):
    """Return what a moment's measurement under a Python finds."""
    python = Interpreter("3.14t", python, {"PYTHON_GIL": "", **environment})  # whatever the tests run under
    workload = Workload("sum(range(100))", setup, path=tuple(map(str, path)))
    (found,) = measure_in_turn(workload, [python], (1,), budget=0.1 * processes, processes=processes)
    return found


@pytest.mark.parametrize(
    ("setup", "environment", "gil", "forced", "told"),
    [
        ("pass", {"PYTHON_GIL": "1"}, True, True, "but PYTHON_GIL=1 or -X gil=1 keeps it on"),
        ("import unaware", {}, True, False, "but an import switched it on"),
        ("import unaware", {"PYTHON_GIL": "0"}, False, False, None),
        ("pass", {}, False, False, None),
    ],
    ids=["asked for", "an import", "an import that may not", "free"],
)
def test_a_measurement_tells_what_switched_the_gil_on(
    free_python, unaware, setup, environment, gil, forced, told
):
    found = measured(free_python, setup, [unaware], **environment)
    assert (found.host.free_threaded, found.host.gil, found.host.gil_forced) == (True, gil, forced)
    said = [note for note in notes(found) if "this build can do without a GIL" in note]
    assert len(said) == (told is not None)
    assert all(told in note for note in said)
    again = type(found).from_json(found.to_json())
    assert again.host == found.host


def test_a_set_up_that_switches_the_gil_on_in_some_processes_is_refused(free_python, unaware, tmp_path):
    with pytest.raises(MeasurementError, match=r"^the GIL was enabled in some of the processes"):
        measured(free_python, ONCE.format(str(tmp_path / "done")), [unaware], processes=2)


def test_this_process_tells_of_its_own_build():
    here = Host.here()
    assert here.free_threaded is bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    assert here.gil or here.free_threaded
    assert here.free_threaded or not here.gil_forced


def test_results_that_do_not_tell_the_build_are_read():
    form = experiment.measure_function(lambda: None, (1,), budget=0.1).to_json()
    form["python"] = {
        key: form["python"][key] for key in form["python"].keys() - {"free_threaded", "gil_forced"}
    }
    read = experiment.Measurement.from_json(form).host
    assert (read.free_threaded, read.gil_forced) == (None, None)


@pytest.mark.parametrize("order", [(True, True, False), (False, False, True)])
def test_processes_with_and_without_a_gil_are_no_measurement(monkeypatch, order):
    point = PointSample(100.0, 1.0, 1.0, waiting=0.0, queued=0.0)
    hosts = iter([replace(Host.here(), gil=gil) for gil in order])

    def measure(*args):
        held = GilHeld(0.0, 0.01, 100, 0.0, "switches")
        return ProcessResult(Sample({1: point}, 1, 0, False), held, next(hosts), 0.1)

    monkeypatch.setattr(experiment, "measure_in_fresh_process", measure)
    with pytest.raises(MeasurementError, match=r"^the GIL was enabled in some of the processes") as caught:
        experiment.measure(Workload("pass"), (1,), processes=3)
    assert "\n" not in str(caught.value)


def test_a_gil_that_comes_while_it_is_measured_is_refused(monkeypatch):
    """Of an import after some calls: windows without a GIL would be judged as with one."""
    switched = iter([False, False, True])
    monkeypatch.setattr(rounds, "gil_enabled", lambda: next(switched))
    monkeypatch.setattr(host, "gil_enabled", lambda: next(switched))
    with pytest.raises(MeasurementError, match=r"^an import switched the GIL on while it was measured: let"):
        rounds.measure_rounds(FunctionWorkload(lambda: None), rounds.Plan((1,), budget=5.0, rounds=9))
    assert list(switched) == []  # the first round was without, the second with it


def test_alike_processes_are():
    require_alike([Host.here()] * 3)


@pytest.mark.parametrize("order", [(False, True), (True, False)])
def test_sleeps_are_counted_in_one_way_from_the_beginning(monkeypatch, order):
    """A first call may import what switches the GIL on: two ways to count have no difference."""
    monkeypatch.setattr(threads, "resource", Resource)
    states = iter(order)
    monkeypatch.setattr(threads, "gil_enabled", lambda: next(states))
    with ThreadMeter() as meter:
        used = meter.read() - meter.read()
    assert used.sleeps == 0


class Resource:
    """Stands for the module: a thread that slept three times and was preempted a thousand times."""

    RUSAGE_THREAD = 1
    ru_stime, ru_nvcsw, ru_nivcsw = 0.0, 3, 1000

    @classmethod
    def getrusage(cls, who):
        """Return the same each time."""
        return cls


def test_threads_that_end_while_their_time_is_added_up_do_not_break_it(monkeypatch):
    """Without a GIL they do so at any time, as where the time limit was over."""
    may_end, ended = threading.Event(), threading.Event()
    group = Threads(2, time_limit=1.0)

    def read(self, ours):
        for _ in ours:
            may_end.set()
            ended.wait(10.0)
        return OwnWork()

    def first():
        group.gate.wait()

    def second():
        group.gate.wait()
        may_end.wait(10.0)

    class Noting(dict):
        def __setitem__(self, thread, used):
            super().__setitem__(thread, used)
            if len(self) > 1:
                ended.set()

    group._cpu = Noting()
    monkeypatch.setattr(OwnWorkMeter, "read", read)
    with pytest.raises(MeasurementError, match="did not end within"):
        group.run([first, second])
    assert ended.is_set()
