"""Compare two commits: measure in turn, judge, measure again what looks changed, conclude.

What only looks changed costs a second look, which is on samples of its own: the two levels of `decide`
are independent, and a change that is reported was seen twice.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .compare_numbers import Readings, judgeable, pairs_of, told_apart
from .compare_visits import Place, measure_both, prepare
from .config import Options
from .decide import FIRST_LEVEL, SAME, SECOND_LEVEL, Judgement, Number, Pair, judge, limits, powerless
from .decide_verdict import NOTHING_LOST, Verdict, conclude
from .drawable import Column
from .project import Project, Revision
from .series import Workload

PROCESSES = 8

Measure = Callable[[Collection[str] | None], tuple[Readings, Readings]]


@dataclass(frozen=True)
class Comparison:
    """Two commits in one environment.

    Attributes
    ----------
    measured : bool
        Whether it was measured for this, or judged from stored results.
    first, second : dict of Number to Pair
        All samples of both looks, those that are not judged included.
    """

    base: Revision
    head: Revision
    environment: str
    verdict: Verdict
    measured: bool
    first: Mapping[Number, Pair]
    second: Mapping[Number, Pair] = field(default_factory=dict)

    def samples(self, number: Number) -> Pair | None:
        """Return the freshest samples of a number."""
        return self.second.get(number) or self.first.get(number)


@dataclass(frozen=True)
class Outcome:
    """The comparisons in all environments, and how long they took.

    Attributes
    ----------
    skipped : str or None
        Why nothing was compared, if nothing had to be.
    """

    base: Revision
    head: Revision
    comparisons: tuple[Comparison, ...]
    seconds: float
    skipped: str | None = None

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
    processes: int = PROCESSES,
    patterns: Sequence[str] = (),
    environments: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Measure and judge two commits.

    Parameters
    ----------
    processes
        Fresh processes per commit and look.
    patterns
        Regular expressions of the benchmarks to use; all if empty.
    environments
        asv's environment specifications; those of the configuration if empty.
    say
        Called with a line on the progress.

    Raises
    ------
    antigil.errors.UserError
        If a commit cannot be built, or there is nothing to measure.
    """
    began = time.monotonic()
    say(f"installing {base.short} and {head.short}")
    places = prepare(project, (base, head), patterns, environments)
    found = tuple(
        _compare_in(project.options, base, head, place, processes, len(places), say) for place in places
    )
    return Outcome(base, head, found, time.monotonic() - began)


def _compare_in(
    options: Options, base: Revision, head: Revision, place: Place, processes: int, places: int,
    say: Callable[[str], None],
) -> Comparison:  # fmt: skip
    def measure(workloads: Collection[str] | None) -> tuple[Readings, Readings]:
        what = "measuring again" if workloads is not None else "measuring"

        def progress(done: int, visits: int) -> None:
            say(f"{place.name}: {what}, {done} of {visits} visits done")

        return measure_both(place, processes, workloads, progress)

    return look_twice(measure, options, workloads_of(place.columns), base, head, place.name, places)


def workloads_of(columns: Iterable[Column]) -> dict[str, Workload]:
    """Return the workloads as the columns of their slowdown describe them."""
    told = sorted(columns, key=lambda column: column.quantity in {"slowdown", "seconds"})
    return {column.workload.name: column.workload for column in told}


def look_twice(
    measure: Measure,
    options: Options,
    workloads: Mapping[str, Workload],
    base: Revision,
    head: Revision,
    environment: str,
    environments: int = 1,
) -> Comparison:
    """Judge everything, and what looks changed again on fresh samples.

    Parameters
    ----------
    measure
        Returns the samples of base and head for some workloads, or for all if given None.
    environments
        How many are compared: the levels are shared out among them.
    """
    one, other = measure(None)
    first = pairs_of(one, other)
    numbers = judgeable(first)
    problems, notes = told_apart(one, other)
    problems += _too_few(numbers, FIRST_LEVEL / environments, first)
    limit = limits(options)
    judged = judge(numbers, limit, FIRST_LEVEL / environments)
    suspects = {number for number, judgement in judged.items() if judgement.direction != SAME}
    second: dict[Number, Pair] = {}
    again: dict[Number, Judgement] = {}
    if suspects:
        one, other = measure({number.workload for number in suspects})
        second = pairs_of(one, other)
        problems += [p for p in told_apart(one, other)[0] if p not in problems]
        problems += [f"{n.workload} gave no second look" for n in sorted(suspects - second.keys(), key=str)]
        again = judge({n: second[n] for n in suspects & second.keys()}, limit, SECOND_LEVEL / environments)
    verdict = conclude(judged, again, workloads, options, problems=problems, notes=notes)
    return Comparison(base, head, environment, verdict, True, first, second)


def _too_few(numbers: Mapping[Number, Pair], level: float, first: Mapping[Number, Pair]) -> list[str]:
    """Return what is wrong if no change could be shown at all."""
    if not numbers:
        return ["the two commits have no number in common to be judged"]
    blind = powerless(numbers, level)
    if not blind:
        return []
    fewest = min(min(len(first[n].base), len(first[n].head)) for n in blind)
    return [
        f"{len(blind)} of {len(numbers)} numbers cannot be judged: {fewest} processes are too few to show"
        " any change among so many; measure more processes or fewer benchmarks"
    ]


def needed(project: Project, base: Revision, head: Revision, paths: Sequence[str]) -> bool:
    """Tell whether anything beneath some paths differs between two commits.

    Everything counts as different where git cannot tell.
    """
    folder: Any = getattr(project.repo, "_path", None)
    if folder is None:
        return True
    command = ["git", "-C", str(folder), "diff", "--quiet", base.hash, head.hash, "--", *paths]
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0
