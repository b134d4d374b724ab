"""Measurements of as many threads as a large machine has CPUs, put in by hand."""

from dataclasses import replace

from fakes import measurement

from antigil.scaling import Estimate


def many(n, speedup, share=0.0, standard_error=0.003, *, width=0.02, waiting=0.0, queued=0.0, **others):
    """Return a measurement with 1 and n threads on n CPUs; `others` are those of `measurement` or a point."""
    of_points = {key: others.pop(key) for key in ("inflation", "kernel", "least", "most") if key in others}
    found = measurement(share, standard_error, cpus_allowed=n, **others)
    seen = Estimate(speedup, (speedup - width / 2, speedup + width / 2))
    one, two, _ = found.points
    changes = {
        "threads": n, "rate": one.rate * speedup, "speedup": seen, "raw_speedup": seen, "waiting": waiting,
        "queued": queued, "disturbed": queued > 0.03,
    }  # fmt: skip
    return replace(found, points=(one, replace(two, **changes, **of_points)))
