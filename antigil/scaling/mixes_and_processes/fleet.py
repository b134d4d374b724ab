"""Fresh processes of one thread each, which run windows side by side when they are told to.

They are started once and stand idle, blocked in a read, while threads are measured. For a window each
makes its warm-up call and says so; then all begin. They tell each other by memory that they share when
they have begun and when they have passed the end (`.worker`), as threads do in a window of theirs, so
that nothing stands inside the timed stretch. The clock is that of the system, the same for all.

A process of the fleet ends when it is told to, or with the process that started it, whatever ends that: its
input ends then. While processes live that the workload has forked meanwhile, it does not.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ..own_work.meter import OwnWork, most_seen
from ..own_work.processes import PROCESSES_BESIDE, end_apart
from ..process import BOOTSTRAP, death, python_command
from ..rounds import RANDOM, MeasureWindow
from ..stops import pass_on_stop
from ..threads import Usage
from ..window import summarize
from ..window_result import Track, Window
from ..workload import MeasurementError, rebuilt

PACKAGE = Path(__file__).parents[1]
NAME = "_antigil_scaling"

CELLS = 4
"""Numbers that each process shares with the others: when it began, settled, and passed the end."""

END = "end"
"""The order to run the tear-down and end."""

SILENCE_SECONDS = 1.0
"""Where nobody says anything for so long, one may have ended."""

END_SECONDS = 10.0
"""Time for a process to run its tear-down and end, before it is ended."""


class _Member:
    """One process of the fleet, as seen by the one that started it."""

    def __init__(self, place: int, folder: Path, asked: Mapping[str, Any]) -> None:
        folder.mkdir()
        request, self._response, signs = (folder / name for name in ("request", "response", "signs"))
        request.write_text(json.dumps({**asked, "place": place}))
        command = [
            *python_command(None),
            "-c",
            BOOTSTRAP,
            NAME,
            str(PACKAGE),
            f"{NAME}.mixes_and_processes.worker",
        ]
        self._process = subprocess.Popen(
            [*command, *map(str, (request, self._response, signs))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        PROCESSES_BESIDE.add(self._process.pid)

    def listen(self, place: int, lines: SimpleQueue[tuple[int, str]]) -> None:
        """Pass on what it says, at last that it says no more."""
        stream = self._process.stdout
        if stream is not None:
            for line in stream:
                lines.put((place, line))
        lines.put((place, ""))

    def tell(self, order: Any) -> None:
        """Send it an order; where it has ended, that is seen when its answer is waited for."""
        stream = self._process.stdin
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.write(json.dumps(order) + "\n")
                stream.flush()

    def failure(self) -> BaseException:
        """Return why it ended by itself."""
        status = self._process.wait()
        error = json.loads(self._response.read_text()).get("error") if self._response.exists() else None
        return death(status, "", 0.0) if error is None else rebuilt(error)

    def has_ended(self) -> bool:
        """Tell whether it has, for whatever reason."""
        return self._process.poll() is not None

    def wait(self, seconds: float) -> None:
        """Wait for it to end; raise what its tear-down raised."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise MeasurementError(f"the tear-down did not end within {seconds:g} s") from error
        if not self._response.exists() or "error" in json.loads(self._response.read_text()):
            raise self.failure()

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        if not self.has_ended():
            end_apart(self._process.pid)
        self._process.kill()
        self._process.wait()
        PROCESSES_BESIDE.discard(self._process.pid)


@contextlib.contextmanager
def fleet(asked: Mapping[str, Any], size: int) -> Iterator[MeasureWindow]:
    """Start so many processes and give what measures windows in them; they end with it.

    Raises
    ------
    Exception
        What the workload raised in one of them.
    WorkloadTimeout, MeasurementError
        One of them hangs, or died.
    """
    lines: SimpleQueue[tuple[int, str]] = SimpleQueue()
    members: list[_Member] = []
    with tempfile.TemporaryDirectory(prefix="antigil-") as directory:
        board = Path(directory, "board")
        board.write_bytes(bytes(8 * CELLS * size))
        try:
            for place in range(size):
                given = {**asked, "board": str(board)}
                members.append(_Member(place, Path(directory, str(place)), given))
                threading.Thread(target=members[-1].listen, args=(place, lines), daemon=True).start()
            running = _Fleet(members, lines, board, asked["plan"]["time_limit"])
            running.answers(range(size))
            yield running
            for member in members:
                member.tell(END)
            for member in members:
                member.wait(END_SECONDS)
        finally:
            for member in members:
                member.kill()


class _Fleet:
    def __init__(
        self, members: list[_Member], lines: SimpleQueue[tuple[int, str]], board: Path, time_limit: float
    ) -> None:
        self._members, self._lines, self._board, self._time_limit = members, lines, board, time_limit

    def answers(self, places: Sequence[int]) -> list[Any]:
        """Return what these say next, in their order."""
        said: dict[int, Any] = {}
        while len(said) < len(places):
            place, line = self._next_line()
            if not line:
                raise self._members[place].failure()
            said[place] = json.loads(line)
        return [said[place] for place in places]

    def _next_line(self) -> tuple[int, str]:
        """Return what one says next, nothing where it has ended: what it has forked may keep its pipe."""
        while True:
            try:
                return self._lines.get(timeout=SILENCE_SECONDS)
            except Empty:
                for place, member in enumerate(self._members):
                    if member.has_ended():
                        return place, ""

    def __call__(
        self,
        threads: int,
        seconds: float,
        *,
        calls_per_mark: int = 1,
        cpus: Sequence[int] | None = None,
        call_seconds: float | None = None,
    ) -> Window:
        """Measure a window in so many processes, every one of them in its turn."""
        shift = RANDOM.randrange(len(self._members))
        places = [(shift + i) % len(self._members) for i in range(threads)]
        with self._board.open("r+b") as file:
            file.write(bytes(os.path.getsize(self._board)))
        order = {
            "places": places,
            "seconds": seconds,
            "calls_per_mark": calls_per_mark,
            "cpus": None if cpus is None else list(cpus),
            "call_seconds": call_seconds,
            "time_limit": self._time_limit,
        }
        for said in (order, "go"):
            for place in places:
                self._members[place].tell(said)
            found = self.answers(places)
        if any(one["stopped"] for one in found):
            pass_on_stop()
        moments = "marks", "settled", "passed", "since", "gave_up"
        tracks = [Track(used=Usage(**one["used"]), **{key: one[key] for key in moments}) for one in found]
        window = summarize(tracks, seconds, calls_per_mark, call_seconds)
        calls = sum(len(track.marks) - 1 for track in tracks) * calls_per_mark
        parts = [OwnWork(**one["own"]) for one in found]
        return replace(window, **most_seen(parts).per_call(calls))
