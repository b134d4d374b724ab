"""Fresh processes: what they find, what their workloads raise, and how they end."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from marks import needs_gil

from antigil.scaling import (
    MeasurementError,
    Plan,
    RemoteTraceback,
    Workload,
    WorkloadTimeout,
    experiment,
    measure,
)
from antigil.scaling.experiment import measure_in_fresh_process

ROOT = Path(__file__).parents[2]


def go(statement, setup="pass", *, time_limit=20.0, **parts):
    return measure_in_fresh_process(
        Workload(statement, setup, **parts), Plan((1, 2), budget=0.1, rounds=1, time_limit=time_limit), 0.05
    )


def test_a_process_finds_a_sample_a_held_share_and_its_surroundings():
    found = go("sum(range(1000))")
    assert sorted(found.sample.points) == [1, 2]
    assert found.gil_held.probes > 1
    assert found.host.python_version.split(".")[:2] == list(map(str, sys.version_info[:2]))


def test_what_the_workload_prints_is_no_part_of_the_answer():
    found = go("print('{', flush=True); os.write(2, b'noise')", "import os\nprint('response')")
    assert found.sample.rounds == 1


ERRORS = {
    "in the set-up": ("pass", "1 / 0", ZeroDivisionError, "1 / 0"),
    "in the statement": ("{}['key']", "pass", KeyError, "{}['key']"),
    "in one of two threads": ("if thread == 1: raise OSError(28, 'full')", "pass", OSError, "raise OSError"),
    "syntax": ("x = = 1", "pass", SyntaxError, "x = = 1"),
    "a group": ("raise ExceptionGroup('two', [ValueError()])", "pass", ExceptionGroup, "ValueError"),
}


@pytest.mark.parametrize(("statement", "setup", "kind", "line"), ERRORS.values(), ids=ERRORS)
def test_what_the_workload_raises_is_raised_with_its_traceback(statement, setup, kind, line):
    with pytest.raises(kind) as caught:
        go(statement, setup)
    assert type(caught.value) is kind
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    told = str(caught.value.__cause__)
    assert line in told
    assert "antigil/scaling" not in told.replace(os.sep, "/")


def test_an_exception_of_a_class_that_only_the_workload_knows_is_told():
    with pytest.raises(MeasurementError, match="the workload raised OddError: out of the way") as caught:
        go("raise OddError('out of the way')", "class OddError(Exception): pass")
    assert "raise OddError" in str(caught.value.__cause__)


def test_an_exception_that_cannot_be_shown_is_told():
    with pytest.raises(MeasurementError, match="the workload raised MuteError: <exception str"):
        go("raise MuteError", "class MuteError(Exception):\n    def __str__(self): return 1 / 0")


UNFIT = """
class UnfitError(Exception):
    def __init__(self, left, right):
        super().__init__(f"{left} and {right}")

class HomeboundError(Exception):
    def __reduce__(self):
        raise TypeError("stays here")
"""


@pytest.mark.parametrize(
    ("raised", "told"),
    [("UnfitError(1, 2)", "UnfitError: 1 and 2"), ("HomeboundError('why')", "HomeboundError: why")],
)
def test_an_exception_that_cannot_be_sent_is_told(tmp_path, raised, told):
    """One cannot be pickled, one cannot be made again from what was pickled."""
    (tmp_path / "unfit.py").write_text(UNFIT)
    with pytest.raises(MeasurementError, match=f"the workload raised {told}"):
        go(f"raise unfit.{raised}", "import unfit", path=(str(tmp_path),))


def test_an_exception_that_only_the_process_can_import_is_told(tmp_path):
    (tmp_path / "only_there.py").write_text("class ThereError(Exception): pass\n")
    with pytest.raises(MeasurementError, match="the workload raised ThereError: here"):
        go("raise only_there.ThereError('here')", "import only_there", path=(str(tmp_path),))


HANGS = {
    "a lock": ("lock.acquire()", "import threading; lock = threading.Lock()"),
    "a lock in the set-up": (
        "pass",
        "import threading; lock = threading.Lock()\nlock.acquire(); lock.acquire()",
    ),
    "a regular expression": ("re.match('(a+)+$', text)", "import re; text = 'a' * 64 + 'b'"),
}
if hasattr(os, "fork"):
    HANGS["a C call that holds the GIL"] = ("sleep(600)", "import ctypes; sleep = ctypes.PyDLL(None).sleep")


@pytest.mark.parametrize(("statement", "setup"), HANGS.values(), ids=HANGS)
def test_a_workload_that_hangs_is_ended(monkeypatch, statement, setup):
    monkeypatch.setattr(experiment, "START_SECONDS", 0.5)
    with pytest.raises(WorkloadTimeout, match="it hangs, or needs a higher time limit"):
        go(statement, setup, time_limit=0.5)


@needs_gil
def test_a_hang_that_keeps_the_gil_is_told_with_the_line_where(monkeypatch):
    monkeypatch.setattr(experiment, "START_SECONDS", 3.0)  # it has to have begun by then
    with pytest.raises(WorkloadTimeout, match='File "<statement>", line 2'):
        go("text = 'a' * 64 + 'b'\nmatch('(a+)+$', text)", "from re import match", time_limit=0.5)


if hasattr(signal, "SIGKILL"):

    @pytest.mark.parametrize(
        ("death", "cause"),
        [
            ("os.abort()", "SIGABRT"),
            ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
            ("os._exit(7)", "exit status 7"),
        ],
    )
    def test_a_process_that_dies_is_told_with_its_last_words(death, cause):
        words = f"print('last words', file=sys.stderr, flush=True); {death}"
        with pytest.raises(MeasurementError, match=rf"died \({re.escape(cause)}\)\nlast words"):
            go(words, "import os, signal, sys")


def told_by_the_process(expression, setup="import sys", **parts):
    """Return what an expression gives in the process that runs the workload."""
    with pytest.raises(RuntimeError) as caught:
        go(f"raise RuntimeError(json.dumps({expression}))", f"import json\n{setup}", **parts)
    return json.loads(str(caught.value))


@pytest.mark.parametrize("folder", [ROOT, ROOT / "antigil", ROOT / "antigil" / "scaling"])
def test_nothing_of_the_checkout_comes_onto_the_path(monkeypatch, folder):
    """It is that of a plain interpreter, from whatever folder the measurement is started."""
    monkeypatch.chdir(folder)
    command = [sys.executable, "-P", "-c", "import json, sys; print(json.dumps(sys.path))"]
    plain = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told_by_the_process("sys.path") == plain


def test_the_instrument_does_not_stand_in_for_the_package_that_is_measured(tmp_path):
    """Neither under the package's name nor by its modules."""
    (tmp_path / "antigil").mkdir()
    (tmp_path / "antigil" / "__init__.py").write_text("number = 42\n")
    found = told_by_the_process(
        "[sorted(name for name in sys.modules if name.startswith('antigil')), antigil.number]",
        "import sys, antigil",
        path=(str(tmp_path),),
    )
    assert found == [["antigil"], 42]


def test_the_workloads_path_comes_before_everything(tmp_path):
    (tmp_path / "json").mkdir()
    (tmp_path / "wanted.py").write_text("here = True\n")
    found = told_by_the_process("[sys.path[0], wanted.here]", "import sys, wanted", path=(str(tmp_path),))
    assert found == [str(tmp_path), True]


def test_a_measurement_reports_each_process():
    seen = []
    measured = measure(
        Workload("pass"), (1,), budget=0.3, processes=3, rounds=1, on_process=lambda *done: seen.append(done)
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert len(measured.samples) == len(measured.gil_samples) == 3


def test_a_measurement_without_a_process_is_refused():
    with pytest.raises(ValueError, match="at least one process"):
        measure(Workload("pass"), (1,), processes=0)
