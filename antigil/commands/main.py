"""The command line: ``antigil COMMAND ...``, the same as ``python -m antigil COMMAND ...``.

A command is one module here, of the form of `Command`, and its line in `COMMANDS`. Only the module of the
command that is asked for is imported. What needs the C extension or an optional dependency is imported inside
``run``, so that ``--help`` loads neither.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn, Protocol, cast

from antigil.errors import EXIT_USER_ERROR, UserError, one_line, system_error
from antigil.git import leave_hook

from .output import show_everywhere

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE


class Command(Protocol):
    """What the module of a command has."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments to its parser."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit status; raise `UserError` for what the user can put right."""


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


#: The commands by name, each with its line in the list of commands.
COMMANDS: dict[str, str] = {
    "measure": "how far a Python statement scales over threads, and why not further",
    "init": "set antigil up in this project: write an asv suite, and show the next steps",
    "where": "which native function holds the GIL, waits, or takes more CPU time beside others",
    "doctor": "is this machine fit to measure on? Exit status 1 where measurements would mislead",
    "demo": "the article's experiment: two C functions on 1, 4 and 8 threads",
    "compare": "measure two commits in turn, and tell which workloads lost parallelism or speed",
    "bisect": "find the commit between two at which a workload lost parallelism or speed",
    "compare-results": "judge two saved measurements, before and after a change",
    "alert": "tell which commits of the stored history lost or gained parallelism or speed",
    "backlog": "list the commits that still lack results, newest first",
    "ci": "the steps of the GitHub workflows",
}


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser that knows every command in `COMMANDS`, or the arguments of one of them only."""
    parser = _Parser(
        prog="antigil",
        description="Measure how far native code runs in parallel under Python threads.",
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        if only is None or name == only:
            command = cast(Command, import_module(f"antigil.commands.{name.replace('-', '_')}"))
            command.configure(subparser)
            subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status, 0 for success, 2 for a user's error, 130 when interrupted.

    By default, the words after ``antigil`` are those of this process.
    """
    words = sys.argv[1:] if argv is None else argv
    show_everywhere()
    leave_hook()
    asked = next((word for word in words if not word.startswith("-")), "")
    try:
        args = build_parser(asked).parse_args(words)
        status: int = args.run(args)
        if sys.stdout is not None:
            sys.stdout.flush()  # a reader that went away shows here and not while the interpreter ends
    except UserError as error:
        print(one_line(f"antigil: error: {error}"), file=sys.stderr)
        _end_stdout()
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("antigil: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _end_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:  # a full disk, a folder that may not be written to
        print(one_line(f"antigil: error: {system_error(error)}"), file=sys.stderr)
        _end_stdout()
        return EXIT_USER_ERROR
    return status


def _end_stdout() -> None:
    """Write what is left, or give the interpreter, which does so once more at exit, somewhere to write to."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
