"""``antigil backlog``: the commits that still lack results, newest first."""

from __future__ import annotations

import argparse

from .arguments import add_config, positive_integer, shard
from .shared import asv_needed


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``backlog`` accepts."""
    parser.epilog = "antigil backlog --shard 2/8 > todo && asv run HASHFILE:todo"
    parser.add_argument(
        "--shard",
        type=shard,
        default=(1, 1),
        metavar="I/N",
        help="the I-th of N parts (default: 1/1, all)",
    )
    parser.add_argument("--since", metavar="REV", help="only commits after this one")
    parser.add_argument("--machine", metavar="NAME", help="only results of this machine count")
    parser.add_argument("--most", type=positive_integer, metavar="N", help="at most so many, newest first")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Print one hash per line, as ``asv run HASHFILE:`` reads it."""
    with asv_needed():
        from antigil.ci.shards import shard as part
        from antigil.history.backlog import backlog
        from antigil.history.project import open_project
    number, of = args.shard
    todo = part(backlog(open_project(args.config), args.since, args.machine), number, of)
    for hash_ in todo[: args.most]:
        print(hash_)
    return 0
