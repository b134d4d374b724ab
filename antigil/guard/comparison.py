"""Compare two commits: measure in turn, suspect, measure again what is suspected, conclude.

Each look is on samples of its own, so its level holds whatever the looks before it saw; see `decision_rule`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from antigil.errors import EXIT_FINE
from antigil.history.asv_adapter.running import only_user
from antigil.history.benchmark_columns import workloads_of
from antigil.history.options import Options
from antigil.history.project import Project, Revision
from antigil.history.series import Combination, TrackedWorkload
from antigil.history.surroundings import Surroundings
from antigil.where import Changes

from .commit_verdict import Verdict, conclude
from .decision_rule import (
    CONFIRMATION,
    NOTICED,
    Looks,
    Number,
    SamplePair,
    judge,
    judged_quantities,
    least_effects,
)
from .interleaved_visits import VisitPlace, alternating, measure_both, prepare, pythons_passed_over
from .looks import LooksTaken, Measure, not_steady, take_look
from .samples import Readings, judgeable, missing_at_head, pairs_of, told_apart, too_few


@dataclass(frozen=True)
class EnvironmentComparison:
    """Two commits in one environment.

    Attributes
    ----------
    measured : bool
        Whether it was measured for this, or judged from stored results.
    looks : tuple of dict of Number to SamplePair
        All samples of each look, those that are not judged included.
    gil : bool
        Whether a side of it has a GIL, as far as its Python tells.
    functions : dict of str to Changes
        By workload that lost, what changed by function; see `profile`.
    surroundings : tuple of Surroundings
        What base and head were measured on besides the commit; empty where nothing was measured.
    """

    environment: str
    verdict: Verdict
    measured: bool
    looks: tuple[Mapping[Number, SamplePair], ...]
    gil: bool
    functions: Mapping[str, Changes] = field(default_factory=dict)
    surroundings: tuple[Surroundings, Surroundings] = ({}, {})

    def samples(self, number: Number) -> SamplePair | None:
        """Return the freshest samples of a number."""
        return next((look[number] for look in reversed(self.looks) if number in look), None)

    def with_notes(self, more: Iterable[str]) -> EnvironmentComparison:
        """Return it with more that is worth telling, each but once."""
        notes = tuple(dict.fromkeys([*self.verdict.notes, *more]))
        return replace(self, verdict=replace(self.verdict, notes=notes))

    def with_problems(self, more: Iterable[str]) -> EnvironmentComparison:
        """Return it with more that could not be judged."""
        problems = (*self.verdict.problems, *more)
        return replace(self, verdict=replace(self.verdict, problems=problems))


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
        return min(statuses - {EXIT_FINE}, default=EXIT_FINE)


def compare(
    project: Project,
    base: Revision,
    head: Revision,
    *,
    processes: int | None = None,
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
        Fresh processes of each commit in the first look; as many as `Looks` takes untold if None.
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
        If a commit cannot be built, there is nothing to measure, or another comparison is on here.
    """
    began = time.monotonic()
    found = []
    with only_user(project.conf):
        say(f"installing {base.short} and {head.short}{left_out(project)}")
        absent = [] if combination is not None else pythons_passed_over(project, environments)
        for one in absent:
            say(f"note: nothing is measured with {one}")
        places = prepare(project, (base, head), patterns, environments, combination, workload)
        for place in places:
            judged = compare_in(project.options, place, processes, len(places), say)
            found.append(judged if after is None else after(place, judged))
    found[0] = found[0].with_problems(f"nothing was measured with {one}" for one in absent)
    return Comparison(base, head, tuple(found), time.monotonic() - began)


def left_out(project: Project) -> str:
    """Return what is to be said where the code that lies here is none that is measured."""
    return "; uncommitted changes to the code are not measured" if project.uncommitted() else ""


def compare_in(
    options: Options, place: VisitPlace, processes: int | None, places: int, say: Callable[[str], None]
) -> EnvironmentComparison:
    """Compare in one place; the level is shared out among so many `places`."""
    order, visits = alternating(), itertools.count(1)

    def measure(workloads: Collection[str] | None, count: int) -> tuple[Readings, Readings]:
        what = "all workloads" if workloads is None else ", ".join(sorted(workloads))
        sides = list(itertools.islice(order, 2 * count))
        return measure_both(
            place, sides, workloads, lambda: say(f"{place.name}: visit {next(visits)} done ({what})")
        )

    workloads = workloads_of(place.columns)
    looks = Looks() if processes is None else Looks(processes)
    found = take_looks(measure, options, workloads, place.name, looks, places, gil=place.gil)
    return replace(found, surroundings=place.surroundings)


def take_looks(
    measure: Measure,
    options: Options,
    workloads: Mapping[str, TrackedWorkload],
    environment: str,
    looks: Looks = Looks(),  # noqa: B008 - immutable
    environments: int = 1,
    gil: bool = True,
) -> EnvironmentComparison:
    """Judge everything, and what is suspected again on fresh samples, with the controls beside it.

    Parameters
    ----------
    measure
        Returns the samples of base and head for some workloads, or for all if given None, each of so many
        processes.
    environments
        How many are compared: the level is shared out among them.
    gil
        Whether there is a GIL, by which it is decided what is judged.
    """
    limit, among = least_effects(options), judged_quantities(gil=gil)
    one, other = take_look(measure, None, looks.first, partial(not_steady, among=among, limit=limit))
    apart, pairs = told_apart(one, other), pairs_of(one, other)
    numbers = judgeable(pairs, among)
    taken = LooksTaken(
        gil=gil,
        controls={number.workload for number in numbers if workloads[number.workload].control},
        level=CONFIRMATION / environments,
        seen=[pairs],
        judged=[judge(numbers, limit, NOTICED / environments)],
        problems=[
            *apart.problems,
            *missing_at_head(one, other, among, gil=gil),
            *too_few(numbers, bool(apart.gone)),
        ],
        notes=[*apart.notes],
    )
    taken.look_further(measure, looks.further, limit)
    verdict = conclude(
        taken.judged,
        workloads,
        options,
        taken.judge_again,
        gone=apart.gone,
        problems=taken.problems,
        notes=taken.notes,
    )
    return EnvironmentComparison(environment, verdict, True, tuple(taken.seen), gil)
