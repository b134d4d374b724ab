"""The verdicts in words: whether threads help, what stops them, and what to do about it."""

from __future__ import annotations

from antigil.scaling import (
    FEWEST_SEEN,
    HELPS_ABOVE,
    RELEASES_AT_MOST,
    WAITING_WORTH_TELLING,
    Judged,
    Measurement,
    Point,
    cause,
    extra_waiting,
    gil_verdict,
    judged,
    starved,
    waiting_for_gil,
    waits,
)

from ..quantities import ceiling_range, count_word, figure, seconds, share_percent, span, two_digits
from .mixes_and_processes import mix_and_process_sentences

MOST_APART = 10.0
"""Of a range whose ends differ by more, only the nearer one is told."""

MAIN_SHARE = 0.2
"""What threads were seen waiting for is named from this share of it on."""


def sentence(measurement: Measurement) -> str:
    """Return the verdicts in plain sentences: on scaling with its first cause, then on the GIL."""
    told = [f"{_on_scaling(measurement)}. {_on_gil(measurement)}{_elsewhere(measurement)}."]
    return " ".join([*told, *mix_and_process_sentences(measurement)])


def _on_scaling(measurement: Measurement) -> str:
    found = judged(measurement)
    if found is None:
        return f"Whether threads help cannot be told {_for_want_of(measurement)}"
    name, point = f"{count_word(found.threads)} threads", measurement.point(found.threads)
    starves = f"; {_starved(measurement, point)}" if starved(point) else ""
    if found.word == "inconclusive":
        return f"{_inconclusive(measurement, found, name)}{starves}"
    times = figure(found.speedup, found.high - found.low)
    possible = _possible(measurement, found, times)
    head = {
        "scales": f"{name} get {times} times as much done as one",
        "partly": f"{name} get {times} times as much done as one, of a possible {possible}",
        "does-not": f"{name} get no more done than one ({times} times as much)",
        "hurts": f"{name} are {_slower(found)} than one",
    }[found.word]
    why = "" if found.word == "scales" else because(measurement, found.threads)
    return f"{head}{': ' if why else starves}{why}"


def _possible(measurement: Measurement, found: Judged, times: str) -> str:
    """Return the most that so many threads could get: as many as CPUs, or less where the GIL limits them."""
    highest = (measurement.gil_held.ceilings or (0.0, None))[1]
    if highest is None or highest >= found.ideal:
        return str(found.ideal)
    told = two_digits(highest)
    return told if float(told) >= float(times) else figure(highest, found.high - found.low)


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
        f"{told} get {_between(found)} times as much done as one ({why}: measure again with a larger budget "
        "or on a quieter machine)"
    )


def because(measurement: Measurement, threads: int) -> str:
    """Return what takes the largest part of the missing speedup, with a remedy where one is known."""
    point, name = measurement.point(threads), cause(measurement, threads)
    told = _main_cause(measurement, point, name)
    starves = _starved(measurement, point) if starved(point) else ""
    return f"{told}; {starves}" if told and starves else told or starves


def _main_cause(measurement: Measurement, point: Point, name: str | None) -> str:
    if name == "own-threads":
        return _own_threads(measurement, point)
    if name == "gil":
        return (
            "they wait for the GIL (in C, release it around what needs no Python objects; in Python, use "
            "processes, or a build without a GIL)"
        )
    if name == "hand-over":
        return _hand_over(measurement, point)
    if name == "waiting":
        return _one_at_a_time(measurement)
    if name is None:
        return ""
    memory = _memory(measurement, point.threads, point.inflation)
    return f"each call takes {point.inflation:.2g} times the CPU time ({memory})"


def _own_threads(measurement: Measurement, point: Point) -> str:
    one, allowed = measurement.point(1), measurement.host.cpus_allowed
    busy = min(one.on_cpu + one.own_on_cpu, allowed)
    others = f"other threads ({point.own_threads} seen)"
    if point.own_processes:
        others = "other threads and processes" if point.own_threads else "other processes"
    return (
        f"one call alone keeps {busy:.1f} of {allowed} CPUs busy with {others}, and several compete for them "
        "(call it from one thread, or do the work in the thread that calls)"
    )


def _starved(measurement: Measurement, point: Point) -> str:
    what = "the lock, or the GIL," if measurement.host.gil else "the lock"
    if point.least is None or point.most is None:
        return ""
    most, least = span(*point.most.bounds, share_percent), span(*point.least.bounds, share_percent)
    return (
        f"one thread does {most} of the work and another, which starves, {least}: whoever has {what} takes "
        "it again before others wake up"
    )


def _hand_over(measurement: Measurement, point: Point) -> str:
    """Return what the hand-over of the GIL costs: what a call takes in n threads and not in one.

    Longer calls are measured to pay a little more for it, so that where they break even is a lower limit.
    """
    one_seconds = 1.0 / measurement.point(1).rate
    price = point.threads / point.rate - one_seconds
    released = (1.0 - measurement.gil_held.share) * one_seconds
    least = price / (point.threads - 1)
    above = (
        f", or only above a size: below {_about(least, 1)} a call, so many threads are slower than one"
        if least > one_seconds
        else ""
    )
    return (
        f"each call releases the GIL for {_about(released, 2)} or less at a time, and getting it back costs "
        f"about {_about(price, 1)} (release it around more work{above})"
    )


def _about(duration: float, digits: int) -> str:
    return seconds(float(f"{duration:.{digits}g}"))


def _memory(measurement: Measurement, threads: int, factor: float) -> str:
    written = "threads write to the same memory: reference counts of shared objects, or a shared counter"
    if not measurement.host.gil and factor > HELPS_ABOVE * threads:
        return f"{written}; give each thread its own"  # bandwidth that is shared makes nobody slower than one
    if not measurement.host.gil:
        return f"{written}; or they share the memory's bandwidth, caches or the allocator"
    if factor > HELPS_ABOVE * threads:
        return "threads write to the same memory, or hand something over for each call"
    return "threads share the memory's bandwidth, caches or the allocator, or write to the same memory"


def _elsewhere(measurement: Measurement) -> str:
    where, found = waits(measurement), judged(measurement)
    if where == "alone":
        alone = measurement.point(1).waiting
        states = measurement.states
        few = states is None or states.waiting < FEWEST_SEEN
        seen = "I/O, a sleep, or a lock" if few else _seen(measurement, alone=True)
        return f"; a call in one thread waits for {alone:.0%} of its time ({seen})"
    asked = found is not None and found.word not in ("scales", "inconclusive")
    first = cause(measurement, found.threads) if asked and found is not None else None
    is_told = first in ("waiting", "own-threads")
    return f"; {_one_at_a_time(measurement)}" if where and not is_told else ""


def _one_at_a_time(measurement: Measurement) -> str:
    for_gil = 0.0 if measurement.states is None else waiting_for_gil(measurement)
    elsewhere = max(0.0, extra_waiting(measurement) - for_gil)
    found = judged(measurement)
    point = None if found is None else measurement.point(found.threads)
    price = ""
    if point is not None and point.on_cpu * (1.0 - 1.0 / max(1.0, point.inflation)) > WAITING_WORTH_TELLING:
        price = f", and a call takes {point.inflation:.2g} times the CPU time"
    return (
        f"threads wait for {elsewhere:.0%} of their time for what serves one at a time{price} "
        f"({_seen(measurement)})"
    )


def _seen(measurement: Measurement, *, alone: bool = False) -> str:
    """Return what threads were seen waiting for, other than the GIL, or one ``alone``."""
    states, lock, remedy = measurement.states, "a lock", "hold it for less, or give each thread its own"
    if not measurement.host.gil:
        remedy = "without the GIL each dict, list and set has one, too: give each thread its own"
    one = measurement.point(1)
    if one.has_own_work:
        lock = f"a {'process' if one.own_processes else 'thread'} that works for the call, or a lock"
    remedy = "" if alone or one.has_own_work else f"; {remedy}"
    if states is None or states.waiting - states.gil < FEWEST_SEEN:
        return f"{lock}, or I/O{remedy}"
    others = {lock: states.lock, **states.calls}
    told = [name for name, looks in others.items() if looks >= MAIN_SHARE * sum(others.values())]
    return f"{', '.join(told)}{remedy if lock in told else ''}"


def _on_gil(measurement: Measurement) -> str:
    held = measurement.gil_held
    low, high = held.ci99
    share = span(low, high, share_percent)
    match gil_verdict(measurement):
        case "no-gil" if held.ceiling is not None and held.share > RELEASES_AT_MOST:
            stop = f"calls stop all other threads for {share} of the time, as garbage collection does"
            return f"The GIL is disabled, but {stop}{_limit(measurement)}"
        case "no-gil":
            return "The GIL is disabled: no thread waits for it"
        case "releases":
            return f"It releases the GIL (held for {share} of its time)"
        case "holds":
            return f"It holds the GIL for {share} of its time: more threads will not get more done"
        case "partly":
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


def _between(found: Judged) -> str:
    return span(found.low, found.high, lambda value: figure(value, found.high - found.low))


def _slower(found: Judged) -> str:
    """Return how many times slower than one thread so many are, as far as it is known."""
    if found.high >= 1.0:
        return f"up to {two_digits(1.0 / found.low)} times slower"
    if found.low <= 0.0 or found.high > MOST_APART * found.low:
        return f"at least {two_digits(1.0 / found.high)} times slower"
    if found.high > 1.5 * found.low:
        return f"{span(1.0 / found.high, 1.0 / found.low, two_digits)} times slower"
    return f"{two_digits(1.0 / found.speedup)} times slower"
