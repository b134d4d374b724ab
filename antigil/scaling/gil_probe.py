"""The GIL probe: a prober thread that samples whether a workload holds the GIL.

One worker thread calls the workload again and again. Beside it a prober sleeps for exponentially distributed
times, so its wake-ups see time averages. Waking from a sleep costs one voluntary context switch; finding the
GIL taken costs at least one more, and the prober reads its own count. Where that count cannot be had, or no
sleep moves it, a late wake-up stands in for it. :mod:`.gil_held_share` makes a share of what the probes saw.

Worker and prober share one CPU. A probe that wakes up on another CPU looks at the GIL while the worker goes
on, and a hold that ends within the microsecond between look and wait goes unseen. On the worker's own CPU the
probe interrupts it, and finds the GIL as the worker left it, however short the hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import NamedTuple, Self, cast

from .gil_held_share import Probe, estimate
from .host import affinity, pin_thread, unpin_threads
from .own_work.meter import OwnWorkMeter, ids_alive, other_threads
from .sample import GilHeld
from .stops import noticing_stops, unstopped
from .threads import Threads, cpu_clock_of, is_asleep
from .workload import FunctionWorkload, MakeRun, Run, Workload

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MEAN_SLEEP_SECONDS = 0.003
"""Each probe costs the worker about 50 us, switches of threads included: less than 2 % at this rate."""

BATCH_SECONDS = 2e-3
"""Short calls are made in batches of more than this: our own steps between two hold the GIL for some 1 us."""

RANDOM = Random()
"""The prober's own: a workload that seeds must not move its sleeps, nor they what the workload draws."""

_Clocks = tuple[float, bytes, bytes, bytes]
"""Worker's CPU seconds; the kernel's ``schedstat`` of worker and prober, and ``stat`` of the worker."""

LEAST_PROBES = 2
"""However little time there is, and however long a call holds the GIL: fewer tell nothing."""


@noticing_stops
def probe_gil(
    workload: Workload | FunctionWorkload | MakeRun,
    budget: float = 1.0,
    *,
    mean_sleep: float = MEAN_SLEEP_SECONDS,
    pin: bool = True,
    time_limit: float = 60.0,
) -> GilHeld:
    """Measure for which share of its running time a workload holds the GIL.

    Whole calls are probed, so that a call's phases count for as long as they last. The first call
    warms up, and counts only where there is no time for another.

    Parameters
    ----------
    workload
        What one worker thread calls again and again, or what prepares a thread for it.
    budget
        Seconds to probe for; the call under way is probed to its end. More where a call holds the
        GIL for so long that `LEAST_PROBES` need it.
    mean_sleep
        Mean time between probes, in seconds.
    pin
        Whether to pin worker and prober to one CPU, as long as nothing that the workload starts is at work.
    time_limit
        Seconds beyond the budget after which the workload is taken to hang.

    Raises
    ------
    Exception
        Whatever the workload raises, with the traceback of its thread.
    WorkloadTimeout, MeasurementError
        If the workload does not end in time; if the process is stopped again and again.
    """
    make_run = workload if callable(workload) else workload.prepare()
    limits = {"mean_sleep": mean_sleep, "time_limit": time_limit}
    return estimate(unstopped(lambda: collect(make_run, budget, pin=pin, **limits)))


def collect(
    make_run: MakeRun, budget: float, *, mean_sleep: float, time_limit: float, pin: bool = True
) -> list[Probe]:
    """Return what each probe saw of whole calls; the parameters are those of `probe_gil`."""
    group = Threads(2, budget + time_limit)
    watching, watched = threading.Event(), threading.Event()
    worker: list[threading.Thread] = []
    watch: list[Watch] = []
    probes: list[Probe] = []
    calls = Calls()
    cpus, before = affinity(), ids_alive()
    cpu = RANDOM.choice(cpus)
    own: list[OwnWorkMeter] = []

    def free_own_work() -> None:
        prober = watch[0].native_id
        if pin and own[0].read({prober: other_threads().get(prober, 0.0)}).seen:
            unpin_threads(before, cpus)

    def work() -> None:
        if pin:
            pin_thread(cpu)
        run = make_run(0, 1)
        worker.append(threading.current_thread())
        group.gate.wait()
        try:
            while not watching.wait(0.1) and not group.stop.is_set():
                pass
            own.append(OwnWorkMeter())
            calls.make(run, budget, lambda *times: watch[0].count(*times), group.stop, free_own_work)
            free_own_work()
        finally:
            group.stop.set()
        watched.wait(time_limit)  # the clocks of a thread that has ended cannot be read

    def look() -> None:
        if pin:
            pin_thread(cpu)
        group.gate.wait()
        try:
            with Watch(worker[0]) as seen:
                watch.append(seen)
                watching.set()
                while not group.stop.is_set():
                    seen.look(RANDOM.expovariate(1.0 / mean_sleep))
        finally:
            group.stop.set()
            watched.set()
        probes.extend(seen.probes(calls.start, calls.end))

    group.run([work, look])
    return probes


@dataclass
class Calls:
    """The whole calls that are probed: from the start of the first to the end of the last, in seconds."""

    start: float = 0.0
    end: float = 0.0

    def make(
        self, run: Run, budget: float, count: Callable[[float, float], int], stop: threading.Event,
        on_warm: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Call until the budget is over, and as many probes as are needed have been made, or told to stop.

        Calls that warm up are left out at the end of the first, unless they take the whole budget.
        """
        self.start = self.end = perf_counter()
        warm, batch = False, 1
        while not stop.is_set():
            before = self.end
            run(batch)
            self.end = perf_counter()
            if self.end - self.start >= budget:
                if count(self.start, self.end) >= LEAST_PROBES:
                    return
                time.sleep(0.0)  # a probe that waits for the GIL comes in now, and not during the next call
            elif not warm:
                on_warm()
                self.start = self.end = perf_counter()
            elif self.end - before < BATCH_SECONDS:
                batch *= 2
            warm = True


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
    """

    def __init__(self, worker: threading.Thread) -> None:
        self._worker = worker
        self._files = contextlib.ExitStack()
        self._notes: list[_Note] = []

    def __enter__(self) -> Self:
        self.native_id = threading.get_native_id()
        # Where it is not Linux, or not permitted, wake-ups come some 50 us later; they still count.
        with contextlib.suppress(OSError), open(f"/proc/{self.native_id}/timerslack_ns", "w") as file:
            file.write("1")
        worker = self._worker.native_id or 0
        self._worker_queue = self._reader(f"/proc/self/task/{worker}/schedstat")
        self._worker_state = self._reader(f"/proc/self/task/{worker}/stat")
        self._own_queue = self._reader(f"/proc/self/task/{self.native_id}/schedstat")
        self._worker_cpu = cpu_clock_of(self._worker)
        self._switches = _switch_counter()
        self._first = self._read()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._files.close()

    def _reader(self, path: str) -> Callable[[], bytes]:
        with contextlib.suppress(OSError):
            return _open_reader(path, self._files)
        return lambda: b"0 0 0"  # not Linux: all time counts as running time

    def count(self, start: float, end: float) -> int:
        """Return how many looks there have been between two moments."""
        return sum(start <= note.start + note.sleep < end for note in tuple(self._notes))

    def look(self, sleep: float) -> None:
        """Sleep, and note what was seen since the last look."""
        switches, start = self._switches(), perf_counter()
        time.sleep(sleep)
        elapsed = perf_counter() - start
        self._notes.append(_Note(start, sleep, elapsed, switches, self._switches(), self._read()))

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


def _open_reader(path: str, files: contextlib.ExitStack) -> Callable[[], bytes]:
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
