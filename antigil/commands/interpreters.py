"""The Pythons that ``antigil measure --python`` names: how each is found, and what it is told."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from antigil.errors import UserError
from antigil.scaling import Interpreter

OLDEST = (3, 11)
"""The instrument is loaded by it, and wants this."""


def find_interpreter(text: str) -> Interpreter:
    """Find what a user calls by a version (``3.14t``), a command, a path or a virtual environment.

    Assignments before it are variables to set, as in a shell: ``PYTHON_GIL=1 3.14t``. What is not there,
    does not run or is too old is a `UserError`.
    """
    *assignments, wanted = shlex.split(text) or [""]
    environment = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name.isidentifier():
            raise UserError(f"{text!r}: {assignment!r} before the Python is no NAME=VALUE")
        environment[name] = value
    places = [wanted, f"python{wanted}", str(Path(wanted, "bin", "python"))]
    found = next((place for place in map(shutil.which, places) if wanted and place), None)
    if found is None:
        raise UserError(f"there is no Python {wanted!r}: not on the PATH, nor a path to one")
    executable = os.path.abspath(found)
    _refuse_old(executable, environment)
    return Interpreter(text, executable, environment)


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
        raise UserError(f"{executable} is no Python that runs: {error}") from error
    if done.returncode or len(version) != 2:
        said = done.stderr.strip().splitlines()
        raise UserError(f"{executable} is no Python that runs: {said[0] if said else 'it says nothing'}")
    if version < OLDEST:
        raise UserError(f"{executable} is Python {version[0]}.{version[1]}: the oldest is 3.11")
