"""Halve a range of commits until what was lost in it is left at one commit. The caller measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Range(NamedTuple):
    """Where something was lost: after the commit `good`, by one of `commits`, oldest first."""

    good: str
    commits: list[str]


def halve(
    items: Sequence[T],
    span: Range,
    ask: Callable[[Sequence[T], str], Mapping[T, bool | None]],
    closed: Callable[[], bool] = lambda: False,
    step_aside: bool = False,
) -> Iterator[tuple[T, Range]]:
    """Yield what was lost, each with the fewest commits that may have done it.

    Of n commits that can all be judged at most log2(n), rounded up, are asked for.

    Parameters
    ----------
    items
        What was lost in the range.
    ask
        Tells which of some had been lost at a commit already; None where that could not be judged.
    closed
        Whether no further commit is to be asked for.
    step_aside
        Whether another commit is asked for in place of one that could not be judged.
    """
    work: list[tuple[list[T], Range, frozenset[str]]] = [(list(items), span, frozenset())]
    while work:
        some, (good, commits), unknown = work.pop()
        tried = _middle(commits, unknown)
        if tried is None or not some or closed():
            yield from ((item, Range(good, commits)) for item in some)
            continue
        told = ask(some, commits[tried])
        stuck = [item for item in some if told[item] is None]
        if step_aside:
            work.append((stuck, Range(good, commits), unknown | {commits[tried]}))
        else:
            yield from ((item, Range(good, commits)) for item in stuck)
        lost = [item for item in some if told[item]]
        fine = [item for item in some if told[item] is False]
        work.append((lost, Range(good, commits[: tried + 1]), unknown))
        work.append((fine, Range(commits[tried], commits[tried + 1 :]), unknown))


def _middle(commits: Sequence[str], unknown: Collection[str]) -> int | None:
    """Return the place nearest the middle to ask for; of the last commit the answer is known."""
    middle = len(commits) // 2 - 1
    places = [i for i, commit in enumerate(commits[:-1]) if commit not in unknown]
    return min(places, key=lambda i: abs(i - middle), default=None)
