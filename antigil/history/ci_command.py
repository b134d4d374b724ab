"""``antigil ci``: what the workflows do besides measuring and judging."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .backlog import backlog, commits_of, shard
from .comment import comment
from .issues import synchronise
from .machine import register
from .project import open_project
from .store import fetch_results, push_results


def run(args: argparse.Namespace) -> int:
    """Do one of the actions, say what was done, and return the exit status."""
    if args.action == "measure":
        return measure(args)
    for line in ACTIONS[args.action](args):
        print(line)
    return 0


def measure(args: argparse.Namespace) -> int:
    """Measure a part of the backlog with asv; return asv's exit status.

    The results that were known before are put aside: what is left in asv's folder is this run's own.
    """
    project = open_project(args.config)
    number, of = args.shard
    mine = set(shard(commits_of(project), number, of))
    todo = [hash_ for hash_ in backlog(project) if hash_ in mine][: args.per_shard]
    if not todo:
        print("nothing to measure")
        return 0
    shutil.rmtree(project.conf.results_dir, ignore_errors=True)
    command = ["run", "--machine", register(), "--record-samples", "--show-stderr", "HASHFILE:-"]
    print(f"measuring {len(todo)} commits: asv {' '.join(command)}", flush=True)
    return subprocess.run(
        [sys.executable, "-m", "asv", *command], input="\n".join(todo), text=True, check=False
    ).returncode


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
