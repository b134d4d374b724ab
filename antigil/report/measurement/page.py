"""A measurement as HTML: a page that needs nothing beside it, or the figure alone for a notebook."""

from __future__ import annotations

import html
import math
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from antigil.scaling import Measurement, Point, Workload

from ..quantities import counted
from .lines import COLUMNS, held_line, law_line, mix_and_process_lines, notes, point_row
from .sentence import sentence

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 40

#: Where a thread's time goes, in the order in which a bar shows it: key, and what it is called.
PARTS = {
    "useful": "as one thread would",
    "inflation": "more CPU time per call",
    "waiting": "waiting",
    "queued": "queued for a CPU",
}

# Colours for readers with any colour vision (Okabe and Ito, Color Universal Design, 2008).
STYLE = """
.antigil { --ink: #1b1b1b; --faint: #6b6b6b; --paper: #fff; --line: #0072b2;
  --useful: #0072b2; --inflation: #d55e00; --waiting: #e69f00; --queued: #b3b3b3;
  color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  .antigil { --ink: #e8e8e8; --faint: #a5a5a5; --paper: #161616; --line: #56b4e9; --useful: #56b4e9;
    --queued: #6b6b6b } }
.antigil svg { max-width: 100%; height: auto; display: block }
.antigil svg text { fill: var(--ink); font-size: 13px }
.antigil .grid { stroke: var(--faint); stroke-opacity: .25 }
.antigil .ideal { stroke: var(--faint); stroke-dasharray: 5 4; fill: none }
.antigil .curve { stroke: var(--line); stroke-width: 2; fill: none }
.antigil .interval { stroke: var(--line); stroke-width: 1.5 }
.antigil circle { fill: var(--line) }
.antigil .useful { fill: var(--useful) } .antigil .inflation { fill: var(--inflation) }
.antigil .waiting { fill: var(--waiting) } .antigil .queued { fill: var(--queued) }
.antigil h1 { font-size: 1.4em; line-height: 1.3 }
.antigil table { border-collapse: collapse; font-size: .9em } .antigil .wide { overflow-x: auto }
.antigil th, .antigil td { padding: .15em .6em; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums }
.antigil pre { overflow-x: auto; white-space: pre-wrap } .antigil pre.wide { white-space: pre }
"""


def measurement_page(measurement: Measurement, laws: dict[str, Any], options: Sequence[str] = ()) -> str:
    """Return a page: the verdict, the curve, where the time went, the table, and how to repeat it.

    Which Python measured it, and for how long, only the ``options`` of the command tell.
    """
    told = "\n".join([law_line(laws), held_line(measurement), *notes(measurement)])
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>antigil: {_title(measurement)}</title>
<link rel="icon" href="data:,">
<style>body {{ margin: 0 }} main {{ max-width: 46em; margin: auto; padding: 1em }}{STYLE}</style></head>
<body class="antigil"><main>
<h1>{html.escape(sentence(measurement))}</h1>
{_figure(measurement)}
<h2>Figures</h2>
{_table(measurement)}
<pre>{html.escape(told)}</pre>
{_besides(measurement)}<h2>How to repeat it</h2>
<pre>{html.escape(_command(measurement, options))}</pre>
</main></body></html>
"""


def measurement_fragment(measurement: Measurement) -> str:
    """Return what a notebook shows of a measurement: the verdict, the curve, where the time went."""
    head = f"<p><strong>{html.escape(sentence(measurement))}</strong></p>"
    return f'<div class="antigil"><style>{STYLE}</style>{head}{_figure(measurement)}</div>'


def _figure(measurement: Measurement) -> str:
    return f"""<h2>Speedup</h2>
{_curve(measurement)}
<h2>Where the threads' time went</h2>
{_split(measurement)}"""


def _besides(measurement: Measurement) -> str:
    lines = "\n".join(mix_and_process_lines(measurement)).strip("\n")
    return f'<h2>Besides</h2>\n<pre class="wide">{html.escape(lines)}</pre>\n' if lines else ""


def _title(measurement: Measurement) -> str:
    workload = measurement.workload
    text = workload.statement if isinstance(workload, Workload) else repr(workload.function)
    return html.escape(text.partition("\n")[0][:80])


def _curve(measurement: Measurement) -> str:
    """Return the speedups with their intervals, and the ideal, over the thread counts (logarithmic)."""
    points = measurement.points
    ideals = [min(point.threads, measurement.host.ideal) for point in points]
    highest = max(*ideals, *(point.speedup.bounds[1] for point in points), 1.0)
    step = _step(highest)
    most = math.log2(max(points[-1].threads, 2))

    def x(threads: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log2(threads) / most

    def y(speedup: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * speedup / highest

    drawn = []
    for i in range(int(highest / step) + 1):
        place = y(i * step)
        ends = f'y1="{place:.1f}" y2="{place:.1f}"'
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" {ends}/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{i * step:g}</text>')
    for point in points:
        place = x(point.threads)
        drawn.append(
            f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{point.threads}</text>'
        )
    drawn.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 4}" text-anchor="middle">threads</text>')
    ideal = [(x(point.threads), y(n)) for point, n in zip(points, ideals, strict=True)]
    curve = [(x(point.threads), y(point.speedup.median)) for point in points]
    drawn += [_line("ideal", ideal), _line("curve", curve)]
    for point, (across, down) in zip(points, curve, strict=True):
        low, high = (y(end) for end in point.speedup.bounds)
        drawn.append(
            f'<line class="interval" x1="{across:.1f}" x2="{across:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4"><title>{_told(point)}</title></circle>'
        )
    label = f"Speedup: {', '.join(_told(point) for point in points)}; dashed: min(threads, cores of one kind)"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" aria-label="{label}">'
        f"{''.join(drawn)}</svg>"
    )


def _told(point: Point) -> str:
    return f"{point.speedup.median:.2f} with {counted(point.threads, 'thread')}"


def _step(highest: float) -> float:
    """Return the distance of grid lines: 1, 2 or 5 times a power of ten, for three to eight of them."""
    size: float = 10.0 ** math.floor(math.log10(highest / 3))
    return next(size * factor for factor in (1, 2, 5, 10) if highest / (size * factor) <= 8)


def _line(kind: str, places: list[tuple[float, float]]) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'


def shares(point: Point) -> dict[str, float]:
    """Return where the time of the threads that call went, by the keys of `PARTS`; they add up to 1."""
    inflation = point.inflation if point.inflation > 1.0 else 1.0  # NaN, or less than one thread needs
    useful = point.on_cpu / inflation
    return {
        "useful": useful,
        "inflation": point.on_cpu - useful,
        "waiting": point.waiting,
        "queued": point.queued,
    }


def _split(measurement: Measurement) -> str:
    """Return a bar for each thread count, and the legend."""
    width, height, gap = WIDTH - LEFT - RIGHT, 20, 8
    drawn = []
    for i, point in enumerate(measurement.points):
        top, left = i * (height + gap), float(LEFT)
        drawn.append(f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{point.threads}</text>')
        for kind, share in shares(point).items():
            told = f"{counted(point.threads, 'thread')}: {PARTS[kind]} {share:.0%}"
            drawn.append(
                f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{width * share:.1f}"'
                f' height="{height}"><title>{told}</title></rect>'
            )
            left += width * share
    legend = len(measurement.points) * (height + gap) + 8
    left = float(LEFT)
    for kind, name in PARTS.items():
        drawn.append(f'<rect class="{kind}" x="{left}" y="{legend}" width="12" height="12"/>')
        drawn.append(f'<text x="{left + 17}" y="{legend + 11}">{name}</text>')
        left += 24 + 7.1 * len(name)
    label = "; ".join(_told_split(point) for point in measurement.points)
    return (
        f'<svg viewBox="0 0 {WIDTH} {legend + 20}" width="{WIDTH}" role="img" aria-label="{label}">'
        f"{''.join(drawn)}</svg>"
    )


def _told_split(point: Point) -> str:
    parts = ", ".join(f"{PARTS[kind]} {share:.0%}" for kind, share in shares(point).items())
    return f"{counted(point.threads, 'thread')}: {parts}"


def _table(measurement: Measurement) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in COLUMNS)
    told = (point_row(one, queue_measured=measurement.host.queue_measured) for one in measurement.points)
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in told)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _command(measurement: Measurement, given: Sequence[str]) -> str:
    """Return the command line that measures the same; of a function, which none can name, the call."""
    counts = ",".join(str(point.threads) for point in measurement.points)
    workload = measurement.workload
    if not isinstance(workload, Workload):
        return f"antigil.measure({workload.function!r}, thread_counts=({counts},))"
    options = [*_options(workload), *(["--processes"] if measurement.processes is not None else []), *given]
    dashes = ["--"] if workload.statement.startswith("-") else []
    return shlex.join(["antigil", "measure", "-t", counts, *options, *dashes, workload.statement])


def _options(workload: Workload) -> Iterator[str]:
    given = {"-s": workload.setup, "--thread-setup": workload.thread_setup, "--teardown": workload.teardown}
    for option, text in given.items():
        if text != "pass":
            yield option
            yield text
    if workload.beside is not None:
        yield "--with"
        yield workload.beside
