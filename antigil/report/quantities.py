"""How numbers are written for people: slowdown as speedup, shares as per cent, times with a fitting unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from antigil.scaling import WIDEST

#: Of a range whose ends differ by a larger factor, only the nearer one is told.
MOST_APART = 10.0

#: What a quantity is called; ``{n}`` is the number of threads.
NAMES = {
    "slowdown": "speedup, {n} threads",
    "waiting": "waiting, {n} threads",
    "queued": "queued, {n} threads",
    "inflation": "CPU time per call, {n} threads",
    "gil_held": "GIL held",
    "stall": "longest stall",
    "time": "time of one call",
}
#: What the held share is where there is no GIL: a call stops the others, as to collect garbage.
STOPPED = "other threads stopped"
#: What the verdicts on scaling are called on the pages.
SCALING_WORDS = {
    "scales": "scales",
    "partly": "helps partly",
    "does-not": "threads do not help",
    "hurts": "threads hurt",
    "inconclusive": "inconclusive",
}
SHARES = frozenset({"waiting", "queued", "gil_held"})
SECONDS = frozenset({"stall", "time"})


def held_name(gil: bool | None) -> str:
    """Return what the held share is called where there is a GIL, none, or that is not known."""
    return STOPPED if gil is False else NAMES["gil_held"]


def name(quantity: str, threads: int | None, *, gil: bool | None = None) -> str:
    """Return what a number is called where there is a GIL, none, or that is not known."""
    if quantity == "gil_held":
        return held_name(gil)
    text = NAMES.get(quantity, quantity).replace("{n}", str(threads))
    return text.replace("1 threads", "1 thread") if threads == 1 else text


def value(quantity: str, threads: int | None, number: float) -> str:
    """Return a number as people read it."""
    if quantity == "slowdown" and threads is not None:
        return times(threads / number) if number > 0 else "–"
    if quantity in SHARES:
        return f"{number * 100:.1f} %"
    if quantity in SECONDS:
        return seconds(number)
    return f"{number:.2f}×"


def change(quantity: str, base: float, head: float) -> str:
    """Return what became of a number: more speedup is a plus, and so is more waiting."""
    if quantity in SHARES:
        return points(head - base) if abs(head - base) >= 0.005 else "±0 points"
    if quantity == "slowdown":
        base, head = head, base
    if base <= 0 or not math.isfinite(base):
        return "–"
    return percent(head / base - 1.0)


def cells(row: Mapping[str, Any], *, gil: bool | None) -> tuple[str, str, str, str]:
    """Return what a number in a report is called, what it was, what it is, and what became of it."""
    kind, threads, base, head = row["quantity"], row["threads"], row["base"], row["head"]
    before, now = value(kind, threads, base), value(kind, threads, head)
    return name(kind, threads, gil=gil), before, now, change(kind, base, head)


def seconds(number: float) -> str:
    """Return a time with a unit from ns to s, and three digits."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if number >= 0.9995 * factor:  # what would round up to 1000 of the smaller unit
            return f"{_three_digits(number / factor)} {unit}"
    return f"{number / 1e-9:.3g} ns"


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"


def ceiling_at(held: float) -> str:
    """Return what a held share allows at most."""
    return times(1.0 / held) if held >= 0.001 else "no limit"


def ceiling_range(low: float, high: float | None) -> str:
    """Return a range of ceilings; it may have no upper end."""
    if high is None or high > MOST_APART * low:
        return f"{two_digits(low)} or more"
    return span(low, high, two_digits)


def two_digits(value: float) -> str:
    """Return a number with two digits, and whole from 100 on."""
    return f"{value:#.2g}".rstrip(".") if value < 99.5 else f"{float(f'{value:.2g}'):.0f}"


def span(low: float, high: float, text: Callable[[float], str]) -> str:
    """Return two ends in words, or one where both read the same."""
    return text(low) if text(low) == text(high) else f"{text(low)} to {text(high)}"


def times(value: float) -> str:
    """Return a speedup, such as ``3.98×``."""
    return f"{value:.2f}×" if value < 100 else f"{value:.0f}×"


def percent(value: float | None) -> str:
    """Return a relative change, with a proper minus sign."""
    if value is None:
        return "–"
    text = f"{abs(value) * 100:.0f}"
    return f"±{text} %" if text == "0" else ("+" if value > 0 else "−") + f"{text} %"


def held_percent(share: float) -> str:
    """Return a held share in per cent, as all pages write it: with a decimal below 10 %."""
    return f"{share * 100:.{1 if 0 < share < 0.0995 else 0}f} %"


def points(value: float) -> str:
    """Return a change of a share, in percentage points."""
    return ("+" if value > 0 else "−") + f"{abs(value) * 100:.0f} points"


def share_percent(share: float) -> str:
    """Return a share in per cent, with no digit that no measurement tells."""
    return f"{share:.0%}" if share >= 0.0995 or share < 0.0005 else f"{share:.1%}"


def figure(low: float, high: float, median: float | None = None) -> str:
    """Return a speedup by its interval: one number where that is narrow and it is given, else both ends."""
    if median is not None and high - low <= WIDEST * max(2.0, high):
        return rounded(median, high - low)
    return span(low, high, lambda end: two_digits(end) if abs(end) >= 1.0 else f"{end:z.1f}")


def rounded(value: float, width: float) -> str:
    """Return a number with the digits that an interval of such a width leaves it, two decimals at most."""
    decimals = 1 if width <= 0 else min(2, math.ceil(-math.log10(width / 2)))
    return f"{round(value, decimals):z.{max(0, decimals)}f}"


COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")


def count_word(number: int) -> str:
    """Return a number as it begins a sentence."""
    return COUNTS[number] if number < len(COUNTS) else str(number)


def counted(number: int | str, noun: str) -> str:
    """Return how many there are of something, such as ``1 workload``, ``2 workloads`` or ``unknown CPUs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
