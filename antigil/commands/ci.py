"""``antigil ci``: the steps of the GitHub workflows, but for those that judge.

``push``, ``comment`` and ``issues`` run beside a token that writes, and need the standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from antigil.errors import EXIT_USER_ERROR, exit_status, needed, note, one_line

from .arguments import add_config, pattern, positive_integer


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``ci`` accepts: an action, and what that one accepts."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def add(name: str, action: Any, summary: str) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary)
        found.set_defaults(action=action)
        return found

    add("machine", _machine, "make asv know this machine by its CPU, and print the name")
    fetch = add("fetch", _fetch, "bring the stored results from their branch")
    push = add("push", _push, "add folders of results to the branch, whoever else writes to it meanwhile")
    measure = add(
        "measure",
        _measure,
        "measure the commits named on stdin with asv, in time, and copy their results",
    )
    shards = add(
        "shards", _shards, "print the backlog as a JSON list of shards for a matrix, as many as it needs"
    )
    comment = add("comment", _comment, "post or update the one comment of a pull request")
    issues = add("issues", _issues, "open, update and close an issue for what each commit lost")

    push.add_argument("folders", nargs="+", metavar="FOLDER", help="what was measured")
    comment.add_argument("file", metavar="FILE", help="what 'antigil compare --json' wrote")
    issues.add_argument("file", metavar="FILE", help="what 'antigil alert --json' wrote")
    help_ = "where it is noted which change has been told in which issue"
    issues.add_argument("--memory", type=Path, metavar="FOLDER", help=help_)
    help_ = "where they are brought (default: asv's results_dir, for which alone asv is needed)"
    fetch.add_argument("--into", type=Path, metavar="FOLDER", help=help_)
    for one in (fetch, push):
        one.add_argument("--branch", default="results", help="where results are kept (default: results)")
    help_ = "gets a copy of what is measured; asv's own results are left as they are"
    measure.add_argument("--into", type=Path, required=True, metavar="FOLDER", help=help_)
    help_ = "begin nothing that would take longer"
    measure.add_argument("--minutes", type=positive_integer, metavar="N", help=help_)
    help_ = "only benchmarks whose name matches (repeatable)"
    measure.add_argument(
        "-b", "--bench", action="append", type=pattern, default=[], metavar="REGEX", help=help_
    )
    help_ = "commits per shard (default: 20)"
    shards.add_argument("--per-shard", type=positive_integer, default=20, metavar="N", help=help_)
    help_ = "shards at most (default: 20)"
    shards.add_argument("--most", type=positive_integer, default=20, metavar="N", help=help_)
    help_ = 'commits at most, newest first (default: "backfill" in asv.conf.json)'
    shards.add_argument("--limit", type=positive_integer, metavar="N", help=help_)
    help_ = 'only commits after this one (default: "since" in asv.conf.json)'
    shards.add_argument("--since", metavar="REV", help=help_)
    for one in (fetch, measure, shards):
        add_config(one)


def run(args: argparse.Namespace) -> int:
    """Do one of the actions, and return the exit status."""

    def act() -> int:
        with needed("asv"):
            return int(args.action(args))

    return exit_status(act)


def _machine(args: argparse.Namespace) -> int:
    from antigil.history.machine_name import register

    print(register())
    return 0


def _fetch(args: argparse.Namespace) -> int:
    from antigil.ci.results_branch import fetch_results

    exists = fetch_results(args.into or _results_dir(args), args.branch)
    print(f"results of branch {args.branch}" if exists else f"no branch {args.branch} yet: no results")
    return 0


def _results_dir(args: argparse.Namespace) -> Path:
    from antigil.history.project import open_project

    return Path(open_project(args.config).conf.results_dir)


def _push(args: argparse.Namespace) -> int:
    from antigil.ci.results_branch import push_results

    folders = [Path(name) for name in args.folders]
    added = push_results(folders, args.branch)
    print(f"added to branch {args.branch}" if added else f"nothing new for branch {args.branch}")
    return 0


def _measure(args: argparse.Namespace) -> int:
    from antigil.ci.measure_job import measure_backlog
    from antigil.history.machine_name import register

    results = _results_dir(args)
    commits = sys.stdin.read().split()
    return measure_backlog(results, args.into, register(), commits, args.minutes, args.bench)


def _shards(args: argparse.Namespace) -> int:
    from antigil.ci.backlog import backlog, matrix
    from antigil.history.branches import commits_of
    from antigil.history.project import open_project
    from antigil.report.annotations import append_summary

    project = open_project(args.config, pull=True)
    found = backlog(commits_of(project, args.since), Path(project.conf.results_dir), retry_failed=True)
    if found.remark:
        note(found.remark)
        append_summary(f"{found.remark}.\n")
    todo = found.todo[: args.limit or project.options.backfill]
    print(json.dumps(matrix(todo, args.per_shard, args.most)))
    if (fit := args.per_shard * args.most) < len(todo):
        into = f"{args.most} shards of {args.per_shard}"
        note(f"{fit} of {len(todo)} commits fit into {into}: the rest is left")
    return 0


def _comment(args: argparse.Namespace) -> int:
    from antigil.ci.post_comment import comment

    print(comment(args.file))
    return 0


def _issues(args: argparse.Namespace) -> int:
    from antigil.ci.issues import synchronise

    done, problems = synchronise(args.file, args.memory)
    for line in done:
        print(one_line(line))
    for line in problems:
        print(one_line(f"antigil: error: {line}"), file=sys.stderr)
    return EXIT_USER_ERROR if problems else 0
