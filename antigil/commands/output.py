"""What commands write: files that the user names, reports, progress on a terminal."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from antigil.errors import UserError
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


def refuse_unwritable(name: str | None) -> None:
    """Refuse the name of a file that could not be written; None and ``-`` are none."""
    if name in (None, STANDARD_OUTPUT):
        return
    path = Path(name)
    _refuse_unreachable(path)
    above = path if path.exists() else path.absolute().parent
    if path.is_dir() or not above.exists() or (above != path and not above.is_dir()):
        raise UserError(f"cannot write {name}: no such directory, or a directory itself")
    if not os.access(above, os.W_OK):
        raise UserError(f"cannot write {name}: not permitted")


def _refuse_unreachable(path: Path) -> None:
    """Refuse a name that is too long, or lies in a folder that may not be entered."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass  # which the caller judges
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def report_path(name: str | None) -> Path | None:
    """Return the absolute path of a report's file, or refuse it; its directory need not be there yet."""
    if name is None:
        return None
    path = Path(name).absolute()
    _refuse_unreachable(path)
    above = next(parent for parent in (path, *path.parents) if parent.exists())
    if path.is_dir() or (above != path and not above.is_dir()) or not os.access(above, os.W_OK):
        raise UserError(f"cannot write {path}: no such directory, or not permitted")
    return path


def hand_over(
    document: dict[str, Any],
    render: Callable[[dict[str, Any], str], str],
    form: str,
    output: Path | None,
    json_file: Path | None,
) -> None:
    """Write a report to a file or to stdout, and its JSON form beside it where that was asked for."""
    if json_file is not None:
        _write(render(document, "json"), json_file)
    _write(render(document, form), output)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text, end="", flush=True)
    else:
        write_whole(path, text)


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


def write_json(name: str, form: dict[str, Any]) -> None:
    """Write the JSON form of a measurement or of findings to a file, or to stdout if that is its name."""
    text = json.dumps(form, indent=2, allow_nan=False)
    if name == STANDARD_OUTPUT:
        print(text)
    else:
        write_text(name, text + "\n")


def write_text(name: str, text: str) -> None:
    """Write a file that the user has named."""
    with refusing(name):
        write_whole(Path(name), text)


def write_each(*writes: Callable[[], object] | None) -> None:
    """Write as much as can be, None being nothing to write; raise the first refusal at the end."""
    refused: list[UserError] = []
    for write in filter(None, writes):
        try:
            write()
        except UserError as error:
            refused.append(error)
    if refused:
        raise refused[0]


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn into a UserError what keeps the file from being written after all: a full disk, say."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {name}: {error.strerror or error}") from error
