"""A comparison in the format that was asked for."""

from __future__ import annotations

import json

from .annotations import annotation_lines, append_summary
from .document import Document
from .markdown import markdown_report
from .text import text_report

FORMATS = ("text", "markdown", "github", "json")


def render_comparison(document: Document, form: str) -> str:
    """Return a comparison in one of `FORMATS`; ``github`` also adds to the job's summary."""
    if form == "json":
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    if form == "markdown":
        return markdown_report(document)
    if form == "github":
        append_summary(markdown_report(document, marker=False))
        return "".join(f"{line}\n" for line in annotation_lines(document)) + text_report(document)
    return text_report(document)
