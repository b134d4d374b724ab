"""One word, and one plain sentence, on how a workload scales.

The rule leans on the GIL-held share, which is right on one CPU and on a busy machine, and on
waiting beyond that of one thread, which tells of locks. Speedup itself is not asked: with few
CPUs it cannot see a held share of 10 %, and a neighbour changes it.

    no-gil         the GIL is disabled: there is nothing to hold
    holds          held >= 0.9
    releases       held <= 0.1
    partly         between
    inconclusive   the 99 % interval of the held share reaches across two of these and is
                   wider than 0.2

A workload that releases the GIL may still stand in its own way: where its threads wait more
than one thread alone does, the sentence says so.
"""

from __future__ import annotations

from .measurement import Measurement, Point

RELEASES_AT_MOST = 0.1
HOLDS_AT_LEAST = 0.9
WAITING_WORTH_TELLING = 0.1
Z99 = 2.5758


def classify(share: float) -> str:
    """Return ``releases``, ``partly`` or ``holds`` for a GIL-held share."""
    if share <= RELEASES_AT_MOST:
        return "releases"
    return "holds" if share >= HOLDS_AT_LEAST else "partly"


def verdict(measurement: Measurement) -> str:
    """Return one of ``releases``, ``partly``, ``holds``, ``no-gil``, ``inconclusive``."""
    if not measurement.surroundings.gil:
        return "no-gil"
    held = measurement.gil_held
    margin = Z99 * held.standard_error
    low, high = held.share - margin, held.share + margin
    if margin > 0.1 and classify(low) != classify(high):
        return "inconclusive"
    return classify(held.share)


def most_telling_point(measurement: Measurement) -> Point:
    """Return the point with the most threads that the CPUs allowed can serve."""
    allowed = measurement.surroundings.cpus_allowed
    served = [point for point in measurement.points if point.threads <= allowed]
    return (served or list(measurement.points))[-1]


def extra_waiting(measurement: Measurement) -> float:
    """Return the waiting share at the most telling point beyond that of one thread, 0 to 1."""
    return most_telling_point(measurement).waiting - measurement.point(1).waiting


def sentence(measurement: Measurement) -> str:
    """Return the verdict as one plain sentence."""
    held, ceiling = measurement.gil_held, measurement.gil_held.ceiling
    waits = extra_waiting(measurement)
    lock = (
        f", but its threads wait for each other for {waits:.0%} of their time (a lock, or I/O)"
        if waits > WAITING_WORTH_TELLING
        else ""
    )
    match verdict(measurement):
        case "no-gil":
            return f"The GIL is disabled: no thread waits for it{lock}."
        case "releases":
            limit = f", so no machine will speed it up more than {ceiling:.0f} times" if ceiling else ""
            return f"It releases the GIL (held for {held.share:.1%} of its time{limit}){lock}."
        case "holds":
            return f"It holds the GIL for {held.share:.0%} of its time: more threads will not make it faster."
        case "partly":
            limit = (
                f": no number of threads on any machine will make it more than {ceiling:.1f} times as fast"
                if ceiling
                else f", +- {Z99 * held.standard_error:.0%}: too uncertain to set a ceiling"
            )
            return f"It holds the GIL for {held.share:.0%} of its time{limit}."
        case _:
            return (
                f"The GIL-held share ({held.share:.2f} +- {Z99 * held.standard_error:.2f}) is too uncertain "
                "to judge: measure again with a larger budget or on a quieter machine."
            )
