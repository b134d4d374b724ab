"""Threads side by side, and the clocks of each: wall time, CPU time, time in the run queue.

    wall = on CPU + queued + waiting

*On CPU* is the thread's CPU time. *Queued* is the time for which it was ready to run and no
CPU was free (Linux only: second field of the thread's ``schedstat``). *Waiting* is the rest:
the GIL, a lock, I/O. Without the queued share, waiting and queued cannot be told apart.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from time import monotonic, perf_counter
from typing import Protocol, Self

from .own_work.meter import OwnWork, OwnWorkMeter, other_threads
from .workload import MeasurementError, WorkloadTimeout

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

GRACE_SECONDS = 5.0
"""Once a thread has failed, the others get so long to come to the end of their call."""


@dataclass(frozen=True)
class Usage:
    """What one thread used up to now, or between two moments, in seconds.

    ``kernel`` is the part of its CPU time that it spent in the kernel, and ``sleeps`` how often it went to
    sleep (voluntary context switches) or, without a GIL, left its CPU otherwise; where the system tells.
    """

    cpu: float
    queued: float | None
    kernel: float | None = None
    sleeps: int | None = None

    def __sub__(self, earlier: Usage) -> Usage:
        queued = None if self.queued is None or earlier.queued is None else self.queued - earlier.queued
        kernel = None if self.kernel is None or earlier.kernel is None else self.kernel - earlier.kernel
        sleeps = None if self.sleeps is None or earlier.sleeps is None else self.sleeps - earlier.sleeps
        return Usage(self.cpu - earlier.cpu, queued, kernel, sleeps)


class UsageMeter(Protocol):
    """Reads the calling thread's usage; used as a context manager within that thread."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def read(self) -> Usage:
        """Return what the calling thread used since some fixed moment."""


class ThreadMeter:
    """The calling thread's CPU time and, on Linux, its time in the run queue."""

    _schedstat: FileIO | None = None
    _has_gil = True

    def __enter__(self) -> Self:
        self._has_gil = gil_enabled()  # an import may enable it, and two ways to count have no difference
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
            return Usage(time.thread_time(), None, *_kernel_and_sleeps(self._has_gil))
        self._schedstat.seek(0)
        _, queued_ns, time_slices = map(int, self._schedstat.read().split())
        # A thread that runs has had a time slice: a kernel whose statistics are switched off counts none.
        queued = queued_ns / 1e9 if time_slices else None
        return Usage(time.thread_time(), queued, *_kernel_and_sleeps(self._has_gil))


def gil_enabled() -> bool:
    """Tell whether the GIL is enabled in this process."""
    check = getattr(sys, "_is_gil_enabled", None)  # since 3.13; before, there is always a GIL
    return True if check is None else bool(check())


def _kernel_and_sleeps(has_gil: bool) -> tuple[float | None, int | None]:
    """Return the calling thread's CPU time in the kernel and its sleeps, None where they are not told."""
    if resource is None or not hasattr(resource, "RUSAGE_THREAD"):
        return None, None
    usage = resource.getrusage(resource.RUSAGE_THREAD)
    # CPython's locks give the CPU up before they sleep where there is no GIL, which counts as involuntary.
    return usage.ru_stime, usage.ru_nvcsw + (0 if has_gil else usage.ru_nivcsw)


@dataclass(frozen=True)
class Clocks:
    """The clocks that a window is measured with; tests put their own in place."""

    now: Callable[[], float] = perf_counter
    meter: Callable[[], UsageMeter] = ThreadMeter


SYSTEM_CLOCKS = Clocks()


def queue_is_measurable() -> bool:
    """Tell whether this system reports how long a thread stood in the run queue."""
    with ThreadMeter() as meter:
        return meter.read().queued is not None


SHORTEST_SLICE_NS = 100_000

SCHED_ATTR = {
    "x86_64": (315, 314), "aarch64": (275, 274), "riscv64": (275, 274), "loongarch64": (275, 274),
    "ppc64le": (356, 355), "s390x": (346, 345),
}  # fmt: skip
"""The numbers of sched_getattr(2) and sched_setattr(2), by machine, in processes of 64 bits."""

SCHED_OTHER = 0

OTHER_SCHEDULER = Path("/sys/kernel/sched_ext/state")
"""Whether a scheduler was loaded (sched_ext), which need not know of slices."""


def take_short_turns() -> bool:
    """Let the calling thread have the CPU as soon as it wakes up, and tell whether it will.

    That takes a time slice shorter than the other thread's, the usual policy, and Linux 6.12 or newer. Else
    it may have to wait until the thread on the CPU sleeps, or has used up its slice.
    """
    if sys.platform != "linux" or platform.machine() not in SCHED_ATTR or struct.calcsize("P") != 8:
        return False
    with contextlib.suppress(OSError):  # no kernel that can load any
        if OTHER_SCHEDULER.read_text().strip() == "enabled":
            return False
    get, put = SCHED_ATTR[platform.machine()]
    system_call, form = ctypes.CDLL(None).syscall, struct.Struct("=IIQiIQQQII")
    words = ctypes.create_string_buffer(form.size)
    if system_call(get, 0, words, form.size, 0) != 0:
        return False
    size, policy, flags, nice, priority, slice_ns, *others = form.unpack(words.raw)
    if policy != SCHED_OTHER or slice_ns == 0:  # older kernels tell of no slice
        return False
    words.raw = form.pack(size, policy, flags, nice, priority, SHORTEST_SLICE_NS, *others)
    return bool(system_call(put, 0, words, 0) == 0)


class Threads:
    """Runs one body per thread, and turns a crash or a hang into the caller's error.

    Each body waits at the gate once it is prepared. What is at work before all of them are does not count.
    """

    def __init__(self, threads: int, time_limit: float) -> None:
        self._time_limit = time_limit
        self._errors: list[BaseException] = []
        self._cpu: dict[int, float] = {}
        self._ended, self._may_go = threading.Semaphore(0), threading.Event()
        self._caller = 0
        self._started: list[threading.Thread] = []
        self._own: OwnWorkMeter | None = None
        self.gate = threading.Barrier(threads, self._meter_own_work)
        self.stop = threading.Event()

    def run(self, bodies: Sequence[Callable[[], None]], look_seconds: float = 0.5) -> OwnWork:
        """Run the bodies side by side and wait for all of them; return what else was at work since the gate.

        It looks at them after ``look_seconds``, and after ever longer ones up to half a second.

        Raises
        ------
        BaseException
            What a body raised first, with that thread's traceback.
        WorkloadTimeout
            If a body has not ended within the time limit. It cannot be killed, only left behind.
        """
        started = [threading.Thread(target=self._guard, args=(body,), daemon=True) for body in bodies]
        # Thread.native_id is that of the parent process after a fork, up to Python 3.13.
        self._caller, self._started = threading.get_native_id(), started
        deadline = monotonic() + self._time_limit
        running = len(started)
        try:
            for thread in started:
                thread.start()
            while running and monotonic() < deadline:
                if self._ended.acquire(timeout=min(look_seconds, max(0.0, deadline - monotonic()))):
                    running -= 1
                else:
                    look_seconds = min(0.5, 1.5 * look_seconds)
                    if self._own is not None:
                        self._own.look(self._ids())
                if self._errors:
                    deadline = min(deadline, monotonic() + GRACE_SECONDS)
            found = OwnWork() if self._own is None else self._own.read(dict(self._cpu))
        except BaseException:
            self.gate.abort()  # if one could not be started, the others wait there
            raise
        finally:
            self.stop.set()
            self._may_go.set()
        for thread in started:
            if thread.native_id in self._cpu:
                thread.join()
        if self._errors:
            raise self._errors[0]
        if running:
            self.gate.abort()  # those who wait there for the one that hangs may go
            raise WorkloadTimeout(
                f"the workload did not end within {self._time_limit:g} s in {len(bodies)} thread(s): "
                "it hangs, or needs a higher time limit"
            )
        return found

    def _ids(self) -> set[int]:
        return {self._caller, *(thread.native_id or 0 for thread in self._started)}

    def _meter_own_work(self) -> None:
        """Begin to watch for others' work; the last thread to come to the gate does it for all."""
        ours = self._ids()
        self._own = OwnWorkMeter({thread: cpu for thread, cpu in other_threads().items() if thread in ours})

    def _guard(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:
            # First the error, then the gate: those it lets go fail in turn and stand after it.
            self._errors.append(_exhausted(error) or error)
            self.gate.abort()
            self.stop.set()
        finally:
            self._cpu[threading.get_native_id()] = time.thread_time()
            self._ended.release()
            self._may_go.wait()  # to end costs CPU time, which must not be taken for others'


def _exhausted(error: BaseException) -> MeasurementError | None:
    """Return what to say where an iterator came to its end: Python's words are about a generator."""
    of_generator = isinstance(error, RuntimeError) and error.args == ("generator raised StopIteration",)
    if not (isinstance(error, StopIteration) or of_generator):
        return None
    told = MeasurementError(
        "the workload raised StopIteration: it is called again and again, and what it takes values "
        "from came to its end (itertools.cycle and itertools.count have none)"
    )
    told.__cause__ = error
    return told
