"""One window: n threads call a workload again and again, all of them before, in and after it.

Every thread notes the time after every batch of calls. The window opens when every thread has come to a
mark since the last of them started, and closes a set time later; the threads go on until every one has a
mark beyond that, or one is shut out for long. Batches cut by its edges count in proportion. So start-up
and tail skew fall away, no barrier stands inside the timed stretch, and the calls at the edges contend
with just as many others as those in the middle. When it opens, nobody has waited for long, and calls of
threads that wait for turns look too short: so it lasts for two turns of all, unless these take too long.

    rate X(n) = calls in the window / its length
    c(n)      = on_cpu x n / X(n) + own_cpu_seconds, CPU seconds per call
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean
from time import sleep

from .host import pin_thread
from .own_work.meter import StartsWork
from .threads import SYSTEM_CLOCKS, YIELDS, Clocks, Threads, Usage
from .workload import MakeRun

MARK_SECONDS = 1e-4
"""Short calls are batched until two looks at the clock are so far apart: 0.25 us in 100 us."""

MARKING_THREADS = 8
"""With more threads than this, each looks less often: so many looks hold the GIL for some 5 % of the time."""

SETTLES = 2.0
LONGER_AT_MOST_SECONDS = 0.3
"""A window lasts for so many turns of all threads, but is made no longer than this for it."""

PATIENCE_SECONDS = 1.0
"""So long at least threads go on for one that is shut out by who takes the GIL, or a lock, again at once."""


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
        What the thread used between these two.
    """

    marks: list[float] = field(default_factory=list)
    settled: float | None = None
    passed: float | None = None
    used: Usage = field(default_factory=lambda: Usage(0.0, None))

    def shares(self, start: float, stop: float) -> tuple[float, float, float | None]:
        """Return the batches between two moments, and the shares of that time on a CPU and queued.

        CPU time goes by the batches: as much for each as between `settled` and `passed`. What is left
        is queued for the share that it was there, None if the system does not tell.
        """
        settled, passed = self.settled or 0.0, self.passed or 0.0
        batches = batches_by(self.marks, stop) - batches_by(self.marks, start)
        measured = batches_by(self.marks, passed) - batches_by(self.marks, settled)
        on_cpu = min(1.0, self.used.cpu * batches / measured / (stop - start))
        if self.used.queued is None:
            return batches, on_cpu, None
        off_cpu = max(self.used.queued, passed - settled - self.used.cpu)
        return batches, on_cpu, (1.0 - on_cpu) * self.used.queued / off_cpu if off_cpu else 0.0


def mark_seconds(threads: int) -> float:
    """Return how far apart each thread's looks at the clock are: they hold the GIL, all threads' together."""
    return MARK_SECONDS * max(1.0, threads / MARKING_THREADS)


def batches_by(marks: Sequence[float], moment: float) -> float:
    """Return how many batches a thread had done at a moment, the one under way in proportion."""
    i = bisect_right(marks, moment) - 1
    if i + 1 == len(marks):
        return float(i)
    return i + (moment - marks[i]) / (marks[i + 1] - marks[i])


def bounds(tracks: Sequence[Track], least_seconds: float) -> tuple[float, float] | None:
    """Return when the window opens and closes; None before all have settled."""
    settled = [track.settled for track in tracks if track.settled is not None]
    if len(settled) < len(tracks):
        return None
    start = max(settled)
    turns = SETTLES * (start - max(track.marks[0] for track in tracks))
    return start, start + max(least_seconds, min(turns, LONGER_AT_MOST_SECONDS))


def summarize(tracks: Sequence[Track], least_seconds: float, calls_per_mark: int) -> Window:
    """Reduce the tracks of threads that all passed the end of the window to what was measured.

    All threads count alike, and what they did outside of the window does not count. A lock that is
    not fair may shut one of them out from long before it to long after: the time of that one, or of
    the one that has the lock meanwhile, must not stand for all.
    """
    if (found := bounds(tracks, least_seconds)) is None:
        raise ValueError("a window of threads that have not all settled")
    start, end = found
    seconds, shares = end - start, [track.shares(start, end) for track in tracks]
    batches = [done for done, _, _ in shares]
    calls = sum(batches) * calls_per_mark
    kernel = [track.used.kernel for track in tracks if track.used.kernel is not None]
    sleeps = [track.used.sleeps for track in tracks if track.used.sleeps is not None]
    cpu = sum(track.used.cpu for track in tracks)
    on_cpu = fmean(share for _, share, _ in shares)
    queues = [share for _, _, share in shares if share is not None]
    queued = fmean(queues) if len(queues) == len(shares) else None
    return Window(
        threads=len(tracks),
        rate=calls / seconds,
        on_cpu=on_cpu,
        queued=queued,
        waiting=max(0.0, 1.0 - on_cpu - (queued or 0.0)),  # a hair below nothing, by rounding
        seconds=seconds,
        calls=calls,
        kernel=min(1.0, sum(kernel) / cpu) if len(kernel) == len(tracks) and cpu else None,
        sleeps=sum(sleeps) / cpu if len(sleeps) == len(tracks) and cpu else None,
        least=min(batches) / sum(batches),
        most=max(batches) / sum(batches),
        parts=tuple(ThreadPart(done * calls_per_mark / seconds, busy, queue) for done, busy, queue in shares),
    )


def run_window(
    make_run: MakeRun,
    threads: int,
    seconds: float,
    *,
    calls_per_mark: int = 1,
    cpus: Sequence[int] | None = None,
    clocks: Clocks = SYSTEM_CLOCKS,
    time_limit: float = 60.0,
    warm_up: bool = True,
) -> Window:
    """Measure one window.

    Parameters
    ----------
    make_run
        Prepares each thread.
    threads
        Number of threads.
    seconds
        Least length of the window.
    calls_per_mark
        Calls between two looks at the clock.
    cpus
        Thread i is pinned to ``cpus[i]``; None leaves the threads to the scheduler.
    time_limit
        Seconds after which a thread is taken to hang.
    warm_up
        Whether each thread makes a call before it meets the others, and one before the window opens.
    """
    group = Threads(threads, time_limit)
    tracks = [Track() for _ in range(threads)]

    def body(index: int) -> None:
        if cpus is not None:
            pin_thread(cpus[index])
        run = make_run(index, threads)
        if warm_up:
            run(1)
        group.gate.wait()
        call_through(tracks, index, partial(run, calls_per_mark), seconds, group.stop, clocks, warm_up)

    own = group.run([partial(body, index) for index in range(threads)])
    window = summarize(tracks, seconds, calls_per_mark)
    calls = sum(len(track.marks) - 1 for track in tracks) * calls_per_mark + warm_up * threads
    return replace(window, **own.per_call(calls))


def call_through(
    tracks: Sequence[Track],
    index: int,
    run_batch: Callable[[], object],
    seconds: float,
    stop: threading.Event,
    clocks: Clocks,
    settle: bool,
) -> None:
    """Call until every thread has passed the end of the window, as long as it has patience.

    The threads need no lock: each writes its own track only, and all derive the same window
    from the tracks. Unless a thread is to `settle`, its part begins with its first call.
    """
    now, track = clocks.now, tracks[index]
    marks = track.marks
    end: float | None = None
    with clocks.meter() as meter:
        marks.append(now())
        if not settle:
            before, track.settled = meter.read(), marks[0]
        while not stop.is_set():
            run_batch()
            marks.append(mark := now())
            if track.settled is None and all(other.marks for other in tracks):
                before = meter.read()
                track.settled = mark
            if end is None and track.settled is not None and (found := bounds(tracks, seconds)):
                end = found[1]
            if end is None and mark - marks[0] > PATIENCE_SECONDS:
                sleep(0.001)  # some thread does not even begin: let it in
            if end is not None and mark >= end:
                if track.passed is None:
                    track.used = meter.read() - before
                    track.passed = mark
                patience = max(PATIENCE_SECONDS, len(tracks) * seconds)
                if mark > end + patience or all(other.passed is not None for other in tracks):
                    return
