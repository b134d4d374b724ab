"""Comparisons and alerts in the format that was asked for; which formats there are is decided here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial

from .alerts import alert_annotations, alerts_as_markdown, alerts_as_text
from .annotations import annotation_lines, append_summary
from .document import Document
from .markdown import markdown_report
from .text import text_report

FORMATS = ("text", "markdown", "github", "json")


def render_comparison(document: Document, form: str) -> str:
    """Return a comparison in one of `FORMATS`; ``github`` also adds to the job's summary."""
    markdown = partial(markdown_report, marker=form == "markdown")
    return _rendered(document, form, text_report, markdown, annotation_lines)


def render_alerts(document: Document, form: str) -> str:
    """Return the alerts in one of `FORMATS`; ``github`` also adds to the job's summary."""
    return _rendered(document, form, alerts_as_text, alerts_as_markdown, alert_annotations)


def _rendered(
    document: Document,
    form: str,
    text: Callable[[Document], str],
    markdown: Callable[[Document], str],
    annotations: Callable[[Document], Iterable[str]],
) -> str:
    if form == "json":
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    if form == "markdown":
        return markdown(document)
    if form == "github":
        append_summary(markdown(document))
        return "".join(f"{line}\n" for line in annotations(document)) + text(document)
    return text(document)
