"""The work of threads and processes that a workload starts itself.

A pool, a thread for each call, those of a library, child processes: while they work, the threads that call
wait. The CPU time of such threads is what the process used and ours did not; the clock of the process knows
threads that have ended, too. That of processes is told by `.processes`. Both are told on Linux only.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any

from .processes import own_processes, processes_and_cpu

TASKS = "/proc/self/task"
"""The threads of this process, on Linux."""

LEAST_SHARE = 0.01
"""Who uses less CPU time than this share of the time of the threads that call is not seen at work."""

LEAST_CPU_SECONDS = 2e-4
"""Nor who uses less than this for each thread that calls."""

THREADS_BESIDE: set[int] = set()
"""Native ids of threads that are not the workload's own but an instrument's beside this one."""


class StartsWork:
    """What tells how many threads and processes of a workload's own were seen at work."""

    own_threads: int
    own_processes: int

    @property
    def has_own_work(self) -> bool:
        """Whether any were."""
        return self.own_threads > 0 or self.own_processes > 0


@dataclass(frozen=True)
class OwnWork(StartsWork):
    """How many were seen at work, and their CPU time in seconds."""

    own_threads: int = 0
    own_processes: int = 0
    own_cpu_seconds: float = 0.0

    def per_call(self, calls: float) -> dict[str, Any]:
        """Return it as a window has it, with the CPU time for each of so many calls."""
        return asdict(self) | {"own_cpu_seconds": self.own_cpu_seconds / calls}


def most_seen(parts: Collection[OwnWork]) -> OwnWork:
    """Return what was seen in several processes: the CPU time of all, and the largest numbers."""
    return OwnWork(
        max(part.own_threads for part in parts),
        max(part.own_processes for part in parts),
        sum(part.own_cpu_seconds for part in parts),
    )


class OwnWorkMeter:
    """Watches threads and processes from its making on, but for the calling thread and those named to it.

    Which thread calls may change, as long as the CPU time of all others of ours up to then is named.
    """

    def __init__(self, ours: Mapping[int, float] = MappingProxyType({})) -> None:
        self._before = other_threads()
        self._most = self._most_processes = 0
        self._start = perf_counter()
        self._others_cpu = _cpu_of_others() - sum(ours.values())
        self._processes_before, self._processes_cpu = processes_and_cpu()

    def look(self, ours: Collection[int]) -> None:
        """See how many there are now: those that end within a call are seen in no other way."""
        self._most = max(self._most, len(other_threads().keys() - self._before.keys() - set(ours)))
        new = own_processes().keys() - self._processes_before.keys()
        self._most_processes = max(self._most_processes, len(new))

    def read(self, ours: Mapping[int, float]) -> OwnWork:
        """Return what they did up to now, given the CPU time of our threads up to now, by native id."""
        now = {
            thread: used for thread, used in other_threads().items() if thread not in {*ours, *THREADS_BESIDE}
        }
        cpu = _cpu_of_others() - sum(ours.values()) - self._others_cpu
        living, of_processes = processes_and_cpu()
        of_processes -= self._processes_cpu
        if not os.path.isdir(TASKS):
            return OwnWork()
        least = len(ours) * max(LEAST_CPU_SECONDS, LEAST_SHARE * (perf_counter() - self._start))
        threads = max(1, _at_work(self._before, now), self._most) if cpu >= least else 0
        processes = max(1, _at_work(self._processes_before, living), self._most_processes)
        if of_processes < least:
            processes = 0
        return OwnWork(threads, processes, (cpu if threads else 0.0) + (of_processes if processes else 0.0))


def _at_work(before: Mapping[int, float], now: Mapping[int, float]) -> int:
    return sum(used - before.get(one, 0.0) > LEAST_CPU_SECONDS for one, used in now.items())


def _cpu_of_others() -> float:
    """Return the CPU time of all threads of the process but the calling one, and but those beside."""
    beside = sum(time.clock_gettime(cpu_clock(thread)) for thread in THREADS_BESIDE)
    return time.process_time() - time.thread_time() - beside


def ids_alive() -> set[int]:
    """Return the native ids of this process's threads, but the calling one, and of `own_processes`."""
    return {*other_threads(), *own_processes()}


def other_threads() -> dict[int, float]:
    """Return the CPU time of each thread of this process but the calling one, by native id.

    Empty where the system does not tell.
    """
    try:
        threads = {int(name) for name in os.listdir(TASKS)} - {threading.get_native_id()}
    except OSError:
        return {}  # not Linux
    used = {}
    for thread in threads:
        with contextlib.suppress(OSError):  # it has ended
            used[thread] = time.clock_gettime(cpu_clock(thread))
    return used


def cpu_clock(thread: int) -> int:
    """Return the Linux clock of the CPU time of a thread of this process, given its native id."""
    return ~thread << 3 | 6  # CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED of the kernel's posix-timers.h
