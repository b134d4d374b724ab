"""Where parallelism is lost, as text: one sentence, then the three losses by function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antigil.where import PYTHON, Loss, Part, Where

from ..measurement.limits import gil_again

MOST_PARTS = 8
"""Further parts of a loss are told together."""

LONGEST_NAME = 80

SMALL = 0.01
"""A loss below this is not worth a sentence."""


def where_lines(found: Where) -> Iterator[str]:
    """Yield the lines that ``antigil where`` prints."""
    yield where_sentence(found)
    yield ""
    for name in found.told:
        yield loss_title(found, name)
        yield from _aligned(loss_rows(found, name))
        yield ""
    host = found.host
    gil = "GIL enabled" if host.gil else "GIL disabled: nothing holds it"
    build = f"free-threaded, {gil}" if host.free_threaded or not host.gil else gil
    yield f"Python:   {host.python_version} ({build}); CPUs allowed: {host.cpus_allowed}"
    for kind, text in notes(found):
        yield f"{kind}:     {text}"


def notes(found: Where) -> Iterator[tuple[str, str]]:
    """Yield what to know of the figures, as ``Note``, and how to learn more, as ``Hint``."""
    if found.disturbed:
        yield "Note", "other programs disturbed it throughout: intervals are wide"
    if found.host.free_threaded and found.host.gil:
        yield "Note", gil_again(found.host)
    for hint in found.hints:
        yield "Hint", hint


def where_sentence(found: Where) -> str:
    """Return the result in one sentence: the largest loss, and the function that most of it lies in."""
    if found.host.gil and found.held.total.value >= max(SMALL, found.waiting.total.value / 2):
        return _told(found.held, "It holds the GIL for {} of the time")
    grown, waits = found.inflation.total.value, found.waiting.total.value
    if grown >= max(SMALL, waits) and found.inflation.total.ci99[0] > 0.0:
        return _told(found.inflation, f"With {found.threads} threads a call takes {{}} more CPU time")
    if waits >= SMALL:
        return _told(found.waiting, f"{found.threads} threads wait for {{}} of the time")
    neither = "It neither holds the GIL nor waits" if found.host.gil else "It does not wait"
    if grown >= SMALL and found.inflation.total.ci99[1] > 5 * SMALL:
        return f"{neither}; whether calls take more CPU time needs a larger --budget."
    return f"No loss worth a search: {neither[0].lower()}{neither[1:]}, and calls take no more CPU time."


def _told(loss: Loss, told: str) -> str:
    first = next((part for part in loss.parts if part.function.library), None)
    digits = 0 if loss.total.value >= 0.1 else 1
    text = told.format(f"{_at_least(loss)}{loss.total.value * 100:.{digits}f} %")
    if first is None:
        return f"{text}."
    share = f"{first.share.value * 100:.{digits}f} points of it" if len(loss.parts) > 1 else "all of it"
    reason = f" for {first.reason}" if first.reason and " wait " in told else ""
    where = "in Python code, " if first.function.library == PYTHON else "in "
    called = f", called from `{caller}`" if (caller := _caller(first)) else ""
    return f"{text}, {share}{reason} {where}`{_shortened(str(first.function))}`{called}."


def _at_least(loss: Loss) -> str:
    return "at least " if loss.at_least else ""


def _shortened(name: str) -> str:
    """Return a name of a length that fits into a line: generic ones of Rust and C++ fill several."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _caller(part: Part) -> str:
    return _shortened(part.entry_point) or (str(part.python) if part.python else "")


def loss_title(found: Where, name: str) -> str:
    """Return how large a loss is, and of what."""
    told = {
        "held": "GIL held: {} of the time of 1 thread",
        "waiting": f"Waiting: {{}} of the time of {found.threads} threads",
        "inflation": f"Inflation: {{}} CPU time per call with {found.threads} threads than with 1",
    }
    loss: Loss = getattr(found, name)
    total = _more_or_less if name == "inflation" else _percent
    ends = _percent if loss.total.ci99[0] >= 0.0 else total
    low, high = map(ends, loss.total.ci99)
    interval = f"99 %: {low} to {high}; {loss.samples} samples"
    return f"{told[name].format(_at_least(loss) + total(loss.total.value))} ({interval})"


def loss_rows(found: Where, name: str) -> list[tuple[str, str, str]]:
    """Return the functions that a loss lies in for certain, the largest first, and the rest in one row."""
    loss: Loss = getattr(found, name)
    shown = [part for part in loss.parts if part.function.library]
    if name == "inflation":
        shown = [part for part in shown if part.share.ci99[0] > 0.0]
    shown = shown[:MOST_PARTS]
    rows = [_function_row(part) for part in shown]
    rest = loss.total.value - sum(part.share.value for part in shown)
    if rows and abs(rest) >= 0.0005:
        rows.append((_percent(rest), "", "everything else"))
    return rows


def _aligned(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(2)]
    for share, interval, text in rows:
        yield f"  {share.rjust(widths[0])}  {interval.rjust(widths[1])}  {text}"


def _function_row(part: Part) -> tuple[str, str, str]:
    """Return what is told of a function: its share, the interval, and who it is."""
    low, high = part.share.ci99
    words = [_shortened(str(part.function))]
    if part.function.library not in (PYTHON, part.function.name):
        place = f"{part.source[0]}:{part.source[1]}" if part.source else ""
        words.append(f"({', '.join(filter(None, [part.function.library, place]))})")
    if part.reason:
        words.append(f"– {part.reason}")
    if part.entry_point:
        words.append(f"← {_shortened(part.entry_point)}")
    if part.python is not None:
        words.append(f"← {part.python}")
    return _percent(part.share.value), f"{low * 100:.1f} to {high * 100:.1f}", " ".join(words)


def _more_or_less(value: float) -> str:
    return f"{_percent(abs(value))} {'less' if value < 0.0 else 'more'}"


def _percent(value: float) -> str:
    return f"{value * 100:.1f} %".replace("-", "−")
