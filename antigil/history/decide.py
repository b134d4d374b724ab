"""Whether a number differs between two commits: samples in, one judgement per number out. Pure.

The unit is the *process*: a sample is what one fresh process measured, so rounds inside a process are
never taken for independent. Every number is lower for better. A number is *lost* if the head's samples
are larger than the base's by more than the least effect that counts,

    raised(x) = x × (1 + relative) + absolute,

which is asked of the samples and not of their medians: the Mann-Whitney test of head against
raised(base). It is *gained* if base against raised(head) says so. Ties count against a difference, so
the test is conservative. p is two-sided, and corrected for the number of comparisons (Holm):

    adjusted p of the i-th smallest of m = max over j <= i of (m - j + 1) × p_j

With 8 processes on each side the smallest p is 2 ÷ C(16, 8) = 0.000155: up to 322 numbers can be judged
at a level of 5 %.

References
----------
H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically larger
than the other", Annals of Mathematical Statistics 18 (1947).
S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
(1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from statistics import median

from .config import Options

#: Quantities that are judged; the others say where the missing speedup went.
JUDGED = ("slowdown", "gil_held", "waiting", "stall", "time")

#: Level of the first look, for all its numbers together.
FIRST_LEVEL = 0.05
#: Level of the second look, on fresh samples, for all numbers that looked changed in the first.
SECOND_LEVEL = 0.01

LOST, GAINED, SAME = "lost", "gained", "same"


@dataclass(frozen=True, order=True)
class Number:
    """What was measured: a quantity of a workload, at a thread count if it has one."""

    workload: str
    quantity: str
    threads: int | None = None


@dataclass(frozen=True)
class Pair:
    """The samples of one number at both commits, one per process."""

    base: tuple[float, ...]
    head: tuple[float, ...]


@dataclass(frozen=True)
class Limit:
    """The least effect that counts: a share of the value plus an amount in its own unit."""

    relative: float = 0.0
    absolute: float = 0.0

    def raised(self, value: float) -> float:
        """Return a value made worse by the least effect that counts."""
        return value * (1.0 + self.relative) + self.absolute


#: Shares of time; the stall is one extreme value per process, so it has to double and to be felt.
WAITING_LIMIT = Limit(absolute=0.05)
STALL_LIMIT = Limit(relative=1.0, absolute=0.002)


def limits(options: Options) -> Callable[[Number], Limit]:
    """Return the least effect that counts for each number."""

    def limit(number: Number) -> Limit:
        match number.quantity:
            case "gil_held":
                return Limit(absolute=options.held_threshold)
            case "waiting":
                return WAITING_LIMIT
            case "stall":
                return STALL_LIMIT
            case _:
                return Limit(relative=options.threshold_of(number.workload))

    return limit


@dataclass(frozen=True)
class Judgement:
    """What the samples say about one number.

    Attributes
    ----------
    base, head : float
        Medians over the processes.
    direction : str
        ``"lost"``, ``"gained"`` or ``"same"``: same means that no change was shown.
    p, adjusted : float
        Of a difference beyond the limit, two-sided, before and after the correction.
    """

    number: Number
    base: float
    head: float
    direction: str
    p: float
    adjusted: float

    @property
    def change(self) -> float:
        """Head's median relative to base's, less one; infinite from nothing to something."""
        if self.base == 0:
            return 0.0 if self.head == 0 else math.inf
        return self.head / self.base - 1.0


def judge(
    pairs: Mapping[Number, Pair], limit_of: Callable[[Number], Limit], level: float = FIRST_LEVEL
) -> dict[Number, Judgement]:
    """Judge every number, corrected for how many there are.

    Parameters
    ----------
    pairs
        At least one sample on each side of each number.
    limit_of
        The least effect that counts; see `limits`.
    level
        Probability of one or more false changes among all numbers, at most.
    """
    numbers = sorted(pairs, key=_order)
    sided = [_sided(pairs[number], limit_of(number)) for number in numbers]
    adjusted = holm([p for p, _ in sided])
    found = {}
    for number, (p, direction), corrected in zip(numbers, sided, adjusted, strict=True):
        middle = median(pairs[number].base), median(pairs[number].head)
        found[number] = Judgement(number, *middle, direction if corrected <= level else SAME, p, corrected)
    return found


def powerless(pairs: Mapping[Number, Pair], level: float) -> tuple[Number, ...]:
    """Return the numbers with so few samples that no change whatever could be shown."""
    return tuple(
        number
        for number, pair in pairs.items()
        if smallest_p(len(pair.base), len(pair.head)) * len(pairs) > level
    )


def smallest_p(m: int, n: int) -> float:
    """Return the p of the clearest difference that m and n samples can show."""
    return min(1.0, 2.0 / math.comb(m + n, n))


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values corrected for their number."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    scaled = ((len(ps) - place) * ps[i] for place, i in enumerate(order))
    adjusted = dict(zip(order, accumulate(scaled, max), strict=True))
    return [min(1.0, adjusted[i]) for i in range(len(ps))]


def probability_of_larger(lower: Iterable[float], upper: Iterable[float]) -> float:
    """Return the one-sided exact p of `upper` being larger than `lower`: Mann-Whitney, ties against it."""
    low, high = tuple(lower), tuple(upper)
    u = sum(b > a for a in low for b in high)
    return _upper_tail(len(low), len(high))[u]


@cache
def _upper_tail(m: int, n: int) -> tuple[float, ...]:
    """Return P(U >= u) for u = 0 ... m n, all orders being equally likely.

    The number of orders with U = u is the coefficient of q^u in the product over i = 1 ... m of
    (1 - q^(n + i)) ÷ (1 - q^i).
    """
    size = m * n + 1
    counts = [1] + [0] * (size - 1)
    for i in range(1, m + 1):
        for u in range(size - 1, n + i - 1, -1):
            counts[u] -= counts[u - n - i]
        for u in range(i, size):
            counts[u] += counts[u - i]
    tails = accumulate(reversed(counts))
    return tuple(tail / math.comb(m + n, n) for tail in tails)[::-1]


def _sided(pair: Pair, limit: Limit) -> tuple[float, str]:
    """Return the two-sided p of a change beyond the limit, and the likelier direction."""
    lost = probability_of_larger(map(limit.raised, pair.base), pair.head)
    gained = probability_of_larger(map(limit.raised, pair.head), pair.base)
    return min(1.0, 2.0 * min(lost, gained)), LOST if lost <= gained else GAINED


def _order(number: Number) -> tuple[str, int, int]:
    """Sort by workload, then as `JUDGED` names the quantities, then by threads."""
    place = JUDGED.index(number.quantity) if number.quantity in JUDGED else len(JUDGED)
    return number.workload, place, number.threads or 0
