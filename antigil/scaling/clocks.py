"""The clocks of one thread: wall time, CPU time, time in the run queue.

    wall = on CPU + queued + waiting

*On CPU* is the thread's CPU time. *Queued* is the time for which it was ready to run and no
CPU was free (Linux only: second field of the thread's ``schedstat``). *Waiting* is the rest:
the GIL, a lock, I/O. Without the queued share, waiting and queued cannot be told apart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from typing import Protocol, Self


@dataclass(frozen=True)
class Usage:
    """What one thread used up to now, or between two moments, in seconds."""

    cpu: float
    queued: float | None

    def __sub__(self, earlier: Usage) -> Usage:
        queued = None if self.queued is None or earlier.queued is None else self.queued - earlier.queued
        return Usage(self.cpu - earlier.cpu, queued)


class UsageMeter(Protocol):
    """Reads the calling thread's usage; used as a context manager within that thread."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def read(self) -> Usage:
        """Return what the calling thread used since some fixed moment."""


class ThreadMeter:
    """The calling thread's CPU time and, on Linux, its time in the run queue."""

    _schedstat: FileIO | None = None

    def __enter__(self) -> Self:
        try:
            self._schedstat = FileIO(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        except OSError:
            self._schedstat = None  # not Linux, or a kernel without scheduler statistics
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._schedstat is not None:
            self._schedstat.close()

    def read(self) -> Usage:
        """Return the usage of the calling thread since its start."""
        if self._schedstat is None:
            return Usage(time.thread_time(), None)
        self._schedstat.seek(0)
        queued_ns = int(self._schedstat.read().split()[1])
        return Usage(time.thread_time(), queued_ns / 1e9)


@dataclass(frozen=True)
class Clocks:
    """The clocks that a window is measured with; tests put their own in place."""

    now: Callable[[], float] = time.perf_counter
    meter: Callable[[], UsageMeter] = ThreadMeter


SYSTEM_CLOCKS = Clocks()


def queue_is_measurable() -> bool:
    """Tell whether this system reports how long a thread stood in the run queue."""
    with ThreadMeter() as meter:
        return meter.read().queued is not None
