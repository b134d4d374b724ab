"""Whether other programs take what CPUs a workload leaves: threads and processes of its own lack them then.

Those that call tell for how long they were queued. Threads and processes that the workload starts itself
often end within a call, and nobody is left to tell. But where CPUs never stand idle, though the workload
leaves some of their time, other programs take it, and who is woken up has to wait for its turn.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Protocol

STAT = Path("/proc/stat")
"""Where Linux tells for how many ticks each CPU stood idle."""

LEAST_SECONDS = 0.5
"""Ticks are of some 10 ms: less time tells too little."""

NEVER_IDLE_FROM = 0.95
"""CPUs that ran something for this share of their time hardly stood idle."""

TAKEN_FROM = 0.1
"""Other programs take something where it is more than this share of the CPUs' time."""

_IDLE, _WAITING_FOR_DISK = 3, 4  # fields of a CPU's line, proc_stat(5)


class Window(Protocol):
    """What a window of the workload tells."""

    @property
    def rate(self) -> float:
        """Calls per second."""

    @property
    def cpu_seconds_per_call(self) -> float:
        """CPU time that one call took, in seconds."""


class Crowding:
    """Watches CPUs from its making on, while windows are measured, all of about the same length."""

    def __init__(self, cpus: Collection[int], stat: Path = STAT) -> None:
        self._names = {f"cpu{cpu}" for cpu in cpus}
        self._stat = stat
        self._used: list[float] = []
        self._start, self._idle = perf_counter(), self._idle_seconds()

    def is_seen(self, windows: Iterable[Window], cpus: int) -> bool:
        """Tell, once some more windows were measured, whether others took what all left of so many CPUs."""
        self._used.extend(window.rate * window.cpu_seconds_per_call for window in windows)
        seconds, idle = perf_counter() - self._start, self._idle_seconds()
        if self._idle is None or idle is None or seconds < LEAST_SECONDS:
            return False
        busy = 1.0 - (idle - self._idle) / (seconds * len(self._names))
        return busy > NEVER_IDLE_FROM and busy - fmean(self._used) / cpus > TAKEN_FROM

    def _idle_seconds(self) -> float | None:
        """Return for how long the CPUs have stood idle, all together; None where the system does not tell."""
        try:
            lines = [line.split() for line in self._stat.read_text().splitlines()]
        except OSError:
            return None
        ticks = [
            int(fields[1 + _IDLE]) + int(fields[1 + _WAITING_FOR_DISK])
            for fields in lines
            if fields[0] in self._names
        ]
        return sum(ticks) / os.sysconf("SC_CLK_TCK") if len(ticks) == len(self._names) else None
