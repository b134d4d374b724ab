"""Compare two commits: measure in turn, suspect, measure again what is suspected, conclude.

Each look is on samples of its own, so its level holds whatever the looks before it saw; see `decision_rule`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from antigil.history.benchmark_columns import workloads_of
from antigil.history.options import Options
from antigil.history.project import Project, Revision
from antigil.history.series import Combination, TrackedWorkload
from antigil.history.surroundings import Surroundings
from antigil.report import quantities
from antigil.where import Changes

from .commit_verdict import NOTHING_LOST, Verdict, conclude
from .decision_rule import (
    CONFIRMATION,
    JUDGED,
    NOTICED,
    SAME,
    Judgement,
    LimitOf,
    Looks,
    Number,
    SamplePair,
    judge,
    judged_in,
    least_effects,
    powerless,
)
from .interleaved_visits import VisitPlace, measure_both, prepare
from .samples import Readings, judgeable, missing_at_head, pairs_of, told_apart, too_few

Measure = Callable[[Collection[str] | None, int], tuple[Readings, Readings]]


@dataclass(frozen=True)
class EnvironmentComparison:
    """Two commits in one environment.

    Attributes
    ----------
    measured : bool
        Whether it was measured for this, or judged from stored results.
    looks : tuple of dict of Number to SamplePair
        All samples of each look, those that are not judged included.
    functions : dict of str to Changes
        By workload that lost, what changed by function; see `profile`.
    surroundings : tuple of Surroundings
        What base and head were measured on besides the commit; empty where nothing was measured.
    """

    base: Revision
    head: Revision
    environment: str
    verdict: Verdict
    measured: bool
    looks: tuple[Mapping[Number, SamplePair], ...]
    functions: Mapping[str, Changes] = field(default_factory=dict)
    surroundings: tuple[Surroundings, Surroundings] = ({}, {})

    def samples(self, number: Number) -> SamplePair | None:
        """Return the freshest samples of a number."""
        return next((look[number] for look in reversed(self.looks) if number in look), None)


After = Callable[[VisitPlace, EnvironmentComparison], EnvironmentComparison]


@dataclass(frozen=True)
class Comparison:
    """The comparisons in all environments, and how long they took.

    Attributes
    ----------
    skipped : str or None
        Why nothing was compared, if nothing had to be.
    pythons : tuple of str
        The interpreters, where one commit was compared under several.
    """

    base: Revision
    head: Revision
    comparisons: tuple[EnvironmentComparison, ...]
    seconds: float
    skipped: str | None = None
    pythons: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status: a loss anywhere counts before what could not be judged."""
        statuses = {comparison.verdict.status for comparison in self.comparisons}
        return min(statuses - {NOTHING_LOST}, default=NOTHING_LOST)


def compare(
    project: Project,
    base: Revision,
    head: Revision,
    *,
    processes: int = Looks.first,
    patterns: Sequence[str] = (),
    environments: Sequence[str] = (),
    combination: Combination | None = None,
    workload: str | None = None,
    say: Callable[[str], None] = lambda line: None,
    after: After | None = None,
) -> Comparison:
    """Measure and judge two commits.

    Parameters
    ----------
    processes
        Fresh processes of each commit in the first look; see `Looks`.
    patterns
        Regular expressions of the benchmarks to use; all if empty.
    environments
        asv's environment specifications; those of the configuration if empty.
    combination
        The only combination of asv's matrix to measure in; all if None.
    workload
        The only workload to measure, beside the controls; all if None.
    say
        Called with a line on the progress.
    after
        Called with each place while both commits are installed there; returns what is kept of its comparison.

    Raises
    ------
    antigil.errors.UserError
        If a commit cannot be built, or there is nothing to measure.
    """
    began = time.monotonic()
    say(f"installing {base.short} and {head.short}")
    places = prepare(project, (base, head), patterns, environments, combination, workload)
    found = []
    for place in places:
        one = compare_in(project.options, base, head, place, processes, len(places), say)
        found.append(one if after is None else after(place, one))
    return Comparison(base, head, tuple(found), time.monotonic() - began)


def compare_in(
    options: Options, base: Revision, head: Revision, place: VisitPlace, processes: int, places: int,
    say: Callable[[str], None],
) -> EnvironmentComparison:  # fmt: skip
    """Compare in one place; the level is shared out among so many `places`."""

    def measure(workloads: Collection[str] | None, count: int) -> tuple[Readings, Readings]:
        what = "measuring" if workloads is None else f"measuring {', '.join(sorted(workloads))} again"

        def progress(done: int, visits: int) -> None:
            say(f"{place.name}: {what}, {done} of {visits} visits done")

        return measure_both(place, count, workloads, progress)

    workloads, among = workloads_of(place.columns), judged_in(place.python)
    looks = Looks(processes)
    found = take_looks(measure, options, workloads, base, head, place.name, looks, places, among)
    return replace(found, surroundings=place.surroundings)


def take_looks(
    measure: Measure,
    options: Options,
    workloads: Mapping[str, TrackedWorkload],
    base: Revision,
    head: Revision,
    environment: str,
    looks: Looks = Looks(),  # noqa: B008 - immutable
    environments: int = 1,
    among: Collection[str] = JUDGED,
) -> EnvironmentComparison:
    """Judge everything, and what is suspected again on fresh samples, with the controls beside it.

    Parameters
    ----------
    measure
        Returns the samples of base and head for some workloads, or for all if given None, each of so many
        processes.
    environments
        How many are compared: the level is shared out among them.
    among
        Quantities that are judged.
    """
    one, other = measure(None, looks.first)
    apart, pairs = told_apart(one, other), pairs_of(one, other)
    numbers = judgeable(pairs, among)
    taken = _Taken(
        among=among,
        controls={number.workload for number in numbers if workloads[number.workload].control},
        level=CONFIRMATION / environments,
        seen=[pairs],
        judged=[judge(numbers, least_effects(options), NOTICED / environments)],
        problems=[
            *apart.problems,
            *missing_at_head(one, other, among),
            *too_few(numbers, bool(apart.gone)),
        ],
        notes=[*apart.notes],
    )
    taken.look_further(measure, looks.further, least_effects(options))
    verdict = conclude(
        taken.judged,
        workloads,
        options,
        taken.judge_again,
        gone=apart.gone,
        problems=taken.problems,
        notes=taken.notes,
    )
    return EnvironmentComparison(base, head, environment, verdict, True, tuple(taken.seen))


@dataclass
class _Taken:
    """The looks taken so far, the first included: their samples, judgements, and what else is to be told.

    `level` is that of a further look, `controls` are the names of the workloads that are one, and `among` the
    quantities that are judged.
    """

    among: Collection[str]
    controls: set[str]
    level: float
    seen: list[Mapping[Number, SamplePair]]
    judged: list[Mapping[Number, Judgement]]
    problems: list[str]
    notes: list[str]

    def look_further(self, measure: Measure, looks: Iterable[int], limit: LimitOf) -> None:
        """Measure what is suspected again, as long as a suspicion is open."""
        suspects = {n: judgement.tendency for n, judgement in self.judged[0].items() if judgement.suspected}
        for processes in looks:
            if not suspects:
                break
            one, other = measure({number.workload for number in suspects} | self.controls, processes)
            pairs = pairs_of(one, other)
            beside = {n for n in judgeable(pairs, self.among) if n.workload in self.controls}
            judged = _again(pairs, suspects, beside, limit, self.level)
            self.seen.append(pairs)
            self.judged.append(judged)
            self.problems += _not_seen_again(suspects, pairs, one, other)
            self.notes += [note for note in told_apart(one, other).notes if note not in self.notes]
            suspects = {n: t for n, t in suspects.items() if n in judged and _open(judged[n], t)}
        self.problems += _blind(suspects, self.seen[-1], self.level)

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


def _not_seen_again(
    suspects: Collection[Number], pairs: Mapping[Number, SamplePair], base: Readings, head: Readings
) -> list[str]:
    """Name what was suspected, and gave no numbers when it was measured again."""
    apart = told_apart(base, head)
    reasons = [*(f"{name}: {reason}" for name, reason in apart.gone.items()), *apart.problems]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return [f"{_told(n)} gave no numbers when it was measured again{why}" for n in suspects if n not in pairs]


def _told(number: Number) -> str:
    return f"{number.workload} ({quantities.name(number.quantity, number.threads)})"


def _blind(suspects: Collection[Number], pairs: Mapping[Number, SamplePair], level: float) -> list[str]:
    """Name what is suspected even after the last look, and was given by too few processes to be decided."""
    left = {number: pairs[number] for number in suspects if number in pairs}
    blind = powerless(left, level / max(1, len(left)))
    return [f"{_told(n)} is suspected, and too few processes gave it to show a change" for n in blind]
