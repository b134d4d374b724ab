"""Measure two commits with asv, visit by visit, base and head in turn.

Each commit is installed once, in an environment of its own (``base`` and ``head`` beneath asv's
``env_dir``: names of one length, since the length of a path can move a timing). A *visit* runs the suite
for one commit; the suite's set-up then measures one fresh process, so a visit gives one sample of every
number. Visits go base, head, head, base, ...: what drifts in a straight line cancels.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

from antigil.errors import UserError
from antigil.history.asv_adapter.configuration import asv_errors, quiet_asv
from antigil.history.asv_adapter.running import (
    Installation,
    discover,
    install,
    pythons_not_here,
    run_once,
    suite_part,
)
from antigil.history.asv_adapter.stored import Suite
from antigil.history.benchmark_columns import Column
from antigil.history.project import Project, Revision
from antigil.history.series import Combination
from antigil.history.surroundings import Surroundings, gil_enabled, surroundings_of
from antigil.suite import PROCESSES_VARIABLE

from .decision_rule import Number
from .samples import Readings, comparable, read_visit, refuse_unmatched

#: For the one call that our suites time after they measured: asv's 0.1 s would be a tenth of a visit.
WARMUP_SECONDS = 0.02


@dataclass(frozen=True)
class VisitPlace:
    """One Python with its requirements, at both commits.

    Attributes
    ----------
    sides : tuple of Installation
        Base and head.
    python : str
        As asv names it; that of the head, where the two differ.
    surroundings : tuple of Surroundings
        What each is made of besides the commit.
    """

    name: str
    python: str
    suite: Suite
    columns: tuple[Column, ...]
    sides: tuple[Installation, Installation]
    surroundings: tuple[Surroundings, Surroundings] = ({}, {})

    @property
    def gil(self) -> bool:
        """Whether the GIL is on in the Python of one side at least."""
        return gil_enabled(self.surroundings, self.python)


def prepare(
    project: Project,
    commits: tuple[Revision, Revision],
    patterns: Sequence[str],
    environments: Sequence[str],
    combination: Combination | None = None,
    workload: str | None = None,
) -> tuple[VisitPlace, ...]:
    """Install both commits and find out what the suite holds.

    Parameters
    ----------
    patterns
        Regular expressions of benchmarks' names; all if empty.
    environments
        asv's environment specifications; those of the configuration if empty.
    combination
        The only combination of asv's matrix to measure in; all if None.
    workload
        The only workload to measure, beside the controls; all if None.

    Raises
    ------
    UserError
        If a commit cannot be built, or nothing is left to measure.
    """
    conf, repo = project.conf, project.repo
    with quiet_asv(), asv_errors():
        base, head = (
            install(conf, repo, commit.hash, folder, environments, combination)
            for folder, commit in zip(("base", "head"), commits, strict=True)
        )
    suite, judged = comparable_suite(project, head, commits[::-1], patterns)
    if workload is not None:
        judged = _only(judged, workload)
    part = suite_part(suite, {column.benchmark for column in judged})
    sides = list(zip(base, head, strict=True))
    return tuple(
        VisitPlace(one.name, one.python, part, judged, (one, other), made_of)
        for (one, other), made_of in zip(sides, all_surroundings(sides), strict=True)
    )


def comparable_suite(
    project: Project,
    installations: Sequence[Installation],
    commits: Sequence[Revision],
    patterns: Sequence[str],
) -> tuple[Suite, tuple[Column, ...]]:
    """Return what the suite holds with commits installed, as `discover` does, and what can be compared of it.

    Raises
    ------
    UserError
        If that is nothing, or a pattern names nothing of it.
    """
    with quiet_asv(), asv_errors():
        hashes = [commit.hash for commit in commits]
        suite = discover(project.conf, project.repo, installations, hashes, patterns)
    columns = comparable(suite, project.options.thread_parameters)
    refuse_unmatched(patterns, columns, suite)
    if not columns:
        raise UserError("the suite has no benchmark here that is timed, or measured by antigil")
    return suite, columns


def all_surroundings(
    sides: Iterable[tuple[Installation, Installation]],
) -> list[tuple[Surroundings, Surroundings]]:
    """Return what each pair of installations is made of besides the commit."""
    with quiet_asv(), asv_errors():
        return [(surroundings_of(one), surroundings_of(other)) for one, other in sides]


def pythons_passed_over(project: Project, environments: Sequence[str]) -> list[str]:
    """Name the configured Pythons that asv passes over with a warning, and say what to do about each."""
    with quiet_asv(), asv_errors():
        absent = pythons_not_here(project.conf, environments)
    return [
        f"Python {one}, which asv.conf.json names and is not here: install it, or name others with -E"
        for one in absent
    ]


def _only(columns: Sequence[Column], workload: str) -> tuple[Column, ...]:
    """Return the columns of one workload and of the controls, or refuse its name."""
    names = dict.fromkeys(column.workload.name for column in columns)
    if workload not in names:
        raise UserError(f"the suite has no workload {workload!r}; it has {', '.join(names)}")
    return tuple(c for c in columns if c.workload.name == workload or c.workload.control)


def measure_both(
    place: VisitPlace,
    sides: Iterable[int],
    workloads: Collection[str] | None = None,
    progress: Callable[[], None] = lambda: None,
) -> tuple[Readings, Readings]:
    """Visit the commits and return what was read of base and of head.

    Parameters
    ----------
    sides
        0 for each visit to base, 1 for each to head, in their order; see `alternating`.
    workloads
        Names of the only ones to measure; all if None.
    progress
        Called after each visit.
    """
    columns = tuple(c for c in place.columns if workloads is None or c.workload.name in workloads)
    suite = suite_part(place.suite, {column.benchmark for column in columns})
    readings = (Readings(), Readings())
    for side in sides:
        values, errors = _visit(suite, place.sides[side], columns)
        readings[side].add(values, errors)
        progress()
    return readings


def alternating() -> Iterator[int]:
    """Yield 0, 1, 1, 0, 0, 1, 1, 0, ... for ever: base and head in turn."""
    return cycle((0, 1, 1, 0))


def _visit(
    suite: Suite, side: Installation, columns: Sequence[Column]
) -> tuple[Mapping[Number, float], dict[str, str]]:
    """Run the suite once in one environment; return the numbers, and what failed by workload."""
    own = _all_ours(columns)
    # asv starts a Python per benchmark and parameter unless it forks, which takes longer than measuring.
    asked = {"rounds": 1, **({"warmup_time": WARMUP_SECONDS} if own else {})}
    with quiet_asv(), asv_errors(), _environment_variable(PROCESSES_VARIABLE, "1"):
        values, said = run_once(suite, side, asked, fork=own)
    cells: dict[Column, float] = {}
    errors: dict[str, str] = {}
    for column in columns:
        value = values[column.benchmark][column.parameter or 0]
        cells[column] = math.nan if value is None else float(value)
        if value is None:
            told = (said.get(column.benchmark) or "no reason given").strip().splitlines()
            errors[column.workload.name] = _reason(told)
    return read_visit(cells), errors


def _reason(said: Sequence[str]) -> str:
    """Return the line that tells most: the last one that is not asv's own."""
    lines = [line.strip() for line in said if line.strip() and not line.startswith("asv: ")]
    return lines[-1] if lines else said[-1]


def _all_ours(columns: Sequence[Column]) -> bool:
    """Tell whether the suite is antigil's own, whose import starts no thread that a fork would lose."""
    return all(column.workload.origin == "measured" for column in columns)


@contextmanager
def _environment_variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
