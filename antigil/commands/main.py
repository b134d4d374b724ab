"""The command line: ``antigil COMMAND ...``, the same as ``python -m antigil COMMAND ...``.

It parses and prints and decides nothing: what a command does lives elsewhere and is imported
inside the command's handler, so that ``antigil --help`` loads neither the C extension nor an
optional dependency.

A new command is one `Command` in `COMMANDS`. Its handler returns the exit status and raises
`UserError` for what the user can put right.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from antigil.errors import UserError

from . import arguments as guarding

EXIT_USER_ERROR = 2
EXIT_COULD_NOT_JUDGE = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE


@dataclass(frozen=True)
class Command:
    """One subcommand.

    Parameters
    ----------
    name
        The word on the command line.
    summary
        One line for the list of commands.
    configure
        Adds the command's arguments to its parser.
    run
        Does the work and returns the exit status.
    """

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like every other error of ours."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (see '{self.prog} --help')")


class _PrintVersion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"antigil {version('antigil')}")
        except PackageNotFoundError as error:
            raise UserError("antigil is not installed here, so it has no version") from error
        parser.exit()


def _configure_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "which",
        nargs="?",
        metavar="com-gil|sem-gil",
        help="only the function that keeps the GIL, or only the one that gives it up (default: both)",
    )


def _run_demo(args: argparse.Namespace) -> int:
    from . import demo

    if args.which not in (None, *demo.NAMES):
        print(demo.WHICH_ONE, file=sys.stderr)
        return EXIT_USER_ERROR
    try:
        for line in demo.lines([args.which] if args.which else demo.NAMES):
            print(line, flush=True)
    except demo.KernelsMissingError as error:
        raise UserError(str(error)) from error
    return 0


def _thread_counts(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(word) for word in text.split(","))
    except ValueError:
        counts = ()
    if not counts or any(n < 1 for n in counts) or list(counts) != sorted(set(counts)):
        raise argparse.ArgumentTypeError(
            f"thread counts are positive and ascending, like 1,2,4, not {text!r}"
        )
    return counts


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number, not {text!r}")
    return value


def _configure_measure(parser: argparse.ArgumentParser) -> None:
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
    help_ = "thread counts (default: 1, 2, 4, ... up to the CPUs allowed, and one step beyond)"
    add("-t", "--threads", type=_thread_counts, metavar="1,2,4", help=help_)
    help_ = "time to spend (default: 12); long calls are made fewer times, but a few times at least"
    add("--budget", type=_positive, default=12.0, metavar="SECONDS", help=help_)
    add(
        "--time-limit",
        type=_positive,
        default=60.0,
        metavar="SECONDS",
        help="when to take it for hanging; raise it for calls of several seconds (default: 60)",
    )
    add("--no-pin", action="store_true", help="leave threads to the scheduler, for code that starts its own")
    add("--json", metavar="FILE", help="write the measurement as JSON; - prints nothing else")
    add("--plot", metavar="FILE", help="draw the speedups: .svg, .png or .html")


def _run_measure(args: argparse.Namespace) -> int:
    from . import measure as measuring

    return measuring.run(args)


def _configure_doctor(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--no-calibration",
        action="store_false",
        dest="calibration",
        help="only look, and do not spend 10 s on kernels with known answers",
    )
    add("--json", metavar="FILE", help="write the findings as JSON; - prints nothing else")


def _run_doctor(args: argparse.Namespace) -> int:
    from . import doctor as command

    return command.run(args)


def _run_compare(args: argparse.Namespace) -> int:
    with _needs_asv():
        from . import compare as compare_command
    return _judged(compare_command.run, args)


def _run_alert(args: argparse.Namespace) -> int:
    with _needs_asv():
        from . import alert as alert_command
    return _judged(alert_command.run, args)


def _judged(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run what judges; a crash would end with status 1, which says that a loss is confirmed."""
    try:
        return run(args)
    except (UserError, BrokenPipeError):
        raise
    except Exception as error:
        traceback.print_exc()
        print(f"antigil: could not judge: {type(error).__name__}: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_JUDGE


def _run_backlog(args: argparse.Namespace) -> int:
    with _needs_asv():
        from antigil.history import backlog
    return backlog.run(args)


def _run_ci(args: argparse.Namespace) -> int:
    with _needs_asv():
        from . import ci as ci_command
    return ci_command.run(args)


@contextmanager
def _needs_asv() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(f'this needs {error.name}: pip install "antigil[asv]"') from error


COMMANDS = (
    Command(
        "measure",
        "how far a Python statement scales over threads, and why not further",
        _configure_measure,
        _run_measure,
    ),
    Command(
        "doctor",
        "is this machine fit to measure on? Exit status 1 where measurements would mislead",
        _configure_doctor,
        _run_doctor,
    ),
    Command(
        "demo", "the article's experiment: two C functions on 1, 4 and 8 threads", _configure_demo, _run_demo
    ),
    Command(
        "compare",
        "measure two commits in turn, and tell which workloads lost parallelism or speed",
        guarding.configure_compare,
        _run_compare,
    ),
    Command(
        "alert",
        "tell which commits of the stored history lost or gained parallelism or speed",
        guarding.configure_alert,
        _run_alert,
    ),
    Command(
        "backlog",
        "list the commits that still lack results, newest first",
        guarding.configure_backlog,
        _run_backlog,
    ),
    Command("ci", "what the workflows do besides measuring", guarding.configure_ci, _run_ci),
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser that knows every command in `COMMANDS`."""
    parser = _Parser(
        prog="antigil",
        description="Measure how far native code runs in parallel under Python threads.",
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.summary, description=command.summary)
        command.configure(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        The words after ``antigil``; by default those of this process.

    Returns
    -------
    int
        The exit status: 0 for success, 2 for a user's error, 130 when interrupted.
    """
    try:
        args = build_parser().parse_args(argv)
        status: int = args.run(args)
        sys.stdout.flush()  # a reader that went away shows here and not while the interpreter ends
    except UserError as error:
        print(f"antigil: error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("antigil: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes stdout once more at exit; give it somewhere to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return status
