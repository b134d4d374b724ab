"""What ``antigil measure`` does: measure a statement, show it, write it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from antigil.scaling import Measurement, MeasurementError, RemoteTraceback, Workload, measure

from . import plot
from .document import document
from .errors import UserError
from .render import report


def run(args: argparse.Namespace) -> int:
    """Measure as the command line says and return the exit status."""
    _refuse_unwritable(args)
    workload = Workload(
        statement="\n".join(args.statement),
        setup="\n".join(args.setup) or "pass",
        thread_setup="\n".join(args.thread_setup) or "pass",
        path=(os.getcwd(),),
    )
    try:
        measurement = measure(
            workload,
            args.threads,
            budget=args.budget,
            pin=not args.no_pin,
            time_limit=args.time_limit,
            on_process=_show_progress,
        )
    except MeasurementError as error:
        raise UserError(str(error)) from error
    except Exception as error:
        if not isinstance(error.__cause__, RemoteTraceback):
            raise  # a defect of ours, not the workload's
        print(str(error.__cause__).strip("\n"), file=sys.stderr)
        return 2
    _hand_over(measurement, document(measurement), args)
    return 0


def _refuse_unwritable(args: argparse.Namespace) -> None:
    """Refuse before measuring what would fail after it."""
    for name in (args.json, args.plot):
        if name in (None, "-"):
            continue
        path = Path(name)
        if path.is_dir() or not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
            raise UserError(f"cannot write {name}: no such directory, or not permitted")
    if args.plot is not None:
        if Path(args.plot).suffix not in plot.SUFFIXES:
            raise UserError(f"cannot tell the format of {args.plot}: end it in {', '.join(plot.SUFFIXES)}")
        try:
            plot.require()
        except ImportError as error:
            raise UserError(str(error)) from error


def _show_progress(done: int, processes: int) -> None:
    if sys.stderr.isatty():
        end = "\r" if done < processes else "\r\033[K"
        print(f"measured in {done} of {processes} processes", end=end, file=sys.stderr, flush=True)


def _hand_over(measurement: Measurement, form: dict[str, Any], args: argparse.Namespace) -> None:
    text = json.dumps(form, indent=2, allow_nan=False)
    if args.json == "-":
        print(text)
    else:
        ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
        for line in report(measurement, form["laws"], ascii_only=ascii_only):
            print(line)
    if args.json not in (None, "-"):
        Path(args.json).write_text(text + "\n", encoding="utf-8")
    if args.plot is not None:
        plot.save(measurement, Path(args.plot))
