"""What commands write: files that the user names, reports, progress on a terminal."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from antigil.errors import EXIT_USER_ERROR, UserError, one_line
from antigil.files import write_whole

STANDARD_OUTPUT = "-"

#: What stands for a character that the terminal cannot show.
IN_ASCII = {"→": "->", "←": "<-", "×": "x", "÷": "/", "µ": "u", "±": "+-", "−": "-", "–": "-", "…": "..."}
IN_ASCII |= {"·": "|", "│": "|", "█": "#"}


def show_everywhere() -> None:
    """Have what is printed come out on a terminal of any encoding, if need be in other characters."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("antigil", _in_ascii)
        sys.stdout.reconfigure(errors="antigil")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    plain = (IN_ASCII.get(one) or one.encode("ascii", "backslashreplace").decode() for one in part)
    return "".join(plain), error.end


def writable(name: str | None, *, stdout: bool = False, new_folder: bool = False) -> str | None:
    """Return the absolute path of a file that a user names, None being none; refuse it before measuring.

    Parameters
    ----------
    stdout
        Whether ``-`` stands for stdout; else it is refused, so that no file gets that name.
    new_folder
        Whether its folder need not be there yet.

    Raises
    ------
    UserError
        If the file could not be written.
    """
    if name is None or (stdout and name == STANDARD_OUTPUT):
        return name
    if name == STANDARD_OUTPUT:
        raise UserError("cannot write -: this cannot go to stdout, so name a file")
    path = Path(name).absolute()
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass  # which is judged below
    except OSError as error:  # a name that is too long, links in a circle, a folder that may not be entered
        raise UserError(f"cannot write {name}: {error.strerror}") from error
    path = path if path.exists() else path.resolve()  # what a link leads to is written
    above = next(parent for parent in (path, *path.parents) if parent.exists())
    is_there = above in (path, path.parent) or new_folder
    if path.is_dir() or not is_there or (above != path and not above.is_dir()):
        raise UserError(f"cannot write {name}: its folder does not exist, or it is a folder")
    if not os.access(above, os.W_OK):
        raise UserError(f"cannot write {name}: not permitted")
    return str(Path(name).absolute())


def hand_over(
    report: Callable[[], str],
    as_json: Callable[[], str],
    output: str | None,
    json_file: str | None,
    *files: Callable[[], object] | None,
) -> bool:
    """Write a report, its JSON form and other files, each if it was asked for; tell whether all could be.

    What took long to measure is told even where the disk is full: what can be written is, and then it is said
    what cannot.

    Parameters
    ----------
    output
        Where the report goes; None for stdout, of which a JSON form takes its place.
    files
        Write the others.
    """
    output = output or STANDARD_OUTPUT
    writes = list(filter(None, files))
    if json_file is not None:
        writes.insert(0, lambda: write_text(json_file, as_json()))
    if not output == json_file == STANDARD_OUTPUT:
        writes.append(lambda: write_text(output, report()))
    return write_each(*writes)


def write_each(*writes: Callable[[], object]) -> bool:
    """Write as much as can be, say what cannot, and tell whether all could be. A crash comes last."""
    failed: list[Exception] = []
    for write in writes:
        try:
            write()
        except Exception as error:  # raised below, or told
            failed.append(error)
    crashes = [one for one in failed if not isinstance(one, UserError)]
    for one in failed:
        if one not in crashes:
            print(one_line(f"antigil: error: {one}"), file=sys.stderr)
    if crashes:
        raise crashes[0]
    return not failed


def after_writing(status: int, complete: bool) -> int:
    """Return the exit status where not all could be written: that of a loss stays, for it was found."""
    return status if complete else status or EXIT_USER_ERROR


def as_lines(lines: Iterable[str]) -> str:
    """Return lines as a text."""
    return "".join(f"{line}\n" for line in lines)


def timed_progress() -> Callable[[str], None]:
    """Return what tells on stderr what is going on, with the time since the start."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", file=sys.stderr, flush=True)

    return say


@contextmanager
def process_progress(done_what: str) -> Iterator[Callable[[int, int], None]]:
    """Provide what shows on a terminal how many processes are done, and leave nothing of it behind."""
    terminal = sys.stderr.isatty()

    def show(done: int, processes: int) -> None:
        if terminal:
            print(f"\r{done_what} in {done} of {processes} processes", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if terminal:
            print(end="\r\033[K", file=sys.stderr, flush=True)


def json_text(form: dict[str, Any]) -> str:
    """Return the JSON form of a measurement or of findings as it is written."""
    return json.dumps(form, indent=2, allow_nan=False) + "\n"


def write_text(name: str, text: str) -> None:
    """Write a file that the user has named, or to stdout if that is its name."""
    if name == STANDARD_OUTPUT:
        print(text, end="", flush=True)
        return
    with refusing(name):
        write_whole(Path(name), text)


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn into a UserError what keeps the file from being written after all: a full disk, say."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {name}: {error.strerror or error}") from error
