"""The verdicts in words: whether threads help, what stops them, and what to do about it."""

from __future__ import annotations

from antigil.scaling import (
    FEWEST_SEEN,
    HELPS_ABOVE,
    Judged,
    Measurement,
    cause,
    gil_verdict,
    judged,
    starved,
    waits,
)

from ..quantities import (
    MOST_APART,
    ceiling_range,
    count_word,
    figure,
    rounded,
    share_percent,
    span,
    two_digits,
)
from .causes import because, one_at_a_time, starves_in_words, waited_for
from .mixes_and_processes import mix_and_process_sentences


def sentence(measurement: Measurement) -> str:
    """Return the verdicts in plain sentences: on scaling with its first cause, then on the GIL."""
    told = [f"{_on_scaling(measurement)}. {_on_gil(measurement)}{_elsewhere(measurement)}."]
    return " ".join([*told, *mix_and_process_sentences(measurement)])


def _on_scaling(measurement: Measurement) -> str:
    found = judged(measurement)
    if found is None:
        return f"Whether threads help cannot be told {_for_want_of(measurement)}"
    name, point = f"{count_word(found.threads)} threads", measurement.point(found.threads)
    starves = f"; {starves_in_words(measurement, point)}" if starved(measurement, point) else ""
    if found.word == "inconclusive":
        return f"{_inconclusive(measurement, found, name)}{starves}"
    times, possible = _times(found), _possible(measurement, found)
    head = {
        "scales": f"{name} get {times} times as much done as one",
        "partly": f"{name} get {times} times as much done as one, of a possible {possible}",
        "does-not": f"{name} get no more done than one ({times} times as much)",
        "hurts": f"{name} are {_slower(found)} than one",
    }[found.word]
    why = "" if found.word == "scales" else because(measurement, found.threads)
    return f"{head}{': ' if why else starves}{why}"


def _times(found: Judged) -> str:
    """Return the speedup; as a range where other programs leave open another one than was measured."""
    least, seen = (figure(found.low, found.high, speedup) for speedup in (found.speedup, found.seen))
    return seen if least == seen else figure(found.low, found.high)


def _possible(measurement: Measurement, found: Judged) -> str:
    """Return the most that so many threads could get: as many as CPUs, or less where the GIL limits them."""
    highest = _ceiling_below(measurement, found)
    if highest is None:
        return str(found.ideal)
    told, most = two_digits(highest), _times(found).split()[-1]
    return told if float(told) >= float(most) else rounded(highest, found.high - found.low)


def _ceiling_below(measurement: Measurement, found: Judged) -> float | None:
    """Return the upper end of the ceiling where it lies below what the cores could do, else None."""
    highest = (measurement.gil_held.ceilings or (0.0, None))[1]
    return highest if highest is not None and highest < found.ideal else None


def _for_want_of(measurement: Measurement) -> str:
    where = measurement.host
    if len(measurement.points) < 2:
        return "from one thread"
    return "with one CPU" if where.cpus_allowed < 2 else "with one core of a kind"


def _inconclusive(measurement: Measurement, found: Judged, name: str) -> str:
    """Return what is sure all the same, and why the rest is not."""
    told = f"Whether threads help cannot be told: {name.lower()}"
    if found.low > HELPS_ABOVE:
        told = f"{name} help, but how much cannot be told: they"
    elif found.high <= HELPS_ABOVE:
        told = f"{name} do not help, but whether they hurt cannot be told: they"
    kept_off = found.threads > measurement.host.cpus_allowed and found.low <= 0.0
    busy = measurement.disturbed or kept_off
    why = "other programs take too much of the CPUs" if busy else "too uncertain to judge"
    return (
        f"{told} get {figure(found.low, found.high)} times as much done as one ({why}: measure again with a "
        "larger budget or on a quieter machine)"
    )


def _elsewhere(measurement: Measurement) -> str:
    where, states = waits(measurement), measurement.states
    few = states is None or states.waiting < FEWEST_SEEN
    if where == "alone":
        alone = measurement.point(1).waiting
        what = "I/O, a sleep, or a lock" if few else waited_for(measurement, alone=True)
        return f"; a call in one thread waits for {alone:.0%} of its time ({what})"
    is_told = _told_cause(measurement) in ("waiting", "own-threads", *(["hand-over"] if few else []))
    return f"; {one_at_a_time(measurement)}" if where and not is_told else ""


def _told_cause(measurement: Measurement) -> str | None:
    """Return the cause that the sentence names."""
    found = judged(measurement)
    if found is None or found.word in ("scales", "inconclusive"):
        return None
    return cause(measurement, found.threads)


def _on_gil(measurement: Measurement) -> str:
    low, high = measurement.gil_held.ci99
    share = span(low, high, share_percent)
    found = judged(measurement)
    is_limit = found is not None and _ceiling_below(measurement, found) is not None
    match gil_verdict(measurement):
        case "no-gil" if is_limit:
            stop = f"calls stop all other threads for {share} of the time, as garbage collection does"
            return f"The GIL is disabled, but {stop}{_limit(measurement)}"
        case "no-gil":
            return "The GIL is disabled: no thread waits for it"
        case "releases" if not is_limit and _told_cause(measurement) not in ("gil", "hand-over"):
            return f"It releases the GIL (held for {share} of its time)"
        case "holds":
            return f"It holds the GIL for {share} of its time: more threads will not get more done"
        case "releases" | "partly":
            return f"It holds the GIL for {share} of its time{_limit(measurement)}"
        case _:
            return (
                f"The GIL-held share ({share}) is too uncertain to judge: measure again with a larger budget "
                "or on a quieter machine"
            )


def _limit(measurement: Measurement) -> str:
    """Return what the held share limits threads to, where both ends of that are known."""
    ends = measurement.gil_held.ceilings
    if ends is None or ends[1] is None or ends[1] > MOST_APART * ends[0]:
        return ""
    return f", which limits any number of threads to {ceiling_range(*ends)} times"


def ceiling(measurement: Measurement) -> str:
    """Return the ceiling that the held share sets, as a range; it may have no upper end."""
    ends = measurement.gil_held.ceilings
    return "none seen" if ends is None else ceiling_range(*ends)


def _slower(found: Judged) -> str:
    """Return how many times slower than one thread so many are, as far as it is known."""
    if found.high >= 1.0:
        return f"up to {two_digits(1.0 / found.low)} times slower"
    if found.low <= 0.0 or found.high > MOST_APART * found.low:
        return f"at least {two_digits(1.0 / found.high)} times slower"
    if found.high > 1.5 * found.low:
        return f"{span(1.0 / found.high, 1.0 / found.low, two_digits)} times slower"
    return f"{two_digits(1.0 / found.speedup)} times slower"
