"""What a workload's page shows, as plain values that JSON can hold (NaN stands for "no value").

One object for the page itself and one per environment, so that a page loads only what it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from antigil.history.change_detection import Change, Effect
from antigil.history.labels import build_name, environment_id
from antigil.history.series import Archive, Environment, Floats, Ints, Series, State
from antigil.laws import least_squares
from antigil.report.kept_functions import Key
from antigil.report.quantities import name as quantity_name
from antigil.report.quantities import percent, points

from .workload_status import WorkloadStatus, notable_revisions

T = TypeVar("T")

#: Digits after the point, by quantity.
DIGITS = {"slowdown": 4, "waiting": 4, "queued": 4, "inflation": 4, "gil_held": 4, "stall": 6, "time": 9}
#: By workload and Python, and there by revision, sentences on what changed by function.
FunctionsByPlace = Mapping[tuple[str, str], Mapping[str, Sequence[str]]]
#: The laws that are fitted, and their parameters.
LAWS = {"amdahl": ("f",), "usl": ("alpha", "beta")}


def page_model(
    archive: Archive,
    statuses: Sequence[WorkloadStatus],
    labels: Mapping[Environment, str],
    functions: FunctionsByPlace,
) -> dict[str, Any]:
    """Return the page's own object: its environments and their changes, with what is kept of functions."""
    return {
        "environments": [
            {
                **environment_summary(archive, s, labels),
                "functions": functions.get((s.workload.name, s.environment.python), {}),
            }
            for s in statuses
        ],
    }


def functions_by_place(archive: Archive, kept: Mapping[Key, Sequence[str]]) -> FunctionsByPlace:
    """Return what changed by function, by workload and Python, and there by revision."""
    revisions = {commit.hash: str(revision) for revision, commit in archive.commits.items()}
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (name, python, commit), sentences in kept.items():
        if sentences and commit in revisions:
            found.setdefault((name, python), {})[revisions[commit]] = list(sentences)
    return found


def environment_summary(
    archive: Archive, s: WorkloadStatus, labels: Mapping[Environment, str]
) -> dict[str, Any]:
    """Return what is told of an environment before its numbers are loaded."""
    return {
        "id": environment_id(s.environment),
        "label": labels[s.environment],
        "machine": s.environment.machine,
        "build": build_name(s.gil),
        "gil": s.gil,
        "cpus": s.cpus,
        "cores": s.cores,
        "threads": [one.threads for one in archive.of(s.workload.name, s.environment, "slowdown")],
        "newest": s.revision,
        "notable": notable_revisions(s),
        "tags": [[*one, archive.tag_dates.get(one[1])] for one in s.releases],
        "details": [list(item) for item in s.environment.key],
        "changes": [change_model(archive, change, s.cores) for change in s.changes],
    }


def change_model(archive: Archive, change: Change, cores: int | None) -> dict[str, Any]:
    """Return one change, told by its headline effect first, and named by the GIL at its own commit."""
    headline = change.headline(cores)
    commit = archive.commit(change.revision)
    between = unmeasured_before(archive, change)
    gil = archive.gil_enabled(change.environment, change.revision, change.workload)
    return {
        "revision": change.revision,
        "before": change.before_revision,
        "between": between,
        "others": other_suspects(between),
        "hash": commit.hash,
        "subject": commit.subject,
        "date": commit.date,
        "direction": change.direction,
        "confirmed": change.confirmed,
        "headline": effect_model(headline, gil),
        "effects": [effect_model(e, gil) for e in change.effects],
    }


def unmeasured_before(archive: Archive, change: Change) -> int:
    """Return how many commits before the one of a change were not measured, and may have done it as well."""
    return archive.commits_between(change.environment.branch, change.before_revision, change.revision - 1)


def other_suspects(unmeasured: int) -> str:
    """Return what is said after a commit that shares the suspicion with those before it; nothing for none."""
    if not unmeasured:
        return ""
    return f"or {'the one' if unmeasured == 1 else f'one of the {unmeasured}'} before it, not measured"


def effect_model(effect: Effect, gil: bool | None) -> dict[str, Any]:
    """Return one effect, with its name and size in words, so that all pages name and round it alike."""
    is_speedup = effect.quantity == "slowdown"
    return {
        "quantity": "speedup" if is_speedup else effect.quantity,
        "name": quantity_name(effect.quantity, effect.threads, gil=gil),
        "threads": effect.threads,
        "before": round(effect.before, 4),
        "after": round(effect.after, 4),
        "size": round(effect.size, 4),
        "text": percent(effect.size) if is_speedup else points(effect.size),
    }


def environment_columns(archive: Archive, workload: str, environment: Environment) -> dict[str, Any]:
    """Return every number of a workload in one environment, by columns that share one revision axis."""
    series = [s for q in DIGITS for s in archive.of(workload, environment, q)]
    revisions = series[0].revisions
    recorded = [archive.surroundings(environment, one) for one in ("cpus_allowed", "cores_alike")]
    cores = _steps(partial(archive.ideal, environment), recorded, revisions)
    told = [_column(s) for s in series]
    return {
        "revisions": revisions.tolist(),
        "cpus": _steps(partial(archive.cpus_allowed, environment), recorded, revisions),
        "cores": cores,
        "series": told,
        "laws": _laws(told, revisions, cores),
    }


def gil_steps(
    archive: Archive, workload: str, environment: Environment, revisions: Ints
) -> list[tuple[int, bool | None]]:
    """Return whether the GIL was on where a workload ran, as [first revision, answer] wherever it changes."""
    of_all, own = (
        archive.surroundings(environment, "gil_enabled"),
        archive.find(workload, environment, "gil_enabled"),
    )
    return _steps(partial(archive.gil_enabled, environment, workload=workload), (of_all, own), revisions)


def _column(series: Series) -> dict[str, Any]:
    """Return one series: speedup in place of slowdown, an interval and states only where there are any."""
    digits = DIGITS[series.quantity]
    told: dict[str, Any] = {"quantity": series.quantity, "threads": series.threads}
    if series.quantity == "slowdown":
        told["quantity"] = "speedup"
    values, low, high = series.possible()
    told["value"] = _rounded(values, digits)
    if np.isfinite(low).any() and series.threads != 1:
        told["low"], told["high"] = _rounded(low, digits), _rounded(high, digits)
    absent = np.flatnonzero(series.states)
    if len(absent):
        told["absent"] = [[int(i), State(int(series.states[i])).name.lower()] for i in absent]
    return told


def _laws(
    told: Sequence[Mapping[str, Any]], revisions: Ints, cores: Sequence[tuple[int, int | None]]
) -> dict[str, Any]:
    """Return both laws, fitted at every commit to the counts from 2 to those that the cores can serve.

    Each parameter comes as [values, standard errors], which `antigil.laws.least_squares.fit` describes. Left
    out is a law that no commit has points enough for.
    """
    lines = [s for s in told if s["quantity"] == "speedup" and s["threads"] > 1]
    if not lines:
        return {}
    n = np.array([float(s["threads"]) for s in lines])
    speedups = np.array([s["value"] for s in lines]).T
    served = np.full(len(revisions), np.inf)
    for first, number in cores:
        served[np.searchsorted(revisions, first) :] = np.inf if number is None else number
    speedups[(n > served[:, None]) | ~(speedups > 0)] = np.nan
    fits = least_squares.fit(n, speedups, hopeless=least_squares.HOPELESS)
    return {
        law: {
            name: [_significant(values[:, i], 6), _significant(errors[:, i], 4)]
            for i, name in enumerate(LAWS[law])
        }
        for law, (values, errors) in fits.items()
        if np.isfinite(values).any()
    }


def _significant(values: Floats, digits: int) -> list[float]:
    """Return values of at most 1 in so many significant digits, larger ones with as many after the point."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.where(values > 0, np.ceil(-np.log10(values)), 0)
        scale = 10.0 ** (digits + np.clip(places, 0, 15))
    numbers: list[float] = (np.round(values * scale) / scale).tolist()
    return numbers


def _rounded(values: Floats, digits: int) -> list[float]:
    """Return values in as few digits as the page can show."""
    numbers: list[float] = np.round(values, digits).tolist()
    return numbers


def _steps(
    number_at: Callable[[int], T], recorded: Iterable[Series | None], revisions: Ints
) -> list[tuple[int, T]]:
    """Return what depends on recorded numbers, as [first revision, what it is] wherever it changes."""
    found: list[tuple[int, T]] = []
    candidates = revisions[:1].tolist()
    for one in recorded:
        if one is not None:
            turns = np.flatnonzero(np.diff(one.values[one.present], prepend=np.nan))
            candidates += one.revisions[one.present][turns].tolist()
    for revision in sorted(candidates):
        number = number_at(revision)
        if not found or found[-1][1] != number:
            found.append((revision, number))
    return found


def commit_columns(archive: Archive) -> dict[str, Any]:
    """Return what every page needs to know of the commits."""
    commits = [archive.commits[revision] for revision in sorted(archive.commits)]
    columns = ("revision", "hash", "date", "subject", "author")
    return {name: [getattr(commit, name) for commit in commits] for name in columns}
