"""What a machine says of itself, read from /proc and /sys: facts only, no judgement.

Every reader takes the root of the tree that it reads, so that a test can hand it a made-up one,
and returns None for what the system does not tell.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from antigil.scaling import take_short_turns, thread_siblings

PROC = Path("/proc")
SYS_CPU = Path("/sys/devices/system/cpu")

_IDLE, _IOWAIT, _STEAL = 3, 4, 7  # fields of a cpu line in /proc/stat, proc(5)


@dataclass(frozen=True)
class CpuClock:
    """Clock ticks of one CPU since its start.

    `busy` are those on which it ran a program, of this machine or, as steal, of another; `stolen` those that
    the hypervisor gave to other machines.
    """

    total: int
    busy: int
    stolen: int


@dataclass(frozen=True)
class Activity:
    """Who used the CPUs for a while, this process asleep.

    Attributes
    ----------
    busy
        CPUs' worth of running time of everybody on the CPUs asked about; None if not told.
    stolen
        Share of their time that the hypervisor gave to other machines, 0 to 1; None if not told.
    programs
        Names of the programs that took most, the greediest first, with their CPUs' worth.
    """

    busy: float | None
    stolen: float | None
    programs: tuple[tuple[str, float], ...]


def cpu_list(text: str) -> tuple[int, ...]:
    """Return the numbers in a list of the kernel's, such as ``0-3,8``."""
    numbers: list[int] = []
    for part in text.strip().split(","):
        if part:
            first, _, last = part.partition("-")
            numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(numbers)


def cpus_online(sys_cpu: Path = SYS_CPU) -> int:
    """Return how many CPUs the machine has online, whoever may use them."""
    text = _text(sys_cpu / "online")
    return len(cpu_list(text)) if text else os.cpu_count() or 1


def cpu_clocks(proc: Path = PROC) -> dict[int, CpuClock]:
    """Return the clock of each CPU; none where the system does not tell."""
    clocks = {}
    for line in (_text(proc / "stat") or "").splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            # guest time, the last two fields, is already part of user and nice
            ticks = [int(field) for field in fields[:8]]
            ticks += [0] * (8 - len(ticks))
            total = sum(ticks)
            clocks[int(name[3:])] = CpuClock(total, total - ticks[_IDLE] - ticks[_IOWAIT], ticks[_STEAL])
    return clocks


def program_ticks(proc: Path = PROC) -> dict[int, tuple[str, int]]:
    """Return name and CPU time, in clock ticks, of every program that can be seen, by process id."""
    programs = {}
    for directory in _entries(proc):
        if not directory.name.isdigit():
            continue
        text = _text(directory / "stat")
        if text and ")" in text:  # the name stands in brackets and may hold spaces and brackets itself
            head, _, tail = text.rpartition(")")
            fields = tail.split()
            programs[int(directory.name)] = (head.partition("(")[2], int(fields[11]) + int(fields[12]))
    return programs


def watch(cpus: Sequence[int], *, proc: Path = PROC, sleep: Callable[[float], None] = time.sleep) -> Activity:
    """Watch for a second who uses some CPUs, without using any."""
    clocks, programs = cpu_clocks(proc), program_ticks(proc)
    sleep(1.0)
    return activity(cpus, clocks, cpu_clocks(proc), programs, program_ticks(proc))


def activity(
    cpus: Iterable[int],
    before: Mapping[int, CpuClock],
    after: Mapping[int, CpuClock],
    programs_before: Mapping[int, tuple[str, int]],
    programs_after: Mapping[int, tuple[str, int]],
) -> Activity:
    """Return who used the CPUs between two readings of the clocks."""
    read_twice = [(before[cpu], after[cpu]) for cpu in cpus if cpu in before and cpu in after]
    watched = [(old, new) for old, new in read_twice if new.total > old.total]
    if not watched:
        return Activity(None, None, ())
    ticks_passed = [new.total - old.total for old, new in watched]
    busy = sum((new.busy - old.busy) / (new.total - old.total) for old, new in watched)
    stolen = sum(new.stolen - old.stolen for old, new in watched) / sum(ticks_passed)
    used = [
        (name, (ticks - programs_before.get(pid, ("", 0))[1]) / max(ticks_passed))
        for pid, (name, ticks) in programs_after.items()
    ]
    greediest = sorted((one for one in used if one[1] > 0), key=lambda one: -one[1])
    return Activity(busy, stolen, tuple(greediest))


def stolen_since_start(proc: Path = PROC) -> float | None:
    """Return the share of all CPU time that the hypervisor took since the machine started, 0 to 1."""
    clocks = cpu_clocks(proc).values()
    total = sum(clock.total for clock in clocks)
    return sum(clock.stolen for clock in clocks) / total if total else None


def load_average() -> float | None:
    """Return the number of threads running or ready to run, as a mean over the last minute."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None  # Windows


def governors(cpus: Iterable[int], sys_cpu: Path = SYS_CPU) -> tuple[str, ...]:
    """Return the frequency governors of some CPUs, each once; none where they cannot be read."""
    found = {_text(sys_cpu / f"cpu{cpu}" / "cpufreq" / "scaling_governor") for cpu in cpus}
    return tuple(sorted(name for name in found if name))


def turbo(sys_cpu: Path = SYS_CPU) -> bool | None:
    """Tell whether the CPUs may run above their base frequency; None where it cannot be read."""
    for name, on in (("intel_pstate/no_turbo", "0"), ("cpufreq/boost", "1")):
        text = _text(sys_cpu / name)
        if text:
            return text == on
    return None


def in_virtual_machine(proc: Path = PROC) -> bool:
    """Tell whether the CPU says that a hypervisor stands between it and the system."""
    for line in (_text(proc / "cpuinfo") or "").splitlines():
        if line.startswith("flags"):
            return "hypervisor" in line.split()
    return False


def physical_cores(cpus: Iterable[int], sys_cpu: Path = SYS_CPU) -> tuple[int, int] | None:
    """Return on how many physical cores some CPUs lie, and how many of these have other CPUs too.

    None where the system does not tell.
    """
    mine = set(cpus)
    cores = set()
    for cpu in mine:
        text = thread_siblings(cpu, sys_cpu)
        if text is None:
            return None
        cores.add(cpu_list(text))
    return len(cores), sum(not mine.issuperset(core) for core in cores)


def context_switches_counted(pause: Callable[[], None] = lambda: time.sleep(1e-3)) -> bool | None:
    """Tell whether this system counts the calling thread's context switches; None where it offers no count.

    In some sandboxes it stands still while the thread sleeps: the GIL probe goes by lateness then.
    """
    try:
        from resource import RUSAGE_THREAD, getrusage
    except ImportError:
        return None
    before = getrusage(RUSAGE_THREAD).ru_nvcsw
    pause()
    return getrusage(RUSAGE_THREAD).ru_nvcsw > before


def short_turns() -> bool | None:
    """Tell whether a thread can have the CPU as soon as it wakes up; None where no thread can be started.

    It is tried in a thread that ends with it.
    """
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(take_short_turns).result()
        except RuntimeError:  # "can't start new thread"
            return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None  # not this system, not permitted, or a program that has ended


def _entries(directory: Path) -> Iterable[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return ()
