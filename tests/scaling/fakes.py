"""Windows, rounds and clocks with numbers put in by hand."""

import math
import threading
from dataclasses import replace
from types import MappingProxyType

from antigil.scaling import Estimate, GilHeld, Host, Measurement, Point, Workload
from antigil.scaling.rounds import Round
from antigil.scaling.threads import Clocks, Usage
from antigil.scaling.window_result import Window


def window(threads, rate, *, on_cpu=1.0, queued=0.0, seconds=0.05):
    """Return a window; what is neither on a CPU nor queued is waiting."""
    return Window(
        threads=threads,
        rate=rate,
        on_cpu=on_cpu,
        queued=queued,
        waiting=1.0 - on_cpu - (queued or 0.0),
        seconds=seconds,
        calls=rate * seconds,
    )


def round_of(*windows, cpus_allowed=2):
    """Return a round of these windows."""
    return Round(MappingProxyType({one.threads: one for one in windows}), cpus_allowed)


def measurement(
    share,
    standard_error=0.005,
    *,
    gil=True,
    waiting=(0.0, 0.0, 0.6),
    queued=(0.0, 0.0, 0.0),
    speedup=(1.0, 1.0, 1.0),
    width=0.02,
    inflation=1.0,
    cpus_allowed=2,
    kernel=(0.0, 0.0, 0.0),
    own=(0, 0.0),
    least=None,
    states=None,
    rate=100.0,
):
    """Return a measurement with 1, 2 and 4 threads; intervals of the speedup are of that width.

    `own` is how many threads of its own the workload has, their CPU seconds for each call, and how many
    processes, if any.
    """

    def point(n, s, waits, queues, system):
        seen = Estimate(s, (s - width / 2, s + width / 2))
        fair = None if least is None else Estimate(least, (least, least))
        rest = None if least is None else Estimate(1.0 - least, (1.0 - least, 1.0 - least))
        per_call = inflation if n > 1 or math.isnan(inflation) else 1.0
        found = Point(
            n, rate * s, seen, seen, waits, queues, per_call, rounds=5, dropped=0, disturbed=False,
            own_threads=own[0], own_cpu_seconds=own[1], own_processes=sum(own[2:]),
            kernel=system, least=fair, most=rest,
        )  # fmt: skip
        seen_alike = replace(window(n, rate * s, queued=queues), own_cpu_seconds=own[1])
        found = replace(found, by_others=seen_alike.by_others(cpus_allowed))
        return replace(found, disturbed=found.queued_by_others > 0.03 and n <= cpus_allowed)

    points = tuple(map(point, (1, 2, 4), speedup, waiting, queued, kernel))
    held = GilHeld(share, standard_error, 500, 0.001, "switches")
    where = Host("3.13.0", "CPython", gil, 0.005, "a CPU", cpus_allowed, True)
    return Measurement(Workload("pass"), where, points, (), held, (held,), states=states)


class OwnTime:
    """A clock for each thread, which its workload alone moves on.

    Of each thread's time ``on_cpu`` is spent on a CPU and ``queued`` in the run queue.
    """

    def __init__(self, on_cpu=1.0, queued=0.0):
        self.on_cpu, self.queued = on_cpu, queued
        self._threads = threading.local()

    def now(self):
        """Return the calling thread's time in seconds."""
        return getattr(self._threads, "seconds", 0.0)

    def pass_by(self, seconds):
        """Let time pass for the calling thread."""
        self._threads.seconds = self.now() + seconds

    def clocks(self):
        """Return the clocks to measure with."""
        return Clocks(self.now, lambda: self)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def read(self):
        """Return the calling thread's usage."""
        queued = None if self.queued is None else self.queued * self.now()
        return Usage(self.on_cpu * self.now(), queued)
