"""Read what asv stored into an `Archive`; say what could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from antigil.git import Described

from .asv_adapter.configuration import Configuration, Repository, asv_errors, quiet_asv
from .asv_adapter.stored import Suite, stored_suite
from .benchmark_columns import Column, drawable, timed_parameters, workloads_of
from .branches import Branches
from .options import Options
from .project import Project, printable_commits
from .result_rows import ABSENT, FILE, Rows, read_rows
from .series import (
    SURROUNDINGS,
    Archive,
    Commit,
    Environment,
    Ints,
    Problem,
    Series,
    State,
    TrackedWorkload,
)
from .strong_scaling import strong_scaling


def read_archive(
    conf: Configuration,
    repo: Repository,
    benchmarks: Suite,
    revisions: Mapping[str, int],
    options: Options,
) -> Archive:
    """Read every result that asv stored; return what can be drawn, and the problems met on the way.

    The first four are as asv hands them to an ``OutputPublisher``; `revisions` maps commit hashes to numbers.
    """
    return _AllResults(conf, repo, benchmarks, options).archive(revisions)


class _AllResults:
    """All results as they are stored, which do not tell where in the history their commits are.

    Attributes
    ----------
    commits : set of str
        Hashes of those that have results or a tag.
    """

    def __init__(self, conf: Configuration, repo: Repository, benchmarks: Suite, options: Options) -> None:
        self._conf, self._repo, self._benchmarks = conf, repo, benchmarks
        self._columns, self._problems = drawable(benchmarks, options.thread_parameters)
        file = Path(conf.env_dir) / FILE
        self._rows = read_rows(conf.results_dir, self._columns, benchmarks, self._problems, file)
        self._tags = repo.get_tags()
        self.commits = {head.commit_hash for head in self._rows.heads} | {*self._tags.values()}

    def archive(self, revisions: Mapping[str, int]) -> Archive:
        """Return what can be drawn, by numbers of commits."""
        columns, rows, repo = self._columns, self._rows, self._repo
        branches = Branches(self._conf, repo, set(self._tags.values()))
        places = _by_environment(rows, revisions, branches)
        series = _all_series(places, columns, rows, revisions)
        shown = set().union(*places.values())
        dates = {head.commit_hash: head.date for row, head in enumerate(rows.heads) if row in shown}
        tagged = {name: hash_ for name, hash_ in self._tags.items() if hash_ in revisions}
        told = printable_commits(repo, [*dates, *tagged.values()])
        return Archive(
            workloads=_workloads(columns, series),
            environments=tuple(sorted(places, key=lambda e: (e.machine, e.python, e.branch or "", e.key))),
            series=tuple(series),
            commits=_commits(told, dates, revisions),
            tags={name: revisions[hash_] for name, hash_ in tagged.items()},
            tag_dates={name: told[hash_].date for name, hash_ in tagged.items() if hash_ in told},
            problems=(*self._problems, *_missing(repo, rows, revisions, branches.strays)),
            branches=branches.revisions(),
            branch_tags=branches.tags(),
            drawable=frozenset(c.workload.name for c in columns if c.quantity not in SURROUNDINGS),
            benchmarks=len(self._benchmarks),
            parameters=timed_parameters(self._benchmarks),
            names={one: frozenset(rows.heads[row].name for row in own) for one, own in places.items()},
        )


def _by_environment(
    rows: Rows, revisions: Mapping[str, int], branches: Branches
) -> dict[Environment, list[int]]:
    """Return which rows belong to each environment, of the commits that the repository has."""
    found: dict[Environment, list[int]] = {}
    for row, head in enumerate(rows.heads):
        if head.commit_hash in revisions:
            for branch in branches.of(head.commit_hash):
                first = branch == branches.first
                found.setdefault(Environment(head.environment, branch, first), []).append(row)
    return found


def _all_series(
    places: Mapping[Environment, list[int]],
    columns: Sequence[Column],
    rows: Rows,
    revisions: Mapping[str, int],
) -> list[Series]:
    """Return the series of all environments; seconds by thread count become strong scaling."""
    series: list[Series] = []
    for environment, chosen in places.items():
        numbers = np.array([revisions[rows.heads[row].commit_hash] for row in chosen], dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        series += _series(environment, columns, rows, np.array(chosen)[order], numbers[order])
    return [s for s in series if s.quantity != "seconds"] + strong_scaling(series)


def _series(
    environment: Environment, columns: Sequence[Column], rows: Rows, chosen: Ints, revisions: Ints
) -> Iterator[Series]:
    """Yield the columns of which some chosen row has a result as series; rows come by ascending revision."""
    for i, column in enumerate(columns):
        states = rows.states[chosen, i]
        absent = states == ABSENT
        if absent.all():
            continue
        states[absent] = State.MISSING
        values, low, high = rows.numbers[chosen, i].T
        merged = _merge(revisions, values.copy(), low.copy(), high.copy(), states)
        yield Series(
            column.workload.name, column.quantity, column.threads, environment, *merged,
            benchmark=column.benchmark, parameter=column.parameter,
        )  # fmt: skip


def _merge(revisions: Any, values: Any, low: Any, high: Any, states: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Make one row of several for the same commit: their mean, as asv does, and the widest interval."""
    unique, first = np.unique(revisions, return_index=True)
    if len(unique) == len(revisions):
        return revisions, values, low, high, states
    ends = [*first[1:].tolist(), len(revisions)]
    rows = [
        _merge_rows(values[a:b], low[a:b], high[a:b], states[a:b]) for a, b in zip(first, ends, strict=True)
    ]
    value, below, above, state = zip(*rows, strict=True)
    return unique, np.array(value), np.array(below), np.array(above), np.array(state, dtype=np.uint8)


def _merge_rows(values: Any, low: Any, high: Any, states: Any) -> tuple[float, float, float, int]:
    """Return the mean of the values that are there, and the widest interval."""
    here = states == State.PRESENT
    if not here.any():
        return np.nan, np.nan, np.nan, int(states[-1])
    bounded = here & np.isfinite(low) & np.isfinite(high)
    ends = (low[bounded].min(), high[bounded].max()) if bounded.any() else (np.nan, np.nan)
    return float(values[here].mean()), float(ends[0]), float(ends[1]), int(State.PRESENT)


def _workloads(columns: list[Column], series: list[Series]) -> dict[str, TrackedWorkload]:
    """Return the workloads that have a speedup to draw, as their slowdown describes them."""
    drawn = {s.workload for s in series if s.quantity not in SURROUNDINGS and s.quantity != "time"}
    found = workloads_of(columns)
    return {name: found[name] for name in sorted(found) if name in drawn}


def _commits(
    told: Mapping[str, Described], dates: Mapping[str, int], revisions: Mapping[str, int]
) -> dict[int, Commit]:
    """Return what is known of each commit with results."""
    unknown = Described("", "", 0)
    found = {}
    for hash_, date in dates.items():
        known = told.get(hash_, unknown)
        found[revisions[hash_]] = Commit(hash_, revisions[hash_], date, known.subject, known.author)
    return found


def _missing(
    repo: Repository, rows: Rows, revisions: Mapping[str, int], strays: Collection[str]
) -> list[Problem]:
    """Say which stored results are on no page, and why."""
    lost = {head.commit_hash for head in rows.heads} - revisions.keys()
    removed = {name for head in rows.heads for name in head.removed}
    outdated = {name for head in rows.heads for name in head.outdated}
    gone = lost - set(repo.get_revisions(lost)) if lost else set()
    missing = (
        ("measured commits are no longer in the repository (rewritten history?)", [h[:8] for h in gone]),
        ("measured commits are on none of the configured branches", [h[:8] for h in strays]),
        ("benchmarks have results but are no longer in the suite", list(removed)),
        ("benchmarks have results of an earlier version, left out: measure those commits again", [*outdated]),
    )
    return [Problem(f"{len(them)} {what}", ", ".join(sorted(them)[:5])) for what, them in missing if them]


def load_archive(project: Project, more: Collection[str] = ()) -> tuple[Archive, Mapping[str, int]]:
    """Read all stored results; return them, and the revision numbers of their and some more commits."""
    with quiet_asv(), asv_errors():
        benchmarks = stored_suite(project.conf)
        stored = _AllResults(project.conf, project.repo, benchmarks, project.options)
        revisions = project.repo.get_revisions(stored.commits.union(more))
        return stored.archive(revisions), revisions
