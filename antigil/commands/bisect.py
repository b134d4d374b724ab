"""``antigil bisect``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from antigil.errors import UserError, exit_status, needed

from .arguments import ReportFiles, add_config, add_measuring, add_report_files, report_files
from .output import after_writing, hand_over, timed_progress

if TYPE_CHECKING:
    from antigil.history.project import Project


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``bisect`` accepts."""
    parser.epilog = (
        "Exit status: 0 nothing was lost between the two, 1 the commit was found, 2 could not be told which."
    )
    parser.add_argument("good", metavar="GOOD", help="a commit before the loss")
    parser.add_argument("bad", metavar="BAD", help="a later commit, which has it")
    parser.add_argument("workload", metavar="WORKLOAD", help="its name, as 'antigil compare' prints it")
    add_measuring(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")
    add_report_files(parser)
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Find the commit, report, and return the exit status."""
    outputs = report_files(args)
    with needed("asv"):
        from antigil.history.project import open_project
    return exit_status(lambda: _bisect(open_project(args.config, pull=True), args, outputs))


def _bisect(project: Project, args: argparse.Namespace, outputs: ReportFiles) -> int:
    from antigil.guard.comparison import compare
    from antigil.guard.interleaved_visits import pythons_passed_over
    from antigil.guard.search.bisection import bisect
    from antigil.guard.search.confirmation import CONFIRMED_FROM
    from antigil.history.asv_adapter.running import only_user
    from antigil.report.text import render_bisection

    if absent := pythons_passed_over(project, args.environment):
        raise UserError(f"not every configured environment can be measured in: {absent[0]}")
    say = timed_progress()
    options = replace(project.options.lowered(CONFIRMED_FROM), excused={})
    measure = partial(
        compare,
        replace(project, options=options),
        processes=args.processes,
        patterns=args.bench,
        environments=args.environment,
        workload=args.workload,
        say=say,
    )
    ends = project.revision(args.good), project.revision(args.bad)
    with only_user(project.conf):
        found = bisect(project, *ends, args.workload, measure, say)
    document = found.to_json()
    report = partial(render_bisection, document, args.format)
    complete = hand_over(report, partial(render_bisection, document, "json"), *outputs)
    return after_writing(found.status, complete)
