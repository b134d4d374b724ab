"""``antigil alert``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from antigil.errors import EXIT_FINE, UserError, exit_status, first_of, needed, note

from .arguments import ReportFiles, add_config, add_measuring, add_report, positive_integer, report_files
from .output import after_writing, hand_over, refusing, timed_progress, writable, write_each

#: Tags that are named, at most, where they are not judged.
MOST_TAGS = 5

if TYPE_CHECKING:
    from antigil.guard.alert_log import Memory
    from antigil.guard.alert_state import Alert
    from antigil.guard.stored.measured_workloads import Failure
    from antigil.history.project import Project
    from antigil.history.series import Archive


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``alert`` accepts."""
    parser.epilog = "Exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."
    parser.add_argument("--since", metavar="REV", help="only changes after this commit")
    parser.add_argument(
        "--confirm",
        action="store_true",
        help="measure what each open loss is blamed on again, find its commit, and tell what held",
    )
    parser.add_argument(
        "--minutes",
        type=positive_integer,
        metavar="N",
        help="with --confirm: begin no comparison after so many; the rest stays suspected, until next time",
    )
    parser.add_argument(
        "--memory",
        metavar="FOLDER",
        help="where to note what was reported and measured again (with --confirm: asv's results)",
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 whatever was found: for a job that hands it on"
    )
    add_measuring(parser)
    add_report(parser)
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Look for changes in stored history, report, and return the exit status."""
    if not args.confirm and (args.minutes or args.processes):
        raise UserError("--minutes and --processes go with --confirm: without it nothing is measured")
    outputs = report_files(args)
    notes = None if args.memory is None else Path(args.memory).absolute()
    with needed("asv"):
        from antigil.history.project import open_project
    return exit_status(lambda: _alert(open_project(args.config, pull=True), notes, args, outputs))


def _alert(project: Project, notes: Path | None, args: argparse.Namespace, outputs: ReportFiles) -> int:
    from antigil.guard.alert_json import alerts_to_json
    from antigil.guard.alert_log import Memory
    from antigil.guard.search.confirmation import confirm
    from antigil.history.archive_reader import load_archive
    from antigil.history.asv_adapter.running import only_user
    from antigil.history.project import refuse_shallow
    from antigil.report.formats import render_alerts

    refuse_shallow(project.conf)
    memory = Memory.open(Path(project.conf.results_dir), notes, project.first_branch)
    remembers = args.confirm or notes is not None
    if remembers:
        writable(str(memory.file), new_folder=True)
    beginnings = project.beginnings
    archive, revisions = load_archive(project, {*memory.hashes, *filter(None, beginnings.values())})
    _note_what_is_left_out(archive)
    starts = {
        pattern: None if hash_ is None else revisions.get(hash_, -1) for pattern, hash_ in beginnings.items()
    }
    alerts, failures = _found(project, archive, starts, args)
    alerts = memory.recognise(alerts, project.repo, revisions)
    if args.confirm:
        say = timed_progress()
        asked = any(alert.state.open for alert in alerts)
        with only_user(project.conf) if asked else nullcontext():
            alerts = confirm(
                project, archive, alerts, memory, processes=args.processes, say=say, minutes=args.minutes
            )
    alerts = memory.marked(alerts)
    restricted = [*args.bench, *args.environment]
    document = alerts_to_json(archive, alerts, args.since, project.options.site_url, restricted, failures)
    report = partial(render_alerts, document, args.format)
    complete = hand_over(report, partial(render_alerts, document, "json"), *outputs)
    if remembers:
        complete = write_each(partial(_remember, memory, alerts if complete else ())) and complete
    return after_writing(EXIT_FINE if args.exit_zero else document["status"], complete)


def _remember(memory: Memory, told: Sequence[Alert]) -> None:
    """Note what has been told, and say if that or an earlier note could not be written."""
    with refusing(str(memory.file)):
        for alert in told:
            memory.note(alert, told=True)
        memory.finish()


def _found(
    project: Project,
    archive: Archive,
    starts: Mapping[str, int | None],
    args: argparse.Namespace,
) -> tuple[tuple[Alert, ...], tuple[Failure, ...]]:
    """Return the alerts that are asked for, as the history shows them, and the workloads that fail."""
    from antigil.guard.alerts import find_alerts
    from antigil.guard.stored.asked_alerts import after_beginnings, entries_of, looked_for, selected
    from antigil.guard.stored.measured_workloads import find_failures
    from antigil.history.branches import newest_known
    from antigil.history.kept_steps import FILE, KeptSteps

    first = project.since(args.since)
    since = None if first is None else newest_known(project, archive, first)
    steps = KeptSteps(Path(project.conf.env_dir) / FILE)
    alerts = find_alerts(archive, project.options, since, steps)
    steps.save()
    entries = entries_of(project)
    wanted = looked_for(entries, starts, project.first_branch)
    alerts = after_beginnings(alerts, wanted)
    failures = find_failures(archive, project.options, since, wanted)
    asked = entries, args.bench, args.environment
    return selected(archive, alerts, *asked), selected(archive, failures, *asked)


def _note_what_is_left_out(archive: Archive) -> None:
    """Say on stderr what no alert can tell of; results that cannot be read are in the report."""
    from antigil.history.branches import tags_aside
    from antigil.report.quantities import counted

    for problem in archive.problems:
        if not problem.unread:
            note(problem.what + (f": {problem.where}" if problem.where else ""))
    if aside := tags_aside(archive):
        verb = "is" if len(aside) == 1 else "are"
        told = f"{verb} on none of the configured branches, and not judged"
        note(f"{counted(len(aside), 'measured tag')} {told}: {first_of(aside, MOST_TAGS)}")
