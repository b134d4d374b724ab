"""``antigil ci``: what the workflows do besides measuring and judging."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

from .arguments import add_config, positive_integer
from .shared import asv_needed

CI_ACTIONS = {
    "machine": "make asv know this machine by its CPU, and print the name",
    "fetch": "bring the stored results from their branch",
    "push": "add folders of results to the branch, whoever else writes to it meanwhile",
    "measure": "measure the commits named on stdin with asv, in time, and leave only their results",
    "shards": "print the backlog as a JSON list of shards for a matrix, as many as it needs",
    "comment": "post or update the one comment of a pull request, from compare's JSON",
    "issues": "open, update and close one issue per workload, from alert's JSON",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``ci`` accepts."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"{name:8} {what}" for name, what in CI_ACTIONS.items())
    parser.add_argument("action", choices=tuple(CI_ACTIONS), metavar="ACTION", help="one of those below")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what it reads")
    parser.add_argument("--branch", default="results", help="where results are kept (default: results)")
    parser.add_argument(
        "--minutes", type=positive_integer, metavar="N", help="measure: begin nothing that would take longer"
    )
    parser.add_argument(
        "--per-shard", type=positive_integer, default=20, metavar="N", help="commits per shard (default: 20)"
    )
    parser.add_argument(
        "--most", type=positive_integer, default=20, metavar="N", help="shards at most (default: 20)"
    )
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Do one of the actions, say what was done, and return the exit status."""
    with asv_needed():
        if args.action == "measure":
            return _measure(args)
        for line in ACTIONS[args.action](args):
            print(line)
    return 0


def _measure(args: argparse.Namespace) -> int:
    """Measure the commits that are named on stdin."""
    from antigil.ci.measuring import measure
    from antigil.history.project import open_project

    return measure(open_project(args.config), sys.stdin.read().split(), args.minutes)


def _machine(args: argparse.Namespace) -> list[str]:
    from antigil.history.machine import register

    return [register()]


def _fetch(args: argparse.Namespace) -> list[str]:
    from antigil.ci.results_branch import fetch_results
    from antigil.history.project import open_project

    project = open_project(args.config)
    exists = fetch_results(Path(project.conf.results_dir), args.branch)
    return [f"results of branch {args.branch}" if exists else f"no branch {args.branch} yet: no results"]


def _push(args: argparse.Namespace) -> list[str]:
    from antigil.ci.results_branch import push_results

    added = push_results([Path(name) for name in args.paths], args.branch, "results: add what was measured")
    return [f"added to branch {args.branch}" if added else f"nothing new for branch {args.branch}"]


def _shards(args: argparse.Namespace) -> list[str]:
    """Return a JSON list for a matrix, newest commits first: as many shards as they need, none for none.

    Each names its commits, so that a runner that starts late measures what was meant for it.
    """
    from antigil.history.backlog import backlog, shard
    from antigil.history.project import open_project

    todo = backlog(open_project(args.config))[: args.most * args.per_shard]
    of = math.ceil(len(todo) / args.per_shard)
    return [
        json.dumps(
            [{"shard": f"{i}/{of}", "commits": " ".join(shard(todo, i, of))} for i in range(1, of + 1)]
        )
    ]


def _comment(args: argparse.Namespace) -> list[str]:
    from antigil.ci.comment import comment

    return [comment(path) for path in args.paths]


def _issues(args: argparse.Namespace) -> list[str]:
    from antigil.ci.issues import synchronise

    return [line for path in args.paths for line in synchronise(path)]


ACTIONS: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "machine": _machine,
    "fetch": _fetch,
    "push": _push,
    "shards": _shards,
    "comment": _comment,
    "issues": _issues,
}
