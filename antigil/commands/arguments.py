"""Arguments that several commands take, and the types of their values."""

from __future__ import annotations

import argparse
import math
import re


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``."""
    parser.add_argument("--config", metavar="FILE", help="asv's configuration (default: asv.conf.json here)")


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the format of a report, and where it goes."""
    from antigil.report.formats import FORMATS  # loads the instrument, which most jobs of the CI do without

    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="github: annotations, the job's summary, and the text (default: text)",
    )
    parser.add_argument("--output", metavar="FILE", help="write the report there and not to stdout")
    parser.add_argument("--json", metavar="FILE", help="write the JSON form there as well")


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Add how much is measured, and of what."""
    parser.add_argument(
        "--processes",
        type=positive_integer,
        default=6,
        metavar="N",
        help="fresh processes of each commit in the first look; more in further ones (default: 6)",
    )
    parser.add_argument(
        "-b",
        "--bench",
        action="append",
        type=pattern,
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


def thread_counts(text: str) -> tuple[int, ...]:
    """Return ascending thread counts, from ``1,2,4``."""
    try:
        counts = tuple(int(word) for word in text.split(","))
    except ValueError:
        counts = ()
    if not counts or any(n < 1 for n in counts) or list(counts) != sorted(set(counts)):
        raise argparse.ArgumentTypeError(
            f"thread counts are positive and ascending, like 1,2,4, not {text!r}"
        )
    return counts


def positive(text: str) -> float:
    """Return a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number, not {text!r}")
    return value


def positive_integer(text: str) -> int:
    """Return a positive whole number."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive whole number, not {text!r}")
    return int(text)


def pattern(text: str) -> str:
    """Return a regular expression that can be compiled."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
    return text


def shard_argument(text: str) -> tuple[int, int]:
    """Return which part of how many, from ``I/N``."""
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"a shard is I/N with I from 1 to N, like 2/8, not {text!r}")
    return int(number), int(of)
