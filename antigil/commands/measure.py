"""What ``antigil measure`` does: measure a statement, show it, write it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from antigil import measurement_plot
from antigil.errors import EXIT_USER_ERROR, UserError
from antigil.laws.fit_measurement import fitted_laws
from antigil.report.measurement import measurement_lines, measurement_to_json
from antigil.report.measurement_page import measurement_page
from antigil.scaling import Measurement, MeasurementError, RemoteTraceback, Workload, measure

from .arguments import positive, thread_counts
from .shared import STANDARD_OUTPUT, process_progress, refuse_unwritable, refusing, write_json


def add_statement(parser: argparse.ArgumentParser) -> None:
    """Add the statement and what is run around it."""
    add = parser.add_argument
    help_ = "what every thread runs again and again; one line each"
    add("statement", nargs="+", metavar="STATEMENT", help=help_)
    add(
        "-s",
        "--setup",
        action="append",
        default=[],
        metavar="SETUP",
        help="run once in each process, before; its names are global, shared by all threads (repeatable)",
    )
    add(
        "--thread-setup",
        action="append",
        default=[],
        metavar="SETUP",
        help="run once in each thread, with names of its own; it may use thread (from 0) and threads",
    )
    help_ = "run once in each process, after, with the names of the set-up (repeatable)"
    add("--teardown", action="append", default=[], metavar="TEARDOWN", help=help_)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``measure`` accepts."""
    add = parser.add_argument
    add_statement(parser)
    help_ = "thread counts (default: 1, 2, 4, ... up to the CPUs allowed, and one step beyond)"
    add("-t", "--threads", type=thread_counts, metavar="1,2,4", help=help_)
    help_ = "time to spend (default: 12); long calls are made fewer times, but a few times at least"
    add("--budget", type=positive, default=12.0, metavar="SECONDS", help=help_)
    add(
        "--time-limit",
        type=positive,
        default=60.0,
        metavar="SECONDS",
        help="when to take it for hanging; raise it for calls of several seconds (default: 60)",
    )
    add("--no-pin", action="store_true", help="leave threads to the scheduler, for code that starts its own")
    add("--json", metavar="FILE", help="write the measurement as JSON; - prints nothing else")
    add("--html", metavar="FILE", help="write a page that needs nothing beside it")
    add("--plot", metavar="FILE", help="draw the speedups: .svg or .png")


def run(args: argparse.Namespace) -> int:
    """Measure as the command line says and return the exit status."""
    _refuse_unwritable(args)
    workload = Workload(
        statement="\n".join(args.statement),
        setup="\n".join(args.setup) or "pass",
        thread_setup="\n".join(args.thread_setup) or "pass",
        path=(here(),),
        teardown="\n".join(args.teardown) or "pass",
    )
    try:
        with process_progress("measured") as show_progress:
            measurement = measure(
                workload,
                args.threads,
                budget=args.budget,
                pin=not args.no_pin,
                time_limit=args.time_limit,
                on_process=show_progress,
            )
    except BaseException as error:  # sys.exit() and KeyboardInterrupt too, where it is the workload's own
        if told_by_workload(error):
            return EXIT_USER_ERROR
        raise
    _hand_over(measurement, measurement_to_json(measurement, fitted_laws(measurement)), args)
    return 0


def told_by_workload(error: BaseException) -> bool:
    """Print the traceback of what the workload raised, and tell whether it did.

    Raises
    ------
    UserError
        If nothing could be measured.
    """
    if isinstance(error.__cause__, RemoteTraceback):
        print(str(error.__cause__).strip("\n"), file=sys.stderr)
        return True
    if isinstance(error, MeasurementError):
        raise UserError(str(error)) from error
    return False


def here() -> str:
    """Return the current directory, where the statement looks for modules first."""
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise UserError("the current directory has gone: change into one that is there") from error


def _refuse_unwritable(args: argparse.Namespace) -> None:
    """Refuse before measuring what would fail after it."""
    refuse_unwritable(args.json)
    refuse_unwritable(args.html)
    if args.plot is None:
        return
    refuse_unwritable(args.plot)
    known = ", ".join(measurement_plot.SUFFIXES)
    if Path(args.plot).suffix.lower() not in measurement_plot.SUFFIXES:
        raise UserError(f"cannot tell the format of {args.plot}: end it in {known}")
    try:
        measurement_plot.require()
    except ImportError as error:
        raise UserError(str(error)) from error


def _hand_over(measurement: Measurement, form: dict[str, Any], args: argparse.Namespace) -> None:
    if args.json != STANDARD_OUTPUT:
        ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
        for line in measurement_lines(measurement, form["laws"], ascii_only=ascii_only):
            print(line)
    if args.json is not None:
        write_json(args.json, form)
    if args.html is not None:
        with refusing(args.html):
            page = measurement_page(measurement, form["laws"])
            Path(args.html).write_text(page, encoding="utf-8")
    if args.plot is not None:
        with refusing(args.plot):
            measurement_plot.save(measurement, Path(args.plot))
