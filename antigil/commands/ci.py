"""``antigil ci``: what the workflows do besides measuring and judging."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

from antigil.ci.comment import comment
from antigil.ci.issues import synchronise
from antigil.ci.measuring import measure
from antigil.ci.results_branch import fetch_results, push_results
from antigil.history.backlog import backlog, shard
from antigil.history.machine import register
from antigil.history.project import open_project


def run(args: argparse.Namespace) -> int:
    """Do one of the actions, say what was done, and return the exit status."""
    if args.action == "measure":
        return _measure(args)
    for line in ACTIONS[args.action](args):
        print(line)
    return 0


def _measure(args: argparse.Namespace) -> int:
    """Measure the commits that are named on stdin."""
    return measure(open_project(args.config), sys.stdin.read().split(), args.minutes)


def _machine(args: argparse.Namespace) -> list[str]:
    return [register()]


def _fetch(args: argparse.Namespace) -> list[str]:
    project = open_project(args.config)
    exists = fetch_results(Path(project.conf.results_dir), args.branch)
    return [f"results of branch {args.branch}" if exists else f"no branch {args.branch} yet: no results"]


def _push(args: argparse.Namespace) -> list[str]:
    added = push_results([Path(name) for name in args.paths], args.branch, "results: add what was measured")
    return [f"added to branch {args.branch}" if added else f"nothing new for branch {args.branch}"]


def _shards(args: argparse.Namespace) -> list[str]:
    """Return a JSON list for a matrix, newest commits first: as many shards as they need, none for none.

    Each names its commits, so that a runner that starts late measures what was meant for it.
    """
    todo = backlog(open_project(args.config))[: args.most * args.per_shard]
    of = math.ceil(len(todo) / args.per_shard)
    return [
        json.dumps(
            [{"shard": f"{i}/{of}", "commits": " ".join(shard(todo, i, of))} for i in range(1, of + 1)]
        )
    ]


def _comment(args: argparse.Namespace) -> list[str]:
    return [comment(path) for path in args.paths]


def _issues(args: argparse.Namespace) -> list[str]:
    return [line for path in args.paths for line in synchronise(path)]


ACTIONS: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "machine": _machine,
    "fetch": _fetch,
    "push": _push,
    "shards": _shards,
    "comment": _comment,
    "issues": _issues,
}
