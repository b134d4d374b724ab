"""One word, and one plain sentence, on how a workload scales.

The rule leans on the GIL-held share, which is right on one CPU and on a busy machine. Speedup
itself is not asked: with few CPUs it cannot see a held share of 10 %, and a neighbour changes it.

    no-gil         the GIL is disabled: there is nothing to hold
    holds          held >= 0.9
    releases       held <= 0.1
    partly         between
    inconclusive   2.58 standard errors to each side of the held share reach across two of these,
                   and are wider than 0.2

Whatever the word, its threads may wait elsewhere, for a lock or for I/O:

    alone          one thread waits for more than 0.1 of its time
    each other     n threads wait for more than 0.1 of theirs beyond what their calls would
                   wait for in one thread, and beyond what the GIL can explain

A call waits in one thread for waiting(1) / X(1) seconds, so that n threads wait beyond it for the
share waiting(n) - waiting(1) S(n) / n of their time. Calls that hold the GIL for a share h wait for
it longest where all holds collide: then n threads take 1 + (n - 1) h instead of 1, and wait for
(n - 1) h of that.
"""

from __future__ import annotations

import math

from .intervals import Z99
from .measurement import Measurement, Point

RELEASES_AT_MOST = 0.1
HOLDS_AT_LEAST = 0.9
WAITING_WORTH_TELLING = 0.1


def classify(share: float) -> str:
    """Return ``releases``, ``partly`` or ``holds`` for a GIL-held share."""
    if share <= RELEASES_AT_MOST:
        return "releases"
    return "holds" if share >= HOLDS_AT_LEAST else "partly"


def gil_verdict(measurement: Measurement) -> str:
    """Return one of ``releases``, ``partly``, ``holds``, ``no-gil``, ``inconclusive``."""
    if not measurement.host.gil:
        return "no-gil"
    held = measurement.gil_held
    margin = Z99 * held.standard_error
    low, high = held.share - margin, held.share + margin
    if margin > 0.1 and classify(low) != classify(high):
        return "inconclusive"
    return classify(held.share)


def most_telling_point(measurement: Measurement) -> Point:
    """Return the point with the most threads that the CPUs allowed can serve."""
    allowed = measurement.host.cpus_allowed
    served = [point for point in measurement.points if point.threads <= allowed]
    return (served or list(measurement.points))[-1]


def extra_waiting(measurement: Measurement) -> float:
    """Return the waiting share at the most telling point beyond what its calls wait for in one thread."""
    point, one = most_telling_point(measurement), measurement.point(1)
    return point.waiting - one.waiting * point.raw_speedup.median / point.threads


def waiting_for_gil_at_most(measurement: Measurement) -> float:
    """Return for which share of their time, at most, threads at the most telling point wait for the GIL."""
    if not measurement.host.gil:
        return 0.0
    held = measurement.gil_held
    others = (most_telling_point(measurement).threads - 1) * min(1.0, held.share + Z99 * held.standard_error)
    return others / (1.0 + others)


def waits(measurement: Measurement) -> str | None:
    """Return where threads wait other than for the GIL: ``alone`` or for ``each other``; None for neither.

    Threads that wait for each other may do so alone as well: for I/O under a lock, say.
    """
    one = measurement.point(1)
    if math.isnan(one.inflation):
        return None  # no CPU time is seen here, and all time looks like waiting
    if extra_waiting(measurement) - waiting_for_gil_at_most(measurement) > WAITING_WORTH_TELLING:
        return "each other"
    return "alone" if one.waiting > WAITING_WORTH_TELLING else None


def sentence(measurement: Measurement) -> str:
    """Return the verdict as one plain sentence."""
    alone, extra = measurement.point(1).waiting, extra_waiting(measurement)
    elsewhere = {
        "each other": f"; its threads wait for each other for {extra:.0%} of their time (a lock, or I/O)",
        "alone": f"; one thread alone waits for {alone:.0%} of its time (I/O, or a lock)",
        None: "",
    }
    return f"{_on_gil(measurement)}{elsewhere[waits(measurement)]}."


def _on_gil(measurement: Measurement) -> str:
    held, ceiling = measurement.gil_held, measurement.gil_held.ceiling
    match gil_verdict(measurement):
        case "no-gil":
            return "The GIL is disabled: no thread waits for it"
        case "releases":
            limit = f", so no machine will speed it up more than {ceiling:.0f} times" if ceiling else ""
            return f"It releases the GIL (held for {held.share:.1%} of its time{limit})"
        case "holds":
            return f"It holds the GIL for {held.share:.0%} of its time: more threads will not make it faster"
        case "partly":
            limit = (
                f": no number of threads on any machine will make it more than {ceiling:.1f} times as fast"
                if ceiling
                else f", +- {held.margin99:.0%}: too uncertain to set a ceiling"
            )
            return f"It holds the GIL for {held.share:.0%} of its time{limit}"
        case _:
            return (
                f"The GIL-held share ({held.share:.2f} +- {held.margin99:.2f}) is too uncertain "
                "to judge: measure again with a larger budget or on a quieter machine"
            )
