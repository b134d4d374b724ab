"""Which native calls keep the GIL for long, in a program as it is: in this process, in its main thread.

A thread of ours has the interpreter run something of no account in the main thread, again and again. Where
that does not come about for a while, a native call goes on: then our thread asks for the GIL. Where it waits
for that for longer than the limit, the call has kept it. While it waits, and only then, the sampler
interrupts the main thread, which tells what call that is. A wait counts where all samples in it lie in one
call and found the GIL held; time in which one of the two threads was ready and had no CPU, the longer of the
two, is taken off. What is left is shorter than the call by one to two times what our thread sleeps.

The garbage collector keeps the GIL in whatever function allocates next. The interpreter tells when it runs,
and what it takes is told as its own.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from random import Random
from typing import Any, ClassVar

from .child import ARENA_BYTES, SAMPLER
from .entry_points import entry_points
from .records import SAMPLE, Code, RawSample, read_records
from .stacks import NamedStack, named_stacks, up_to_python
from .symbols import PYTHON, Function, Names
from .unwind import AddressSpace, Place, architecture

PAUSE_SHARE = 0.25
"""Of the limit: for so long our thread sleeps at a time, within these bounds; who stops it waits for that."""

LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 1e-3, 0.1

SAMPLES = 4
"""Of each wait, the first half of the limit on average between the first and the last."""

COLLECTOR = Function("garbage collection", PYTHON)
ASKED_TO_COLLECT = "gc.collect"


@dataclass(frozen=True)
class LongHold:
    """One native call that kept the GIL; times in seconds, `start` of the monotonic clock.

    Attributes
    ----------
    function
        The innermost function outside of the interpreter and the C library.
    called_from
        The function by which Python came there, where it is another one, and the line of Python.
    """

    start: float
    seconds: float
    function: Function
    called_from: str


@dataclass(frozen=True)
class _Seen:
    """A wait of our thread's, and where the main thread stood in it."""

    start: float
    seconds: float
    places: tuple[Place, ...]
    frames: tuple[tuple[str, str, int, bool], ...]
    in_collector: bool


class HoldWatch:
    """Watches the main thread, which has to make, start, collect and stop it.

    Parameters
    ----------
    limit
        Seconds for which a call may keep the GIL.

    Attributes
    ----------
    missed
        Why calls may be missing: ``signal`` where the program handled SIGPROF, ``memory`` where it was full.
    """

    #: The sampler describes a code object once in a process: what one watch was told, the next one needs.
    _codes: ClassVar[dict[int, Code]] = {}

    def __init__(self, limit: float) -> None:
        self.missed: set[str] = set()
        self._limit = limit
        self._pause = min(max(LEAST_PAUSE_SECONDS, PAUSE_SHARE * limit), MOST_PAUSE_SECONDS)
        self._sampler: Any = import_module(SAMPLER)
        self._waits: list[tuple[float, float, float]] = []
        self._seen: list[_Seen] = []
        self._collections: list[tuple[float, float]] = []
        self._began = 0.0
        self._stop = threading.Event()
        self._asks = threading.Event()
        self._asker = threading.Thread(target=self._ask, name="antigil: asks for the GIL", daemon=True)

    def start(self) -> None:
        """Begin to watch; OSError where somebody else handles SIGPROF."""
        self._sampler.enrol()
        self._start_sampler()
        gc.callbacks.append(self._on_collection)
        self._asker.start()
        self._asks.wait()  # else it would have no wait to tell of where the GIL is kept from here on

    def _start_sampler(self) -> None:
        seed = Random().getrandbits(63)
        # One that sleeps may hold the GIL, and is interrupted, too: even if it is another thread that does.
        self._sampler.start(signal.SIGPROF, self._limit / (2 * SAMPLES), seed, 1.0, ARENA_BYTES)
        self._sampler.hold_off()

    def _ask(self) -> None:
        with contextlib.ExitStack() as files:
            numbers = threading.main_thread().native_id, threading.get_native_id()
            opened = [_open_schedule(number, files) for number in numbers]
            self._asks.set()
            while not self._stop.is_set():
                asked, granted, queued = self._sampler.ask(self._pause, self._limit / 2, SAMPLES, *opened)
                if granted - asked >= self._limit:
                    self._waits.append((asked, granted, queued))

    def _on_collection(self, phase: str, _info: object) -> None:
        now = self.now()
        if phase == "start":
            self._began = now
        elif now - self._began >= self._limit / 2:
            self._collections.append((self._began, now))

    def _is_in_collector(self, start: float, end: float) -> bool:
        """Tell whether the garbage collector took more than half of a time."""
        parts = (min(end, after) - max(start, before) for before, after in self._collections)
        return sum(part for part in parts if part > 0.0) > (end - start) / 2

    @staticmethod
    def now() -> float:
        """Return seconds of the sampler's clock: tests may replace `time.monotonic`, as freezegun does."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    @property
    def has_seen(self) -> bool:
        """Whether something is to be collected: samples, too, of which none may lie in a long wait."""
        return bool(self._waits) or self._sampler.has_records()

    def collect(self) -> None:
        """Find the places of what was seen up to now: code that is unloaded has none any more."""
        self._find()
        try:
            self._start_sampler()
        except OSError:
            self.missed.add("signal")  # the program handles it now

    def _find(self) -> None:
        if ended := self._sampler.stop():
            self.missed.add(ended)
        records = read_records(self._sampler.drain(), self._sampler.REGISTERS, self._codes)
        samples = [sample for sample in records if sample.kind == SAMPLE]
        waits, self._waits[:] = list(self._waits), []
        space = AddressSpace(architecture()) if waits and samples else None
        for start, end, queued in waits:
            inside = [sample for sample in samples if start <= sample.sent < end]
            if space is not None and end - start - queued >= self._limit and self._is_one_call(inside):
                last = inside[-1]
                seen = _Seen(
                    start,
                    end - start - queued,
                    space.unwind(last),
                    self._frames(last),
                    self._is_in_collector(start, end),
                )
                self._seen.append(seen)
        self._collections.clear()

    def _is_one_call(self, samples: list[RawSample]) -> bool:
        """Tell whether samples found the GIL held, in one call out of the same instruction of Python."""
        # Not by the numbers of the code objects: where two share a place in the sampler's memory, each sample
        # gives them new ones.
        where = {tuple((self._codes.get(f.code), f.offset) for f in one.frames[:1]) for one in samples}
        return len(where) == 1 and all(sample.attached for sample in samples)

    def _frames(self, sample: RawSample) -> tuple[tuple[str, str, int, bool], ...]:
        codes = [(self._codes.get(frame.code), frame) for frame in sample.frames]
        return tuple((c.file, c.name, c.line(f.offset), f.is_entry) for c, f in codes if c is not None)

    def stop(self) -> list[LongHold]:
        """End watching and return what was found, with names."""
        with contextlib.suppress(ValueError):  # the program may have emptied that list
            gc.callbacks.remove(self._on_collection)
        try:
            self._find()
        finally:
            self._stop.set()
            self._sampler.retire()
            self._asker.join()
        return list(self._named()) if self._seen else []

    def _named(self) -> Iterator[LongHold]:
        space = AddressSpace(architecture())
        entries: dict[tuple[str, int], str] = {}
        names = Names(entries, space.interpreter_file())
        # What called the interpreter is not told, and to look it up takes time.
        inner = [tuple(up_to_python(seen.places, names)) for seen in self._seen]
        places = list(dict.fromkeys(place for one in inner for place in one))
        frames = list(dict.fromkeys(frame for seen in self._seen for frame in seen.frames))
        place_at = {place: i for i, place in enumerate(places)}
        frame_at = {frame: i for i, frame in enumerate(frames)}
        starts = {(place.file, place.start) for place in places if place.start >= 0}
        found = entry_points(self._sampler.entry_points, space, starts)
        entries.update({(file, start): name for file, start, name in found})
        stacks = [
            [1, "running", True, [place_at[p] for p in one], [frame_at[f] for f in seen.frames], 1]
            for seen, one in zip(self._seen, inner, strict=True)
        ]
        answer = {"places": places, "frames": frames, "stacks": stacks}
        for seen, stack in zip(self._seen, named_stacks(answer, names), strict=True):
            is_asked_for = stack.function.name == ASKED_TO_COLLECT
            function = COLLECTOR if seen.in_collector and not is_asked_for else stack.function
            yield LongHold(seen.start, seen.seconds, function, _called_from(stack, function))


def _open_schedule(thread: int | None, files: contextlib.ExitStack) -> int:
    """Open what tells for how long a thread has stood ready without a CPU; -1 where that is not told."""
    try:
        file = os.open(f"/proc/self/task/{thread}/schedstat", os.O_RDONLY)
    except OSError:
        return -1
    files.callback(os.close, file)
    return file


def _called_from(stack: NamedStack, function: Function) -> str:
    entry = "" if stack.entry is None else stack.entry.function.entry_point or str(stack.entry.function)
    line = "" if stack.line is None else str(stack.line)
    return " ← ".join(one for one in (entry, line) if one and one != str(function))
