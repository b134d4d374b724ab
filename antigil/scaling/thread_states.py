"""What threads wait for, as seen from outside: one window of a process is watched by its parent.

Linux tells of each thread whether it runs, or in which system call it sleeps and with which argument:

    running                    on a CPU, or ready for one
    futex, at the GIL's place  the GIL: where a thread of ours slept while another one had it
    futex, elsewhere           a lock
    any other                  I/O, a sleep, a child process, a page of memory

The parent looks at exponentially distributed times, which see time averages (PASTA). It needs no
GIL of the process that it looks at, and so does not come in just when the GIL changes hands. It
costs a few per cent of a CPU, so that the watched window is one of its own, from which no speedup
is taken.
"""

from __future__ import annotations

import contextlib
import os
import platform
import select
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from .held_share.watch import open_reader
from .host import cores_allowed, cpus_allowed, placement, threads_served
from .rounds import Plan, counts_served
from .sample import Sample
from .stops import unstopped
from .threads import Clocks, ThreadMeter, Usage, gil_enabled, take_short_turns
from .window import MARK_SECONDS, run_window
from .workload import MakeRun

RANDOM = Random()

MEAN_SLEEP = 7e-4
"""Seconds between two looks of the parent at all threads."""

WINDOW_SECONDS = 0.05

CALIBRATION_SECONDS = 0.1

GIL_BYTES = 256
"""The GIL's mutexes and conditions, at which threads sleep, lie within so many bytes."""

FEWEST_LOOKS = 40
"""Fewer at all threads together tell nothing."""

SYSTEM_CALLS = {
    "x86_64": {
        202: "futex", 0: "read", 1: "write", 7: "poll", 23: "select", 35: "nanosleep", 45: "recvfrom",
        61: "wait4", 73: "flock", 74: "fsync", 75: "fdatasync", 230: "clock_nanosleep", 232: "epoll_wait",
        247: "waitid", 270: "pselect6", 271: "ppoll", 281: "epoll_pwait",
        9: "mmap", 11: "munmap", 12: "brk", 28: "madvise", 56: "clone", 58: "vfork", 435: "clone3",
        -1: "page fault",
    },
    "aarch64": {
        98: "futex", 63: "read", 64: "write", 73: "ppoll", 72: "pselect6", 101: "nanosleep",
        115: "clock_nanosleep", 22: "epoll_pwait", 260: "wait4", 95: "waitid", 32: "flock", 82: "fsync",
        83: "fdatasync", 207: "recvfrom", 222: "mmap", 215: "munmap", 214: "brk", 233: "madvise",
        220: "clone", 435: "clone3", -1: "page fault",
    },
}  # fmt: skip
"""Those that keep a thread waiting, by machine and number."""


@dataclass(frozen=True)
class ThreadStates:
    """How often threads were seen in each state.

    Attributes
    ----------
    threads
        How many ran the workload side by side.
    running, gil, lock
        Looks that found a thread running or ready, waiting for the GIL, at another futex.
    calls
        Looks that found it in another system call, by name.
    """

    threads: int
    running: int = 0
    gil: int = 0
    lock: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Looks that found it waiting, for whatever it was."""
        return self.gil + self.lock + sum(self.calls.values())

    @property
    def looks(self) -> int:
        """All looks."""
        return self.running + self.waiting


def pool_states(parts: Iterable[ThreadStates | None]) -> ThreadStates | None:
    """Add up what several processes saw; None where that tells nothing."""
    seen = [part for part in parts if part is not None]
    if sum(part.looks for part in seen) < FEWEST_LOOKS:
        return None
    calls: Counter[str] = Counter()
    for part in seen:
        calls.update(part.calls)
    return ThreadStates(
        threads=seen[0].threads,
        running=sum(part.running for part in seen),
        gil=sum(part.gil for part in seen),
        lock=sum(part.lock for part in seen),
        calls=dict(calls.most_common()),
    )


@dataclass(frozen=True)
class Watched:
    """The window to which looks belong: when each thread was in it, by native id, and the GIL's place."""

    spans: Mapping[int, tuple[float, float]]
    gil: int | None


@dataclass(frozen=True)
class Look:
    """One look: its time in seconds, the thread's native id, and the kernel's words."""

    moment: float
    thread: int
    words: str


def states_of(looks: Iterable[Look], watched: Watched, machine: str = "") -> ThreadStates:
    """Count the states of the threads of a watched window."""
    names = SYSTEM_CALLS.get(machine or platform.machine(), {})
    found: Counter[str] = Counter()
    for look in looks:
        start, end = watched.spans.get(look.thread, (0.0, 0.0))
        if start <= look.moment < end:
            found[_state(look.words, names, watched.gil)] += 1
    running, gil, lock = (found.pop(name, 0) for name in ("running", "gil", "lock"))
    return ThreadStates(len(watched.spans), running, gil, lock, dict(found))


def _state(words: str, names: Mapping[int, str], gil: int | None) -> str:
    number, *arguments = words.split()
    if number == "running":
        return number
    name = names.get(int(number), f"system call {number}")
    if name != "futex":
        return name
    place = int(arguments[0], 16)
    return "gil" if gil is not None and abs(place - gil) < GIL_BYTES else "lock"


class Watcher:
    """The parent's side: looks at the threads of the process that asks for it, as long as it does.

    Unless it is ``wanted``, no process can ask.
    """

    def __init__(self, wanted: bool = True) -> None:
        self._wanted = wanted
        self.looks: list[Look] = []
        self._folder = tempfile.TemporaryDirectory(prefix="antigil-")
        self.pipe = os.path.join(self._folder.name, "watch")
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        # Else it is not Linux, or a kernel that does not tell.
        if self._wanted and os.path.exists("/proc/self/syscall"):
            os.mkfifo(self.pipe)
            self._descriptor = os.open(self.pipe, os.O_RDWR)
            self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._thread.ident is not None:
            os.write(self._descriptor, b"0\n")
            self._thread.join()
            os.close(self._descriptor)
        self._folder.cleanup()

    def states(self, watched: Mapping[str, Any] | None) -> ThreadStates | None:
        """Return what was seen in the window that the process tells of, in a form that JSON can hold."""
        if watched is None:
            return None
        spans = {int(thread): (start, end) for thread, (start, end) in watched["spans"].items()}
        return states_of(self.looks, Watched(spans, watched["gil"]))

    def _watch(self) -> None:
        take_short_turns()
        with os.fdopen(os.dup(self._descriptor), "rb", buffering=0) as pipe:
            while process := int(pipe.readline()):
                while not select.select([pipe], [], [], RANDOM.expovariate(1.0 / MEAN_SLEEP))[0]:
                    self.looks += _look(process)
                if pipe.readline() == b"0\n":
                    return


def _look(process: int) -> Iterator[Look]:
    # A thread, or the process, may have ended; and it may not be permitted to look.
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{process}/task/{thread}/syscall") as file:
                yield Look(perf_counter(), int(thread), file.read())


def watched_window(make_run: MakeRun, sample: Sample, plan: Plan, pipe: Path) -> Watched | None:
    """Run a window for the parent to look at, at the thread count that is judged; None where it does not."""
    allowed = cpus_allowed()
    served = threads_served(cores_allowed(), allowed)
    counts = counts_served(sample.points, served)
    if not pipe.exists() or not counts or served < 2 or sample.shortened:
        return None  # nobody looks, nothing is judged, or calls are so long that none can be spared
    if platform.machine() not in SYSTEM_CALLS or ((place := gil_place()) is None and gil_enabled()):
        return None  # what threads wait for, or which of it is the GIL, cannot be told
    threads = counts[-1]
    call_seconds = threads / sample.points[threads].rate
    spans: dict[int, tuple[float, float]] = {}

    class Meter(ThreadMeter):
        def read(self) -> Usage:
            own, now = threading.get_native_id(), perf_counter()
            spans[own] = (spans[own][0], now) if own in spans else (now, now)
            return super().read()

    def run() -> None:
        spans.clear()
        run_window(
            make_run,
            threads,
            max(WINDOW_SECONDS, 0.9 * call_seconds),
            calls_per_mark=max(1, round(MARK_SECONDS / call_seconds)),
            cpus=placement().of(threads, 0) if plan.pin and threads <= allowed else None,
            clocks=Clocks(meter=Meter),
            time_limit=plan.time_limit,
            call_seconds=None if call_seconds < WINDOW_SECONDS else call_seconds,
        )

    with pipe.open("wb", buffering=0) as end:
        end.write(f"{os.getpid()}\n".encode())
        unstopped(run)
        end.write(b"\n")
    return Watched(spans, place)


def gil_place() -> int | None:
    """Return where threads sleep that wait for the GIL; None where there is none, or it is not told."""
    number = next(
        (n for n, name in SYSTEM_CALLS.get(platform.machine(), {}).items() if name == "futex"), None
    )
    if not gil_enabled() or number is None:
        return None
    started: list[int] = []
    over = threading.Event()

    def want() -> None:
        started.append(threading.get_native_id())
        while not over.is_set():
            pass

    # With musl, each thread sleeps at a place of its own.
    threads = [threading.Thread(target=want, daemon=True) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        while len(started) < len(threads):
            time.sleep(0.0)
        first, second = (_futex_of(thread, number) for thread in started)
    except OSError:
        return None
    finally:
        over.set()
        for thread in threads:
            if thread.ident is not None:  # it was started
                thread.join()
    is_one_place = first is not None and second is not None and abs(first - second) < GIL_BYTES
    return first if is_one_place else None


def _futex_of(thread: int, number: int) -> int | None:
    """Return at which futex a thread sleeps while this one keeps the GIL."""
    with contextlib.ExitStack() as files:
        read = open_reader(f"/proc/self/task/{thread}/syscall", files)
        end = perf_counter() + CALIBRATION_SECONDS
        while perf_counter() < end:
            found = read().split()
            if found[:1] == [b"%d" % number]:
                return int(found[1], 16)
    return None
