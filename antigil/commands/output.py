"""Files that a command is asked to write: refused before the work and not after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from antigil.errors import UserError

STANDARD_OUTPUT = "-"


def refuse_unwritable(name: str | None) -> None:
    """Refuse the name of a file that could not be written; None and ``-`` are none.

    Raises
    ------
    UserError
        If there is no such directory, or something stands in the way.
    """
    if name in (None, STANDARD_OUTPUT):
        return
    path = Path(name)
    above = path if path.exists() else path.absolute().parent
    if path.is_dir() or not above.exists() or (above != path and not above.is_dir()):
        raise UserError(f"cannot write {name}: no such directory, or a directory itself")
    if not os.access(above, os.W_OK):
        raise UserError(f"cannot write {name}: not permitted")


def write_text(name: str, text: str) -> None:
    """Write a file, in UTF-8.

    Raises
    ------
    UserError
        If it cannot be written after all: a full disk, say.
    """
    with refusing(name):
        Path(name).write_text(text, encoding="utf-8")


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn into a UserError what keeps the file from being written after all."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {name}: {error.strerror or error}") from error
