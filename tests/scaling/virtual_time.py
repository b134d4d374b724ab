"""Threads in virtual time: they sleep and wait for locks as real ones do, one of them moving at a time.

So what `call_through` and `summarize` make of threads that share something is told exactly, and quickly.
"""

import heapq
import itertools
import threading
from collections import deque
from functools import partial

from antigil.scaling.threads import Clocks, Usage
from antigil.scaling.window import call_through, summarize
from antigil.scaling.window_result import Track


class VirtualTime:
    """A clock for all threads; who waits lets the one go on whose turn is next."""

    def __init__(self):
        self.seconds = 0.0
        self._turns, self._order = [], itertools.count()
        self._here = threading.local()

    def now(self):
        """Return the time in seconds."""
        return self.seconds

    def wake(self, thread, after=0.0):
        """Let a thread have a turn after so many seconds."""
        heapq.heappush(self._turns, (self.seconds + after, next(self._order), thread))

    def this_thread(self):
        """Return what `wake` takes for the thread that asks."""
        return self._here.go_on

    def wait(self):
        """Wait until another one wakes this thread."""
        self._next()
        self._here.go_on.acquire()

    def sleep(self, seconds):
        """Let time pass."""
        self.wake(self.this_thread(), seconds)
        self.wait()

    def _next(self):
        if self._turns:
            self.seconds, _, thread = heapq.heappop(self._turns)
            thread.release()

    def run(self, bodies):
        """Run threads until all have ended."""

        def body_of(body, go_on):
            self._here.go_on = go_on
            go_on.acquire()
            body()
            self._next()

        turns = [threading.Semaphore(0) for _ in bodies]
        threads = [
            threading.Thread(target=body_of, args=pair, daemon=True)
            for pair in zip(bodies, turns, strict=True)
        ]
        for thread, turn in zip(threads, turns, strict=True):
            self.wake(turn)
            thread.start()
        self._next()
        for thread in threads:
            thread.join(60.0)
            assert not thread.is_alive()


class Lock:
    """A lock in virtual time: a fair one goes to who has waited longest, any other to who comes first.

    With a source of random numbers, a fair one goes to any of those who wait, as the GIL does.
    """

    def __init__(self, time, *, fair, random=None):
        self._time, self._fair, self._random = time, fair, random
        self._is_taken, self._waiting = False, deque()

    def __enter__(self):
        while self._is_taken:
            self._waiting.append(self._time.this_thread())
            self._time.wait()
            if self._fair:
                return  # it was handed over
        self._is_taken = True

    def __exit__(self, *exc_info):
        self._is_taken = self._fair and bool(self._waiting)
        if self._waiting:
            self._waiting.rotate(self._random.randrange(len(self._waiting)) if self._random else 0)
            self._time.wake(self._waiting.popleft())


class AlwaysOnCpu:
    """A meter of a thread that was on a CPU all the time that has passed."""

    def __init__(self, now):
        self._now = now

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def read(self):
        """Return the time that has passed."""
        return Usage(self._now(), 0.0)


def window_of(call, threads, seconds, call_seconds):
    """Measure a window of threads in virtual time; tell of it, and when the last thread ended.

    `call` takes the time, and the index of the thread that calls.
    """
    time, tracks, stop = VirtualTime(), [Track() for _ in range(threads)], threading.Event()
    made, clocks = call(time), Clocks(time.now, partial(AlwaysOnCpu, time.now))

    def body(index):
        call_through(tracks, index, lambda: made(index), seconds, stop, clocks, call_seconds)

    time.run([lambda index=index: body(index) for index in range(threads)])
    return summarize(tracks, seconds, 1, call_seconds), time.now()
