"""What an assertion on parallelism says where it fails or is skipped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median

from antigil.scaling import GilHeld, Round, gil_enabled, speedup_interval, speedup_word

from .quantities import MOST_APART, SCALING_WORDS, counted, seconds, two_digits

STANDARD_ERRORS = 3.0
"""To each side of a held share: 99.7 %."""


def consequence(held: GilHeld) -> str:
    """Return what follows from a share that is held."""
    ceiling = _highest_ceiling(held)
    limit = "" if ceiling is None else f"No number of threads makes it more than {ceiling} times as fast. "
    return f"{limit}Other Python threads stood still for up to {seconds(held.stall)}."


def _highest_ceiling(held: GilHeld) -> str | None:
    """Return what the share allows at most, by the lower end of its interval; None if that is uncertain."""
    low, high = held.interval(STANDARD_ERRORS)
    return two_digits(1.0 / low) if low > 0.0 and high <= MOST_APART * low else None


def contradiction(name: str, rounds: Sequence[Round], threads: int, held: GilHeld | None) -> str:
    """Return how a measured speedup and the GIL-held share contradict each other."""
    low, high = speedup_interval(rounds, threads)
    return (
        f"{name} got {low:.2f} to {high:.2f} times as much done in {threads} threads as in one, which "
        f"the GIL does not allow for. {gil_in_words(held)} One of the two is wrong: its calls differ, or "
        "do something else beside other threads"
    )


def too_disturbed(name: str, interval: tuple[float, float], threads: int, at_least: float) -> str:
    """Return why it cannot be told whether the speedup is so large."""
    low, high = interval
    if math.isinf(high):
        where = "cannot be told, as its own threads or processes have to wait for CPUs"
    else:
        where = f"lies somewhere between {low:.2f} and {high:.2f}, on both sides of {at_least:g}"
    return f"other programs keep the CPUs busy: the speedup of {name} in {threads} threads {where}"


def too_few_cores(name: str, rounds: Sequence[Round], threads: int, cores: int) -> str:
    """Return why a speedup that is too little says nothing of the function."""
    low, high = speedup_interval(rounds, threads)
    return (
        f"{name} got {low:.2f} to {high:.2f} times as much done in {threads} threads as in one, on "
        f"{counted(cores, 'core')} of one kind: to scale, threads need as many cores"
    )


def why_too_little(
    name: str, rounds: Sequence[Round], threads: int, at_least: float, held: GilHeld | None
) -> str:
    """Return how far the speedup fell short, and where the rest of it went."""
    speedup = median(done.queue_free_speedup(threads) for done in rounds)
    low, high = speedup_interval(rounds, threads)
    possible = (
        high if held is None or not held.ceiling else min(high, 1.0 / held.interval(STANDARD_ERRORS)[0])
    )
    verdict = SCALING_WORDS[speedup_word(min(speedup, possible), (min(low, possible), possible), threads)]
    windows = [done.windows[threads] for done in rounds]
    queued = [window.queued for window in windows if window.queued is not None]
    inflations = [one.inflation(threads) for one in rounds]
    told = [inflation for inflation in inflations if not math.isnan(inflation)]
    taken = f"{median(told):.2f} times that of one thread" if told else "not told by this system"
    shares = [
        f"waiting {median(one.waiting for one in windows):.0%} of the threads' time ({_waited_for()})",
        f"queued for a CPU {median(queued):.0%}" if queued else "queued for a CPU: not told by this system",
        f"CPU time per call {taken}",
    ]
    return (
        f"{name} gets {speedup:.2f} times as much done in {threads} threads as in one "
        f"(interval {low:.2f} to {high:.2f}, {counted(len(rounds), 'round')}: {verdict}); at least "
        f"{at_least:g} was asked for. Where the rest of {threads} went: {'; '.join(shares)}. "
        f"{gil_in_words(held)}"
    )


def _waited_for() -> str:
    """Return what threads may wait for: without a GIL, garbage collection stops all others."""
    return "the GIL, locks, I/O" if gil_enabled() else "locks, garbage collection, I/O"


def gil_in_words(held: GilHeld | None) -> str:
    """Return for which share the GIL is held, as far as it is known."""
    if held is None:
        return "How long it holds the GIL is not known." if gil_enabled() else "The GIL is disabled."
    low, high = held.interval(STANDARD_ERRORS)
    highest = _highest_ceiling(held)
    ceiling = "" if highest is None else f", so no number of threads gives more than {highest}"
    return f"It holds the GIL for {held.share:.2f} of its time (interval {low:.2f} to {high:.2f}){ceiling}."


def name_of(func: Callable[[], object]) -> str:
    """Return the name of a function, as people know it."""
    return getattr(func, "__qualname__", None) or repr(func)
