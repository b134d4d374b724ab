"""What ``antigil doctor`` reads of a machine, from made-up files of the system."""

import sys
import threading

import pytest

from antigil.doctor import readers
from antigil.doctor.readers import Activity

STAT = """\
cpu  400 0 0 1400 0 0 0 200 0 0
cpu0 200 0 0 700 0 0 0 100 0 0
cpu1 200 0 0 700 0 0 0 100 0 0
intr 5 0
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("text", "cpus"), [("0-3\n", (0, 1, 2, 3)), ("0,4", (0, 4)), ("0-1,8-9,12", (0, 1, 8, 9, 12)), ("", ())]
)
def test_cpu_lists_are_read_as_the_kernel_writes_them(text, cpus):
    assert readers.cpu_list(text) == cpus


def test_cpus_online_are_those_of_the_machine_and_not_of_the_process(tmp_path):
    write(tmp_path / "online", "0-63\n")

    assert readers.cpus_online(tmp_path) == 64


def test_busy_excludes_idle_and_waiting_for_a_disk(tmp_path):
    write(tmp_path / "stat", "cpu0 10 20 30 400 500 6 7 8 9 9\n")

    assert readers.cpu_clocks(tmp_path) == {0: readers.CpuClock(total=981, busy=81, stolen=8)}


def test_steal_since_start_is_a_share_of_all_time(tmp_path):
    write(tmp_path / "stat", STAT)

    assert readers.stolen_since_start(tmp_path) == 0.1


def test_watching_tells_who_used_the_cpus_meanwhile(tmp_path):
    def program(pid, name, user, system):
        write(tmp_path / str(pid) / "stat", f"{pid} ({name}) R 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0")

    def a_second_passes(seconds):
        assert seconds == 1.0
        write(tmp_path / "stat", "cpu0 250 0 0 745 0 0 0 105 0 0\ncpu1 300 0 0 700 0 0 0 100 0 0\n")
        program(7, "compile (x) y", 140, 10)
        program(9, "editor", 5, 1)

    write(tmp_path / "stat", STAT)
    program(7, "compile (x) y", 60, 10)
    program(9, "editor", 5, 1)

    seen = readers.watch((0, 1), proc=tmp_path, sleep=a_second_passes)

    assert seen.busy == pytest.approx(1.55)
    assert seen.stolen == pytest.approx(0.025)
    assert seen.programs == (("compile (x) y", 0.8),)


def test_cpus_that_are_not_ours_are_not_watched(tmp_path):
    def a_second_passes(seconds):
        write(tmp_path / "stat", "cpu0 200 0 0 800 0 0 0 100 0 0\ncpu1 300 0 0 700 0 0 0 100 0 0\n")

    write(tmp_path / "stat", STAT)

    assert readers.watch((0,), proc=tmp_path, sleep=a_second_passes).busy == 0


def test_load_average_is_that_of_the_last_minute_where_the_system_tells_it(monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (3.47, 3.17, 2.43), raising=False)
    assert readers.load_average() == 3.47
    monkeypatch.delattr("os.getloadavg")
    assert readers.load_average() is None


def test_governors_are_those_of_our_cpus_each_once(tmp_path):
    for cpu, name in enumerate(["powersave", "powersave", "performance"]):
        write(tmp_path / f"cpu{cpu}" / "cpufreq" / "scaling_governor", f"{name}\n")

    assert readers.governors((0, 1), tmp_path) == ("powersave",)
    assert readers.governors((0, 1, 2), tmp_path) == ("performance", "powersave")


@pytest.mark.parametrize(
    ("name", "text", "on"),
    [
        ("intel_pstate/no_turbo", "0\n", True),
        ("intel_pstate/no_turbo", "1\n", False),
        ("cpufreq/boost", "1\n", True),
        ("cpufreq/boost", "0\n", False),
    ],
)
def test_turbo_is_read_where_either_driver_tells_it(tmp_path, name, text, on):
    write(tmp_path / name, text)

    assert readers.turbo(tmp_path) is on


@pytest.mark.parametrize(("flags", "virtual"), [("fpu hypervisor sse", True), ("fpu sse", False)])
def test_virtual_machine_is_known_by_the_cpus_flag(tmp_path, flags, virtual):
    write(tmp_path / "cpuinfo", f"processor\t: 0\nmodel name\t: x hypervisor\nflags\t\t: {flags}\n")

    assert readers.in_virtual_machine(tmp_path) is virtual


@pytest.mark.parametrize(
    ("siblings", "cpus", "cores"),
    [
        (["0", "1"], (0, 1), (2, 0)),
        (["0,1", "0,1"], (0, 1), (1, 0)),
        (["0-1", "0-1", "2-3", "2-3"], (0, 2), (2, 2)),
        (["0-1", "0-1", "2-3", "2-3"], (0, 1, 2), (2, 1)),
    ],
)
def test_cores_are_counted_by_their_hardware_threads(tmp_path, siblings, cpus, cores):
    for cpu, text in enumerate(siblings):
        write(tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list", f"{text}\n")

    assert readers.physical_cores(cpus, tmp_path) == cores


def test_system_that_tells_nothing_is_no_error(tmp_path):
    """As on macOS and Windows, and in sandboxes without /proc and /sys."""
    nothing = tmp_path / "nothing"

    assert readers.cpus_online(nothing) >= 1
    assert readers.cpu_clocks(nothing) == {}
    assert readers.program_ticks(nothing) == {}
    assert readers.watch((0, 1), proc=nothing, sleep=lambda seconds: None) == Activity(None, None, ())
    assert readers.stolen_since_start(nothing) is None
    assert readers.governors((0, 1), nothing) == ()
    assert readers.turbo(nothing) is None
    assert not readers.in_virtual_machine(nothing)
    assert readers.physical_cores((0, 1), nothing) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts a thread's context switches")
def test_count_of_context_switches_that_stands_still_is_found_out():
    assert readers.context_switches_counted() is True
    assert readers.context_switches_counted(pause=lambda: None) is False


def test_where_no_thread_can_be_started_nothing_is_told_of_its_turns(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert readers.short_turns() is None
