"""Threads side by side, and the clocks of each: wall time, CPU time, time in the run queue.

    wall = on CPU + queued + waiting

*On CPU* is the thread's CPU time. *Queued* is the time for which it was ready to run and no
CPU was free (Linux only: second field of the thread's ``schedstat``). *Waiting* is the rest:
the GIL, a lock, I/O. Without the queued share, waiting and queued cannot be told apart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from typing import Protocol, Self

from .errors import MeasurementError, WorkloadTimeout

GRACE_SECONDS = 5.0
"""Once a thread has failed, the others get so long to come to the end of their call."""


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
        _, queued_ns, time_slices = map(int, self._schedstat.read().split())
        # A thread that runs has had a time slice: a kernel whose statistics are switched off counts none.
        return Usage(time.thread_time(), queued_ns / 1e9 if time_slices else None)


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


class Threads:
    """Runs one body per thread, and turns a crash or a hang into the caller's error."""

    def __init__(self, threads: int, time_limit: float) -> None:
        self._time_limit = time_limit
        self._errors: list[BaseException] = []
        self.gate = threading.Barrier(threads)
        self.stop = threading.Event()

    def run(self, bodies: Sequence[Callable[[], None]]) -> None:
        """Run the bodies side by side and wait for all of them.

        Raises
        ------
        BaseException
            What a body raised first, with that thread's traceback.
        WorkloadTimeout
            If a body has not ended within the time limit. It cannot be killed, only left behind.
        """
        started = [threading.Thread(target=self._guard, args=(body,), daemon=True) for body in bodies]
        deadline = time.monotonic() + self._time_limit
        try:
            for thread in started:
                thread.start()
            while any(thread.is_alive() for thread in started) and time.monotonic() < deadline:
                alive = next((thread for thread in started if thread.is_alive()), started[0])
                alive.join(min(0.5, max(0.0, deadline - time.monotonic())))
                if self._errors:
                    deadline = min(deadline, time.monotonic() + GRACE_SECONDS)
        finally:
            self.stop.set()
        if self._errors:
            raise self._errors[0]
        if any(thread.is_alive() for thread in started):
            self.gate.abort()  # those who wait there for the one that hangs may go
            raise WorkloadTimeout(
                f"the workload did not end within {self._time_limit:g} s in {len(bodies)} thread(s): "
                "it hangs, or needs a higher time limit"
            )

    def _guard(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:
            # First the error, then the gate: those it lets go fail in turn and stand after it.
            self._errors.append(_exhausted(error) or error)
            self.gate.abort()
            self.stop.set()


def _exhausted(error: BaseException) -> MeasurementError | None:
    """Return what to say where an iterator came to its end: Python's words are about a generator."""
    if not isinstance(error if error.__cause__ is None else error.__cause__, StopIteration):
        return None
    return MeasurementError(
        "the workload raised StopIteration: it is called again and again, and what it takes values "
        "from came to its end (itertools.cycle and itertools.count have none)"
    )
