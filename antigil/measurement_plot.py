"""A measurement as a picture: SVG or PNG, drawn by Matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from antigil.errors import needed
from antigil.report.measurement.sentence import sentence
from antigil.scaling import Measurement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png")
BLUE, GREY = "#0072b2", "#6b6b6b"  # distinct for colour-blind readers (Okabe and Ito)


def save(measurement: Measurement, path: Path) -> None:
    """Write the picture of a measurement; the path's suffix, one of `SUFFIXES`, says the format."""
    _figure(measurement).savefig(path, format=path.suffix.lower()[1:], dpi=150)


def require() -> None:
    """Refuse to go on where Matplotlib is missing, and say how to install it."""
    with needed("plot"):
        import matplotlib  # noqa: F401


def _figure(measurement: Measurement) -> Figure:
    from matplotlib.figure import Figure

    threads = [point.threads for point in measurement.points]
    speedups = [point.speedup.median for point in measurement.points]
    ideal = [min(n, measurement.host.ideal) for n in threads]
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(threads, ideal, "--", color=GREY, label="ideal: min(threads, cores of one kind)")
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
