"""A measurement as a picture: SVG, PNG, or an HTML page with the table beside it."""

from __future__ import annotations

import html
import io
from pathlib import Path
from typing import TYPE_CHECKING

from antigil.report.measurement import COLUMNS, row
from antigil.report.sentence import sentence
from antigil.scaling import Measurement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".html")
BLUE, GREY = "#0072b2", "#6b6b6b"  # distinct for colour-blind readers (Okabe and Ito)


def save(measurement: Measurement, path: Path) -> None:
    """Write the picture of a measurement; the path's suffix, one of `SUFFIXES`, says the format."""
    suffix = path.suffix.lower()
    if suffix == ".html":
        path.write_text(_page(measurement), encoding="utf-8")
    else:
        _figure(measurement).savefig(path, format=suffix[1:], dpi=150)


def require() -> None:
    """Raise ImportError with what to install, if Matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError("a plot needs Matplotlib: pip install 'antigil[plot]'") from error


def _figure(measurement: Measurement) -> Figure:
    require()
    from matplotlib.figure import Figure

    threads = [point.threads for point in measurement.points]
    speedups = [point.speedup.median for point in measurement.points]
    ideal = [min(n, measurement.host.ideal) for n in threads]
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(threads, ideal, "--", color=GREY, label="ideal: min(threads, CPUs allowed)")
    intervals = [point.speedup.ci99 for point in measurement.points]
    if all(intervals):
        below = [s - i[0] for s, i in zip(speedups, intervals, strict=True) if i]
        above = [i[1] - s for s, i in zip(speedups, intervals, strict=True) if i]
        axes.errorbar(
            threads, speedups, yerr=[below, above], fmt="o-", color=BLUE, capsize=4, label="speedup, 99 %"
        )
    else:
        axes.plot(threads, speedups, "o-", color=BLUE, label="speedup")
    ceilings, top = measurement.gil_held.ceilings, 1.5 * max(*ideal, *speedups)
    if ceilings is not None and ceilings[0] < top:
        axes.axhspan(
            ceilings[0], min(top, ceilings[1] or top), color=GREY, alpha=0.2, label="ceiling 1 / held"
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(threads, [str(n) for n in threads])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("threads")
    axes.set_ylabel("speedup")
    axes.set_title(sentence(measurement), fontsize=9, wrap=True)
    axes.legend(frameon=False)
    return figure


def _page(measurement: Measurement) -> str:
    picture = io.StringIO()
    _figure(measurement).savefig(picture, format="svg")
    svg = picture.getvalue()
    queue_measured = measurement.host.queue_measured
    head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in COLUMNS)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row(point, queue_measured=queue_measured))
        + "</tr>"
        for point in measurement.points
    )
    statement = html.escape(measurement.to_json()["statement"])
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>antigil: scaling</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }}
svg {{ max-width: 100%; height: auto }}
table {{ border-collapse: collapse }} th, td {{ padding: .2em .7em; text-align: right }}
</style></head>
<body><h1>{html.escape(sentence(measurement))}</h1>
<pre>{statement}</pre>
{svg[svg.index("<svg") :]}
<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
</body></html>
"""
