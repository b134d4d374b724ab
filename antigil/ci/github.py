"""GitHub through its own program ``gh``, which brings the token and the repository along."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from antigil.errors import UserError


def gh(*words: str, text: str | None = None) -> str:
    """Run ``gh`` and return what it prints.

    Parameters
    ----------
    text
        Given on stdin.

    Raises
    ------
    UserError
        If there is no such program, or it fails.
    """
    try:
        done = subprocess.run(["gh", *words], input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UserError("no program 'gh' here, through which GitHub is spoken to: install it") from error
    if done.returncode != 0:
        raise UserError(f"gh {' '.join(words[:2])} failed: {' '.join(done.stderr.split())}")
    return done.stdout


def gh_json(*words: str) -> Any:
    """Run ``gh`` and return the JSON that it prints."""
    said = gh(*words)
    try:
        return json.loads(said)
    except ValueError as error:
        raise UserError(f"gh {' '.join(words[:2])} gave no JSON") from error


def event() -> dict[str, Any]:
    """Return the event that started the workflow, as GitHub itself wrote it down.

    Raises
    ------
    UserError
        If there is none.
    """
    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path:
        raise UserError("GITHUB_EVENT_PATH is not set: this is for a job on GitHub")
    try:
        found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} holds no event: {error}") from error
    return found


def repository() -> str:
    """Return OWNER/NAME of the repository that the workflow runs in."""
    name = os.environ.get("GITHUB_REPOSITORY")
    if not name:
        raise UserError("GITHUB_REPOSITORY is not set: this is for a job on GitHub")
    return name
