"""What was measured besides: mixes of two statements, and processes beside threads, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from antigil.scaling import (
    DISTURBED_QUEUE_SHARE,
    WIDEST,
    Estimate,
    Measurement,
    MixPoint,
    Point,
    bounds,
    counts_served,
    judged,
    least_side_by_side,
    send_to_sleep,
    to_win,
)

from ..quantities import count_word, figure, share_percent, span

WORTH_TELLING = 0.05
"""Of what processes reach: a smaller difference is none."""


def mix_and_process_sentences(measurement: Measurement) -> Iterator[str]:
    """Yield a sentence on each thing that was measured besides."""
    if measurement.mix is not None:
        yield _on_mix(measurement, _telling(measurement.mix.points, measurement.host.ideal))
    if measurement.processes is not None:
        yield _on_processes(measurement, _telling(measurement.processes.points, measurement.host.ideal))


P = TypeVar("P", MixPoint, Point)


def _telling(points: Sequence[P], ideal: int) -> P:
    """Return the point with the most threads that the CPUs serve, else the one with the fewest beyond."""
    most = counts_served((point.threads for point in points), ideal)[-1]
    return next(point for point in points if point.threads == most)


def _on_mix(measurement: Measurement, point: MixPoint) -> str:
    readers = point.threads - 1
    ends, writer_ends = (
        _ends(measurement, estimate, most, point)
        for estimate, most in ((point.readers, readers), (point.writer, 1))
    )
    if ends[1] - ends[0] > WIDEST * readers or writer_ends[1] - writer_ends[0] > WIDEST:
        name = "one reader" if readers == 1 else f"{count_word(readers).lower()} readers"
        told = f"{name} {figure(*ends)} times what one does alone"
        writer = f"the writer {figure(*writer_ends)} times what it does"
        return f"What a mix gets done is too uncertain to tell: {told}, {writer}."
    if readers == 1:
        told = f"One reader gets {_share(point.readers, *ends)} of what it gets alone"
    else:
        times = figure(*ends, point.readers.median)
        told = f"{count_word(readers)} readers get {times} times as much done as one alone"
    return f"{told}; the writer gets {_share(point.writer, *writer_ends)} of what it gets alone."


def _ends(
    measurement: Measurement, estimate: Estimate, most: float, point: MixPoint | Point
) -> tuple[float, float]:
    """Return where a speedup lies, by what the samples tell and what other programs leave open."""
    (low, high), allowed = bounds(measurement, estimate), measurement.host.cpus_allowed
    if point.threads > allowed:
        return low, high
    if point.crowded:
        return 0.0, most
    if measurement.disturbed and isinstance(point, MixPoint):
        on_cpu = 1.0 - point.waiting - point.queued
        if send_to_sleep(point.sleeps, point.sleeps_alone, point.waiting, on_cpu, measurement.host):
            return 0.0, high
    queued = point.queued if isinstance(point, MixPoint) else point.queued_by_others
    if queued <= DISTURBED_QUEUE_SHARE:
        return low, high
    return least_side_by_side(low, most, point.threads, queued), high


def _share(estimate: Estimate, low: float, high: float) -> str:
    return share_percent(estimate.median) if high - low <= 0.1 else span(low, high, share_percent)


def _on_processes(measurement: Measurement, point: Point) -> str:
    n, won = point.threads, to_win(measurement, point.threads)
    if won is None:
        return ""
    most, reached = min(n, measurement.host.ideal), point.speedup.median
    threads = measurement.point(n).speedup
    both = (
        f"Processes reach {figure(*_ends(measurement, point.speedup, n, point), reached)} on this machine, "
        f"threads {figure(*bounds(measurement, threads), threads.median)}"
    )
    least, greatest = _to_win_ends(measurement, point, won)
    small = WORTH_TELLING * reached
    rest = "" if reached >= most * (1.0 - WORTH_TELLING) else ", the rest is the hardware's"
    if greatest < -small:
        return f"{both}: threads get more done."
    is_wide = greatest - least > WIDEST * max(2.0, reached)
    if (is_wide and least <= small) or (least < 0.0 and greatest > 2.0 * small):
        ends = figure(max(least, -most), min(greatest, most))
        return f"{both}: what is yours to win cannot be told ({ends})."
    if won.median < small or least < 0.0:
        return f"{both}: hardly anything is yours to win{rest}."
    return f"{both}: {figure(least, min(greatest, most), won.median)} is yours to win{rest}."


def _to_win_ends(measurement: Measurement, point: Point, won: Estimate) -> tuple[float, float]:
    """Return where the difference lies: what is left open of the two beyond their samples is open of it."""
    n, found = point.threads, judged(measurement)
    threads = measurement.point(n).speedup
    ends = _ends(measurement, point.speedup, n, point)
    of_threads = bounds(measurement, threads)
    if found is not None and found.threads == n:
        of_threads = found.low, max(found.high, threads.bounds[1])
    (low, high), (seen_low, seen_high) = point.speedup.bounds, threads.bounds
    least = won.bounds[0] - (low - ends[0]) - (of_threads[1] - seen_high)
    return least, won.bounds[1] + (ends[1] - high) + max(0.0, seen_low - of_threads[0])
