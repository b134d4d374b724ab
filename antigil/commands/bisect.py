"""``antigil bisect``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from antigil.errors import exit_status, needed

from .arguments import add_config, add_measuring
from .output import hand_over, report_path, timed_progress

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
    parser.add_argument("--output", metavar="FILE", help="write the report there and not to stdout")
    parser.add_argument("--json", metavar="FILE", help="write the JSON form there as well")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Find the commit, report, and return the exit status."""
    outputs = report_path(args.output), report_path(args.json)
    with needed("asv"):
        from antigil.history.project import open_project
    return exit_status(lambda: _bisect(open_project(args.config, pull=True), args, *outputs))


def _bisect(project: Project, args: argparse.Namespace, output: Path | None, json_file: Path | None) -> int:
    from antigil.guard.comparison import compare
    from antigil.guard.search.bisection import bisect
    from antigil.guard.search.confirmation import CONFIRMED_FROM
    from antigil.report.text import render_bisection

    options = replace(project.options.lowered(CONFIRMED_FROM), excused={})
    measure = partial(
        compare,
        replace(project, options=options),
        processes=args.processes,
        patterns=args.bench,
        environments=args.environment,
        workload=args.workload,
        say=timed_progress(),
    )
    found = bisect(project, project.revision(args.good), project.revision(args.bad), args.workload, measure)
    hand_over(found.to_json(), render_bisection, args.format, output, json_file)
    return found.status
