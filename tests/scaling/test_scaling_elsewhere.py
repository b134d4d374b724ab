"""macOS and Windows, sandboxes, and Linux without scheduler statistics, played by taking things away."""

import os
import time
from io import FileIO
from types import SimpleNamespace

import pytest
from marks import needs_gil

from antigil.scaling import (
    FunctionWorkload,
    Host,
    Plan,
    gil_enabled,
    measure_function,
    measure_rounds,
    probe_gil,
)
from antigil.scaling import host as host_module
from antigil.scaling import threads as threads_module
from antigil.scaling.held_share import watch as watch_module
from antigil.scaling.held_share.watch import is_asleep
from antigil.scaling.threads import ThreadMeter, queue_is_measurable
from antigil.testing import assert_releases_gil

pytestmark = pytest.mark.timing


@pytest.fixture
def no_schedstat(monkeypatch):
    """Take the scheduler's statistics away."""

    def refuse(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(threads_module, "FileIO", refuse)


@pytest.fixture
def no_affinity(monkeypatch):
    """Take the affinity mask away."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)


def loop():
    return sum(range(10_000))


@pytest.mark.usefixtures("no_schedstat")
def test_without_scheduler_statistics_the_queue_is_not_guessed():
    with ThreadMeter() as meter:
        assert meter.read().queued is None
    assert queue_is_measurable() is False


def test_scheduler_statistics_that_are_switched_off_are_not_measured(monkeypatch, tmp_path):
    """The kernel then has the file, and counts nothing."""
    (tmp_path / "schedstat").write_text("0 0 0\n")
    monkeypatch.setattr(threads_module, "FileIO", lambda path: FileIO(tmp_path / "schedstat"))
    assert queue_is_measurable() is False


@pytest.mark.parametrize(("names", "taken"), [(("pread", "pread64"), "pread64"), (("pread",), "pread")])
def test_an_offset_of_64_bits_goes_to_the_pread_that_takes_one(names, taken):
    library = SimpleNamespace(**{name: SimpleNamespace(name=name) for name in names})
    assert watch_module._pread(library).name == taken


@pytest.mark.usefixtures("no_schedstat", "no_affinity")
def test_rounds_are_measured_without_the_queue():
    (done,) = measure_rounds(FunctionWorkload(loop), Plan((1, 2), 0.5, rounds=1))
    assert [window.queued for window in done.windows.values()] == [None, None]
    assert done.disturbed is False
    assert done.queue_free_speedup(2) == done.speedup(2)


@pytest.mark.usefixtures("no_schedstat", "no_affinity")
def test_a_measurement_says_that_the_queue_was_not_measured():
    measured = measure_function(loop, (1, 2), budget=0.5, rounds=1)
    form = measured.to_json()
    assert form["machine"]["queue_measured"] is False
    assert form["points"][1]["speedup"] == form["points"][1]["raw_speedup"]


def test_surroundings_tell_of_a_queue_that_is_measured():
    assert Host.here().queue_measured is os.path.exists("/proc/self/schedstat")


@pytest.fixture
def still_count(monkeypatch):
    """Let the count of a thread's context switches stand still."""
    still = SimpleNamespace(RUSAGE_THREAD=1, getrusage=lambda who: SimpleNamespace(ru_nvcsw=7))
    monkeypatch.setattr(watch_module, "resource", still)


@pytest.fixture(params=["macOS", "Windows", "sandbox"])
def no_switch_counts(request, monkeypatch):
    """Take the count of a thread's context switches away, and on Windows all of ``resource``."""
    if request.param == "sandbox":
        request.getfixturevalue("still_count")
    elif request.param == "Windows":
        monkeypatch.setattr(watch_module, "resource", None)
    else:
        monkeypatch.delattr(watch_module.resource, "RUSAGE_THREAD", raising=False)
    monkeypatch.delattr(time, "pthread_getcpuclockid", raising=False)


@pytest.mark.usefixtures("no_switch_counts", "no_affinity")
def test_without_switch_counts_the_probe_goes_by_lateness_and_says_so():
    """The loop gives up the GIL after each switch interval of 5 ms: then a wake-up comes late.

    Beside busy programs it finds the GIL free too often, while the worker waits for a CPU.
    """

    def is_held():
        found = probe_gil(FunctionWorkload(loop), 0.4)
        assert found.method == "latency"
        return found.share >= 0.6 or not gil_enabled()

    assert any(is_held() for _ in range(3))


@pytest.mark.usefixtures("still_count")
@needs_gil
def test_a_count_that_stands_still_lets_no_holder_pass():
    with pytest.raises(AssertionError, match="loop holds the GIL"):
        assert_releases_gil(loop)


def test_a_cpu_without_a_name_is_named_by_its_architecture(monkeypatch):
    def refuse(*args, **kwargs):
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(host_module.platform, "processor", lambda: "")
    monkeypatch.setattr(host_module.platform, "machine", lambda: "riscv64")
    assert host_module.cpu_model.__wrapped__() == "riscv64"


@pytest.mark.parametrize(
    ("stat", "asleep"),
    [(b"7 (a) b) S 1 2", True), (b"7 (python) R 1 2", False), (b"7 (x) D 1", True), (b"0 0 0", None)],
)
def test_whether_a_thread_sleeps_is_told_by_its_state(stat, asleep):
    assert is_asleep(stat) is asleep
