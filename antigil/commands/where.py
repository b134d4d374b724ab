"""What ``antigil where`` does: sample a statement, say which functions lose what, write it."""

from __future__ import annotations

import argparse

from antigil.errors import EXIT_USER_ERROR, UserError
from antigil.report.profile.flame_graph import flame_graph_page
from antigil.report.profile.stack_formats import STACK_FORMATS, format_of
from antigil.report.profile.text import where_lines
from antigil.scaling import RemoteTraceback
from antigil.where import Where, where, why_unavailable

from .arguments import positive, positive_integer
from .measure import add_statement, here, told_by_workload
from .output import after_writing, as_lines, hand_over, json_text, process_progress, writable, write_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``where`` accepts."""
    add = parser.add_argument
    add_statement(parser)
    help_ = "look at waiting and inflation with so many threads (default: the CPUs allowed, 2 to 512)"
    add("-t", "--threads", type=positive_integer, metavar="N", help=help_)
    add("--budget", type=positive, default=10.0, metavar="SECONDS", help="time to sample (default: 10)")
    help_ = "after how long it counts as hung (default: 60)"
    add("--time-limit", type=positive, default=60.0, metavar="SECONDS", help=help_)
    add("--no-pin", action="store_true", help="leave threads to the scheduler, for code that starts its own")
    help_ = (
        "do not interrupt system calls that sleep; what is waited for is then not known, "
        "and the GIL may be held for longer than told"
    )
    add("--no-waiting", action="store_true", help=help_)
    help_ = "the signal to interrupt threads with, where the workload uses this one (default: SIGPROF)"
    add("--signal", default="SIGPROF", metavar="NAME", help=help_)
    add("--json", metavar="FILE", help="write the result as JSON; - prints nothing else")
    add("--html", metavar="FILE", help="write a page with flame graphs")
    help_ = f"write the stacks for other tools, by the ending of the name: {', '.join(STACK_FORMATS)}"
    add("--export", metavar="FILE", help=help_)


def run(args: argparse.Namespace) -> int:
    """Sample as the command line says and return the exit status."""
    if (reason := why_unavailable()) is not None:
        raise UserError(reason)
    writable(args.json, stdout=True)
    writable(args.html)
    writable(args.export)
    if args.export is not None and format_of(args.export) is None:
        raise UserError(f"cannot tell the format of {args.export}: end it in {', '.join(STACK_FORMATS)}")
    try:
        found = _sampled(args)
    except BaseException as error:  # sys.exit() and KeyboardInterrupt too, where it is the workload's own
        if told_by_workload(error):
            return EXIT_USER_ERROR
        raise
    return after_writing(0, _hand_over(found, args))


def _sampled(args: argparse.Namespace) -> Where:
    try:
        with process_progress("sampled") as show_progress:
            return where(
                "\n".join(args.statement),
                "\n".join(args.setup) or "pass",
                args.threads,
                thread_setup="\n".join(args.thread_setup) or "pass",
                teardown="\n".join(args.teardown) or "pass",
                path=(here(),),
                budget=args.budget,
                pin=not args.no_pin,
                time_limit=args.time_limit,
                wake_sleeping=not args.no_waiting,
                signal=args.signal,
                on_process=show_progress,
            )
    except ValueError as error:
        if isinstance(error.__cause__, RemoteTraceback):
            raise
        raise UserError(str(error)) from error


def _hand_over(found: Where, args: argparse.Namespace) -> bool:
    def page() -> None:
        write_text(args.html, flame_graph_page(found))

    def export() -> None:
        if (write := format_of(args.export)) is not None:
            write_text(args.export, write(found))

    return hand_over(
        lambda: as_lines(where_lines(found)),
        lambda: json_text(found.to_json()),
        None,
        args.json,
        page if args.html else None,
        export if args.export else None,
    )
