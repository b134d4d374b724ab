"""Commands of antigil's in the tests' own process: to start one for each would take most of the time.

`sample_project.antigil` starts one, as users do; some tests of each command do so.
"""

import contextlib
import io
import logging
from dataclasses import dataclass

from antigil.commands.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def antigil(root, *words):
    """Run a command in a folder."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    log = logging.getLogger()
    pytests, log.handlers = log.handlers, []  # asv warns on standard error where nobody takes it
    try:
        with contextlib.chdir(root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(list(words))
    finally:
        log.handlers = pytests
    said, noted = (stream.buffer.getvalue().decode() for stream in (out, err))
    return Done(status, said, noted)
