"""From judged numbers to one verdict on two commits: what held, what it means, what the exit status is.

A change counts if it was suspected in the first look and confirmed by a further one, on fresh samples
(`Outcome.LOST`, `Outcome.GAINED`). What was clear in the first look and did not come back is
`Outcome.PASSING`. From there:

- Controls are measured in every look at anything else. One whose number changed in a further look, suspected
  or not, was not changed by a commit: the machine moved. Of that *quantity* only what changed by more than
  the control did, and by the least effect on top, is still a change; the run is unfit to judge the rest.
- A workload with numbers at base and none at head is *gone*: a loss that needs no further look.
- A workload that is excused in the configuration is reported with the reason and costs nothing.
- A *trade*: scaling and single-thread time changed in opposite directions. Scaling gained by a slower
  thread is a loss, called what it is. Scaling lost because each thread alone became faster is no loss
  as long as n threads together do not get less done: throughput X(n) = n ÷ [slowdown(n) × time].
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from antigil.errors import EXIT_BAD, EXIT_COULD_NOT_JUDGE, EXIT_FINE
from antigil.history.options import Options
from antigil.history.series import TrackedWorkload

from .decision_rule import SAME, Judgement, LimitOf, Number, beyond, least_effects

#: Returns the judgements of all further looks by other limits.
JudgeAgain = Callable[[LimitOf], Sequence[Mapping[Number, Judgement]]]

#: Quantities that say how far a workload scales, as against how fast one thread is.
SCALING = ("slowdown", "gil_held", "waiting", "stall", "inflation")


class Outcome(StrEnum):
    """What became of one number."""

    SAME = "same"
    LOST = "lost"
    GAINED = "gained"
    PASSING = "passing"
    UNFIT = "unfit"


CHANGED_OUTCOMES = (Outcome.LOST, Outcome.GAINED)


class Trade(StrEnum):
    """Scaling and single-thread time that changed in opposite directions."""

    SLOWER_ALONE = "slower alone"
    FASTER_ALONE = "faster alone"


@dataclass(frozen=True)
class NumberVerdict:
    """One number after all looks.

    Attributes
    ----------
    looks : tuple of Judgement
        The first look's; and those of further looks that it was part of.
    outcome : Outcome
        Passing: changed in the first look only. Unfit: changed, but so did a control.
    """

    looks: tuple[Judgement, ...]
    outcome: Outcome

    @property
    def number(self) -> Number:
        """Which number it is."""
        return self.looks[0].number

    @property
    def latest(self) -> Judgement:
        """The judgement on the freshest samples."""
        return self.looks[-1]


@dataclass(frozen=True)
class WorkloadVerdict:
    """All numbers of one workload, after all looks.

    Attributes
    ----------
    gone : str or None
        Why it gives no number at head, if it gave some at base: a loss, too.
    excuse : str or None
        Why its losses raise no alert.
    trade : Trade or None
        If scaling and single-thread time changed in opposite directions.
    """

    workload: TrackedWorkload
    numbers: tuple[NumberVerdict, ...]
    excuse: str | None = None
    trade: Trade | None = None
    gone: str | None = None

    def with_outcome(self, *outcomes: Outcome) -> tuple[NumberVerdict, ...]:
        """Return the numbers of certain outcomes."""
        return tuple(f for f in self.numbers if f.outcome in outcomes)

    @property
    def counts(self) -> bool:
        """Whether it is a loss that somebody has to look at."""
        lost = self.gone is not None or bool(self.with_outcome(Outcome.LOST))
        return (
            lost
            and not self.workload.control
            and self.excuse is None
            and self.trade is not Trade.FASTER_ALONE
        )


@dataclass(frozen=True)
class Verdict:
    """What a comparison came to.

    Attributes
    ----------
    moved : tuple of NumberVerdict
        Numbers of controls that changed.
    problems : tuple of str
        What could not be judged, and why, in plain words.
    notes : tuple of str
        What is worth telling and changes nothing, such as a workload that is new.
    """

    workloads: tuple[WorkloadVerdict, ...]
    moved: tuple[NumberVerdict, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def losses(self) -> tuple[WorkloadVerdict, ...]:
        """The workloads that lost something that counts."""
        return tuple(w for w in self.workloads if w.counts)

    @property
    def status(self) -> int:
        """The exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."""
        if self.losses:
            return EXIT_BAD
        return EXIT_COULD_NOT_JUDGE if self.moved or self.problems else EXIT_FINE


def conclude(
    looks: Sequence[Mapping[Number, Judgement]],
    workloads: Mapping[str, TrackedWorkload],
    options: Options,
    judge_again: JudgeAgain,
    *,
    gone: Mapping[str, str],
    problems: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Verdict:
    """Bring the looks together.

    Parameters
    ----------
    looks
        Judgements of all numbers; then of fresh samples of those that were suspected, and were still, and
        of the controls.
    workloads
        Title and role of every workload that the numbers name.
    options
        The excuses and thresholds.
    judge_again
        Judges the samples of all looks by other limits, for what a control that moved leaves to be told.
    gone
        By workload without any number at head, why. One of a control cannot be judged.
    problems, notes
        What else is to be told; a problem means that not everything could be judged.
    """
    seen = {number: tuple(look[number] for look in looks if number in look) for number in looks[0]}
    outcomes = {n: outcome_of(judged, workloads[n.workload].control) for n, judged in seen.items()}
    changed = {n: outcome for n, outcome in outcomes.items() if outcome in CHANGED_OUTCOMES}
    moved = {number for number in changed if workloads[number.workload].control}
    if moved:
        outcomes |= dict.fromkeys(_unfit(seen, changed, moved, options, judge_again), Outcome.UNFIT)
    found = {number: NumberVerdict(judgements, outcomes[number]) for number, judgements in seen.items()}
    verdicts = []
    for name in dict.fromkeys([*(number.workload for number in found), *gone]):
        own = tuple(one for number, one in found.items() if number.workload == name)
        trade = _trade(own, options.threshold_of(name))
        verdicts.append(WorkloadVerdict(workloads[name], own, options.excuse_of(name), trade, gone.get(name)))
    missing = [f"the control {name} {why}" for name, why in gone.items() if workloads[name].control]
    controls = tuple(found[n] for n in found if n in moved)
    return Verdict(tuple(verdicts), controls, (*missing, *problems), tuple(notes))


def _unfit(
    seen: Mapping[Number, Sequence[Judgement]],
    changed: Mapping[Number, Outcome],
    moved: Collection[Number],
    options: Options,
    judge_again: JudgeAgain,
) -> list[Number]:
    """Return what changed by no more than the controls that `moved` did, of the same quantities."""
    sized = [look for number in moved for look in seen[number][1:] if look.direction != SAME]
    again = judge_again(beyond(least_effects(options), sized))
    tainted = {number.quantity for number in moved}
    unfit = []
    for number, outcome in changed.items():
        wider = [look[number] for look in again if number in look]
        still = outcome_of([seen[number][0], *wider]) is outcome
        if number.quantity in tainted and number not in moved and not still:
            unfit.append(number)
    return unfit


def outcome_of(looks: Sequence[Judgement], control: bool = False) -> Outcome:
    """Return what the looks at one number come to; one of a control need not have been suspected."""
    first, *further = looks
    for look in further:
        if look.direction != SAME and (control or (first.suspected and look.direction == first.tendency)):
            return Outcome(look.direction)
    return Outcome.SAME if first.direction == SAME else Outcome.PASSING


def _trade(numbers: Sequence[NumberVerdict], tolerance: float) -> Trade | None:
    """Tell whether scaling was exchanged for single-thread speed."""
    time = next((f for f in numbers if f.number.quantity == "time"), None)
    scaling = {f.outcome for f in numbers if f.number.quantity in SCALING}
    if time is None:
        return None
    if time.outcome is Outcome.LOST and Outcome.GAINED in scaling and Outcome.LOST not in scaling:
        return Trade.SLOWER_ALONE
    if time.outcome is Outcome.GAINED and Outcome.LOST in scaling:
        throughputs = [change for _, change in throughput_changes(numbers)]
        if throughputs and min(throughputs) >= -tolerance:
            return Trade.FASTER_ALONE
    return None


def throughput_changes(numbers: Sequence[NumberVerdict]) -> list[tuple[int, float]]:
    """Return by thread count how much more n threads get done, relative, from the freshest medians."""
    time = next((f.latest for f in numbers if f.number.quantity == "time"), None)
    if time is None or time.head <= 0:
        return []
    faster = time.base / time.head
    return [
        (f.number.threads, faster * f.latest.base / f.latest.head - 1.0)
        for f in numbers
        if f.number.quantity == "slowdown" and f.number.threads is not None and f.latest.head > 0
    ]
