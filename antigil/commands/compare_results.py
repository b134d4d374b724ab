"""``antigil compare-results``: two saved measurements, before and after a change."""

from __future__ import annotations

import argparse
from pathlib import Path

from antigil.errors import EXIT_BAD, EXIT_FINE, UserError, exit_status, needed, one_line
from antigil.files import read_json
from antigil.report.measurement.sentence import sentence
from antigil.report.text import comparison_table
from antigil.scaling import Measurement


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``compare-results`` accepts."""
    parser.epilog = "Exit status: 0 nothing lost, 1 loss, 2 could not judge."
    help_ = "what 'antigil measure --json' wrote"
    parser.add_argument("before", type=Path, metavar="BEFORE", help=help_)
    parser.add_argument("after", type=Path, metavar="AFTER", help="the same, after the change")


def run(args: argparse.Namespace) -> int:
    """Judge, tell, and return the exit status."""
    return exit_status(lambda: _compare(_read(args.before), _read(args.after)))


def _compare(base: Measurement, head: Measurement) -> int:
    with needed("laws"):
        from antigil.guard.stored.saved_measurements import differences, judge_measurements
    found = judge_measurements(base, head)
    lost = any(one.direction == "lost" for one in found.values())
    gained = any(one.direction == "gained" for one in found.values())
    print("Lost" if lost else "Nothing lost; gained" if gained else "Nothing lost")
    rows = [
        {
            "quantity": number.quantity,
            "threads": number.threads,
            "base": one.base,
            "head": one.head,
            "outcome": one.direction,
        }
        for number, one in found.items()
    ]
    for line in comparison_table(rows, indent="  ", gil=True):
        print(line)
    for difference in differences(base, head):
        print(f"  note: {one_line(difference)}")
    for when, measurement in (("before", base), ("now", head)):
        print(f"{when + ':':<8}{sentence(measurement)}")
    return EXIT_BAD if lost else EXIT_FINE


def _read(path: Path) -> Measurement:
    try:
        return Measurement.from_json(read_json(path))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:  # no JSON, or no text, or no measurement
        raise UserError(f"{path}: {error}") from error
