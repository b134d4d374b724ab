"""``antigil compare``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from antigil.errors import UserError, exit_status, needed

from .arguments import ReportFiles, add_config, add_measuring, add_report, positive, report_files
from .output import after_writing, hand_over, timed_progress

if TYPE_CHECKING:
    from antigil.guard.comparison import Comparison
    from antigil.history.project import Project, Revision


#: Seconds within which the sampling of another workload has to end, if nothing else is asked for.
WHERE_SECONDS = 120.0

#: How asv names an interpreter, in place of a commit.
PYTHON = re.compile(r"(\d|\d\.\d+t?|pypy[\d.]*)")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``compare`` accepts."""
    parser.epilog = "Exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."
    parser.add_argument("base", nargs="?", metavar="BASE", help="the commit before")
    parser.add_argument("head", nargs="?", metavar="HEAD", help="the commit after")
    parser.add_argument(
        "--pythons",
        nargs="+",
        metavar="PYTHON",
        help="compare one commit under several interpreters: [COMMIT] --pythons 3.14 3.14t",
    )
    parser.add_argument(
        "--merge-base", action="store_true", help="compare with the last commit that both have in common"
    )
    parser.add_argument(
        "--results-only", action="store_true", help="judge stored results, without measuring anything"
    )
    parser.add_argument(
        "--paths",
        nargs="+",
        default=[],
        metavar="PATH",
        help="measure only if something under these paths differs",
    )
    parser.add_argument(
        "--where",
        action=argparse.BooleanOptionalAction,
        help="sample both commits of a confirmed loss, and tell which functions changed (default)",
    )
    parser.add_argument(
        "--where-seconds",
        type=positive,
        metavar="SECONDS",
        help="after the first workload, sample none that would bring the total above this (default: 120)",
    )
    add_measuring(parser)
    add_report(parser)
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Compare two commits, report, and return the exit status."""
    _refuse_mixed(args)
    outputs = report_files(args)
    with needed("asv"):
        from antigil.history.project import open_project
    return exit_status(lambda: _compare(open_project(args.config, pull=True), args, outputs))


def _compare(project: Project, args: argparse.Namespace, outputs: ReportFiles) -> int:
    from antigil.guard.comparison_json import comparison_to_json
    from antigil.report.formats import render_comparison
    from antigil.report.kept_functions import keep_functions

    if args.pythons:
        outcome = _under_pythons(project, args)
    else:
        base, head = project.revision(args.base), project.revision(args.head)
        outcome = _outcome(project, project.merge_base(base, head) if args.merge_base else base, head, args)
    document = comparison_to_json(outcome)
    report = partial(render_comparison, document, args.format)
    complete = hand_over(report, partial(render_comparison, document, "json"), *outputs)
    results = Path(project.conf.results_dir)
    if results.is_dir() and project.is_next(outcome.base, outcome.head):
        keep_functions(results, document)
    return after_writing(outcome.status, complete)


def _refuse_mixed(args: argparse.Namespace) -> None:
    """Refuse what does not go together; a commit after --pythons is told from the interpreters.

    What stands before --pythons is a commit, even one that is named like an interpreter.
    """
    sampling = args.where or args.where_seconds is not None
    if args.pythons is None:
        if args.head is None:
            raise UserError("name BASE and HEAD, or interpreters with --pythons")
        if args.results_only and (args.environment or args.processes or sampling):
            raise UserError(
                "--results-only judges all stored environments and measures nothing: leave out --environment,"
                " --processes, --where and --where-seconds"
            )
        return
    commits = [one for one in args.pythons if not PYTHON.fullmatch(one)]
    commits += [] if args.base is None else [args.base]
    args.pythons = list(dict.fromkeys(one for one in args.pythons if PYTHON.fullmatch(one)))
    if len(args.pythons) < 2 or len(commits) > 1 or args.head is not None:
        raise UserError("--pythons takes two interpreters or more, as asv names them, and at most one commit")
    if args.merge_base or args.results_only or args.paths or args.environment or sampling:
        raise UserError(
            "--pythons goes with none of --merge-base, --results-only, --paths, --environment, --where and"
            " --where-seconds"
        )
    args.head = commits[0] if commits else "HEAD"


def _under_pythons(project: Project, args: argparse.Namespace) -> Comparison:
    from antigil.guard.interpreters import compare_pythons

    return compare_pythons(
        project,
        project.revision(args.head),
        args.pythons,
        processes=args.processes,
        patterns=args.bench,
        say=timed_progress(),
    )


def _outcome(project: Project, base: Revision, head: Revision, args: argparse.Namespace) -> Comparison:
    from antigil.guard.comparison import Comparison, compare
    from antigil.guard.stored.asv_results import compare_stored

    if args.paths and not project.differ(base, head, args.paths):
        return Comparison(base, head, (), 0.0, f"no difference under {' '.join(args.paths)}")
    if args.results_only:
        return compare_stored(project, base, head, args.bench)
    from antigil.guard.profile.sampling import Sampling

    say = timed_progress()
    sampling = Sampling(args.where_seconds or WHERE_SECONDS, say)
    return compare(
        project,
        base,
        head,
        processes=args.processes,
        patterns=args.bench,
        environments=args.environment,
        say=say,
        after=None if args.where is False else sampling.add_functions,
    )
