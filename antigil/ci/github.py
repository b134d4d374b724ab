"""GitHub through its own program ``gh``, which brings the token along."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from antigil.errors import UserError
from antigil.files import parse_json, read_json

#: Who writes with the token of a workflow.
BOT = "github-actions[bot]"

#: What GitHub says to whom it takes for too fast, how long it wants to be left alone, and how often we ask.
TOO_FAST, PAUSE_SECONDS, ATTEMPTS = "rate limit", 60.0, 3

#: What is said where the server or the network fails, which may pass; it is not known whether it obeyed.
PASSING = re.compile(
    r"HTTP 5\d\d|error connecting|dial tcp|connection re(set|fused)|time(d )?out|\bEOF\b", re.IGNORECASE
)
SHORT_PAUSE_SECONDS = 10.0

#: Methods that may be obeyed twice without harm.
REPEATABLE = ("GET", "PATCH")


def api(method: str, address: str, content: Mapping[str, Any] | None = None) -> Any:
    """Call GitHub's REST interface at an address beneath the repository's; return the JSON that it answers.

    Raises
    ------
    UserError
        If there is no ``gh``, or GitHub refuses; for being called too fast, or where the server or the
        network fails, only when it does so again.
    """
    words = ["--method", method, f"repos/{repository()}/{address}"]
    given = None if content is None else json.dumps(content)
    words += [] if given is None else ["--input", "-"]
    return _json(_gh(method, *words, text=given))


def listed(address: str) -> list[Any]:
    """Return all items of a list beneath the repository, however many pages it has."""
    join = "&" if "?" in address else "?"
    pages = _gh("GET", "--paginate", "--slurp", f"repos/{repository()}/{address}{join}per_page=100")
    return [item for page in _json(pages) for item in page]


def _gh(method: str, *words: str, text: str | None = None) -> str:
    """Call ``gh api`` with a text on stdin and return what it prints; again where that may help."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            done = subprocess.run(
                ["gh", "api", *words], input=text, capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise UserError("GitHub's command line, gh, is not installed: install it") from error
        pause = _pause(method, done.stderr)
        if done.returncode == 0 or pause is None or attempt == ATTEMPTS:
            break
        time.sleep(pause)
    if done.returncode != 0:
        raise UserError(f"gh api failed: {' '.join(done.stderr.split())}{_reasons(done.stdout)}")
    return done.stdout


def _pause(method: str, said: str) -> float | None:
    """Return how long to wait before a call that failed is repeated; None if it is not to be."""
    if TOO_FAST in said:
        return PAUSE_SECONDS
    return SHORT_PAUSE_SECONDS if method in REPEATABLE and PASSING.search(said) else None


def _reasons(answer: str) -> str:
    """Return the reasons in GitHub's answer, which ``gh`` prints to stdout, and not beside its error."""
    try:
        told = parse_json(answer)
    except ValueError:
        return ""  # nothing, pages that came before, or no answer of GitHub's
    reasons = told.get("errors") if isinstance(told, dict) else None
    return f" {json.dumps(reasons)}" if reasons else ""


def _json(said: str) -> Any:
    try:
        return parse_json(said)
    except ValueError as error:
        raise UserError("gh api gave no JSON") from error


def event() -> dict[str, Any]:
    """Return the event that started the workflow, as GitHub itself wrote it down; refuse if there is none."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path:
        raise UserError("GITHUB_EVENT_PATH is not set: this is for a job on GitHub")
    try:
        found: dict[str, Any] = read_json(Path(path))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} holds no event: {error}") from error
    return found


def repository() -> str:
    """Return OWNER/NAME of the repository that the workflow runs in."""
    name = os.environ.get("GITHUB_REPOSITORY")
    if not name:
        raise UserError("GITHUB_REPOSITORY is not set: this is for a job on GitHub")
    return name
