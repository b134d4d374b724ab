"""What one window measured (`.window`).

rate X(n) = calls in the window / its length
c(n)      = on_cpu x n / X(n) + own_cpu_seconds, CPU seconds per call
"""

from __future__ import annotations

from dataclasses import dataclass

from .own_work.meter import StartsWork
from .threads import YIELDS


@dataclass(frozen=True)
class ThreadPart:
    """One thread's part of a window: its calls per second, and shares of its time as in :class:`Window`."""

    rate: float
    on_cpu: float
    queued: float | None

    @property
    def waiting(self) -> float:
        """The rest of its time."""
        return max(0.0, 1.0 - self.on_cpu - (self.queued or 0.0))


@dataclass(frozen=True)
class Window(StartsWork):
    """What one window measured.

    Attributes
    ----------
    threads
        Threads that ran side by side.
    rate
        Calls per second, all threads together.
    on_cpu, queued, waiting
        Shares of the threads' wall time, 0 to 1. Where the system does not tell how long
        a thread was queued, ``queued`` is None and ``waiting`` includes it.
    seconds
        Length of the window.
    calls
        Calls that fell into the window, a fraction counting for those cut by its edges.
    own_threads, own_processes, own_cpu_seconds
        How many threads and processes of the workload's own were seen at work, and their CPU time per call.
    kernel
        Share of the CPU time that threads spent in the kernel; None where the system does not tell.
    sleeps
        How often threads went to sleep per second of CPU time, without a GIL also how often they left their
        CPU otherwise; None where the system does not tell.
    least, most
        Shares of the calls that the thread with the fewest made, and that with the most.
    parts
        What each of its threads did.
    """

    threads: int
    rate: float
    on_cpu: float
    queued: float | None
    waiting: float
    seconds: float
    calls: float
    own_threads: int = 0
    own_processes: int = 0
    own_cpu_seconds: float = 0.0
    kernel: float | None = None
    sleeps: float | None = None
    least: float = 0.0
    most: float = 1.0
    parts: tuple[ThreadPart, ...] = ()

    @property
    def cpu_seconds_per_call(self) -> float:
        """CPU time that one call took, in seconds."""
        return self.on_cpu * self.threads / self.rate + self.own_cpu_seconds

    def by_others(self, cpus: int) -> float:
        """Return which part of the time queued, 0 to 1, can be due to other programs only.

        Those that call stand in the queue behind the workload's own threads and processes, too, and one
        alone only while these keep all CPUs busy. Who yields stands behind any of them that has its CPU.
        """
        yields, several = (self.sleeps or 0.0) >= YIELDS, self.threads > 1
        own = self.own_cpu_seconds * self.rate / (1 if yields else self.threads if several else cpus)
        return max(0.0, 1.0 - own / self.queued) if self.queued else 1.0
