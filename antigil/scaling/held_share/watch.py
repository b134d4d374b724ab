"""The prober's watch over a worker: what it saw in each of its sleeps."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from time import perf_counter
from typing import NamedTuple, Self, cast

from ..threads import take_short_turns
from .estimate import Probe

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_Clocks = tuple[float, bytes, bytes, bytes]
"""Worker's CPU seconds; the kernel's ``schedstat`` of worker and prober, and ``stat`` of the worker."""

SEEN_ASLEEP = 3
SLEEPS_FROM = 0.05
"""A worker that so many looks have found asleep, and such a share of them, does more than sleep once."""


class _Note(NamedTuple):
    """One look: when it began, in seconds, and what the prober read before and after its sleep."""

    start: float
    sleep: float
    elapsed: float
    switches: int
    more_switches: int
    clocks: _Clocks


class Watch:
    """Sleeps and notes what it saw of the worker; in the prober's thread, which keeps the GIL in between.

    As it is in the worker's way then, what can wait is left to `probes`.

    Parameters
    ----------
    worker
        The thread to watch.
    elsewhere
        CPUs other than its own, to which the prober may go.
    """

    def __init__(self, worker: threading.Thread, elsewhere: Collection[int] = ()) -> None:
        self._worker = worker
        self._elsewhere, self._seen_asleep = elsewhere, 0
        self._files = contextlib.ExitStack()
        self._notes: list[_Note] = []

    def __enter__(self) -> Self:
        self.native_id = threading.get_native_id()
        # Where it is not Linux, or not permitted, wake-ups come some 50 us later; they still count.
        with contextlib.suppress(OSError), open(f"/proc/{self.native_id}/timerslack_ns", "w") as file:
            file.write("1")
        if take_short_turns():
            self.stay()
        worker = self._worker.native_id or 0
        self._worker_queue = self._reader(f"/proc/self/task/{worker}/schedstat")
        self._worker_state = self._reader(f"/proc/self/task/{worker}/stat")
        self._own_queue = self._reader(f"/proc/self/task/{self.native_id}/schedstat")
        self._worker_cpu = _cpu_clock_of(self._worker)
        self._switches = _switch_counter()
        self._first = self._read()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._files.close()

    def _reader(self, path: str) -> Callable[[], bytes]:
        with contextlib.suppress(OSError):
            return open_reader(path, self._files)
        return lambda: b"0 0 0"  # not Linux: all time counts as running time

    def count(self, start: float, end: float) -> int:
        """Return how many looks there have been between two moments."""
        return sum(start <= note.start + note.sleep < end for note in tuple(self._notes))

    def look(self, sleep: float) -> None:
        """Sleep, and note what was seen since the last look.

        A worker that sleeps now and then has as much claim to its CPU as the prober. One that wakes up waits
        until the worker sleeps again, with the GIL free, so that holds shorter than a time slice go unseen.
        So the prober asks for shorter turns; where it cannot have them, it leaves the CPU to such a worker.
        """
        switches, start = self._switches(), perf_counter()
        time.sleep(sleep)
        elapsed = perf_counter() - start
        note = _Note(start, sleep, elapsed, switches, self._switches(), self._read())
        self._notes.append(note)
        if self._elsewhere and note.more_switches - switches < 2 and is_asleep(note.clocks[3]):
            self._seen_asleep += 1
            if self._seen_asleep >= max(SEEN_ASLEEP, SLEEPS_FROM * len(self._notes)):
                with contextlib.suppress(OSError):  # they were taken from this process meanwhile
                    os.sched_setaffinity(self.native_id, self._elsewhere)
                self.stay()

    def stay(self) -> None:
        """Go to no other CPU any more."""
        self._elsewhere = ()

    def probes(self, start: float, end: float) -> Iterator[Probe]:
        """Yield what each look between two moments saw; what goes on after the end is cut there."""
        before = _seconds(self._first)
        counted = self._switches_are_counted()
        for note in self._notes:
            after = _seconds(note.clocks)
            over = note.start + note.elapsed >= end
            if note.start + note.sleep >= start:
                yield Probe(
                    sleep=note.sleep,
                    elapsed=min(note.elapsed, end - note.start),
                    taken=note.more_switches - note.switches >= 2 if counted else None,
                    worker_cpu=after[0] - before[0],
                    worker_queued=after[1] - before[1],
                    own_queued=after[2] - before[2],
                    asleep=is_asleep(note.clocks[3]),
                    is_last=over,
                )
            if over:
                return
            before = after

    def _switches_are_counted(self) -> bool:
        """Tell whether any sleep moved the count: in some sandboxes it stands still, and tells nothing."""
        return any(note.more_switches > note.switches for note in self._notes)

    def _read(self) -> _Clocks:
        return self._worker_cpu(), self._worker_queue(), self._own_queue(), self._worker_state()


def _seconds(clocks: _Clocks) -> tuple[float, float, float]:
    """Return the worker's CPU time, its time in the run queue, and the prober's."""
    cpu, worker, own, _ = clocks
    return cpu, int(worker.split()[1]) / 1e9, int(own.split()[1]) / 1e9


def is_asleep(stat: bytes) -> bool | None:
    """Tell whether a thread has left the CPU of its own accord, by its ``stat``; None where there is none."""
    state = stat.rpartition(b")")[2].split()[0]
    return None if state.isdigit() else state in b"SD"


def _cpu_clock_of(thread: threading.Thread) -> Callable[[], float]:
    """Return a reader of another thread's CPU time, or of the wall clock where there is none."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return perf_counter
    clock = time.pthread_getcpuclockid(thread.ident or 0)
    return lambda: time.clock_gettime(clock)


def open_reader(path: str, files: contextlib.ExitStack) -> Callable[[], bytes]:
    """Return what reads how a file begins; unlike ``os.pread``, it keeps the GIL meanwhile."""
    descriptor = os.open(path, os.O_RDONLY)
    files.callback(os.close, descriptor)
    pread, buffer = _pread(ctypes.PyDLL(None)), ctypes.create_string_buffer(96)

    def read() -> bytes:
        pread(descriptor, buffer, 95, 0)
        return buffer.value

    return read


def _pread(library: ctypes.CDLL) -> Callable[..., int]:
    """Return the pread that takes an offset of 64 bits: plain pread does not, on 32-bit systems of glibc."""
    pread = library.pread64 if hasattr(library, "pread64") else library.pread
    pread.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_longlong)
    return cast(Callable[..., int], pread)


def _switch_counter() -> Callable[[], int]:
    """Return a reader of the calling thread's voluntary context switches, 0 where none are counted."""
    if resource is None or not hasattr(resource, "RUSAGE_THREAD"):
        return lambda: 0
    getrusage, this_thread = resource.getrusage, resource.RUSAGE_THREAD
    return lambda: getrusage(this_thread).ru_nvcsw
