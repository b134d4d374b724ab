"""Whether other programs take what CPUs a workload leaves: threads and processes of its own lack them then.

Those that call tell for how long they were queued. Threads and processes that the workload starts itself
often end within a call, and nobody is left to tell. But where CPUs never stand idle, though the workload
leaves some of their time, other programs take it, and who is woken up has to wait for its turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..window_result import Window

STAT = Path("/proc/stat")
"""Where Linux tells for how many ticks each CPU ran what."""

LEAST_SECONDS = 0.5
"""Ticks are of some 10 ms: less time tells too little."""

NEVER_IDLE_FROM = 0.95
"""CPUs that ran something for this share of their time hardly stood idle."""

TAKEN_FROM = 0.1
"""Other programs take something where it is more than this share of the CPUs' time."""

_IDLE, _WAITING_FOR_DISK, _ALL = 3, 4, 8  # fields of a CPU's line, proc_stat(5), without those of guests


class Crowding:
    """Watches CPUs from its making on, while windows are measured."""

    def __init__(self, cpus: Collection[int], stat: Path = STAT) -> None:
        self._names = {f"cpu{cpu}" for cpu in cpus}
        self._stat = stat
        self._used = self._seconds = 0.0
        self._matters = False
        self._start, self._before = perf_counter(), self._ticks()

    def is_seen(self, windows: Iterable[Window], cpus: int) -> bool | None:
        """Tell, once some more windows were measured, whether others took what all left of so many CPUs.

        None where it is too early to tell. It is not looked for until a window has own work.
        """
        for window in windows:
            self._used += window.seconds * window.rate * window.cpu_seconds_per_call
            self._seconds += window.seconds
            self._matters = self._matters or window.has_own_work
        if not self._matters or self._before is None:
            return False
        if perf_counter() - self._start < LEAST_SECONDS:
            return None
        now = self._ticks() or self._before
        idle, ticks = (after - before for before, after in zip(self._before, now, strict=True))
        if ticks <= 0:
            return False  # a sandbox whose clocks stand still
        busy = 1.0 - idle / ticks
        return busy > NEVER_IDLE_FROM and busy - self._used / self._seconds / cpus > TAKEN_FROM

    def _ticks(self) -> tuple[int, int] | None:
        """Return for how many ticks the CPUs have stood idle, and been there; None where it is not told."""
        try:
            lines = [line.split() for line in self._stat.read_text().splitlines()]
        except OSError:
            return None
        told = [[int(ticks) for ticks in line[1 : 1 + _ALL]] for line in lines if {*line[:1]} & self._names]
        if len(told) < len(self._names):
            return None
        return sum(one[_IDLE] + one[_WAITING_FOR_DISK] for one in told), sum(map(sum, told))
