"""What a command needs beyond the standard library, and what becomes of a crash while judging."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from antigil.errors import EXIT_COULD_NOT_JUDGE, UserError


@contextmanager
def asv_needed() -> Iterator[None]:
    """Import what the ``asv`` extra brings, or say how to install it.

    Raises
    ------
    UserError
        If a package is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(f'this needs {error.name}: pip install "antigil[asv]"') from error


def judged(judge: Callable[[], int]) -> int:
    """Return the exit status of what judges; 2 for a crash, whose own status, 1, means a confirmed loss."""
    try:
        return judge()
    except (UserError, BrokenPipeError):
        raise
    except Exception as error:
        traceback.print_exc()
        print(f"antigil: could not judge: {type(error).__name__}: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_JUDGE
