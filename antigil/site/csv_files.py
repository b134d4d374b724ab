"""The numbers as CSV files, for curl, pandas and spreadsheets: one per workload, and one of the overview.

One row per commit and environment, one column per quantity and thread count; an empty field where there is no
value, with the reason in the last column. Text that a spreadsheet would run as a formula is made plain text.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from antigil.history.labels import build_name
from antigil.history.series import Archive, Environment

from .workload_page import gil_steps
from .workload_status import WorkloadStatus

T = TypeVar("T")

COMMIT = ("commit", "date", "subject", "author")
PLACE = ("machine", "environment", "build", "cpus_allowed")
OVERVIEW = (
    "workload", "title", "control", "environment", "build", "threads", "cpus_allowed", "speedup",
    "speedup_low", "speedup_high", "ideal", "since_release", "release", "since_30_commits", "state",
    "verdict", "gil_held", "page",
)  # fmt: skip


def _write(path: Path, head: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write rows of what `_field` returns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _field(value: object) -> object:
    """Return what a field holds: nothing for NaN, and no text that breaks a line or starts a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = value.replace("\r", " ")  # which `csv` quotes only in newer Pythons
        return f"'{text}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else text
    return "" if value != value else value


def commit_fields(archive: Archive) -> dict[int, tuple[object, ...]]:
    """Return the fields that tell of each commit, by revision: every workload's file repeats them."""
    found: dict[int, tuple[object, ...]] = {}
    for revision, commit in archive.commits.items():
        when = datetime.datetime.fromtimestamp(commit.date / 1000, datetime.UTC)
        told = (commit.hash, f"{when:%Y-%m-%dT%H:%M:%SZ}", commit.subject, commit.author)
        found[revision] = tuple(map(_field, told))
    return found


def write_workload_csv(
    path: Path,
    archive: Archive,
    statuses: Sequence[tuple[WorkloadStatus, dict[str, Any]]],
    labels: Mapping[Environment, str],
    commits: Mapping[int, Sequence[object]],
) -> None:
    """Write one workload's numbers: its environments, each with what `environment_columns` returns."""
    names = list(dict.fromkeys(name for _, told in statuses for name, _ in _columns(told["series"])))

    def rows() -> Iterator[Sequence[object]]:
        for one, told in statuses:
            place = tuple(map(_field, (one.environment.machine, labels[one.environment])))
            columns = dict(_columns(told["series"]))
            blank = [None] * len(told["revisions"])
            numbers = [[None if x != x else x for x in columns.get(name, blank)] for name in names]
            steps = gil_steps(archive, one.workload.name, one.environment, one.headline.revisions)
            builds = map(build_name, _at_each(told["revisions"], steps))
            cpus = _at_each(told["revisions"], told["cpus"])
            by_commit = zip(told["revisions"], builds, cpus, *numbers, _absent(told), strict=True)
            yield from ((*commits[revision], *place, *fields) for revision, *fields in by_commit)

    _write(path, (*COMMIT, *PLACE, *names, "absent"), rows())


def _columns(series: Iterable[dict[str, Any]]) -> Iterable[tuple[str, list[float]]]:
    """Yield the name and the numbers of each column of a workload's file."""
    for one in series:
        yield _name(one), one["value"]
        if "low" in one:
            yield f"{_name(one)}_low", one["low"]
            yield f"{_name(one)}_high", one["high"]


def _name(one: Mapping[str, Any]) -> str:
    """Return a series' name in the head of a file."""
    unit = "_seconds" if one["quantity"] in {"stall", "time"} else ""
    return f"{one['quantity']}{unit}" + ("" if one["threads"] is None else f"_{one['threads']}")


def _at_each(revisions: Iterable[int], steps: Sequence[tuple[int, T | None]]) -> list[T | None]:
    """Return at each revision what steps say, which come as [first revision, what it is]."""
    coming = list(steps)
    found, current = [], coming[0][1] if coming else None
    for revision in revisions:
        while coming and coming[0][0] <= revision:
            current = coming.pop(0)[1]
        found.append(current)
    return found


def _absent(told: Mapping[str, Any]) -> list[str]:
    """Return for each revision which values there are not, and why."""
    reasons: dict[int, list[str]] = {}
    for one in told["series"]:
        for position, why in one.get("absent", ()):
            reasons.setdefault(position, []).append(f"{_name(one)} {why}")
    return ["; ".join(reasons.get(i, ())) for i in range(len(told["revisions"]))]


def write_overview_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the overview's table, in its order."""
    lines = []
    for row in rows:
        low, high = row["interval"] or (None, None)
        told = (
            row["workload"].name, row["workload"].title, row["workload"].control, row["label"], row["build"],
            row["threads"], row["cpus"], row["speedup"], low, high, row["ideal"], row["since_release"],
            row["release"], row["since_ago"], row["mark"], row["verdict"], row["held"], row["href"],
        )  # fmt: skip
        lines.append([_field(round(value, 4) if isinstance(value, float) else value) for value in told])
    _write(path, OVERVIEW, lines)
