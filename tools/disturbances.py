"""What can happen to a machine, or to processes, while they measure: each for real, on Linux, as root.

A disturbance is called with the process of a command that has just started to measure, and is a context
manager that is left when that has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from support import busy_neighbours

CGROUPS = Path("/sys/fs/cgroup")
"""Where control groups are: one tree of version 2, or of version 1 a folder for each controller."""

UNIFIED = (CGROUPS / "cgroup.controllers").exists()

FIRST = 1.0
"""Seconds after the first measuring process at which a measurement is disturbed that begins undisturbed."""

STOPPED, BETWEEN = 0.1, 0.15
"""Seconds for which processes are stopped again and again, and for which they may go on."""

Disturbance = Callable[[int], contextlib.AbstractContextManager[object]]
Act = Callable[[int], object]


def family(process: int) -> list[int]:
    """Return a process and all that it has started, itself first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    found = [process]
    for one in found:
        found += children.get(one, [])
    return found


def started_by(process: int) -> list[int]:
    """Return all that a process has started."""
    return family(process)[1:]


def only(process: int) -> list[int]:
    """Return a process alone."""
    return [process]


def cut_masks(of: Callable[[int], list[int]], process: int) -> None:
    """Restrict all threads of these processes to one CPU."""
    for one in of(process):
        with contextlib.suppress(OSError):  # it has ended
            for thread in os.listdir(f"/proc/{one}/task"):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(int(thread), {min(os.sched_getaffinity(0))})


def stop(of: Callable[[int], list[int]], seconds: float, process: int) -> None:
    """Stop these processes for some time."""
    processes = of(process)
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for one in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)
        if number == signal.SIGSTOP:
            time.sleep(seconds)


@contextlib.contextmanager
def _beside(run: Callable[[threading.Event], object]) -> Iterator[None]:
    """Run something in a thread beside the block; it is told when that is left, and what it raises then."""
    over = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run, over)
        try:
            yield
        finally:
            over.set()
            running.result()


def later(act: Act, pause: float | None = None) -> Disturbance:
    """Do something once, after `FIRST` seconds; or again and again from then on, with pauses."""

    def run(process: int, over: threading.Event) -> None:
        while not started_by(process):
            if over.wait(0.05):
                return
        if over.wait(FIRST):
            return
        act(process)
        while pause is not None and not over.wait(pause):
            act(process)

    return lambda process: _beside(partial(run, process))


def at_once(act: Act) -> Disturbance:
    """Do something before anything is measured."""
    return lambda process: contextlib.nullcontext(act(process))


def within(controller: str, files: Mapping[str, str], after: Mapping[str, str] = {}) -> Disturbance:
    """Put the command into a control group with such files; after `FIRST` seconds write others."""

    @contextlib.contextmanager
    def run(process: int) -> Iterator[None]:
        if UNIFIED:
            (CGROUPS / "cgroup.subtree_control").write_text(f"+{controller}")
        parent = CGROUPS if UNIFIED else CGROUPS / controller
        folder = Path(tempfile.mkdtemp(prefix="antigil-", dir=parent))
        try:
            _write(folder, {**files, "cgroup.procs": str(process)})
            with later(lambda _: _write(folder, after))(process):
                yield
        finally:
            _remove(folder)

    return run


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def _remove(folder: Path) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError):  # a process in it has not ended yet
            folder.rmdir()
            return
        time.sleep(0.05)
    folder.rmdir()


def quota(cpus: float | None) -> dict[str, str]:
    """Return what gives a control group so many CPUs, None for no limit."""
    if UNIFIED:
        return {"cpu.max": "max" if cpus is None else str(round(cpus * 100_000))}
    return {"cpu.cfs_quota_us": "-1" if cpus is None else str(round(cpus * 100_000))}


def neighbours(count: int) -> Disturbance:
    """Keep so many other programs busy."""
    return lambda process: busy_neighbours(count)


@contextlib.contextmanager
def clock_steps() -> Iterator[dict[str, str]]:
    """Provide variables that set a process's clock, and no other's, by two hours ten times a second."""
    source = Path(__file__).with_name("clock_steps.c")
    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        library = f"{folder}/clock-steps.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", str(source), "-o", library], check=True)
        yield {"LD_PRELOAD": library}


def measurement(statement: str) -> Disturbance:
    """Measure something else at the same time, again and again."""
    words = [*MEASURE, statement, "--budget", "2"]

    def run(over: threading.Event) -> None:
        while not over.is_set():
            subprocess.run(words, capture_output=True, check=True)

    return lambda process: _beside(run)


MEASURE: Sequence[str] = (sys.executable, "-m", "antigil", "measure", "-s", "from antigil.kernels import *")

BOTH = {"cpuset.cpus": "0-1", "cpuset.mems": "0"}

DISTURBANCES: dict[str, Disturbance] = {
    "nothing": neighbours(0),
    "a busy program": neighbours(1),
    "two busy programs": neighbours(2),
    "another measurement, of what scales": measurement("calcular_sem_gil(600)"),
    "another measurement, of what holds the GIL": measurement("calcular_com_gil(600)"),
    "a quota of 1 CPU": within("cpu", quota(1)),
    "a quota of 1.5 CPUs": within("cpu", quota(1.5)),
    "a quota of half a CPU": within("cpu", quota(0.5)),
    "a quota of 1 CPU set meanwhile": within("cpu", {}, quota(1)),
    "a quota of 1.5 CPUs set meanwhile": within("cpu", {}, quota(1.5)),
    "a quota of half a CPU set meanwhile": within("cpu", {}, quota(0.5)),
    "a quota of 1 CPU lifted meanwhile": within("cpu", quota(1), quota(None)),
    "a mask of one CPU": at_once(partial(cut_masks, only)),
    "the command's mask cut": later(partial(cut_masks, only)),
    "all masks cut": later(partial(cut_masks, family)),
    "the measuring process's masks cut again and again": later(partial(cut_masks, started_by), 0.02),
    "a CPU taken from the set": within("cpuset", BOTH, {"cpuset.cpus": "0"}),
    "the measuring process stopped for 2 s": later(partial(stop, started_by, 2.0)),
    "the measuring process stopped again and again": later(partial(stop, started_by, STOPPED), BETWEEN),
    "the command stopped for 2 s": later(partial(stop, only, 2.0)),
    "both stopped for 2 s": later(partial(stop, family, 2.0)),
    "both stopped again and again": later(partial(stop, family, STOPPED), BETWEEN),
    "the clock set by two hours, ten times a second": neighbours(0),
}
ENVIRONMENTS = {"the clock set by two hours, ten times a second": clock_steps}
"""What provides variables of the command's, where the disturbance needs them."""


def environment(name: str) -> contextlib.AbstractContextManager[dict[str, str]]:
    """Provide the variables that a disturbance needs."""
    return ENVIRONMENTS[name]() if name in ENVIRONMENTS else contextlib.nullcontext({})
