"""One window: n threads call a workload again and again, all of them before, in and after it.

Every thread notes the time after every batch of calls. The window opens when every thread has come to a
mark since the last of them started, and closes a set time later; the threads go on until every one has a
mark beyond that, or one is shut out for long. Batches cut by its edges count in proportion. So start-up
and tail skew fall away, no barrier stands inside the timed stretch, and the calls at the edges contend
with just as many others as those in the middle. When it opens, nobody has waited for long, and calls of
threads that wait for turns look too short: so it lasts for two turns of all, unless these take too long.

Where calls are so long that none can be spared, it opens as all begin, if their first calls end together. If
they do not, threads may have waited for each other, the first ones for fewer than they will: then it opens
when all have made a call, too. Where one is shut out for long before that, whole calls count from the start.
Who waits for the GIL notes that a call has ended only when it gets it. So where calls hold it throughout, all
of them count from the first one's beginning to the last one's end: there is always one under way.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from statistics import fmean
from time import sleep
from typing import NamedTuple

from .host import pin_thread
from .threads import SYSTEM_CLOCKS, Clocks, Threads, Usage, UsageMeter
from .window_result import ThreadPart, Track, Window
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

HAIR = 0.1
"""A window for so many long calls is shorter by this part of one, so that the last mark is beyond its end."""

TOGETHER = 0.1
"""First calls that end within this part of the time that they took hardly waited for each other."""


APART, LATE = 0.9, 1.5
"""In calls, where these hold the GIL: so far apart threads begin, or make their first marks, and so late."""


def mark_seconds(threads: int) -> float:
    """Return how far apart each thread's looks at the clock are: they hold the GIL, all threads' together."""
    return MARK_SECONDS * max(1.0, threads / MARKING_THREADS)


def patience_seconds(threads: int, least_seconds: float) -> float:
    """Return how long threads go on beyond the end for one: for a call of each, where it holds only one."""
    return max(PATIENCE_SECONDS, threads * least_seconds / (1.0 - HAIR))


class Bounds(NamedTuple):
    """When a window opens and closes, and for how long threads go on for one that has not come to its end.

    They do not where they have lost patience before all had made a call. Then `whole` calls count, up to the
    first one that ends after it closes: with that one a thread has left. If calls hold the GIL (`held`), all
    count, those before and after it, too.
    """

    opens: float
    closes: float
    patience: float
    whole: bool = False
    held: bool = False


def window_bounds(
    tracks: Sequence[Track], least_seconds: float, call_seconds: float | None = None, now: float = -inf
) -> Bounds | None:
    """Return the bounds of the window; None as long as they are not known.

    Unless all are to settle first, it opens with the calls where none of the threads had to wait for others
    to end theirs, or all had to wait for the GIL; else it lasts for another turn of all.

    Parameters
    ----------
    call_seconds
        What a call takes alone, where none can be spared; None where all threads are to settle.
    """
    settled = [track.settled for track in tracks if track.settled is not None]
    if not settled:
        return None
    is_complete, patience = len(settled) == len(tracks), patience_seconds(len(tracks), least_seconds)
    begins = [track.marks[0] for track in tracks]
    earliest, began, first = min(begins), max(begins), min(settled)
    last = max(settled) if is_complete else now
    turn = last - began
    if call_seconds is not None and (
        began - earliest >= APART * call_seconds
        or (first - began >= LATE * call_seconds and last - first >= APART * call_seconds)
    ):
        return Bounds(began, began + least_seconds, patience, held=True)
    if call_seconds is not None and (last > first + patience or any(track.gave_up for track in tracks)):
        return Bounds(began, first + patience, 0.0, whole=True)
    if not is_complete:
        return None
    if call_seconds is None:
        return Bounds(last, last + max(least_seconds, min(SETTLES * turn, LONGER_AT_MOST_SECONDS)), patience)
    if last - first <= TOGETHER * turn:
        return Bounds(began, began + least_seconds, patience)
    return Bounds(last, max(began + least_seconds, last + (1.0 - HAIR) * turn), patience)


def summarize(
    tracks: Sequence[Track], least_seconds: float, calls_per_mark: int, call_seconds: float | None = None
) -> Window:
    """Reduce the tracks of threads that all passed the end of the window to what was measured.

    All threads count alike, and what they did outside of the window does not count. A lock that is
    not fair may shut one of them out from long before it to long after: the time of that one, or of
    the one that has the lock meanwhile, must not stand for all.
    """
    if (found := window_bounds(tracks, least_seconds, call_seconds)) is None:
        raise ValueError("a window of threads that have not all settled")
    start, end = found.opens, found.closes
    if found.held:
        start, end = min(track.marks[0] for track in tracks), max(track.marks[-1] for track in tracks)
    come = [track.marks[min(bisect_left(track.marks, end), len(track.marks) - 1)] for track in tracks]
    out = [found.whole or mark > end + found.patience >= min(come) for mark in come]
    end = min(come) if found.whole else end
    shares = [track.shares(start, end, is_out) for track, is_out in zip(tracks, out, strict=True)]
    seconds = end - start
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
    call_seconds: float | None = None,
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
    call_seconds
        What a call takes alone, where calls are so long that none can be spared. If None, each thread makes
        one before it meets the others, and one before the window opens in any case.
    """
    group = Threads(threads, time_limit)
    tracks = [Track() for _ in range(threads)]

    def body(index: int) -> None:
        if cpus is not None:
            pin_thread(cpus[index])
        run = make_run(index, threads)
        if call_seconds is None:
            run(1)
        group.gate.wait()
        call_through(tracks, index, partial(run, calls_per_mark), seconds, group.stop, clocks, call_seconds)

    own = group.run([partial(body, index) for index in range(threads)])
    window = summarize(tracks, seconds, calls_per_mark, call_seconds)
    calls = sum(len(track.marks) - 1 for track in tracks) * calls_per_mark
    return replace(window, **own.per_call(calls))


def call_through(
    tracks: Sequence[Track],
    index: int,
    run_batch: Callable[[], object],
    seconds: float,
    stop: threading.Event,
    clocks: Clocks,
    call_seconds: float | None = None,
) -> None:
    """Call until every thread has passed the end of the window, as long as it has patience.

    The threads need no lock: each writes its own track only, and all derive the same window
    from the tracks. Where a call is so long that none can be spared, it may open with their first calls.
    """
    now, track, window = clocks.now, tracks[index], None
    marks = track.marks
    with clocks.meter() as meter:
        marks.append(now())
        readings = [] if call_seconds is None else [meter.read()]
        while not stop.is_set():
            run_batch()
            marks.append(mark := now())
            if track.settled is None and all(other.marks for other in tracks):
                track.settled = mark  # first of all: to read the clocks may give the GIL away
                readings.append(meter.read())
            if window is None and track.settled is not None:
                window = window_bounds(tracks, seconds, call_seconds, mark)
                track.gave_up = window is not None and window.whole
            if window is None and mark - marks[0] > PATIENCE_SECONDS:
                sleep(0.001)  # some thread does not even begin: let it in
            if window is not None and mark >= window.closes:
                if track.passed is None:
                    _pass(track, window, readings, meter)
                if mark > window.closes + window.patience or all(
                    other.has_passed(window.closes) for other in tracks
                ):
                    return


def _pass(track: Track, window: Bounds, readings: Sequence[Usage], meter: UsageMeter) -> None:
    """Note that a thread has passed the end of the window, and what it used up to there."""
    settled = track.settled or 0.0
    opens_later, has_passed = window.opens >= settled, settled >= window.closes
    track.since = settled if opens_later else track.marks[0]
    track.used = (readings[-1] if has_passed else meter.read()) - readings[-1 if opens_later else 0]
    track.passed = settled if has_passed else track.marks[-1]
