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


class Queue(Protocol):
    """Reads the calling thread's time in the run queue; used as a context manager within that thread."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def read(self) -> float | None:
        """Return for how many seconds it was queued since some fixed moment; None if that is not told."""


class RunQueue:
    """The calling thread's time in the run queue, on Linux."""

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

    def read(self) -> float | None:
        """Return the seconds since the thread's start; None if the system does not tell.

        Reading gives the GIL away: a thread that reads often keeps those that wait for it waiting.
        """
        if self._schedstat is None:
            return None
        self._schedstat.seek(0)
        return int(self._schedstat.read().split()[1]) / 1e9


@dataclass(frozen=True)
class Clocks:
    """The clocks that a window is measured with, in seconds; tests put their own in place."""

    now: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.thread_time
    queue: Callable[[], Queue] = RunQueue


SYSTEM_CLOCKS = Clocks()


def queue_is_measurable() -> bool:
    """Tell whether this system reports how long a thread stood in the run queue."""
    with RunQueue() as queue:
        return queue.read() is not None
