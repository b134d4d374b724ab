"""What each kernel does to other Python threads, proven by what those threads get done."""

import importlib.util
import os
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from antigil import kernels

GIL_ENABLED = getattr(sys, "_is_gil_enabled", lambda: True)()

ZEROS = os.open("/dev/zero", os.O_RDONLY) if os.path.exists("/dev/zero") else None
BUFFER = bytearray(32 << 20)
COUNTERS = {place: kernels.SharedCounter(place) for place in ("lock", "atomic", "slots")}

# Each call takes some milliseconds.
HOLDING = {
    "article": partial(kernels.calcular_com_gil, 2_000),
    "serial fraction": partial(kernels.serial_fraction, 1_000_000, 1, 10_000),
    "memory": partial(kernels.stream_holding, BUFFER),
    "sleep": partial(kernels.sleep_holding, 0.01),
    **{place: partial(counter.add_holding, 1_000_000) for place, counter in COUNTERS.items()},
}
RELEASING = {
    "article": partial(kernels.calcular_sem_gil, 2_000),
    "serial fraction": partial(kernels.serial_fraction, 1_000_000, 0),
    "half serial": partial(kernels.serial_fraction, 1_000_000, 0.5, 100_000),
    "memory": partial(kernels.stream_releasing, BUFFER),
    "sleep": partial(kernels.sleep_releasing, 0.01),
    **{place: partial(counter.add_releasing, 1_000_000) for place, counter in COUNTERS.items()},
}
if ZEROS is not None:  # Windows has no file that never ends
    HOLDING["read"] = partial(kernels.read_holding, ZEROS, 16 << 20)
    RELEASING["read"] = partial(kernels.read_releasing, ZEROS, 16 << 20)


class Bystander(threading.Thread):
    """Count in Python, and offer the GIL after every count."""

    def __init__(self):
        super().__init__(daemon=True)
        self.count = 0
        self.running = True

    def run(self):  # noqa: D102
        while self.running:
            self.count += 1
            time.sleep(0)


@pytest.fixture
def bystander():
    """Return a running thread that gets the GIL only from a thread that gives it up."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    thread = Bystander()
    thread.start()
    while thread.count == 0:
        time.sleep(0.001)
    yield thread
    thread.running = False
    thread.join()
    sys.setswitchinterval(before)


def progress_during(call, thread):
    """Return how far a thread counted while a call ran."""
    before = thread.count
    call()
    return thread.count - before


def lets_others_run(call, thread, attempts):
    """Return whether another thread counts during at least one of several calls."""
    return any(progress_during(call, thread) for _ in range(attempts))


@pytest.mark.parametrize("call", HOLDING.values(), ids=HOLDING)
def test_no_other_thread_runs_beside_a_kernel_that_holds_the_gil(call, bystander):
    """On a free-threaded build there is no GIL to hold, and others do run."""
    if GIL_ENABLED:
        assert not lets_others_run(call, bystander, attempts=20)
    else:
        assert lets_others_run(call, bystander, attempts=300)


@pytest.mark.parametrize("call", RELEASING.values(), ids=RELEASING)
def test_another_thread_runs_beside_a_kernel_that_releases_the_gil(call, bystander):
    assert lets_others_run(call, bystander, attempts=300)


SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters  # 3.13 and newer
except ImportError:
    import _xxsubinterpreters as interpreters

script = (
    "import antigil\\n"
    "assert antigil.calcular_com_gil(7) == antigil.calcular_sem_gil(7) == '10689571765550521865'\\n"
)
for _ in range(2):
    interpreter = interpreters.create()
    failure = interpreters.run_string(interpreter, script)
    assert failure is None, failure
    interpreters.destroy(interpreter)
print("done")
"""


def test_a_subinterpreter_imports_the_extension():
    """From 3.12 on the subinterpreter has a GIL of its own, and takes only modules that say they can."""
    command = [sys.executable, "-W", "error", "-c", SUBINTERPRETER]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("done\n", "")


def test_each_import_makes_a_module_of_its_own():
    """Multi-phase initialisation: nothing static is shared between two loads."""
    from antigil.kernels import _native

    spec = importlib.util.find_spec("antigil.kernels._native")
    second = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(second)
    assert second is not _native
    assert second.__dict__ is not _native.__dict__
    assert second.calcular_com_gil(7) == _native.calcular_com_gil(7)
