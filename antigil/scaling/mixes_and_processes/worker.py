"""One process of the fleet: it runs its part of windows, as it is told on its standard input."""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from time import perf_counter
from typing import Any, TextIO, cast

from ..host import affinity, pin_thread, unpin_threads
from ..own_work.meter import ids_alive
from ..process import answer_request
from ..stops import was_stopped
from ..threads import SYSTEM_CLOCKS, Threads, Usage
from ..window import call_through
from ..window_result import Track
from ..workload import MakeRun, MeasurementError
from .fleet import CELLS, END


def serve(request: str, response: str, signs: str) -> None:
    """Run windows as often as it is told to; the workload has no part in what is said about them."""
    commands = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)

    def answer(make_run: MakeRun, asked: dict[str, Any], alive: Callable[[], None]) -> dict[str, Any]:
        _obey(commands, answers, make_run, asked, alive)
        return {}

    answer_request(request, response, signs, answer)


def _obey(
    commands: TextIO, answers: TextIO, make_run: MakeRun, asked: dict[str, Any], alive: Callable[[], None]
) -> None:
    place, before, cpus = asked["place"], ids_alive(), affinity()

    def tell(answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    def begin() -> None:
        tell("prepared")
        if not commands.readline():
            raise MeasurementError("the process that measures has gone")

    with open(asked["board"], "r+b") as file:
        cells = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")  # for as long as this process lives
    faulthandler.cancel_dump_traceback_later()  # while it stands idle, no time is too long
    tell("ready")
    for line in iter(commands.readline, ""):
        if (order := json.loads(line)) == END:
            break
        alive()
        if order["cpus"] is None:
            unpin_threads(before, cpus)
        tell(_window(make_run, order, order["places"].index(place), cells, begin))
        faulthandler.cancel_dump_traceback_later()


def _window(
    make_run: MakeRun, order: dict[str, Any], index: int, cells: memoryview[float], begin: Callable[[], None]
) -> dict[str, Any]:
    """Run this process's part of a window, in a thread as threads' windows are."""
    tracks = [SharedTrack(cells, place, is_own=i == index) for i, place in enumerate(order["places"])]
    own = tracks[index]
    group = Threads(1, order["time_limit"])

    def body() -> None:
        if order["cpus"] is not None:
            pin_thread(order["cpus"][index])
        run = make_run(index, len(tracks))
        if order["call_seconds"] is None:
            run(1)
        begin()
        group.gate.wait()
        own.begin()
        seconds, batch = order["seconds"], partial(run, order["calls_per_mark"])
        shared = cast(list[Track], tracks)
        call_through(shared, index, batch, seconds, threading.Event(), SYSTEM_CLOCKS, order["call_seconds"])

    was_stopped()  # while it stood idle
    others = group.run([body])
    return {
        "stopped": was_stopped(),
        "marks": own.marks,
        "settled": own.settled,
        "passed": own.passed,
        "since": own.since,
        "gave_up": own.gave_up,
        "used": asdict(own.used),
        "own": asdict(others),
    }


class SharedTrack:
    """A track whose moments other processes see; of another process's it shows only these."""

    def __init__(self, cells: memoryview[float], place: int, *, is_own: bool) -> None:
        self._cells, self._at = cells, CELLS * place
        self._marks: list[float] | None = [] if is_own else None
        self.used = Usage(0.0, None)
        self.since: float | None = None

    def begin(self) -> None:
        """Tell the others when its calls begin.

        Its first mark comes a moment later, so that no process takes a window in which all settle to end
        before `summarize` does.
        """
        self._cells[self._at] = perf_counter()

    @property
    def marks(self) -> list[float]:
        """Times after each batch of calls; another process's only tell when it began."""
        began = self._cells[self._at]
        return [began] * bool(began) if self._marks is None else self._marks

    @property
    def settled(self) -> float | None:
        """The first mark at which all had started."""
        return self._cells[self._at + 1] or None

    @settled.setter
    def settled(self, moment: float) -> None:
        self._cells[self._at + 1] = moment

    @property
    def passed(self) -> float | None:
        """The first mark beyond the end of the window."""
        return self._cells[self._at + 2] or None

    @passed.setter
    def passed(self, moment: float) -> None:
        self._cells[self._at + 2] = moment

    @property
    def gave_up(self) -> bool:
        """Whether it has lost patience before all had made a call."""
        return bool(self._cells[self._at + 3])

    @gave_up.setter
    def gave_up(self, is_so: bool) -> None:
        self._cells[self._at + 3] = float(is_so)

    def has_passed(self, end: float) -> bool:
        """Tell whether it came to a mark beyond the end."""
        return Track.has_passed(cast(Track, self), end)
