"""A measurement as text (table, bars, law, held share, verdict), and in its JSON form."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from antigil.scaling import (
    Estimate,
    Measurement,
    Mix,
    Point,
    Workload,
    cause,
    gil_verdict,
    judged,
    missing,
    to_win,
    waits,
)

from ..quantities import seconds
from .limits import limits
from .sentence import ceiling, sentence

LEAST_STALL = 1e-6
"""In seconds: the probe's own steps take as long, so that a shorter stall is none."""

BAR_WIDTH = 40
COLUMNS = (
    "threads",
    "calls/s",
    "speedup",
    "99 % interval",
    "raw",
    "efficiency",
    "waiting",
    "queued",
    "inflation",
)
MIX_COLUMNS = (
    "threads",
    "readers: calls/s",
    "of one alone",
    "99 % interval",
    "waiting",
    "writer: calls/s",
    "of alone",
    "99 % interval",
    "waiting",
)
PROCESS_COLUMNS = (
    "processes",
    "calls/s",
    "speedup",
    "99 % interval",
    "inflation",
    "threads",
    "to win",
    "99 % interval",
)
LAW_FORMULAS = {
    "linear": "S(n) = n",
    "amdahl": "S(n) = n / (1 + f (n - 1))",
    "gustafson": "S(n) = n - f (n - 1)",
    "usl": "S(n) = n / (1 + alpha (n - 1) + beta n (n - 1))",
}
LAW_NAMES = {
    "linear": "linear",
    "amdahl": "Amdahl",
    "gustafson": "Gustafson",
    "usl": "Universal Scalability Law",
}


def measurement_to_json(measurement: Measurement, laws: dict[str, Any]) -> dict[str, Any]:
    """Return the documented JSON form of a measurement (docs/measure.md), with the laws that fit it."""
    found = judged(measurement)
    return Measurement.to_json(measurement) | {
        "laws": laws,
        "scaling": measurement.scaling,
        "judged": None if found is None else asdict(found),
        "missing": None if found is None else missing(measurement, found.threads),
        "cause": None if found is None else cause(measurement, found.threads),
        "verdict": gil_verdict(measurement),
        "waits": waits(measurement),
        "sentence": sentence(measurement),
    }


def measurement_lines(measurement: Measurement, laws: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that ``antigil measure`` prints of a measurement and the laws in its JSON form."""
    queue_measured = measurement.host.queue_measured
    yield from measurement_table(
        [point_row(point, queue_measured=queue_measured) for point in measurement.points]
    )
    yield ""
    yield from bars(measurement)
    yield ""
    yield law_line(laws)
    yield held_line(measurement)
    yield from notes(measurement)
    yield from mix_and_process_lines(measurement)
    yield sentence(measurement)


def side_by_side(measurements: Mapping[str, Measurement]) -> Iterator[str]:
    """Yield what ``antigil measure --python`` prints: one table of several Pythons, a verdict for each."""
    rows = [
        (
            name if point is found.points[0] else "",
            *point_row(point, queue_measured=found.host.queue_measured),
        )
        for name, found in measurements.items()
        for point in found.points
    ]
    yield from measurement_table(rows, ("Python", *COLUMNS))
    yield ""
    for name, found in measurements.items():
        build = "GIL" if found.host.gil else "no GIL"
        yield f"{name} ({found.host.python_version}, {build}): {sentence(found)}"
    concerned: dict[str, list[str]] = {}
    for name, found in measurements.items():
        for limit in limits(found):
            concerned.setdefault(limit, []).append(name)
    for limit, names in concerned.items():
        whose = "" if len(names) == len(measurements) else f"{', '.join(names)}: "
        yield f"Note: {whose}{limit}"


def point_row(point: Point, *, queue_measured: bool = True) -> tuple[str, ...]:
    """Return the cells of a point, in the order of `COLUMNS`; empty where there is nothing to tell."""
    differs = abs(point.raw_speedup.median - point.speedup.median) >= 0.005 * point.speedup.median
    return (
        str(point.threads),
        rate(point.rate),
        f"{point.speedup.median:.2f}",
        interval(point.speedup),
        f"{point.raw_speedup.median:.2f}" if differs else "",
        f"{point.efficiency:.0%}",
        f"{point.waiting:.0%}",
        f"{point.queued:.0%}" if queue_measured else "",
        inflation(point),
    )


def inflation(point: Point) -> str:
    """Return how many times one thread's CPU time a call took; empty where none was seen."""
    return "" if math.isnan(point.inflation) else f"{point.inflation:.2f}"


def interval(estimate: Estimate) -> str:
    """Return an interval as ``1.97 to 2.00``; of few samples it is their range, and says so."""
    ends = estimate.ci99 or estimate.range
    return "" if ends is None else f"{'' if estimate.ci99 else 'range '}{ends[0]:z.2f} to {ends[1]:z.2f}"


def rate(calls_per_second: float) -> str:
    """Return a rate with three significant digits, such as ``1.67 k`` or ``12.3 M``."""
    value, unit = calls_per_second, ""
    for factor, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if calls_per_second >= 0.9995 * factor:  # what would round up to 1000 of the smaller unit
            value, unit = calls_per_second / factor, name
            break
    return f"{value:#.3g}".rstrip(".") + unit


def measurement_table(rows: Sequence[tuple[str, ...]], columns: tuple[str, ...] = COLUMNS) -> Iterator[str]:
    """Yield the lines of a table; a column in which no row has anything is left out."""
    shown = [i for i in range(len(columns)) if any(cells[i] for cells in rows)]
    lines = [columns, *rows]
    widths = {i: max(len(cells[i]) for cells in lines) for i in shown}
    for cells in lines:
        yield "  ".join(cells[i].rjust(widths[i]) for i in shown).rstrip()


def bars(measurement: Measurement) -> Iterator[str]:
    """Yield a bar of the speedup for each thread count, with a mark at min(n, cores of one kind)."""
    ideals = {point.threads: min(point.threads, measurement.host.ideal) for point in measurement.points}
    longest = max(*ideals.values(), *(point.speedup.median for point in measurement.points))
    for point in measurement.points:
        filled = round(BAR_WIDTH * point.speedup.median / longest)
        ideal = round(BAR_WIDTH * ideals[point.threads] / longest)
        cells = ["█"] * filled + [" "] * (BAR_WIDTH + 1 - filled)
        cells[ideal] = "│"
        yield f"{point.threads:>7}  {''.join(cells)} {point.speedup.median:.2f} of {ideals[point.threads]}"


def mix_and_process_lines(measurement: Measurement) -> Iterator[str]:
    """Yield what is shown below the table, if anything was measured besides."""
    if measurement.mix is not None and isinstance(measurement.workload, Workload):
        writer = " / ".join((measurement.workload.beside or "").splitlines())
        yield ""
        yield f"Mix: one thread, the writer, runs {writer}"
        yield from measurement_table(list(_mix_rows(measurement.point(1), measurement.mix)), MIX_COLUMNS)
    if measurement.processes is not None:
        yield ""
        yield "Processes beside threads"
        rows = [_process_row(measurement, point) for point in measurement.processes.points]
        yield from measurement_table(rows, PROCESS_COLUMNS)


def _mix_rows(one: Point, mix: Mix) -> Iterator[tuple[str, ...]]:
    yield ("alone", rate(one.rate), "1.00", "", f"{one.waiting:.0%}", rate(mix.writer_rate), "1.00", "", "")
    for point in mix.points:
        yield (
            str(point.threads),
            rate(point.readers_rate),
            f"{point.readers.median:.2f}",
            interval(point.readers),
            f"{point.readers_waiting:.0%}",
            rate(point.writer_rate),
            f"{point.writer.median:.2f}",
            interval(point.writer),
            f"{point.writer_waiting:.0%}",
        )


def _process_row(measurement: Measurement, point: Point) -> tuple[str, ...]:
    n = point.threads
    won = to_win(measurement, n) if n > 1 else None
    return (
        str(n),
        rate(point.rate),
        f"{point.speedup.median:.2f}",
        interval(point.speedup),
        inflation(point),
        f"{measurement.point(n).speedup.median:.2f}",
        f"{won.median:z.2f}" if won else "",
        interval(won) if won else "",
    )


def law_line(laws: dict[str, Any]) -> str:
    """Return the law that fits, with its parameters, or why there is none."""
    best = laws["best"]
    if best is None:
        return f"Law:      none ({laws['note']})"
    parameters = ", ".join(
        f"{name} = {value['value']:.3g}"
        + ("" if value["standard_error"] is None else f" +- {value['standard_error']:.1g}")
        for name, value in best["parameters"].items()
    )
    name, formula = LAW_NAMES[best["law"]], LAW_FORMULAS[best["law"]]
    return f"Law:      {name}, {formula}" + (f" with {parameters}" if parameters else "")


def held_line(measurement: Measurement) -> str:
    """Return the GIL-held share with its interval, the ceiling it sets, and the stall."""
    held = measurement.gil_held
    low, high = held.ci99
    stall = "0 s" if held.stall < LEAST_STALL else seconds(held.stall)
    return (
        f"GIL held: {held.share:.3f} (99 %: {low:.3f} to {high:.3f}; {held.probes} probes)   "
        f"ceiling on any machine: {ceiling(measurement)}   stall: {stall}"
    )


def notes(measurement: Measurement) -> Iterator[str]:
    """Yield with which Python and CPUs it was measured, and what limits the measurement."""
    where = measurement.host
    gil = "GIL enabled" if where.gil else "GIL disabled"
    build = f"free-threaded, {gil}" if where.free_threaded or not where.gil else gil
    yield f"Python:   {where.python_version} ({build}); CPUs allowed: {where.cpus_allowed} ({where.cpu})"
    for limit in limits(measurement):
        yield f"Note:     {limit}"
