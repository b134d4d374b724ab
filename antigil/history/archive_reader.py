"""Read what asv stored into an `Archive`; say what could not be read."""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from antigil.git import Described

from .asv_adapter.configuration import Configuration, Repository, asv_errors, quiet_asv
from .asv_adapter.stored import (
    StoredResults,
    Suite,
    readable_results,
    stored_hashes,
    stored_suite,
)
from .benchmark_columns import Column, drawable, timed_parameters
from .branches import Branches
from .labels import printable
from .options import Options
from .project import Project, printable_commits
from .series import SURROUNDINGS, Archive, Commit, Environment, Problem, Series, State, TrackedWorkload
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
    columns, problems = drawable(benchmarks, options.thread_parameters)
    tables: dict[Environment, _Table] = {}
    dates: dict[str, int] = {}
    tags = repo.get_tags()
    branches = Branches(conf, repo, set(tags.values()))
    removed, lost = set[str](), set[str]()
    for results in readable_results(conf.results_dir, problems):
        removed.update(name for name in results.get_all_result_keys() if name not in benchmarks)
        revision = revisions.get(results.commit_hash)
        if revision is None:
            lost.add(results.commit_hash)
            continue
        keys = results.get_result_keys(benchmarks)
        for branch in branches.of(results.commit_hash):
            dates[results.commit_hash] = results.date
            environment = _environment(results, branch)
            if environment not in tables:
                tables[environment] = _Table(columns, benchmarks)
            tables[environment].add(revision, results, keys)
    series = _all_series(tables)
    tagged = {name: hash_ for name, hash_ in tags.items() if hash_ in revisions}
    told = printable_commits(repo, [*dates, *tagged.values()])
    problems += _missing(repo, lost, branches.strays, removed)
    return Archive(
        workloads=_workloads(columns, series),
        environments=tuple(sorted(tables, key=lambda e: (e.machine, e.python, e.branch or "", e.key))),
        series=tuple(series),
        commits=_commits(told, dates, revisions),
        tags={name: revisions[hash_] for name, hash_ in tagged.items()},
        tag_dates={name: told[hash_].date for name, hash_ in tagged.items() if hash_ in told},
        problems=tuple(problems),
        branches=branches.revisions(),
        drawable=frozenset(c.workload.name for c in columns if c.quantity not in SURROUNDINGS),
        benchmarks=len(benchmarks),
        parameters=timed_parameters(benchmarks),
    )


def _all_series(tables: Mapping[Environment, _Table]) -> list[Series]:
    """Return the series of all environments; seconds by thread count become strong scaling."""
    series = [s for environment, table in tables.items() for s in table.series(environment)]
    return [s for s in series if s.quantity != "seconds"] + strong_scaling(series)


def _environment(results: StoredResults, branch: str | None) -> Environment:
    """Return the environment of one result file: what asv keeps apart, it keeps apart."""
    params = {str(k): str(v) for k, v in results.params.items() if v is not None and v != ""}
    params.update({f"env-{k}": str(v) for k, v in results.env_vars.items() if v})
    return Environment(tuple(sorted((printable(k), printable(v)) for k, v in params.items())), branch)


class _Cells:
    """One growing column."""

    __slots__ = ("column", "high", "low", "states", "values")

    def __init__(self, column: Column) -> None:
        self.column = column
        self.values = array("d")
        self.low = array("d")
        self.high = array("d")
        self.states = bytearray()

    def fill(self, row: int) -> None:
        """Fill up with "missing" to a row."""
        gap = row - len(self.states)
        if gap:
            for numbers in (self.values, self.low, self.high):
                numbers.extend([np.nan] * gap)
            self.states.extend([State.MISSING] * gap)

    def put(self, row: int, value: Any, stats: dict[str, float] | None, known: bool) -> None:
        """Write one cell, filling up the rows that went before without it."""
        self.fill(row)
        number, state = _number(value, known, self.column)
        bounded = state == State.PRESENT and stats is not None
        low, high = (stats.get("ci_99_a"), stats.get("ci_99_b")) if bounded and stats else (None, None)
        self.values.append(number)
        self.low.append(np.nan if low is None else low)
        self.high.append(np.nan if high is None else high)
        self.states.append(state)


class _Table:
    """The columns of one environment, growing row by row (one row per result file)."""

    def __init__(self, columns: Iterable[Column], benchmarks: Suite) -> None:
        self._cells: dict[str, list[_Cells]] = {}
        for column in columns:
            self._cells.setdefault(column.benchmark, []).append(_Cells(column))
        self._params = {name: benchmarks[name].get("params") or [] for name in self._cells}
        self._revisions = array("q")

    def add(self, revision: int, results: StoredResults, keys: set[str]) -> None:
        """Add one result file."""
        row = len(self._revisions)
        self._revisions.append(revision)
        for name in self._cells.keys() & keys:
            params = self._params[name]
            values = results.get_result_value(name, params)
            stats = results.get_result_stats(name, params)
            asked = _asked(results.get_result_params(name), params)
            for cells in self._cells[name]:
                index = cells.column.parameter or 0
                cells.put(row, values[index], stats[index], asked is None or index in asked)

    def series(self, environment: Environment) -> Iterator[Series]:
        """Yield the columns that have rows as series, by ascending revision."""
        revisions = np.array(self._revisions, dtype=np.int64)
        order = np.argsort(revisions, kind="stable")
        for cells in itertools.chain.from_iterable(self._cells.values()):
            if not cells.states:
                continue
            cells.fill(len(revisions))
            numbers = (np.array(c, dtype=np.float64)[order] for c in (cells.values, cells.low, cells.high))
            values, low, high = numbers
            low[~np.isfinite(low)] = np.nan
            high[~np.isfinite(high)] = np.nan
            states = np.frombuffer(bytes(cells.states), dtype=np.uint8)[order]
            merged = _merge(revisions[order], values, low, high, states)
            column = cells.column
            yield Series(
                column.workload.name, column.quantity, column.threads, environment, *merged,
                benchmark=column.benchmark, parameter=column.parameter,
            )  # fmt: skip


def _number(value: Any, known: bool, column: Column) -> tuple[float, int]:
    """Return a stored value as a number, and its state; a slowdown that gives no speedup is no value."""
    if value is None:
        return np.nan, State.FAILED if known else State.MISSING
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return np.nan, State.SKIPPED
    if column.quantity == "slowdown" and (value <= 0 or math.isinf((column.threads or 1) / value)):
        return np.nan, State.SKIPPED
    return float(value), State.PRESENT


def _asked(stored: list[list[str]] | None, current: list[list[str]]) -> set[int] | None:
    """Return the flat indices of today's parameters that a result was asked for; None means all."""
    if not current or stored == current:
        return None
    before = set(itertools.product(*(stored or [])))
    return {i for i, values in enumerate(itertools.product(*current)) if values in before}


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
    told = sorted(columns, key=lambda column: column.quantity in {"slowdown", "seconds"})
    found = {column.workload.name: column.workload for column in told}
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


def _missing(repo: Repository, lost: set[str], strays: set[str], removed: set[str]) -> list[Problem]:
    """Say which stored results are on no page, and why."""
    gone = lost - set(repo.get_revisions(lost)) if lost else set()
    missing = (
        ("measured commits are no longer in the repository (rewritten history?)", [h[:8] for h in gone]),
        ("measured commits are on none of the configured branches", [h[:8] for h in strays]),
        ("benchmarks have results but are no longer in the suite", list(removed)),
    )
    return [Problem(f"{len(them)} {what}", ", ".join(sorted(them)[:5])) for what, them in missing if them]


def load_archive(
    project: Project, since: str | None = None, more: Collection[str] = ()
) -> tuple[Archive, Mapping[str, int]]:
    """Read all stored results; return them, and the revision numbers of their and some more commits."""
    with quiet_asv(), asv_errors():
        benchmarks = stored_suite(project.conf)
        hashes = stored_hashes(project.conf)
        hashes |= {*project.repo.get_tags().values(), *more}
        if since is not None:
            hashes.add(project.revision(since).hash)
        revisions = project.repo.get_revisions(hashes)
        return read_archive(project.conf, project.repo, benchmarks, revisions, project.options), revisions
