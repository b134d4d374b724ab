"""The scaling law that fits a measurement."""

from __future__ import annotations

from typing import Any

from antigil.scaling import Measurement

from . import best_fit, karp_flatt


def fitted_laws(measurement: Measurement) -> dict[str, Any]:
    """Return the law that fits the queue-free speedups, and Karp-Flatt's serial fraction per point.

    Only thread counts up to the cores of one kind among the CPUs allowed count: no law knows that
    end. ``best`` is None where no law fits or none could be fitted, and ``note`` then says why.
    """
    allowed = measurement.host.ideal
    cpus = "CPUs allowed" if allowed == measurement.host.cpus_allowed else "cores of one kind"
    points = [point for point in measurement.points if point.threads <= allowed]
    counts = [point.threads for point in points]
    speedups = [point.speedup.median for point in points]
    answer: dict[str, Any] = {"threads": counts, "karp_flatt": {}, "best": None, "note": None}
    if len(points) < 2:
        answer["note"] = f"a law needs two thread counts up to the {cpus} ({allowed})"
        return answer
    fractions = karp_flatt(counts, speedups)
    answer["karp_flatt"] = dict(zip(map(str, counts), fractions, strict=True))
    try:
        best = best_fit(counts, speedups, intervals=[point.speedup.bounds for point in points])
    except ImportError as error:
        answer["note"] = str(error)
        return answer
    if best is None:
        answer["note"] = "no law fits the points"
    else:
        answer["best"] = best.to_json()
    return answer
