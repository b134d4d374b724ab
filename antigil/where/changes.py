"""What changed between two samplings of one workload, by function.

The difference of two shares has the margin sqrt(a² + b²) of their own 99 % margins a and b, which are of
samples of their own. What lies within it is no change, nor is what is smaller than `LEAST`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import hypot, sqrt

from ..scaling import Z99
from .divide import OTHERS
from .result import LOSSES, Loss, Part, Share, Where

LEAST = 0.01
"""The least change of a share that is told."""

Key = tuple[str, str, str, str]
"""Name, library, reason; and who called it where the name is not the function's own."""


@dataclass(frozen=True)
class ChangedFunction:
    """A function whose part of a loss changed.

    Attributes
    ----------
    name, library, source, reason
        As `Part` has them. A name that is not the function's own is nothing: it differs from build to build.
    called_from
        The function by which Python came there, or else the line.
    before, after
        Its shares.
    """

    name: str
    library: str
    source: tuple[str, int] | None
    reason: str
    called_from: str
    before: Share
    after: Share


@dataclass(frozen=True)
class ChangedLoss:
    """One of the three losses before and after, and the functions that changed, the largest change first."""

    loss: str
    before: Share
    after: Share
    functions: tuple[ChangedFunction, ...]


@dataclass(frozen=True)
class Changes:
    """What changed in a workload with so many threads, and how names could tell more.

    Attributes
    ----------
    python
        The Python that both were sampled under, by the caller's name for it.
    gil
        Whether the GIL was on before, and after: an import may switch it on in a free-threaded build.
    """

    python: str
    gil: tuple[bool, bool]
    threads: int
    losses: tuple[ChangedLoss, ...]
    hints: tuple[str, ...]


def changes(python: str, before: Where, after: Where) -> Changes:
    """Return the losses that changed under a Python, or of which a function's part did."""
    found = []
    for name in LOSSES:
        one, other = getattr(before, name), getattr(after, name)
        functions = tuple(_functions(one, other, scaled=name == "waiting"))
        if functions or differs(one.total, other.total):
            found.append(ChangedLoss(name, one.total, other.total, functions))
    gil = before.host.gil, after.host.gil
    return Changes(python, gil, after.threads, tuple(found), after.hints)


def differs(before: Share, after: Share) -> bool:
    """Tell whether two shares differ by more than their intervals leave open, and enough to be told."""
    change = abs(after.value - before.value)
    return change >= LEAST and change > hypot(_margin(before), _margin(after))


def _functions(before: Loss, after: Loss, *, scaled: bool) -> list[ChangedFunction]:
    one, other = _by_key(before), _by_key(after)
    found = []
    for key in {**one, **other}:
        shares = [
            _together(parts[key]) if key in parts else _none_of(loss, scaled=scaled)
            for parts, loss in ((one, before), (other, after))
        ]
        if differs(*shares):
            found.append(_changed(key, [*other.get(key, ()), *one.get(key, ())][0], *shares))
    return sorted(found, key=lambda function: -abs(function.after.value - function.before.value))


def _changed(key: Key, part: Part, before: Share, after: Share) -> ChangedFunction:
    name, library, reason, _ = key
    called_from = part.entry_point or (str(part.python) if part.python else "")
    return ChangedFunction(
        name, library, part.source, reason, "" if called_from == name else called_from, before, after
    )


def _by_key(loss: Loss) -> dict[Key, list[Part]]:
    found: dict[Key, list[Part]] = defaultdict(list)
    for part in loss.parts:
        if part.function.name != OTHERS:
            found[_key(part)].append(part)
    return found


def _key(part: Part) -> Key:
    function = part.function
    if function.is_own_name:
        return function.name, function.library, part.reason, ""
    return "", function.library, part.reason, part.entry_point


def _together(parts: list[Part]) -> Share:
    value = sum(part.share.value for part in parts)
    margin = hypot(*(_margin(part.share) for part in parts))
    return Share(value, (value - margin, value + margin))


def _none_of(loss: Loss, *, scaled: bool) -> Share:
    """Return the share of a function that no sample lay in: as if half a one had."""
    share = 0.5 / (loss.samples + 1)
    margin = Z99 * sqrt(share * (1.0 - share) / max(1, loss.samples))
    return Share(0.0, (0.0, margin * (loss.total.value if scaled else 1.0)))


def _margin(share: Share) -> float:
    """Return half an interval, of which one end may be cut off at 0 or 1."""
    return max(share.value - share.ci99[0], share.ci99[1] - share.value)
