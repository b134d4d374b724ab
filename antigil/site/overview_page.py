"""What the overview shows: first whether threads still help and what changed it, then every workload."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from antigil.history.labels import build_name, environment_id, printable
from antigil.history.options import Options
from antigil.history.series import Archive, Environment, Problem

from .pictures import sparkline
from .workload_page import change_model
from .workload_status import COMMITS_AGO, WorkloadStatus

#: How many changes the overview tells before the table, and of how many workloads for each.
NEWEST_CHANGES = 6
MOST_TOGETHER = 4
#: What a workload may have done, the worst first.
MARKS = ("lost", "gained", "recovered", "steady", "retired")
#: At most this many environments are summed up before the table, those measured last.
MOST_SUMMARIES = 6
#: Whether threads help, as `WorkloadStatus.verdict` says it, and in a summary of several workloads.
HELP = {
    "scales": ("full", "fully"),
    "helps partly": ("part", "partly"),
    "threads do not help": ("none", "not at all"),
    "threads hurt": ("hurt", "slower than one thread"),
    "inconclusive": ("unknown", "inconclusive"),
    "one core: cannot tell": ("unknown", "one core: cannot tell"),
    "only one thread measured": ("unknown", "only one thread measured"),
}
#: Of a workload that does no more than is expected of it, which is no more than one thread does.
EXPECTED_NOT_TO = ("expected", "not at all, as expected")


def overview_model(
    archive: Archive,
    statuses: Sequence[WorkloadStatus],
    files: Mapping[str, str],
    titles: Mapping[str, str],
    labels: Mapping[Environment, str],
    options: Options,
) -> dict[str, Any]:
    """Return the overview, as the template takes it."""
    newest = max(archive.commits, default=0)
    rows = [_row(archive, s, files, labels) | {"title": titles[s.workload.name]} for s in statuses]
    active = [row for row in rows if row["mark"] != "retired"]
    own = [row for row in active if not row["workload"].control]
    moved = [row for row in active if row["mark"] != "steady"]
    environments = sorted({s.environment for s in statuses}, key=lambda e: labels[e])
    changes = _newest_changes(archive, active, newest)
    summaries = _help(archive, statuses, labels)
    return {
        "rows": rows,
        "active": len(active),
        "groups": _groups(rows),
        "counts": {mark: sum(row["mark"] == mark for row in rows) for mark in MARKS},
        "workloads": {mark: len({r["workload"].name for r in own if r["mark"] == mark}) for mark in MARKS},
        "all_workloads": len({row["workload"].name for row in own}),
        "moved_controls": sorted({row["title"] for row in moved if row["workload"].control}),
        "suspected": sum(not change["confirmed"] for row in own for change in row["changes"]),
        "changes": changes[:NEWEST_CHANGES],
        "most_together": MOST_TOGETHER,
        "environments": [(environment_id(e), labels[e]) for e in environments],
        "newest": archive.commit(newest) if archive.commits else None,
        "measured": len(archive.commits),
        "ago": COMMITS_AGO,
        "release": _newest_release(archive, [s for s in statuses if not s.retired]),
        "help": summaries[:MOST_SUMMARIES],
        "more": {"changes": _not_shown(changes), "help": len(summaries[MOST_SUMMARIES:])},
        "suite": {"benchmarks": archive.benchmarks, "parameters": archive.parameters},
        "drawable": len(archive.drawable),
        "thread_parameters": options.thread_parameters,
        "problems": _problems(archive, statuses),
    }


def _newest_release(archive: Archive, statuses: Sequence[WorkloadStatus]) -> str | None:
    """Return the newest of the releases that the workloads are compared with."""
    compared = {s.release for s in statuses if s.release is not None}
    return max(compared, key=lambda name: (archive.tags[name], name), default=None)


def _help(
    archive: Archive, statuses: Sequence[WorkloadStatus], labels: Mapping[Environment, str]
) -> list[dict[str, Any]]:
    """Sum up for each environment in how many workloads threads help; no controls, and none that retired."""
    by_environment: dict[Environment, list[WorkloadStatus]] = {}
    for status in statuses:
        if not status.workload.control and not status.retired:
            by_environment.setdefault(status.environment, []).append(status)
    newest = {e: max(s.revision for s in own) for e, own in by_environment.items()}
    told = []
    for environment in sorted(by_environment, key=lambda e: (-newest[e], labels[e])):
        statuses_here = by_environment[environment]
        builds = {s.gil for s in statuses_here}
        own_build = archive.gil_enabled(environment, newest[environment])
        own = [s.verdict for s in statuses_here if not _expected_not_to(s)]
        counts = [(*HELP[verdict], own.count(verdict)) for verdict in HELP if verdict in own]
        known = len(statuses_here) - len(own)
        told.append(
            {
                "label": labels[environment],
                "build": build_name(builds.pop() if len(builds) == 1 else own_build),
                "helped": own.count("scales") + own.count("helps partly"),
                "of": len(own),
                "counts": [*counts, *([(*EXPECTED_NOT_TO, known)] if known else [])],
            }
        )
    return told


def _expected_not_to(s: WorkloadStatus) -> bool:
    """Tell whether threads are expected not to help a workload, and do not."""
    return s.expected is not None and s.expected[1] <= 1 and s.deviates is False


def _groups(rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the rows by what became of them; controls are one group, and so is what has retired."""
    grouped = groupby(rows, key=_group)
    return [(name, list(own)) for name, own in grouped]


def _group(row: Mapping[str, Any]) -> str:
    """Return the group of a row."""
    return "controls" if row["workload"].control and row["mark"] != "retired" else row["mark"]


def _problems(archive: Archive, statuses: Sequence[WorkloadStatus]) -> list[Problem]:
    """Return what is missing, the workloads without a page among it: no commit ever gave them a value."""
    drawn = {s.workload.name for s in statuses}
    unmeasured = [
        Problem("no commit gave it a value", name) for name in archive.workloads if name not in drawn
    ]
    return [Problem(printable(p.what), printable(p.where)) for p in (*archive.problems, *unmeasured)]


def _row(
    archive: Archive, s: WorkloadStatus, files: Mapping[str, str], labels: Mapping[Environment, str]
) -> dict[str, Any]:
    """Return one line of the table."""
    measured = datetime.datetime.fromtimestamp(archive.commit(s.revision).date / 1000, datetime.UTC)
    return {
        "workload": s.workload,
        "href": f"{files[s.workload.name]}.html#env={environment_id(s.environment)}",
        "environment": environment_id(s.environment),
        "branch": s.environment.branch,
        "label": labels[s.environment],
        "build": build_name(s.gil),
        "threads": s.threads,
        "cpus": s.cpus,
        "speedup": s.speedup,
        "interval": s.interval,
        "ideal": s.ideal,
        "verdict": s.verdict,
        "judged": s.judged,
        "deviates": s.deviates,
        "goal": s.ideal if s.expected is None else s.expected[1],
        "known": s.expected is not None,
        "mark": s.mark,
        "since_release": s.since_release,
        "release": s.release,
        "since_ago": s.since_ago,
        "spark": sparkline(s),
        "held": None if s.held is None else s.held[0],
        "gil": s.gil,
        "ceiling": s.ceiling,
        "stale": s.stale,
        "day": measured.date().isoformat(),
        "newest_state": s.newest_state.name.lower(),
        "changes": [change_model(archive, c, s.cores) for c in s.changes],
    }


def _newest_changes(
    archive: Archive, rows: Sequence[dict[str, Any]], newest: int
) -> list[list[dict[str, Any]]]:
    """Return the newest changes, confirmed ones first, by commit and direction; the largest leads."""
    told = [
        {**change, "row": row, "ago": archive.commits_between(row["branch"], change["revision"], newest)}
        for row in rows
        for change in row["changes"]
    ]
    by_commit: dict[tuple[bool, int, bool], list[dict[str, Any]]] = {}
    for change in told:
        key = (not change["confirmed"], -change["revision"], change["direction"] == "gained")
        by_commit.setdefault(key, []).append(change)
    return [_told_together(by_commit[key]) for key in sorted(by_commit)]


def _not_shown(changes: Sequence[Sequence[dict[str, Any]]]) -> int:
    """Return how many commits have changes of which none is among the newest."""
    commits = [group[0]["revision"] for group in changes]
    return len({*commits[NEWEST_CHANGES:]} - {*commits[:NEWEST_CHANGES]})


def _told_together(group: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the changes of one commit, the largest first, with the least range that any of them left."""
    others = min(group, key=lambda change: change["between"])["others"]
    return sorted(({**c, "others": others} for c in group), key=lambda c: -abs(c["headline"]["size"]))
