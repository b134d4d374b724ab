"""The error that the command line shows as one line, foreign text in a line, and the exit statuses."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

#: Of what judges: nothing is wrong; there is a loss, or the machine is unfit; it cannot be told.
EXIT_FINE, EXIT_BAD, EXIT_COULD_NOT_JUDGE = 0, 1, 2
EXIT_USER_ERROR = 2


class UserError(Exception):
    """Something the user can put right; the message says how."""


def one_line(text: str) -> str:
    """Return foreign text without what would break the line, steer the terminal or command GitHub's runner.

    The runner takes a line that begins with ``::``, and one that holds ``##[`` anywhere, for its own.
    """
    plain = "".join(char if char.isprintable() else " " for char in text)
    return re.sub(r"^(\s*):(?=:)", r"\1':", plain).replace("##[", "## [")


def note(text: str) -> None:
    """Tell on stderr, in one line, what the user may want to know and need not put right."""
    print(one_line(f"antigil: note: {text}"), file=sys.stderr, flush=True)


def first_of(names: Sequence[str], most: int) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def system_error(error: OSError) -> str:
    """Return what the system says, and about which file."""
    about = "" if error.filename is None else f"{error.filename}: "
    return f"{about}{error.strerror or error}"


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Import what an extra brings, or say how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(f'this needs {error.name}: pip install "antigil[{extra}]"') from error
    except ImportError as error:
        name = error.name or extra
        raise UserError(f'cannot import {name}: {error}; pip install "antigil[{extra}]"') from error


@contextmanager
def noting(what: str) -> Iterator[None]:
    """Write what can be done without; where the system refuses, note what comes of that, and go on."""
    try:
        yield
    except OSError as error:
        note(f"{what}: {system_error(error)}")


def exit_status(judge: Callable[[], int]) -> int:
    """Return the exit status of what judges; 2 for a crash, whose own status, 1, means a loss."""
    try:
        return judge()
    except (UserError, BrokenPipeError):
        raise
    except OSError as error:  # a full disk, a folder that may not be written to
        raise UserError(system_error(error)) from error
    except Exception as error:
        traceback.print_exc()
        print(f"antigil: could not judge: {type(error).__name__}: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_JUDGE
