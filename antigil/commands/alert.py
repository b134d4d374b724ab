"""``antigil alert``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from asv.benchmarks import Benchmarks
from asv.results import iter_results

from antigil.errors import UserError
from antigil.guard.alert_json import document_of
from antigil.guard.alerts import Alert, find_alerts
from antigil.guard.confirmation import confirm
from antigil.guard.memory import Memory
from antigil.guard.visits import quiet_asv
from antigil.history.archive_reader import read_archive
from antigil.history.project import Project, asv_errors, open_project
from antigil.history.series import Archive
from antigil.report.alerts import render
from antigil.report.formats import refuse_unwritable, write

from .compare import progress


def run(args: argparse.Namespace) -> int:
    """Look for changes in stored history, report, and return the exit status."""
    output, json_file = refuse_unwritable(args.output, args.json)
    notes = None if args.memory is None else Path(args.memory).absolute()
    project = open_project(args.config)
    memory = Memory.open(Path(project.conf.results_dir), notes)
    archive, revisions = load(project, args.since, memory.hashes)
    since = None if args.since is None else revisions.get(project.revision(args.since).hash)
    if args.since is not None and since is None:
        raise UserError(f"{args.since} is on no branch or tag here, so nothing comes after it")
    found = find_alerts(archive, project.options, since)
    alerts = selected(archive, memory.recognise(found, project.repo, revisions), args.bench, args.environment)
    if args.confirm:
        alerts = confirm(
            project, archive, alerts, memory, processes=args.processes, say=progress(), minutes=args.minutes
        )
    alerts = memory.marked(alerts)
    restricted = [*args.bench, *args.environment]
    document = document_of(archive, alerts, args.since, project.options.site_url, restricted)
    if json_file is not None:
        write(render(document, "json"), json_file)
    write(render(document, args.format), output)
    if args.confirm or notes is not None:
        for alert in alerts:
            memory.note(alert, told=True)
    status: int = document["status"]
    return 0 if args.exit_zero else status


def selected(
    archive: Archive, alerts: Sequence[Alert], patterns: Sequence[str], environments: Sequence[str]
) -> tuple[Alert, ...]:
    """Return the alerts of benchmarks that match a pattern, in environments of a Python that is named.

    Parameters
    ----------
    environments
        As asv writes them: ``virtualenv:3.14t``, ``:3.14t``, or an environment's name.
    """
    names = {one.workload for one in archive.series if any(re.search(p, one.benchmark) for p in patterns)}
    pythons = {re.split(r":|-py", specification)[-1].split("-")[0] for specification in environments}
    return tuple(
        alert
        for alert in alerts
        if (not patterns or alert.workload.name in names)
        and (not environments or alert.environment.python in pythons)
    )


def load(
    project: Project, since: str | None = None, more: Collection[str] = ()
) -> tuple[Archive, dict[str, int]]:
    """Read all stored results; return them, and the revision numbers of their and some more commits."""
    with quiet_asv(), asv_errors():
        benchmarks = Benchmarks.load(project.conf)
        hashes = {results.commit_hash for results in iter_results(project.conf.results_dir)}
        hashes |= {*project.repo.get_tags().values(), *more}
        if since is not None:
            hashes.add(project.revision(since).hash)
        revisions = project.repo.get_revisions(hashes)
        return read_archive(project.conf, project.repo, benchmarks, revisions, project.options), revisions
