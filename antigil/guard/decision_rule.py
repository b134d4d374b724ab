"""Whether a number differs between two commits: samples in, one judgement per number out. Pure.

The unit is the *process*: a sample is what one fresh process measured, so rounds inside a process are
never taken for independent. Every number is lower for better. A number is *lost* if the head's samples
are larger than the base's by more than the least effect that counts,

    raised(x) = x × (1 + relative) + absolute,

which is asked of the samples and not of their medians: the exact permutation test of head against
raised(base). It is *gained* if base against raised(head) says so. The GIL-held share is tested by its mean
(Pitman): a process counts the probes that found the GIL taken, few of them beside busy neighbours, and one
that by chance found none should cost a change what it lacks and no more. All else is tested by rank
(Wilcoxon), since one process in ten can be far off. p is two-sided, twice the smaller of the two.

There are up to three *looks*, each on fresh processes (`Looks`), and to its end only for what stays
promising (`looks`):

1. Suspicion. Every number is tested; those with p <= `SUSPICION` are suspected. Nothing is reported from it,
   so nothing has to be corrected for, and a small change is not lost to the number of numbers.
2. Confirmation, of what is suspected only. A number changed if p <= `CONFIRMATION` after correction for how
   many are suspected, in the direction that was suspected.
3. A longer look at those that are still suspected, with the same level.

A report of a change that is none takes a false confirmation, whatever the first look let through. So the
probability of one or more in a comparison is at most 2 x `CONFIRMATION` = 0.5 %, by Bonferroni over the two
looks and Holm within each:

    adjusted p of the i-th smallest of m = max over j <= i of (m - j + 1) × p_j

References
----------
S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
(1979). The tests: see `permutation_test`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from antigil.history.options import Options

from .permutation_test import larger_by_rank, larger_in_the_mean

#: Quantities that are judged; the others say where the missing speedup went.
JUDGED = ("slowdown", "gil_held", "waiting", "stall", "time")
#: The same where there is no GIL: threads that pass a cache line around neither wait nor hold anything.
JUDGED_WITHOUT_GIL = (*JUDGED, "inflation")

#: Quantities whose samples are shares of what was counted, with means to be compared.
COUNTED = frozenset({"gil_held"})

#: The clearest difference that samples can show has a p of at most that, or they are too few.
TELLING = 0.2
#: p, of one number alone, up to which it is looked at again.
SUSPICION = 0.3
#: The same after half of a look's processes, up to which the look goes on.
PROMISING = 0.9
#: Level, for all numbers together, at which the first look alone is worth telling.
NOTICED = 0.05
#: Level of each further look, for all numbers together that it is about.
CONFIRMATION = 0.0025
#: Level of the only look at stored results.
STORED_LEVEL = 0.01

LOST, GAINED, SAME = "lost", "gained", "same"


@dataclass(frozen=True)
class Looks:
    """How many fresh processes each look takes of each commit, at most.

    The second takes more than the first, which has only to raise a suspicion, so that it can decide among
    many suspected numbers: ten show p = 2 ÷ C(20, 10) = 0.00001. The third takes twice as many, at times
    only. Chosen by resampling what was measured beside busy neighbours; figures: docs/evidence/guard.md.
    """

    first: int = 6

    @property
    def further(self) -> tuple[int, int]:
        """Of the second look, and of the third."""
        return self.first + 4, 2 * (self.first + 4)


@dataclass(frozen=True, order=True)
class Number:
    """What was measured: a quantity of a workload, at a thread count if it has one."""

    workload: str
    quantity: str
    threads: int | None = None


@dataclass(frozen=True)
class SamplePair:
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


def judged_quantities(*, gil: bool) -> tuple[str, ...]:
    """Return the quantities that are judged where there is a GIL, or none."""
    return JUDGED if gil else JUDGED_WITHOUT_GIL


#: The least effect that counts, by number.
LimitOf = Callable[["Number"], Limit]

#: Quantities that move by a factor; the others by an amount.
BY_FACTOR = frozenset({"slowdown", "time", "inflation"})


def least_effects(options: Options) -> LimitOf:
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


def beyond(limit_of: LimitOf, moved: Iterable[Judgement]) -> LimitOf:
    """Return limits that are raised by as much as numbers of controls moved, in whatever direction.

    The machine did that to the controls, and may have done it to all else.
    """
    factors, amounts = dict[str, float](), dict[str, float]()
    for one in moved:
        lower, higher = sorted((one.base, one.head))
        kind = one.number.quantity
        if kind in BY_FACTOR:
            factors[kind] = max(factors.get(kind, 1.0), higher / lower if lower > 0 else math.inf)
        else:
            amounts[kind] = max(amounts.get(kind, 0.0), higher - lower)

    def limit(number: Number) -> Limit:
        usual, kind = limit_of(number), number.quantity
        relative = (1.0 + usual.relative) * factors.get(kind, 1.0) - 1.0
        return Limit(relative, usual.absolute + amounts.get(kind, 0.0))

    return limit


@dataclass(frozen=True)
class Judgement:
    """What the samples say about one number.

    Attributes
    ----------
    base, head : float
        Medians over the processes.
    tendency : str
        ``"lost"`` or ``"gained"``, whichever is likelier.
    direction : str
        The tendency if it was shown at the level that was asked for, else ``"same"``.
    p, adjusted : float
        Of a difference beyond the limit, two-sided, before and after the correction.
    """

    number: Number
    base: float
    head: float
    tendency: str
    direction: str
    p: float
    adjusted: float

    @property
    def suspected(self) -> bool:
        """Whether it is worth another look."""
        return self.p <= SUSPICION


def judge(
    pairs: Mapping[Number, SamplePair], limit_of: LimitOf, level: float = CONFIRMATION
) -> dict[Number, Judgement]:
    """Judge every number, corrected for how many there are.

    Parameters
    ----------
    pairs
        At least one sample on each side of each number.
    limit_of
        The least effect that counts; see `least_effects`.
    level
        Probability of one or more false changes among all numbers, at most.
    """
    numbers = sorted(pairs, key=_order)
    sided = [_sided(number, pairs[number], limit_of(number)) for number in numbers]
    adjusted = holm([p for p, _ in sided])
    found = {}
    for number, (p, tendency), corrected in zip(numbers, sided, adjusted, strict=True):
        middle = median(pairs[number].base), median(pairs[number].head)
        direction = tendency if corrected <= level else SAME
        found[number] = Judgement(number, *middle, tendency, direction, p, corrected)
    return found


def powerless(pairs: Mapping[Number, SamplePair], level: float) -> tuple[Number, ...]:
    """Return the numbers with so few samples that p cannot come down to a level."""
    return tuple(n for n, pair in pairs.items() if smallest_p(len(pair.base), len(pair.head)) > level)


def smallest_p(m: int, n: int) -> float:
    """Return the p of the clearest difference that m and n samples can show."""
    return min(1.0, 2.0 / math.comb(m + n, n))


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values corrected for their number."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    scaled = ((len(ps) - place) * ps[i] for place, i in enumerate(order))
    adjusted = dict(zip(order, accumulate(scaled, max), strict=True))
    return [min(1.0, adjusted[i]) for i in range(len(ps))]


def _sided(number: Number, pair: SamplePair, limit: Limit) -> tuple[float, str]:
    """Return the two-sided p of a change beyond the limit, and the likelier direction."""
    larger = larger_in_the_mean if number.quantity in COUNTED else larger_by_rank
    lost = larger([limit.raised(value) for value in pair.base], pair.head)
    gained = larger([limit.raised(value) for value in pair.head], pair.base)
    return min(1.0, 2.0 * min(lost, gained)), LOST if lost <= gained else GAINED


def _order(number: Number) -> tuple[str, int, int]:
    """Sort by workload, then as `JUDGED_WITHOUT_GIL` names the quantities, then by threads."""
    known = JUDGED_WITHOUT_GIL
    place = known.index(number.quantity) if number.quantity in known else len(known)
    return number.workload, place, number.threads or 0
