"""Processes that a workload starts, and those that these start: who lives, their CPU time (Linux), their end.

A process's CPU time is told by its clock while it lives, and by the one that waited for it once it has ended.
So what all of them used between two moments is the difference of two sums, whenever they began and ended.
A process that outlives the one that started it is not seen, and the time of one is lost that ends without
being waited for. What a living process has waited for is told in ticks of some 10 ms, and a process that ends
while the sum is taken may be missed in it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from time import monotonic, sleep  # by name: a workload may break the module's

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

PROC = Path("/proc")
"""Where Linux tells of processes."""

PROCESSES_BESIDE: set[int] = set()
"""Processes that this one has started and that are not the workload's; what they start is not its, either."""

ASKED_SECONDS = 0.5
"""Time for processes to end that are asked to."""

TRIES = 3
"""A sum is taken again where a process ended meanwhile, but not for ever."""


def processes_and_cpu() -> tuple[dict[int, float], float]:
    """Return the CPU time of each process that lives, and of all that there have been, in seconds."""
    for _ in range(TRIES):
        before, living = _cpu_of_the_ended(), own_processes()
        if _cpu_of_the_ended() == before:
            break
    return living, before + sum(living.values())


def own_processes(ancestor: int | None = None) -> dict[int, float]:
    """Return the CPU time of each process that lives and that this one, or one of these, has started.

    In seconds, with that of the processes for which it has waited. Empty where the system does not tell. With
    an ``ancestor``, a process that this one has started, only what that one has.
    """
    found: dict[int, float] = {}
    left = [ancestor or os.getpid()] if _has_children() else []
    children = _all_children() if left and not _children_are_told() else None
    while left:
        parent = left.pop()
        for process in _children(parent) if children is None else children[parent]:
            if process not in PROCESSES_BESIDE and process not in found:
                with contextlib.suppress(OSError):  # it has ended
                    found[process] = _cpu_of(process)
                    left.append(process)
    return found


def threads_of(process: int) -> list[int]:
    """Return the native ids of another process's threads; none where it has ended."""
    try:
        return [int(name) for name in os.listdir(PROC / str(process) / "task")]
    except OSError:
        return []


def _has_children() -> bool:
    """Tell at next to no price whether this process has any child at all."""
    if not PROC.joinpath("self", "task").is_dir():
        return False  # not Linux
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # it leaves them as they are
    except ChildProcessError:
        return False
    return True


def _children_are_told() -> bool:
    """Tell whether the kernel lists children, as it may be built to."""
    return PROC.joinpath("self", "task", str(os.getpid()), "children").exists()


def _children(process: int) -> list[int]:
    found: list[int] = []
    for thread in threads_of(process):
        with contextlib.suppress(OSError):  # it has ended
            path = PROC / str(process) / "task" / str(thread) / "children"
            found.extend(map(int, path.read_bytes().split()))
    return found


def _all_children() -> defaultdict[int, list[int]]:
    """Return the children of each process of the system."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for name in os.listdir(PROC):
        if name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                found[int(_stat(int(name))[1])].append(int(name))
    return found


def _cpu_of(process: int) -> float:
    """Return the CPU time of a process, and of those for which it has waited; OSError where it has ended."""
    waited_for = sum(map(int, _stat(process)[13:15])) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(~process << 3 | 2) + waited_for  # CPUCLOCK_SCHED of the kernel's posix-timers.h


def _stat(process: int) -> list[bytes]:
    """Return the fields of a process's ``stat`` from its state on, which is the third."""
    with open(f"{PROC}/{process}/stat", "rb", buffering=0) as file:
        return file.read().rpartition(b")")[2].split()


def _cpu_of_the_ended() -> float:
    if resource is None:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def end_apart(parent: int) -> None:
    """End what a process has started in groups other than its own: once it has ended, nobody finds them.

    They are asked first, as those of its group are.
    """
    apart = [one for one in own_processes(parent) if _group(one) not in (None, os.getpgid(parent))]
    patience = monotonic() + ASKED_SECONDS
    for number in (signal.SIGTERM, signal.SIGKILL) if apart else ():
        for one in filter(_runs, apart):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one, number)
        while monotonic() < patience and any(map(_runs, apart)):
            sleep(0.005)


def _group(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None


def _runs(process: int) -> bool:
    """Tell whether a process runs; one that has ended, and is not waited for, does not."""
    try:
        return _stat(process)[0] != b"Z"
    except OSError:
        return False


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, and all that it has started.

    They are asked first: the process in which multiprocessing keeps count of semaphores then takes them away.
    That takes `ASKED_SECONDS` in full where one does not listen, or nobody waits for those that have ended.
    """
    if hasattr(os, "killpg"):
        everyone_ended = contextlib.suppress(ProcessLookupError, PermissionError)
        try:
            if process.poll() is None:
                end_apart(process.pid)
            with everyone_ended:
                os.killpg(process.pid, signal.SIGTERM)
                _wait_for_group(process)
        finally:
            with everyone_ended:
                os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # nothing happens to one that has ended
    process.wait()


def _wait_for_group(process: subprocess.Popen[bytes]) -> None:
    """Wait until all processes of a group have ended, which raises ProcessLookupError, but not for long."""
    patience = monotonic() + ASKED_SECONDS
    while monotonic() < patience:
        process.poll()
        os.killpg(process.pid, 0)
        sleep(0.005)
