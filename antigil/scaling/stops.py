"""Whether this process was stopped meanwhile and told to go on (SIGSTOP or Ctrl-Z, then SIGCONT).

No clock tells: for its threads, that time is neither on a CPU nor in the run queue, and looks like waiting
for whatever they did last, for the GIL above all. What was measured meanwhile is measured again.

SIGCONT lets a process go on even where it is blocked, but then stays pending, and that is what is looked for.
It has to be blocked in all threads, so before the first is started. Nothing else of the process changes.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

from .workload import MeasurementError

P = ParamSpec("P")
T = TypeVar("T")

MOST_TRIES = 5
"""So often something is measured anew before a process that is stopped each time is given up."""

_CAN_TELL = hasattr(signal, "sigtimedwait")
"""Not on macOS and Windows."""


@contextlib.contextmanager
def stops_noticed() -> Iterator[None]:
    """Let the process notice stops: this thread, which has to be its first, and those that it starts."""
    if not _CAN_TELL:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def noticing_stops(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function run with `stops_noticed`; tracebacks show no frame of another module for that."""

    @wraps(function)
    def noticing(*args: P.args, **keywords: P.kwargs) -> T:
        with stops_noticed():
            return function(*args, **keywords)

    return noticing


def was_stopped() -> bool:
    """Tell whether the process was stopped since the last time that this was asked."""
    # This never waits, even if a thread that does not block the signal has just taken it.
    return _CAN_TELL and signal.sigtimedwait({signal.SIGCONT}, 0) is not None


def pass_on_stop() -> None:
    """Let `was_stopped` tell that another process was stopped with which this one measures."""
    os.kill(os.getpid(), signal.SIGCONT)


def unstopped(action: Callable[[], T]) -> T:
    """Do something until the process was not stopped meanwhile, and return what came of that.

    Raises
    ------
    MeasurementError
        If it was stopped each time.
    """
    was_stopped()  # before it began
    for _ in range(MOST_TRIES):
        result = action()
        if not was_stopped():
            return result
    raise MeasurementError(
        "the process that measures was stopped again and again (SIGSTOP, or Ctrl-Z): measure where it can run"
    )
