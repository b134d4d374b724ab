"""What was measured besides: mixes of two statements, and processes beside threads, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from antigil.scaling import (
    Estimate,
    Measurement,
    MixPoint,
    Point,
    counts_served,
    judged,
    least_side_by_side,
    send_to_sleep,
    to_win,
)

from ..quantities import count_word, figure, share_percent, span

WIDEST = 0.25
"""An interval wider than this, of what could be, decides nothing."""

WORTH_TELLING = 0.05
"""Of what could be: a smaller difference is none."""


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
        told = f"{name} {_range(*ends)} times what one does alone"
        writer = f"the writer {_range(*writer_ends)} times what it does"
        return f"What a mix gets done is too uncertain to tell: {told}, {writer}."
    if readers == 1:
        told = f"One reader gets {_share(point.readers, *ends)} of what it gets alone"
    else:
        times = figure(point.readers.median, ends[1] - ends[0])
        told = f"{count_word(readers)} readers get {times} times as much done as one alone"
    return f"{told}; the writer gets {_share(point.writer, *writer_ends)} of what it gets alone."


def _ends(
    measurement: Measurement, estimate: Estimate, most: float, point: MixPoint | Point
) -> tuple[float, float]:
    """Return where a speedup lies, by what the samples tell and what other programs leave open."""
    (low, high), allowed = estimate.bounds, measurement.host.cpus_allowed
    if point.threads > allowed:
        return low, high
    if point.crowded:
        return 0.0, most
    if measurement.disturbed and isinstance(point, MixPoint):
        on_cpu = 1.0 - point.waiting - point.queued
        if send_to_sleep(point.sleeps, point.sleeps_alone, point.waiting, on_cpu, measurement.host):
            return 0.0, high
    queued = point.queued if isinstance(point, MixPoint) else point.queued_by_others
    return least_side_by_side(low, most, point.threads, queued), high


def _share(estimate: Estimate, low: float, high: float) -> str:
    return share_percent(estimate.median) if high - low <= 0.1 else span(low, high, share_percent)


def _figure(estimate: Estimate, low: float, high: float, most: float) -> str:
    if high - low > WIDEST * most:
        return _range(low, high)
    return figure(estimate.median, high - low)


def _on_processes(measurement: Measurement, point: Point) -> str:
    n, won = point.threads, to_win(measurement, point.threads)
    if won is None:
        return ""
    most, threads = min(n, measurement.host.ideal), measurement.point(n).speedup
    reached = _figure(point.speedup, *_ends(measurement, point.speedup, n, point), n)
    both = (
        f"Processes reach {reached} on this machine, "
        f"threads {figure(threads.median, threads.bounds[1] - threads.bounds[0])}"
    )
    least, greatest = _to_win_ends(measurement, point, won)
    small = WORTH_TELLING * most
    rest = "" if point.speedup.median >= most - small else ", the rest is the hardware's"
    if greatest < -small:
        return f"{both}: threads get more done."
    is_wide = greatest - least > WIDEST * most
    if is_wide and least > small:
        return f"{both}: {_range(least, min(greatest, most))} is yours to win{rest}."
    if is_wide or (least < 0.0 and greatest > 2.0 * small):
        ends = _range(max(least, -most), min(greatest, most))
        return f"{both}: what is yours to win cannot be told ({ends})."
    if won.median < small or least < 0.0:
        return f"{both}: hardly anything is yours to win{rest}."
    return f"{both}: {figure(won.median, greatest - least)} is yours to win{rest}."


def _range(low: float, high: float) -> str:
    return span(low, high, lambda value: figure(value, high - low))


def _to_win_ends(measurement: Measurement, point: Point, won: Estimate) -> tuple[float, float]:
    """Return where the difference lies: what other programs leave open of the two is open of it."""
    n, found = point.threads, judged(measurement)
    least = won.bounds[0] - (point.speedup.bounds[0] - _ends(measurement, point.speedup, n, point)[0])
    if found is None or found.threads != n:
        return least, won.bounds[1]
    return least, won.bounds[1] + max(0.0, measurement.point(n).speedup.bounds[0] - found.low)
