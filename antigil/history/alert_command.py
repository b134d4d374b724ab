"""``antigil alert``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
from pathlib import Path

from asv.benchmarks import Benchmarks
from asv.results import iter_results

from antigil.errors import UserError

from .alert import find_alerts
from .alert_confirm import confirm
from .alert_document import document_of
from .alert_report import render
from .compare_command import progress
from .compare_visits import quiet_asv
from .project import Project, asv_errors, open_project
from .reading import read_archive
from .report import refuse_unwritable, write
from .series import Archive


def run(args: argparse.Namespace) -> int:
    """Look for changes in stored history, report, and return the exit status."""
    output, json_file = refuse_unwritable(args.output, args.json)
    notes = None if args.memory is None else Path(args.memory).absolute()
    project = open_project(args.config)
    archive, revisions = load(project, args.since)
    since = None if args.since is None else revisions.get(project.revision(args.since).hash)
    if args.since is not None and since is None:
        raise UserError(f"{args.since} is on no branch or tag here, so nothing comes after it")
    alerts = find_alerts(archive, project.options, since)
    if args.confirm:
        alerts = confirm(project, archive, alerts, notes=notes, processes=args.processes, say=progress())
    document = document_of(archive, alerts, args.since, project.options.site_url)
    if json_file is not None:
        write(render(document, "json"), json_file)
    write(render(document, args.format), output)
    status: int = document["status"]
    return 0 if args.exit_zero else status


def load(project: Project, since: str | None = None) -> tuple[Archive, dict[str, int]]:
    """Read all stored results; return them, and the revision numbers of the commits."""
    with quiet_asv(), asv_errors():
        benchmarks = Benchmarks.load(project.conf)
        hashes = {results.commit_hash for results in iter_results(project.conf.results_dir)}
        hashes |= set(project.repo.get_tags().values())
        if since is not None:
            hashes.add(project.revision(since).hash)
        revisions = project.repo.get_revisions(hashes)
        return read_archive(project.conf, project.repo, benchmarks, revisions, project.options), revisions
