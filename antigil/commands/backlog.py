"""``antigil backlog``: the commits that still lack results, newest first."""

from __future__ import annotations

import argparse
from pathlib import Path

from antigil.errors import exit_status, needed

from .arguments import add_config, positive_integer, shard_argument


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``backlog`` accepts."""
    parser.epilog = "antigil backlog --shard 2/8 > todo && asv run HASHFILE:todo"
    parser.add_argument(
        "--shard",
        type=shard_argument,
        default=(1, 1),
        metavar="I/N",
        help="the I-th of N parts (default: 1/1, all)",
    )
    help_ = 'only commits after this one (default: "since" in asv.conf.json)'
    parser.add_argument("--since", metavar="REV", help=help_)
    parser.add_argument("--machine", metavar="NAME", help="only results of this machine count")
    help_ = (
        "also list commits that could not be measured, until they have failed three times"
        " ('antigil ci measure' counts)"
    )
    parser.add_argument("--retry-failed", action="store_true", help=help_)
    parser.add_argument("--most", type=positive_integer, metavar="N", help="at most so many, newest first")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Print one hash per line, as ``asv run HASHFILE:`` reads it."""
    return exit_status(lambda: _backlog(args))


def _backlog(args: argparse.Namespace) -> int:
    with needed("asv"):
        from antigil.ci.backlog import backlog
        from antigil.ci.backlog import shard as part
        from antigil.history.branches import commits_of
        from antigil.history.project import open_project
    project = open_project(args.config, pull=True)
    commits, results = commits_of(project, args.since), Path(project.conf.results_dir)
    found = backlog(commits, results, args.machine, retry_failed=args.retry_failed)
    for hash_ in part(found.todo, *args.shard)[: args.most]:
        print(hash_)
    return 0
