"""Mixes: threads that do different things at the same time.

Of n threads the last one runs the statement that stands beside, the *writer*; the others run the
workload's own, the *readers*. All share the set-up. In each round the writer is measured alone, too;
one reader alone is the round's baseline. Of either kind, what its threads get done is told as

    share of alone = sum of rates / rate of one alone x [1 - lost(1)] / [1 - lost(n)]

with time in the run queue given back as for threads that do the same (`..rounds`): a thread loses the
time for which it is queued itself, and of the time for which it waits for others the share for which these
were queued, of all the time for which they did not wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

from ..measurement import Estimate
from ..own_work.first_calls import time_calls
from ..rounds import MeasureWindow, Round
from ..sample import select
from ..window import mark_seconds, run_window
from ..window_result import ThreadPart, Window
from ..workload import MakeRun, Run

MIX_KIND = "mix"
"""What a round calls these windows; with one thread, it is the writer's."""


@dataclass(frozen=True)
class MixSample:
    """One sample of a mix of so many threads; the terms are those of :class:`MixPoint`."""

    readers: float
    writer: float
    raw_readers: float
    raw_writer: float
    readers_rate: float
    writer_rate: float
    readers_waiting: float
    writer_waiting: float
    queued: float
    writer_alone: float
    sleeps: float | None = None
    sleeps_alone: float | None = None
    crowded: bool = False


@dataclass(frozen=True)
class MixPoint:
    """What was found of a mix of n threads.

    Attributes
    ----------
    threads
        n: one writer, and n - 1 readers.
    readers, writer
        What all readers, and the writer, get done of what one of the kind gets done alone; what other
        programs took is given back while there are CPUs enough.
    raw_readers, raw_writer
        The same as it is.
    readers_rate, writer_rate
        Calls per second, of all readers and of the writer.
    readers_waiting, writer_waiting
        Shares of their wall time, 0 to 1.
    queued
        Share of all threads' wall time, 0 to 1.
    sleeps, sleeps_alone
        How often the threads of the mix, and one alone, went to sleep per second of CPU time; None where
        the system does not tell.
    crowded
        Whether other programs kept threads or processes of its own off the CPUs.
    """

    threads: int
    readers: Estimate
    writer: Estimate
    raw_readers: Estimate
    raw_writer: Estimate
    readers_rate: float
    writer_rate: float
    readers_waiting: float
    writer_waiting: float
    queued: float
    sleeps: float | None = None
    sleeps_alone: float | None = None
    crowded: bool = False

    @property
    def waiting(self) -> float:
        """Share of all threads' wall time spent waiting."""
        return (self.readers_waiting * (self.threads - 1) + self.writer_waiting) / self.threads


@dataclass(frozen=True)
class Mix:
    """What was found of mixes of the workload's statement with the one beside it.

    Attributes
    ----------
    writer_rate
        Calls per second of the writer alone.
    points
        By ascending thread count.
    samples
        What the points were computed from: by thread count, for each process.
    """

    writer_rate: float
    points: tuple[MixPoint, ...]
    samples: tuple[Mapping[int, MixSample], ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers; `mix_from_json` makes a mix of them."""
        return {
            "writer_rate": self.writer_rate,
            "samples": [{str(n): vars(one) for n, one in sample.items()} for sample in self.samples],
            "points": [{name: _plain(value) for name, value in vars(point).items()} for point in self.points],
        }


_ESTIMATES = ("readers", "writer", "raw_readers", "raw_writer")
_MEDIANS = ("readers_rate", "writer_rate", "readers_waiting", "writer_waiting", "queued")
_TOLD = ("sleeps", "sleeps_alone")


def _plain(value: Estimate | float) -> Any:
    return value.to_json() if isinstance(value, Estimate) else value


def mix_of(samples: Sequence[Mapping[int, MixSample]]) -> Mix:
    """Combine the samples of processes."""
    points = []
    for n in sorted(samples[0]):
        at = [sample[n] for sample in samples]
        known: dict[str, Any] = {name: median(getattr(one, name) for one in at) for name in _MEDIANS}
        known |= {name: _median_told([getattr(one, name) for one in at]) for name in _TOLD}
        known |= {name: Estimate.of([getattr(one, name) for one in at]) for name in _ESTIMATES}
        points.append(MixPoint(threads=n, crowded=any(one.crowded for one in at), **known))
    alone = median(one.writer_alone for sample in samples for one in sample.values())
    return Mix(alone, tuple(points), tuple(samples))


def _median_told(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return median(told) if told else None


def mix_from_json(form: Mapping[str, Any]) -> Mix:
    """Return the mix whose JSON form it is."""
    samples = tuple(samples_from_json(sample) for sample in form["samples"])
    points = []
    for point in form["points"]:
        known = {name: Estimate.from_json(point[name]) for name in _ESTIMATES}
        points.append(MixPoint(**{**point, **known}))
    return Mix(form["writer_rate"], tuple(points), samples)


def samples_from_json(form: Mapping[str, Any]) -> dict[int, MixSample]:
    """Return what one process found, by thread count."""
    return {int(n): MixSample(**one) for n, one in form.items()}


def mix_windows(
    readers: MakeRun, writer: MakeRun, counts: Sequence[int], time_limit: float
) -> tuple[dict[tuple[str, int], MeasureWindow], float]:
    """Return what measures windows of a mix, and how long a call of the writer takes, in seconds."""
    seconds, _ = time_calls(writer, partial(run_window, writer, time_limit=time_limit), time_limit)
    window = partial(_window, readers, writer, seconds, time_limit)
    return {(MIX_KIND, n): window for n in (1, *(n for n in counts if n > 1))}, seconds


def _window(
    readers: MakeRun,
    writer: MakeRun,
    writer_seconds: float,
    time_limit: float,
    threads: int,
    seconds: float,
    *,
    calls_per_mark: int = 1,
    cpus: Sequence[int] | None = None,
    call_seconds: float | None = None,
) -> Window:
    """Measure a window of a mix; its parts tell the calls of each kind per second."""
    batches = [calls_per_mark] * (threads - 1) + [max(1, round(mark_seconds(threads) / writer_seconds))]

    def make_run(thread: int, of: int) -> Run:
        run, calls = (writer if thread == of - 1 else readers)(thread, of), batches[thread]
        return lambda times: run(times * calls)

    found = run_window(
        make_run, threads, seconds, cpus=cpus, time_limit=time_limit, call_seconds=call_seconds
    )
    parts = zip(found.parts, batches, strict=True)
    return replace(found, parts=tuple(replace(part, rate=part.rate * calls) for part, calls in parts))


def mix_samples(rounds: Sequence[Round]) -> dict[int, MixSample]:
    """Reduce the rounds of one process to the medians of its mixes, by thread count."""
    used, disturbed = select(rounds)
    counts = sorted(n for kind, n in used[0].others if kind == MIX_KIND and n > 1)
    return {n: _sample(used, n, disturbed) for n in counts}


def _sample(rounds: Sequence[Round], n: int, disturbed: bool) -> MixSample:
    found = [_of_round(one, n, disturbed) for one in rounds]
    alone = [one for each in rounds for one in (each.windows[1].sleeps, each.others[MIX_KIND, 1].sleeps)]
    return replace(
        MixSample(*(median(values) for values in zip(*found, strict=True))),
        sleeps=_median_told([one.others[MIX_KIND, n].sleeps for one in rounds]),
        sleeps_alone=max((one for one in alone if one is not None), default=None),
        crowded=any(one.crowded and one.others[MIX_KIND, n].has_own_work for one in rounds),
    )


def _of_round(one: Round, n: int, disturbed: bool) -> tuple[float, ...]:
    """Return the fields of `MixSample` for one round."""
    mixed, cpus = one.others[MIX_KIND, n], one.cpus_allowed
    windows_alone = one.windows[1], one.others[MIX_KIND, 1]
    (reader_alone,), (writer_alone,) = (window.parts for window in windows_alone)
    *readers, writer = mixed.parts
    served, by_others = n <= cpus, mixed.by_others(cpus)
    threads = [*((reader, reader_alone) for reader in readers), (writer, writer_alone)]
    gains = []
    for parts, window in zip((readers, [writer]), windows_alone, strict=True):
        (alone,) = window.parts
        raw = sum(part.rate for part in parts) / alone.rate
        kept = _kept(alone, alone, (), window.by_others(cpus))
        free = sum(part.rate * kept / _kept(part, alone, threads, by_others) for part in parts)
        # Queueing that is given back cannot make n threads more than n times as fast.
        most = len(parts) if disturbed else max(len(parts), raw)
        gains.append((min(free / alone.rate if served else raw, most), raw))
    return (
        gains[0][0],
        gains[1][0],
        gains[0][1],
        gains[1][1],
        sum(part.rate for part in readers),
        writer.rate,
        sum(part.waiting for part in readers) / len(readers),
        writer.waiting,
        mixed.queued or 0.0,
        writer_alone.rate,
    )


def _kept(
    part: ThreadPart, alone: ThreadPart, threads: Sequence[tuple[ThreadPart, ThreadPart]], by_others: float
) -> float:
    """Return 1 - lost: what queueing, its own and that of the other threads, left a thread of its time.

    ``threads`` are all that run, each with what it does alone; ``by_others`` is `Window.by_others`.
    """
    if part.queued is None:
        return 1.0
    others = [pair for pair in threads if pair[0] is not part]
    queued = sum(other.queued or 0.0 for other, _ in others)
    waited_for = sum(1.0 - _waits_for_others(*pair) for pair in others)
    lost = part.queued + (_waits_for_others(part, alone) * queued / waited_for if queued else 0.0)
    return max(1.0 - lost * by_others, part.on_cpu, 1e-9)


def _waits_for_others(part: ThreadPart, alone: ThreadPart) -> float:
    """Return for which share of its time a thread waits for others: on its own a call waits as alone."""
    return max(0.0, part.waiting - alone.waiting * part.rate / alone.rate)
