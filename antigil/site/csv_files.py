"""The numbers as CSV files, for curl, pandas and spreadsheets: one per workload, and one of the overview.

One row per commit and environment, one column per quantity and thread count; an empty field where there is no
value, with the reason in the last column. Text that a spreadsheet would run as a formula is made plain text.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from antigil.history.labels import build_name
from antigil.history.series import Archive, Environment

from .status import WorkloadStatus

COMMIT = ("commit", "date", "subject", "author")
PLACE = ("machine", "environment", "build", "cpus_allowed")
OVERVIEW = (
    "workload", "title", "control", "environment", "build", "threads", "cpus_allowed", "speedup",
    "speedup_low", "speedup_high", "ideal", "since_release", "release", "since_30_commits", "state",
    "verdict", "gil_held", "page",
)  # fmt: skip


def field(value: object) -> str:
    """Return one field: a number as it is, nothing for None and NaN, text quoted where it must be."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    text = str(value)
    if text.startswith(("=", "+", "-", "@", "\t", "\r")):
        text = f"'{text}"
    if any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def commit_fields(archive: Archive) -> dict[int, str]:
    """Return the fields that tell of each commit, by revision: every workload's file repeats them."""
    found = {}
    for revision, commit in archive.commits.items():
        when = datetime.datetime.fromtimestamp(commit.date / 1000, datetime.UTC)
        told = (commit.hash, when.strftime("%Y-%m-%dT%H:%M:%SZ"), commit.subject, commit.author)
        found[revision] = ",".join(map(field, told))
    return found


def write_workload_csv(
    path: Path,
    archive: Archive,
    statuses: Sequence[tuple[WorkloadStatus, dict[str, Any]]],
    labels: Mapping[Environment, str],
    commits: Mapping[int, str],
) -> None:
    """Write one workload's numbers.

    Parameters
    ----------
    path : Path
        The file.
    archive : Archive
        What was measured.
    statuses : sequence of (WorkloadStatus, columns)
        Its environments, each with what `environment_columns` returns.
    labels, commits
        How environments and commits are told.
    """
    names = list(dict.fromkeys(name for _, told in statuses for name, _ in _columns(told["series"])))
    lines = [",".join((*COMMIT, *PLACE, *names, "absent"))]
    for one, told in statuses:
        build = build_name(archive.gil_enabled(one.environment, one.revision))
        place = ",".join(map(field, (one.environment.machine, labels[one.environment], build)))
        columns = dict(_columns(told["series"]))
        blank = [""] * len(told["revisions"])
        texts = [_texts(columns[name]) if name in columns else blank for name in names]
        rows = zip(told["revisions"], _cpus(told), *texts, _absent(told), strict=True)
        lines += [f"{commits[revision]},{place},{','.join(fields)}" for revision, *fields in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


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


def _texts(numbers: Iterable[float]) -> list[str]:
    return ["" if number != number else repr(number) for number in numbers]


def _cpus(told: Mapping[str, Any]) -> list[str]:
    """Return the CPUs allowed at each revision."""
    steps = list(told["cpus"])
    found, number = [], steps[0][1] if steps else None
    for revision in told["revisions"]:
        while steps and steps[0][0] <= revision:
            number = steps.pop(0)[1]
        found.append(field(number))
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
    lines = [",".join(OVERVIEW)]
    for row in rows:
        low, high = row["interval"] or (None, None)
        told = (
            row["workload"].name, row["workload"].title, row["workload"].control, row["label"], row["build"],
            row["threads"], row["cpus"], row["speedup"], low, high, row["ideal"], row["since_release"],
            row["release"], row["since_ago"], row["mark"], row["verdict"], row["held"], row["href"],
        )  # fmt: skip
        lines.append(",".join(map(field, (round(v, 4) if isinstance(v, float) else v for v in told))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
