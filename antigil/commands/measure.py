"""What ``antigil measure`` does: measure a statement, show it, write it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from antigil import measurement_plot
from antigil.errors import EXIT_USER_ERROR, UserError
from antigil.laws.fit_measurement import fitted_laws
from antigil.report.measurement.lines import measurement_lines, measurement_to_json, side_by_side
from antigil.report.measurement.page import measurement_page
from antigil.scaling import Measurement, MeasurementError, RemoteTraceback, Workload, measure_in_turn

from .arguments import find_interpreter, positive, thread_counts
from .output import (
    after_writing,
    as_lines,
    hand_over,
    json_text,
    process_progress,
    refusing,
    writable,
    write_text,
)


def add_statement(parser: argparse.ArgumentParser) -> None:
    """Add the statement and what is run around it."""
    add = parser.add_argument
    help_ = "what every thread runs repeatedly; several arguments are lines of one statement"
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


SEVERAL_SCHEMA = "antigil.measurements/1"
BUDGET, TIME_LIMIT = 12.0, 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``measure`` accepts."""
    add = parser.add_argument
    add_statement(parser)
    help_ = (
        "default: 1, 2, 4, ... up to the CPUs allowed, the number of cores too, and one step beyond "
        "with 8 CPUs or fewer"
    )
    add("-t", "--threads", type=thread_counts, metavar="1,2,4", help=help_)
    help_ = "time to spend (default: 12); long calls are made fewer times, but a few times at least"
    add("--budget", type=positive, default=BUDGET, metavar="SECONDS", help=help_)
    add(
        "--time-limit",
        type=positive,
        default=TIME_LIMIT,
        metavar="SECONDS",
        help="after how long one window counts as hung; raise it for calls of several seconds (default: 60)",
    )
    add(
        "--with",
        dest="beside",
        action="append",
        default=[],
        metavar="STATEMENT",
        help="measure mixes, too: one thread runs this one, the others the first; both rates beside those "
        "alone (repeatable: lines of one)",
    )
    add("--processes", action="store_true", help="also measure as many single-threaded processes as threads")
    add("--no-pin", action="store_true", help="leave threads to the scheduler, for code that starts its own")
    add(
        "--python",
        action="append",
        default=[],
        metavar="PYTHON",
        help="measure with this one: a version, a command, a path or a virtual environment, with variables "
        "before it if need be: 3.14t, 'PYTHON_GIL=1 3.14t'; several are measured in turn (repeatable)",
    )
    add("--json", metavar="FILE", help="write the measurement as JSON; - prints nothing else")
    add("--html", metavar="FILE", help="write a self-contained HTML page")
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
        beside="\n".join(args.beside) if args.beside else None,
    )
    pythons = [find_interpreter(text) for text in args.python]
    try:
        with process_progress("measured") as show_progress:
            found = measure_in_turn(
                workload,
                pythons or [None],
                args.threads,
                budget=args.budget,
                pin=not args.no_pin,
                time_limit=args.time_limit,
                in_processes=args.processes,
                on_process=show_progress,
            )
    except BaseException as error:  # sys.exit() and KeyboardInterrupt too, where it is the workload's own
        if told_by_workload(error):
            return EXIT_USER_ERROR
        raise
    if len(found) > 1:
        several = {python.name: one for python, one in zip(pythons, found, strict=True)}
        return after_writing(0, _hand_over_several(several, args))
    return after_writing(0, _hand_over(found[0], args))


def _hand_over_several(found: dict[str, Measurement], args: argparse.Namespace) -> bool:
    def as_json() -> str:
        forms = {name: measurement_to_json(one, fitted_laws(one)) for name, one in found.items()}
        return json_text({"schema": SEVERAL_SCHEMA, "pythons": forms})

    return hand_over(lambda: as_lines(side_by_side(found)), as_json, None, args.json)


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


def _options(args: argparse.Namespace) -> Iterator[str]:
    """Yield the options that say how it was measured, and that the measurement does not tell."""
    for python in args.python:
        yield from ("--python", python)
    if args.no_pin:
        yield "--no-pin"
    if args.budget != BUDGET:
        yield f"--budget={args.budget:g}"
    if args.time_limit != TIME_LIMIT:
        yield f"--time-limit={args.time_limit:g}"


def _refuse_unwritable(args: argparse.Namespace) -> None:
    """Refuse before measuring what would fail after it."""
    writable(args.json, stdout=True)
    writable(args.html)
    if len(args.python) > 1 and (args.html or args.plot):
        raise UserError("--html and --plot show one Python: leave them out, or measure one")
    if args.threads and args.threads[-1] < 2 and (args.beside or args.processes):
        raise UserError("--with and --processes need two threads or more: name a higher count with -t")
    if len(set(args.python)) < len(args.python):
        raise UserError("--python names the same Python twice")
    if args.plot is None:
        return
    writable(args.plot)
    known = ", ".join(measurement_plot.SUFFIXES)
    if Path(args.plot).suffix.lower() not in measurement_plot.SUFFIXES:
        raise UserError(f"cannot tell the format of {args.plot}: end it in {known}")
    measurement_plot.require()


def _hand_over(measurement: Measurement, args: argparse.Namespace) -> bool:
    form = measurement_to_json(measurement, fitted_laws(measurement))

    def draw() -> None:
        with refusing(args.plot):
            measurement_plot.save(measurement, Path(args.plot))

    def page() -> None:
        write_text(args.html, measurement_page(measurement, form["laws"], list(_options(args))))

    return hand_over(
        lambda: as_lines(measurement_lines(measurement, form["laws"])),
        lambda: json_text(form),
        None,
        args.json,
        page if args.html else None,
        draw if args.plot else None,
    )
