"""What a measurement is made on: the interpreter and its build, and the CPUs that it may use.

CPUs allowed = CPUs in the affinity mask, cut by the cgroup's CPU quota (version 1 or 2).
A number of CPUs *present* says nothing about how far threads can scale inside a container.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import sysconfig
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .cgroup import cgroup_quota
from .own_work.meter import other_threads
from .own_work.processes import own_processes, threads_of
from .threads import gil_enabled, queue_is_measurable
from .workload import MeasurementError

CPU_TOPOLOGY = Path("/sys/devices/system/cpu")

ALIKE = 0.9
"""Cores of this part of the fastest one's speed are of its kind: a few are clocked a little higher."""


def affinity() -> tuple[int, ...]:
    """Return the numbers of the CPUs on which the calling thread may run, ascending.

    Where the system has no affinity mask (macOS, Windows), these are all CPUs present.
    """
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def cpus_allowed() -> int:
    """Return how many CPUs this process can keep busy at once (at least 1)."""
    return whole_cpus(len(affinity()), cgroup_quota())


def require_cpus(allowed: int) -> None:
    """Raise MeasurementError if the number of CPUs that this process may keep busy is no longer that one."""
    if (now := cpus_allowed()) != allowed:
        raise MeasurementError(cpus_changed(allowed, now))


def require_gil(before: bool) -> None:
    """Raise MeasurementError if there is a GIL now and was none before: half of it was measured without."""
    if gil_enabled() != before:
        raise MeasurementError(
            "an import switched the GIL on while it was measured: let the set-up import it, or set PYTHON_GIL"
        )


def cpus_changed(before: int, now: int) -> str:
    """Return what to say where the mask, the quota or the machine was changed."""
    return f"the CPUs allowed changed from {before} to {now} while it was measured: measure again"


def whole_cpus(cpus: int, quota: float | None) -> int:
    """Return how many of `cpus` can be kept busy at once under a quota, at least 1.

    A quota of a fraction of a CPU is rounded down: 2.5 CPUs serve two threads in full.
    """
    return cpus if quota is None else max(1, min(cpus, int(quota)))


@dataclass(frozen=True)
class Placement:
    """The CPUs in the order in which threads should be placed on them, and how many are alike.

    One CPU of every physical core comes first, the fastest cores before slower ones, and the cores'
    further hardware threads last: two threads on one core share its execution units and measure
    SMT, not scaling.

    Attributes
    ----------
    cpus
        All CPUs allowed.
    alike
        So many at the beginning are cores of one kind. As long as they are enough, threads take
        turns on them, so that one thread's calls are as fast as those of many.
    """

    cpus: tuple[int, ...]
    alike: int

    def of(self, threads: int, shift: int) -> tuple[int, ...]:
        """Return CPUs for so many threads, moved on by ``shift`` so that every CPU takes its turn."""
        among = self.cpus[: self.alike] if threads <= self.alike else self.cpus
        return tuple(among[(shift + i) % len(among)] for i in range(threads))


def placement(cpus: tuple[int, ...] | None = None, topology: Path = CPU_TOPOLOGY) -> Placement:
    """Return where to place threads."""
    first: list[int] = []
    further: list[int] = []
    seen: set[str] = set()
    for cpu in affinity() if cpus is None else cpus:
        siblings = thread_siblings(cpu, topology) or str(cpu)  # else a core of its own
        (further if siblings in seen else first).append(cpu)
        seen.add(siblings)
    speeds = {cpu: core_speed(cpu, topology) for cpu in first}
    fastest = max(speeds.values())
    alike = [cpu for cpu in first if speeds[cpu] >= ALIKE * fastest]
    slower = sorted((cpu for cpu in first if cpu not in alike), key=lambda cpu: -speeds[cpu])
    return Placement((*alike, *slower, *further), len(alike))


def core_speed(cpu: int, topology: Path = CPU_TOPOLOGY) -> float:
    """Return a CPU's capacity, or its highest frequency, for comparison with others; 0 if not told."""
    for name in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        try:
            return float((topology / f"cpu{cpu}" / name).read_text())
        except (OSError, ValueError):
            pass  # not Linux, a virtual machine, or cores of one kind
    return 0.0


def cores_allowed() -> int:
    """Return on how many physical cores of one kind this process can keep busy at once (at least 1)."""
    return min(cpus_allowed(), placement().alike)


def threads_served(cores: int, cpus: int) -> int:
    """Return how many threads are served at once: one by each core, or by each CPU of a single core."""
    return cores if cores > 1 else cpus


def thread_siblings(cpu: int, topology: Path = CPU_TOPOLOGY) -> str | None:
    """Return the kernel's list of the hardware threads on a core, such as ``"0,4"``; None if not told."""
    try:
        return (topology / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return None


@cache
def cpu_model() -> str:
    """Return the name of the CPU, such as ``"AMD EPYC 7763 64-Core Processor"``."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: platform knows as much as can be had
    return platform.processor() or platform.machine()


@dataclass(frozen=True)
class Host:
    """Where a measurement was made.

    Attributes
    ----------
    gil
        Whether the GIL was enabled.
    switch_interval
        CPython's switch interval in seconds.
    queue_measured
        Whether the system reports time in the run queue. Where it does not, waiting includes
        queueing, and a queue-free speedup cannot be had.
    cores_alike
        Physical cores of one kind among the CPUs allowed; None if not told.
    quota
        CPUs that the control group allows; None where there is no such limit.
    free_threaded
        Whether the build can do without a GIL, which an import may enable all the same; None if not told.
    gil_forced
        Whether ``PYTHON_GIL=1`` or ``-X gil=1`` keeps the GIL enabled; None if not told.
    """

    python_version: str
    implementation: str
    gil: bool
    switch_interval: float
    cpu: str
    cpus_allowed: int
    queue_measured: bool
    cores_alike: int | None = None
    quota: float | None = None
    free_threaded: bool | None = None
    gil_forced: bool | None = None

    @property
    def ideal(self) -> int:
        """The speedup that no number of threads can be expected to exceed here."""
        return self.cores_alike or self.cpus_allowed

    @classmethod
    def here(cls) -> Host:
        """Return what this process runs on."""
        free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
        return cls(
            python_version=platform.python_version(),
            implementation=platform.python_implementation(),
            gil=gil_enabled(),
            switch_interval=sys.getswitchinterval(),
            cpu=cpu_model(),
            cpus_allowed=cpus_allowed(),
            queue_measured=queue_is_measurable(),
            cores_alike=cores_allowed(),
            quota=cgroup_quota(),
            free_threaded=free_threaded,
            gil_forced=free_threaded and getattr(sys.flags, "gil", None) == 1,  # 1 in builds with a GIL, too
        )


def require_alike(hosts: Sequence[Host]) -> None:
    """Raise MeasurementError unless all processes measured had as many CPUs, and all or none a GIL."""
    first = hosts[0]
    for one in hosts:
        if one.cpus_allowed != first.cpus_allowed:
            raise MeasurementError(cpus_changed(first.cpus_allowed, one.cpus_allowed))
        if one.gil != first.gil:
            raise MeasurementError(
                "the GIL was enabled in some of the processes that were measured and disabled in others: let "
                "the set-up import the same in each, or set PYTHON_GIL to 0 or 1"
            )


def pin_thread(cpu: int) -> None:
    """Pin the calling thread to one CPU, where the system can.

    Raises
    ------
    MeasurementError
        If that CPU has been taken from this process since it was seen.
    """
    if hasattr(os, "sched_setaffinity"):
        try:
            os.sched_setaffinity(threading.get_native_id(), {cpu})
        except OSError as error:
            raise MeasurementError(
                f"CPU {cpu} was taken from this process while it was measured: measure again"
            ) from error


def unpin_threads(before: Collection[int], cpus: Collection[int]) -> None:
    """Let threads run on all these CPUs that are not from before and inherited one, processes' among them."""
    if hasattr(os, "sched_setaffinity"):
        of_processes = {thread for one in set(own_processes()) - set(before) for thread in threads_of(one)}
        for thread in {*other_threads(), *of_processes, threading.get_native_id()} - set(before):
            with contextlib.suppress(OSError):  # it has ended
                if len(os.sched_getaffinity(thread)) == 1:
                    os.sched_setaffinity(thread, cpus)


class StealMeter:
    """The share of CPU time that the hypervisor gives to others, from its making to :meth:`share`."""

    def __init__(self, stat: Path = Path("/proc/stat")) -> None:
        self._stat = stat
        self._before = self._read()

    def _read(self) -> list[int] | None:
        try:
            with self._stat.open() as file:
                return [int(field) for field in file.readline().split()[1:9]]
        except OSError:
            return None  # not Linux

    def share(self) -> float | None:
        """Return the share, 0 to 1, or None where the system does not tell."""
        after = self._read()
        if self._before is None or after is None:
            return None
        spent = [b - a for a, b in zip(self._before, after, strict=True)]
        return spent[7] / sum(spent) if sum(spent) else 0.0
