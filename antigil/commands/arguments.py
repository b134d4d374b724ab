"""What the guard's commands accept: ``compare``, ``alert``, ``backlog`` and what workflows call.

Parsing only; what they do lives in `antigil.history`, which needs the ``asv`` extra.
"""

from __future__ import annotations

import argparse
import re

FORMATS = ("text", "markdown", "github", "json")


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="asv's configuration (default: asv.conf.json here)")


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="github: annotations, the job's summary, and the text (default: text)",
    )
    parser.add_argument("--output", metavar="FILE", help="write the report there and not to stdout")
    parser.add_argument("--json", metavar="FILE", help="write the JSON form there as well")


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--processes",
        type=_positive_integer,
        default=6,
        metavar="N",
        help="fresh processes of each commit in the first look; more in further ones (default: 6)",
    )
    parser.add_argument(
        "-b",
        "--bench",
        action="append",
        type=_pattern,
        default=[],
        metavar="REGEX",
        help="only benchmarks whose name matches (repeatable)",
    )
    parser.add_argument(
        "-E",
        "--environment",
        action="append",
        default=[],
        metavar="SPEC",
        help="asv's environment specification, like :3.14t (repeatable; default: the configured ones)",
    )


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
    return text


def _positive_integer(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive whole number, not {text!r}")
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"a shard is I/N with I from 1 to N, like 2/8, not {text!r}")
    return int(number), int(of)


def configure_compare(parser: argparse.ArgumentParser) -> None:
    """Add what ``compare`` accepts."""
    parser.epilog = "Exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."
    parser.add_argument("base", metavar="BASE", help="the commit before")
    parser.add_argument("head", metavar="HEAD", help="the commit after")
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
    _add_measuring(parser)
    _add_report(parser)
    _add_config(parser)


def configure_alert(parser: argparse.ArgumentParser) -> None:
    """Add what ``alert`` accepts."""
    parser.epilog = "Exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."
    parser.add_argument("--since", metavar="REV", help="only changes after this commit")
    parser.add_argument(
        "--confirm",
        action="store_true",
        help="measure what each open loss is blamed on again, find its commit, and tell what held",
    )
    parser.add_argument(
        "--minutes",
        type=_positive_integer,
        metavar="N",
        help="with --confirm: begin no comparison after so many; the rest stays suspected, until next time",
    )
    parser.add_argument(
        "--memory",
        metavar="FOLDER",
        help="where to note what was reported and measured again (with --confirm: asv's results)",
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 whatever was found: for a job that hands it on"
    )
    _add_measuring(parser)
    _add_report(parser)
    _add_config(parser)


def configure_backlog(parser: argparse.ArgumentParser) -> None:
    """Add what ``backlog`` accepts."""
    parser.epilog = "antigil backlog --shard 2/8 > todo && asv run HASHFILE:todo"
    parser.add_argument(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="the I-th of N parts (default: 1/1, all)",
    )
    parser.add_argument("--since", metavar="REV", help="only commits after this one")
    parser.add_argument("--machine", metavar="NAME", help="only results of this machine count")
    parser.add_argument("--most", type=_positive_integer, metavar="N", help="at most so many, newest first")
    _add_config(parser)


CI_ACTIONS = {
    "machine": "make asv know this machine by its CPU, and print the name",
    "fetch": "bring the stored results from their branch",
    "push": "add folders of results to the branch, whoever else writes to it meanwhile",
    "measure": "measure the commits named on stdin with asv, in time, and leave only their results",
    "shards": "print the backlog as a JSON list of shards for a matrix, as many as it needs",
    "comment": "post or update the one comment of a pull request, from compare's JSON",
    "issues": "open, update and close one issue per workload, from alert's JSON",
}


def configure_ci(parser: argparse.ArgumentParser) -> None:
    """Add what ``ci`` accepts."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"{name:8} {what}" for name, what in CI_ACTIONS.items())
    parser.add_argument("action", choices=tuple(CI_ACTIONS), metavar="ACTION", help="one of those below")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what it reads")
    parser.add_argument("--branch", default="results", help="where results are kept (default: results)")
    parser.add_argument(
        "--minutes", type=_positive_integer, metavar="N", help="measure: begin nothing that would take longer"
    )
    parser.add_argument(
        "--per-shard", type=_positive_integer, default=20, metavar="N", help="commits per shard (default: 20)"
    )
    parser.add_argument(
        "--most", type=_positive_integer, default=20, metavar="N", help="shards at most (default: 20)"
    )
    _add_config(parser)
