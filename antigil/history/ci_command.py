"""``antigil ci``: what the workflows do besides measuring and judging."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path

from .backlog import backlog
from .comment import comment
from .issues import synchronise
from .machine import register
from .project import open_project
from .store import fetch_results, push_results


def run(args: argparse.Namespace) -> int:
    """Do one of the actions, say what was done, and return the exit status."""
    for line in ACTIONS[args.action](args):
        print(line)
    return 0


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
    """Return a JSON list of shards for a matrix: as many as the backlog needs, and none without one."""
    lacking = len(backlog(open_project(args.config)))
    of = min(args.most, math.ceil(lacking / args.per_shard))
    return [json.dumps([f"{i}/{of}" for i in range(1, of + 1)])]


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
