"""The GIL probe: a prober thread that samples whether a workload holds the GIL.

One worker thread calls the workload again and again. Beside it a prober sleeps for exponentially distributed
times, so its wake-ups see time averages. Waking from a sleep costs one voluntary context switch; finding the
GIL taken costs at least one more, and the prober reads its own count. Where that count cannot be had, or no
sleep moves it, a late wake-up stands in for it. :mod:`.estimate` makes a share of what the probes saw.

Worker and prober share one CPU. A probe that wakes up on another CPU looks at the GIL while the worker goes
on, and a hold that ends within the microsecond between look and wait goes unseen. On the worker's own CPU the
probe interrupts it, and finds the GIL as the worker left it, however short the hold. That takes a prober that
has the CPU at once when it wakes up: see :meth:`.watch.Watch.look`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from time import perf_counter

from ..host import affinity, pin_thread, unpin_threads
from ..own_work.meter import OwnWorkMeter, ids_alive, other_threads
from ..sample import GilHeld
from ..stops import noticing_stops, unstopped
from ..threads import Threads
from ..workload import FunctionWorkload, MakeRun, Run, Workload
from .estimate import Probe, estimate
from .watch import Watch

MEAN_SLEEP_SECONDS = 0.003
"""Each probe costs the worker about 50 us, switches of threads included: less than 2 % at this rate."""

BATCH_SECONDS = 2e-3
"""Short calls are made in batches of more than this: our own steps between two hold the GIL for some 1 us."""

RANDOM = Random()
"""The prober's own: a workload that seeds must not move its sleeps, nor they what the workload draws."""

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


def _cpu_of(watch: Watch) -> dict[int, float]:
    """Return the CPU time of the thread that watches, as a meter of own work is told it."""
    return {watch.native_id: other_threads().get(watch.native_id, 0.0)}


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
    movable = pin and hasattr(os, "sched_setaffinity")

    def free_own_work() -> None:
        if pin and own[0].read(_cpu_of(watch[0])).has_own_work:
            watch[0].stay()
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
            own.append(OwnWorkMeter(_cpu_of(watch[0]) if watch else {}))
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
            with Watch(worker[0], set(cpus) - {cpu} if movable else ()) as seen:
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
