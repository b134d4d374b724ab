"""The process that a workload is sampled in: rounds as `antigil measure` makes them, with the sampler.

What it answers holds places in files and not names: looking names up is left to the parent.
"""

from __future__ import annotations

import signal
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec, spec_from_loader
from itertools import chain
from random import Random
from typing import Any, cast

# Relative, also to other rooms: this process loads the package by path, under another name.
from ..scaling import (
    THREADS_BESIDE,
    Clocks,
    Host,
    MakeRun,
    MeasurementError,
    Round,
    ThreadMeter,
    Usage,
    answer_request,
    measure_rounds,
    plan_of,
    sample_of,
)
from .entry_points import entry_points
from .records import ASLEEP, QUEUED, Code, RawSample, read_records
from .unwind import AddressSpace, Place, architecture

QUEUED_SECONDS = 2e-4
"""A thread that stood in the run queue for longer than this when it was interrupted was not running."""

ARENA_BYTES = 1 << 30
"""Of address space; memory is taken as it is used, some 5 kB for each sample."""

FILES = 4
"""So many the sampler has open for each thread, at most."""

SAMPLER = f"{__package__}._sampler"

NO_ROOM = "this process may not take the memory that samples need (ulimit -v)"

ENDED = {
    "signal": "the workload took over the signal that antigil samples with, {signal}: "
    "choose another one with --signal",
    "memory": "the samples need too much memory: spend a smaller budget",
}


def serve(request: str, response: str, signs: str) -> None:
    """Sample what the request file asks for, and write the response file."""
    answer_request(request, response, signs, _sampled)


@dataclass
class _Window:
    """When each of its threads read its clocks; whether the process was stopped.

    They have read them twice in any case, the last time at the end. Of one thread the window opens with its
    first read. Of several it may open with that, or when all have settled, which is not told here: so of them
    counts what lies after the last but one.
    """

    reads: list[list[float]] = field(default_factory=list)
    was_stopped: bool = False

    @property
    def opened(self) -> list[float]:
        return [times[0 if len(self.reads) == 1 else max(0, len(times) - 2)] for times in self.reads]

    @property
    def closed(self) -> list[float]:
        return [times[-1] for times in self.reads]


class _Windows:
    """The windows up to now; before them comes the one in which calls are timed."""

    def __init__(self) -> None:
        self._all: list[_Window] = []

    def next(self) -> None:
        self._all.append(_Window())

    def clocks(self) -> Clocks:
        return Clocks(meter=lambda: _Meter(self._all[-1]))

    def stretches(self, rounds: Sequence[Round]) -> Iterator[tuple[float, float, int]]:
        """Yield start, end and thread count of the windows of as many rounds, the last without a stop."""
        size = len(rounds[0].windows)
        tries = [self._all[i : i + size] for i in range(1, len(self._all), size)]
        whole = [one for one in tries if not any(window.was_stopped for window in one)]
        for window in chain.from_iterable(whole[-len(rounds) :]):
            yield max(window.opened), min(window.closed), len(window.reads)


class _Meter(ThreadMeter):
    def __init__(self, window: _Window) -> None:
        self._window = window
        self._times: list[float] = []

    def read(self) -> Usage:
        usage = super().read()
        self._times.append(time.perf_counter())
        if len(self._times) == 1:
            self._window.reads.append(self._times)
        return usage

    def __exit__(self, *exc_info: object) -> None:
        super().__exit__(*exc_info)
        # It stays pending until the round is over, which then is measured anew: see `scaling.stops`.
        if signal.SIGCONT in signal.sigpending():  # not `|=`, which may undo what another thread has just set
            self._window.was_stopped = True


def _sampled(make_run: MakeRun, asked: dict[str, Any], alive: Callable[[], None]) -> dict[str, Any]:
    sampler = _loaded(asked["sampler"])
    windows = _Windows()

    def sampled_run(thread: int, threads: int) -> Callable[[int], object]:
        _enrol(sampler, threads)
        return make_run(thread, threads)

    def before_window() -> None:
        windows.next()
        alive()

    plan = plan_of(asked)
    _allow_files(max(plan.thread_counts))
    _start(sampler, asked, Random().getrandbits(63))
    try:
        rounds = measure_rounds(sampled_run, plan, windows.clocks(), before_window)
    finally:
        THREADS_BESIDE.clear()
        ended = sampler.stop()
    if ended:
        raise MeasurementError(ENDED[ended].format(signal=asked["signal_name"]))
    alive()
    codes: dict[int, Code] = {}
    try:
        samples = list(read_records(sampler.drain(), sampler.REGISTERS, codes))
    except MemoryError as error:
        raise MeasurementError(ENDED["memory"]) from error
    space = AddressSpace(architecture())
    stacks = _Stacks(space, codes, tells_waiting=asked["wakes"] > 0.0)
    for threads, sample in _within(samples, list(windows.stretches(rounds))):
        stacks.add(threads, sample)
    return {
        "sample": asdict(sample_of(rounds)),
        "host": asdict(Host.here()),
        "interpreter": space.interpreter_file(),
        "faults": space.faults(),
        "most_frames": sampler.MOST_FRAMES,
        "entry_points": entry_points(sampler.entry_points, space, stacks.functions()),
        **stacks.to_json(),
    }


def _loaded(file: str | None) -> Any:
    """Return the sampler: the one that lies beside this module, or a file that was built for this Python."""
    if file is None:
        return import_module(SAMPLER)
    loader = ExtensionFileLoader(SAMPLER, file)
    module = module_from_spec(cast(ModuleSpec, spec_from_loader(SAMPLER, loader)))
    loader.exec_module(module)
    return module


def _start(sampler: Any, asked: dict[str, Any], seed: int) -> None:
    try:
        helper = sampler.start(asked["signal"], asked["mean_seconds"], seed, asked["wakes"], ARENA_BYTES)
    except MemoryError as error:
        raise MeasurementError(f"threads cannot be sampled: {NO_ROOM}") from error
    except BlockingIOError as error:
        raise MeasurementError(f"threads cannot be sampled: {error.strerror}") from error
    except OSError as error:
        name = asked["signal_name"]
        raise MeasurementError(
            f"the workload's set-up handles the signal that antigil samples with, {name}: "
            "choose another one with --signal"
            if error.errno == 16  # EBUSY
            else f"threads cannot be sampled: {error.strerror}"
        ) from error
    THREADS_BESIDE.add(helper)


def _allow_files(threads: int) -> None:
    """Let this process open the files that so many threads need, as far as the system lets it."""
    import resource  # Windows has none, and imports this module

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + FILES * threads
    if soft != resource.RLIM_INFINITY:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _enrol(sampler: Any, threads: int) -> None:
    """Let the calling thread be sampled, one of so many."""
    try:
        sampler.enrol()
    except (OSError, MemoryError) as error:
        reason = error.strerror if isinstance(error, OSError) else NO_ROOM
        told = f"{threads} threads cannot be sampled: {reason}; name fewer with -t"
        raise MeasurementError(told) from error


def _within(
    samples: Iterable[RawSample], stretches: list[tuple[float, float, int]]
) -> Iterator[tuple[int, RawSample]]:
    """Yield the samples that fall into a window, with its thread count."""
    starts = [start for start, _, _ in stretches]
    for sample in samples:
        i = bisect_right(starts, sample.sent) - 1
        if i >= 0 and sample.sent < stretches[i][1]:
            yield stretches[i][2], sample


def state_of(sample: RawSample, innermost_is_call: bool) -> str:
    """Return what a thread did: 'running', 'waiting' or 'queued'.

    The kernel's word that it sleeps is a little old when the signal comes, and the other way round; so it
    has to agree with where the thread stands. In a long system call it may be in the run queue now and then.
    """
    if sample.kind == QUEUED:
        return "queued"
    if sample.kind == ASLEEP or sample.in_system_call or (sample.asleep and innermost_is_call):
        return "waiting"
    least = max(QUEUED_SECONDS, (sample.taken - sample.sent) / 2)
    return "queued" if sample.queued > least else "running"


class _Stacks:
    """Counts samples by thread count, state, whether attached, and stack."""

    def __init__(self, space: AddressSpace, codes: dict[int, Code], *, tells_waiting: bool) -> None:
        self._space, self._codes, self._tells_waiting = space, codes, tells_waiting
        self._counts: Counter[tuple[int, str, bool, tuple[int, ...], tuple[int, ...]]] = Counter()
        self._places: dict[Place, int] = {}
        self._frames: dict[tuple[str, str, int, bool], int] = {}

    def add(self, threads: int, sample: RawSample) -> None:
        places = self._space.unwind(sample)
        state = state_of(sample, bool(places) and self._space.is_after_call(sample))
        native = tuple(self._places.setdefault(place, len(self._places)) for place in places)
        python = self._python(sample)
        # Where it fell asleep just before the signal came: a few such samples tell nothing.
        shown = () if state == "waiting" and not self._tells_waiting else native
        self._counts[threads, state, sample.attached, shown, python] += 1
        for again, times in (("running", sample.ran), ("waiting", sample.slept)):
            if times:
                self._counts[threads, again, sample.attached, native, python] += times

    def _python(self, sample: RawSample) -> tuple[int, ...]:
        found = []
        for frame in sample.frames:
            code = self._codes.get(frame.code)
            if code is not None:
                key = (code.file, code.name, code.line(frame.offset), frame.is_entry)
                found.append(self._frames.setdefault(key, len(self._frames)))
        return tuple(found)

    def functions(self) -> set[tuple[str, int]]:
        """Return the functions that were seen, as file and start."""
        return {(place.file, place.start) for place in self._places if place.start >= 0}

    def to_json(self) -> dict[str, Any]:
        return {
            "places": list(self._places),
            "frames": list(self._frames),
            "stacks": [[*key, count] for key, count in self._counts.items()],
        }
