"""What stops threads in words, and what to do about it."""

from __future__ import annotations

from antigil.scaling import (
    FEWEST_SEEN,
    HELPS_ABOVE,
    WAITING_WORTH_TELLING,
    Host,
    Measurement,
    Point,
    cause,
    extra_waiting,
    gil_verdict,
    hand_over_seconds,
    hands_over_once,
    most_telling_point,
    seconds_alone,
    starved,
    waiting_for_gil,
    waits_with_gil,
)

from ..quantities import seconds, share_percent, span, two_digits

LEAST_WAITING = 0.01
"""Threads that wait for a smaller share of their time are not said to wait."""

ALL_THE_TIME = 0.8
"""Who works for calls for this share of the time has none left for more of them."""

MAIN_SHARE = 0.2
"""What threads were seen waiting for is named from this share of it on."""


def because(measurement: Measurement, threads: int) -> str:
    """Return what takes the largest part of the missing speedup, with a remedy where one is known."""
    point, name = measurement.point(threads), cause(measurement, threads)
    told = _main_cause(measurement, point, name)
    starves = starves_in_words(measurement, point) if starved(measurement, point) else ""
    return f"{told}; {starves}" if told and starves else told or starves


def _main_cause(measurement: Measurement, point: Point, name: str | None) -> str:
    if name == "own-threads":
        return _own_threads(measurement, point)
    if name == "gil":
        return (
            "they wait for the GIL (in C, release it around what needs no Python objects; "
            f"{_without_gil(measurement.host)})"
        )
    if name == "stops":
        return _stops(measurement)
    if name == "hand-over":
        return _hand_over(measurement, point)
    if name == "waiting":
        return one_at_a_time(measurement)
    if name is None:
        return ""
    memory = _memory(measurement, point.threads, point.inflation)
    return f"each call takes {two_digits(point.inflation)} times the CPU time ({memory})"


def _without_gil(host: Host) -> str:
    """Return how to do without the GIL: a build that can is of no use where something enables it again."""
    if not host.free_threaded:
        return "in Python, use processes, or a build without a GIL"
    if host.gil_forced:
        return "or do without PYTHON_GIL=1 or -X gil=1, which keeps it on"
    return "or have the extension whose import switched it on declare Py_mod_gil"


def _stops(measurement: Measurement) -> str:
    waits = min(waiting_for_gil(measurement), extra_waiting(measurement))
    return (
        f"threads wait for {waits:.0%} of their time while another one stops all others, mostly for garbage "
        "collection (a higher gc.set_threshold, gc.freeze after the set-up, or fewer new lists, dicts and "
        "other containers)"
    )


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


def starves_in_words(measurement: Measurement, point: Point) -> str:
    """Return how unequally the work is divided, and why."""
    what = "the lock, or the GIL," if measurement.host.gil else "the lock"
    if point.least is None or point.most is None:
        return ""
    most, least = span(*point.most.bounds, share_percent), span(*point.least.bounds, share_percent)
    return (
        f"one thread does {most} of the work and another, which starves, {least}: whoever has {what} takes "
        "it again before others wake up"
    )


def _hand_over(measurement: Measurement, point: Point) -> str:
    """Return what the hand-over of the GIL costs, as far as every thread has a CPU.

    Longer calls are measured to pay a little more for it, so that where they break even is a lower limit.
    How often calls release the GIL is not known: where they do so often, no time is told of a single release.
    """
    if not hands_over_once(measurement, point.threads):
        return (
            "each call releases the GIL for so short a time, or so often, that getting it back costs more "
            "than that (release it less often, around more work at once)"
        )
    held, alone = measurement.gil_held.share, seconds_alone(measurement)
    price = hand_over_seconds(measurement, point.threads)
    costs = f"costs about {_about(price, 1)}"
    above, least = "", price / (point.threads - 1) + held * alone
    if point.threads > measurement.host.ideal:
        costs = "costs more than the call holds it for"
    elif least > alone:
        size = _about(least, 1)
        above = f", or only above a size: below {size} a call, so many threads are slower than one"
    return (
        f"each call releases the GIL for {_about((1.0 - held) * alone, 2)} or less at a time, and getting it "
        f"back {costs} (release it around more work{above})"
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


def one_at_a_time(measurement: Measurement) -> str:
    """Return what threads lose to what serves one of them at a time, other than the GIL."""
    elsewhere = max(0.0, extra_waiting(measurement) - waiting_for_gil(measurement))
    point = most_telling_point(measurement)
    longer = f"a call takes {two_digits(point.inflation)} times the CPU time"
    if elsewhere < LEAST_WAITING:
        return f"{longer}, for what serves one at a time ({waited_for(measurement)})"
    worth_telling = point.on_cpu * (1.0 - 1.0 / max(1.0, point.inflation)) > WAITING_WORTH_TELLING
    return (
        f"threads wait for {elsewhere:.0%} of their time for what serves one at a time"
        f"{f', and {longer}' if worth_telling else ''} ({waited_for(measurement)})"
    )


def _busy_workers(measurement: Measurement) -> str:
    """Return who works for all calls and has no time left, as a pool of few; empty where that is not sure.

    Threads or processes that each call starts are more with more callers. Of those that end within a call
    only one is seen, so that one may be many; and the CPU time of threads and processes is known in sum only.
    """
    point, one = most_telling_point(measurement), measurement.point(1)
    held = measurement.gil_held.ci99[1] if measurement.host.gil else 0.0
    if gil_verdict(measurement) == "holds" or held * point.speedup.median > ALL_THE_TIME:
        return ""  # they wait for the GIL, and more of them would, too
    at_work = point.threads * point.own_on_cpu
    kinds = {
        "threads": (point.own_threads, one.own_threads),
        "processes": (point.own_processes, one.own_processes),
    }
    busy = [
        f"the {number} {kind} that work for the calls, which are busy all the time"
        for kind, (number, for_one) in kinds.items()
        if 1 < number <= for_one and ALL_THE_TIME * number <= at_work <= number / ALL_THE_TIME
    ]
    return busy[0] if len(busy) == 1 else ""


def waited_for(measurement: Measurement, *, alone: bool = False) -> str:
    """Return what threads were seen waiting for, other than the GIL, or one ``alone``."""
    states = measurement.states
    workers = "" if alone else _busy_workers(measurement)
    lock, remedy = _at_a_lock(measurement, alone)
    if workers:
        lock, remedy = workers, "; have more of them, or do the work in the thread that calls"
    if states is None or states.waiting - states.gil < FEWEST_SEEN:
        return f"{lock}{'' if workers else ', or I/O'}{remedy}"
    others = {lock: states.lock, **states.calls}
    most = max(others.values())
    named = min(MAIN_SHARE * sum(others.values()), most)
    told = [name for name, looks in others.items() if looks >= named]
    return f"{', '.join(told)}{remedy if lock in told else ''}"


def _at_a_lock(measurement: Measurement, alone: bool) -> tuple[str, str]:
    """Return what threads wait for that sleep as at a lock, and what to do about it, as far as is known."""
    one = measurement.point(1)
    if one.has_own_work:
        return f"a {'process' if one.own_processes else 'thread'} that works for the call, or a lock", ""
    if alone:
        return "a lock", ""
    if not measurement.host.gil:
        return "a lock", "; without the GIL each dict, list and set has one, too: give each thread its own"
    remedy = "; hold it for less, or give each thread its own"
    if waits_with_gil(measurement):
        return "probably a lock that is waited for without releasing the GIL", remedy
    return "a lock", remedy
