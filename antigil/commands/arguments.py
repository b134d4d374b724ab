"""Arguments that several commands take, and the types of their values."""

from __future__ import annotations

import argparse
import math
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from antigil.adopt.pythons import OLDEST
from antigil.errors import UserError
from antigil.scaling import Interpreter

from .output import writable


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
    add_report_files(parser)


def add_report_files(parser: argparse.ArgumentParser) -> None:
    """Add where a report goes, and its JSON form."""
    parser.add_argument("--output", metavar="FILE", help="write the report there and not to stdout")
    help_ = "write the JSON form there as well; - prints it in the place of the report"
    parser.add_argument("--json", metavar="FILE", help=help_)


#: Where a report goes, and its JSON form; see `hand_over`.
ReportFiles = tuple[str | None, str | None]


def report_files(args: argparse.Namespace) -> ReportFiles:
    """Return where a report goes, and its JSON form; refuse what could not be written."""
    output, json_file = (writable(one, stdout=True, new_folder=True) for one in (args.output, args.json))
    return output, json_file


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Add how much is measured, and of what."""
    parser.add_argument(
        "--processes",
        type=positive_integer,
        metavar="N",
        help="fresh processes of each commit in the first look, at most; more in further ones (default: 6)",
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
        help="asv's environment specification, like :3.14t (repeatable; default: the configured ones, or of "
        "stored results all)",
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


def find_interpreter(text: str) -> Interpreter:
    """Find what a user calls by a version (``3.14t``), a command, a path or a virtual environment.

    Assignments before it are variables to set, as in a shell: ``PYTHON_GIL=1 3.14t``. What is not there,
    does not run or is too old is a `UserError`.
    """
    *assignments, wanted = _words(text)
    environment = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name.isidentifier():
            raise UserError(f"{text!r}: {assignment!r} before the Python is no NAME=VALUE")
        environment[name] = value
    in_environment = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
    places = [wanted, f"python{wanted}", str(wanted / in_environment)]
    found = next((place for place in map(shutil.which, places) if wanted and place), None)
    if found is None:
        raise UserError(f"no Python {wanted!r}: neither a command on the PATH nor a path to one")
    executable = os.path.abspath(found)
    _refuse_old(executable, environment)
    return Interpreter(text, executable, environment)


def _words(text: str) -> list[str]:
    """Split assignments from a Python, as a shell does; what is there by its whole name needs no quotes."""
    if shutil.which(text) or os.path.exists(text):
        return [text]
    try:
        return shlex.split(text, posix=os.name != "nt") or [""]
    except ValueError as error:
        raise UserError(f"there is no Python {text!r}: {str(error).lower()}") from error


def _refuse_old(executable: str, environment: Mapping[str, str]) -> None:
    code = "import sys; print(*sys.version_info[:2])"
    command = [executable, "-I", "-c", code]
    try:
        set_for_it = {**os.environ, **environment}
        done = subprocess.run(
            command, env=set_for_it, capture_output=True, text=True, timeout=30, check=False
        )
        version = tuple(map(int, done.stdout.split()))
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{executable} cannot run as a Python: {error}") from error
    if done.returncode or len(version) != 2:
        said = done.stderr.strip().splitlines()
        raise UserError(f"{executable} cannot run as a Python: {said[0] if said else 'it printed nothing'}")
    if version < OLDEST:
        raise UserError(f"{executable} is Python {version[0]}.{version[1]}: the oldest is 3.11")
