"""Write a report in the format that was asked for, to stdout or a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from antigil.errors import UserError

from .github import annotation_lines, append_summary
from .markdown import markdown_report
from .text import text_report

FORMATS = ("text", "markdown", "github", "json")


def render(document: dict[str, Any], form: str) -> str:
    """Return a comparison in one of `FORMATS`; ``github`` also adds to the job's summary."""
    if form == "json":
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    if form == "markdown":
        return markdown_report(document)
    if form == "github":
        append_summary(markdown_report(document, marker=False))
        return "".join(f"{line}\n" for line in annotation_lines(document)) + text_report(document)
    return text_report(document)


def write(text: str, path: Path | None) -> None:
    """Write to a file, or to stdout if there is none."""
    if path is None:
        print(text, end="", flush=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def refuse_unwritable(*names: str | None) -> tuple[Path | None, ...]:
    """Return absolute paths of files to write; refuse before measuring what would fail after it.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
    paths = tuple(None if name is None else Path(name).absolute() for name in names)
    for path in paths:
        if path is None:
            continue
        above = next(parent for parent in (path, *path.parents) if parent.exists())
        if path.is_dir() or (above != path and not above.is_dir()) or not os.access(above, os.W_OK):
            raise UserError(f"cannot write {path}: no such directory, or not permitted")
    return paths
