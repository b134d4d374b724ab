"""The looks of a comparison: suspects are measured again, and what is not promising not to the end.

From half of its processes on a look goes on only with the workloads of which a number may yet be suspected
(`still_promising`). Leaving off can end a suspicion and confirms none, so it adds no false alarm; a look's
level is shared out among all numbers that it began with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from antigil.report import quantities

from .decision_rule import (
    PROMISING,
    SAME,
    SUSPICION,
    TELLING,
    Judgement,
    LimitOf,
    Number,
    SamplePair,
    judge,
    judged_quantities,
    powerless,
    smallest_p,
)
from .samples import Readings, judgeable, pairs_of, told_apart

#: Returns the samples of base and head, each of so many processes, of some workloads or, given None, of all.
Measure = Callable[[Collection[str] | None, int], tuple[Readings, Readings]]

#: Given what a look read so far of base and head, and p, returns the workloads with a p at most that.
Promising = Callable[[Readings, Readings, float], Collection[str]]


def take_look(
    measure: Measure, workloads: Collection[str] | None, processes: int, promising: Promising
) -> tuple[Readings, Readings]:
    """Measure some workloads, or all if None, to the end only those that stay promising."""
    both, left = (Readings(), Readings()), workloads
    halfway = (processes + 1) // 2
    stops = [n for n in range(halfway, processes) if smallest_p(n, n) <= TELLING]
    for taken, stop in pairwise([0, *stops, processes]):
        for readings, more in zip(both, measure(left, stop - taken), strict=True):
            readings.extend(more)
        if stop < processes:
            asked = set(promising(*both, still_promising(stop, processes)))
            left = asked if left is None else asked & set(left)
            if not left:
                break
    return both


def still_promising(taken: int, processes: int) -> float:
    """Return the p up to which a look goes on after so many of its processes, half of them or more.

    It falls in a straight line from `PROMISING` after half of them to `SUSPICION` after all.
    """
    return SUSPICION + (PROMISING - SUSPICION) * 2 * (1 - taken / processes)


def not_steady(base: Readings, head: Readings, p: float, among: Collection[str], limit: LimitOf) -> set[str]:
    """Return the workloads that a first look goes on with: a number is promising, or some are missing."""
    pairs = pairs_of(base, head)
    judged = judge(judgeable(pairs, among), limit)
    uneven = {*base.failures, *head.failures, *(base.skipped ^ head.skipped)}
    uneven |= {number.workload for number in base.samples.keys() ^ head.samples.keys()}
    return uneven | {number.workload for number, one in judged.items() if one.p <= p}


@dataclass
class LooksTaken:
    """The looks taken so far, the first included: their samples, judgements, and what else is to be told.

    `level` is that of a further look, `controls` are the names of the workloads that are one, and `gil` tells
    whether there is a GIL.
    """

    gil: bool
    controls: set[str]
    level: float
    seen: list[Mapping[Number, SamplePair]]
    judged: list[Mapping[Number, Judgement]]
    problems: list[str]
    notes: list[str]

    def look_further(self, measure: Measure, processes: Iterable[int], limit: LimitOf) -> None:
        """Measure what is suspected again, as long as a suspicion is open."""
        suspects = {n: judgement.tendency for n, judgement in self.judged[0].items() if judgement.suspected}

        def still_open(base: Readings, head: Readings, p: float) -> set[str]:
            pairs = {n: pair for n, pair in pairs_of(base, head).items() if n in suspects}
            judged = judge(pairs, limit)
            left = {n for n, one in judged.items() if one.p <= p and one.tendency == suspects[n]}
            unknown = {*(suspects.keys() - pairs.keys()), *powerless(pairs, p)}
            return self._with_controls(left | unknown)

        for count in processes:
            if not suspects:
                break
            one, other = take_look(measure, self._with_controls(suspects), count, still_open)
            pairs = pairs_of(one, other)
            among = judged_quantities(gil=self.gil)
            beside = {n for n in judgeable(pairs, among) if n.workload in self.controls}
            judged = _again(pairs, suspects, beside, limit, self.level)
            self.seen.append(pairs)
            self.judged.append(judged)
            lacking = [self._told(n) for n in suspects if n not in pairs]
            self.problems += _not_seen_again(lacking, one, other)
            self.notes += [note for note in told_apart(one, other).notes if note not in self.notes]
            suspects = {n: t for n, t in suspects.items() if n in judged and _open(judged[n], t)}
        self.problems += [
            f"{self._told(n)} is suspected, and too few processes gave it to show a change"
            for n in _blind(suspects, self.seen[-1], self.level)
        ]

    def _told(self, number: Number) -> str:
        return f"{number.workload} ({quantities.name(number.quantity, number.threads, gil=self.gil)})"

    def _with_controls(self, suspects: Collection[Number]) -> set[str]:
        """Return the workloads to measure for some suspects: beside any that is no control, all controls."""
        names = {number.workload for number in suspects}
        return names if names <= self.controls else names | self.controls

    def judge_again(self, wider: LimitOf) -> list[dict[Number, Judgement]]:
        """Judge by wider limits what was judged beside the controls in the further looks."""
        further = zip(self.seen[1:], self.judged[1:], strict=True)
        ours = [{n: seen[n] for n in judged if n.workload not in self.controls} for seen, judged in further]
        return [judge(pairs, wider, self.level) for pairs in ours]


def _again(
    pairs: Mapping[Number, SamplePair],
    suspects: Collection[Number],
    controls: Collection[Number],
    limit: LimitOf,
    level: float,
) -> dict[Number, Judgement]:
    """Judge what is suspected, and apart from it the controls that were measured beside it."""
    again = {number: pair for number, pair in pairs.items() if number in suspects}
    beside = {n: pairs[n] for n in controls if n not in again}
    return {**judge(again, limit, level), **judge(beside, limit, level)}


def _open(judgement: Judgement, tendency: str) -> bool:
    """Tell whether a further look has neither confirmed a suspicion nor ended it."""
    return judgement.suspected and judgement.tendency == tendency and judgement.direction == SAME


def _not_seen_again(lacking: Iterable[str], base: Readings, head: Readings) -> list[str]:
    """Say why what was suspected gave no numbers when it was measured again."""
    apart = told_apart(base, head)
    reasons = [*(f"{name}: {reason}" for name, reason in apart.gone.items()), *apart.problems]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return [f"{told} gave no numbers when it was measured again{why}" for told in lacking]


def _blind(
    suspects: Collection[Number], pairs: Mapping[Number, SamplePair], level: float
) -> tuple[Number, ...]:
    """Return what is suspected even after the last look, and was given by too few processes to be decided."""
    left = {number: pairs[number] for number in suspects if number in pairs}
    return powerless(left, level / max(1, len(left)))
