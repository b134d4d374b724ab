"""What threads leave behind in one window, and what it measured (`.window`).

rate X(n) = calls in the window / its length
c(n)      = on_cpu x n / X(n) + own_cpu_seconds, CPU seconds per call
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from .own_work.meter import StartsWork
from .threads import Usage

YIELDS = 10_000.0
"""Who leaves its CPU more often per second of CPU time waits by yielding, as at locks without a GIL."""


@dataclass
class Track:
    """What one thread leaves behind.

    Attributes
    ----------
    marks
        Times after each batch of calls, the first before any, in seconds.
    settled
        The first mark at which all threads had started.
    passed
        The first mark beyond the end of the window.
    used
        What the thread used from `since` to there.
    since
        The settled mark, or the first of all where the window opens with it.
    gave_up
        Whether the thread has lost patience before all had made a call.
    """

    marks: list[float] = field(default_factory=list)
    settled: float | None = None
    passed: float | None = None
    used: Usage = field(default_factory=lambda: Usage(0.0, None))
    since: float | None = None
    gave_up: bool = False

    def has_passed(self, end: float) -> bool:
        """Tell whether the thread came to a mark beyond the end, which it may itself not know yet."""
        return self.passed is not None or (self.settled is not None and self.settled >= end)

    def shares(
        self, start: float, stop: float, is_shut_out: bool = False
    ) -> tuple[float, float, float | None]:
        """Return the batches between two moments, and the shares of that time on a CPU and queued.

        CPU time goes by the batches: as much for each as between `since` and `passed`. What is left
        is queued for the share that it was there, None if the system does not tell. Of who is shut out,
        the call under way in the end does not count: it waits until the others are gone.
        """
        since = (self.settled or 0.0) if self.since is None else self.since
        passed = self.passed or 0.0
        counted = max(start, self.marks[bisect_right(self.marks, stop) - 1]) if is_shut_out else stop
        batches = batches_by(self.marks, counted) - batches_by(self.marks, max(start, self.marks[0]))
        measured = batches_by(self.marks, passed) - batches_by(self.marks, since)
        on_cpu = min(1.0, self.used.cpu * batches / measured / (stop - start))
        if self.used.queued is None:
            return batches, on_cpu, None
        off_cpu = max(self.used.queued, passed - since - self.used.cpu)
        return batches, on_cpu, (1.0 - on_cpu) * self.used.queued / off_cpu if off_cpu else 0.0


def batches_by(marks: Sequence[float], moment: float) -> float:
    """Return how many batches a thread had done at a moment, the one under way in proportion."""
    i = bisect_right(marks, moment) - 1
    if i + 1 == len(marks):
        return float(i)
    return i + (moment - marks[i]) / (marks[i + 1] - marks[i])


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
