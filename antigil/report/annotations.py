"""GitHub's own forms: annotations, which are lines on stdout, and the job's summary, a file; and its limits.

References
----------
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .comparison import (
    besides,
    changed,
    functions_that_changed,
    has_gil,
    reasons,
    state_text,
    workload_remarks,
)
from .document import Document
from .quantities import cells

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"

#: Where a summary is found whole that had to be cut, in whosever workflow.
WHOLE = "the whole is in the JSON form (--json), which antigil's reusable workflows keep as an artifact"

#: What GitHub takes: characters of a title and of an issue's or comment's body, bytes of a step's summary,
#: jobs of a matrix.
TITLE_LIMIT, BODY_LIMIT, SUMMARY_LIMIT, MATRIX_LIMIT = 256, 65_536, 1024 * 1024, 256


def annotation_lines(document: Document) -> Iterator[str]:
    """Yield a workflow command per changed workload and per reason why something could not be judged."""
    for comparison in document["comparisons"]:
        where = comparison["environment"]
        for reason in reasons(comparison):
            yield annotation("warning", "could not judge", f"{where}: {reason}")
        if not comparison["measured"]:  # stored results tell less, which a green mark would hide
            yield from (annotation("notice", "note", f"{where}: {note}") for note in comparison["notes"])
        for workload in changed(comparison):
            if workload["control"]:
                continue  # named above as a reason
            gil = has_gil(comparison, workload)
            moved = [cells(row, gil=gil) for row in workload["rows"] if row["outcome"] in ("lost", "gained")]
            numbers = [f"{what} {before} → {now}" for what, before, now, _ in moved]
            kind = "error" if workload["counts"] else "notice"
            said = [*workload_remarks(workload, gil=gil), *functions_that_changed(workload)]
            text = "; ".join([*filter(None, [", ".join(numbers)]), *said])
            text += f"; besides the commit: {differs}" if (differs := besides(comparison)) else ""
            yield annotation(kind, f"{state_text(workload)}: {workload['name']}", f"{where}: {text}")


def annotation(kind: str, title: str, text: str) -> str:
    """Return one workflow command; what has a meaning in it is escaped, so no text can start another."""
    return f"::{kind} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def append_summary(markdown: str) -> None:
    """Add Markdown to the job's summary, where there is one, as far as GitHub takes it."""
    path = os.environ.get(SUMMARY_VARIABLE)
    if path:
        with Path(path).open("ab") as file:
            file.write(cut(markdown + "\n", SUMMARY_LIMIT - file.tell(), WHOLE).encode())


def cut(text: str, limit: int, note: str = "") -> str:
    """Return as much of a text as fits, to the end of a line if it has several, and a note on the rest.

    Parameters
    ----------
    limit
        In bytes of UTF-8, of which no character has fewer than one.
    """
    if len(text.encode()) <= limit:
        return text
    end = f"\n\n… cut: {note}\n" if note else "…"
    room = max(limit - len(end.encode()), 0)
    kept = text.encode()[:room].decode("utf-8", "ignore")
    return f"{kept.rpartition(chr(10))[0] or kept}{end}"[: max(limit, 0)]
