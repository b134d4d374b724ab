"""A comparison as Markdown: for a comment on a pull request, a job's summary, or an issue.

Names, titles, subject lines and errors come from the code under test. They are shown as code, which
GitHub neither formats nor searches for mentions and references.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .comparison import (
    EXCUSED,
    GONE,
    HINT,
    MARKS,
    besides,
    changed,
    functions_that_changed,
    has_gil,
    headline_parts,
    method,
    reasons,
    state_text,
    workload_remarks,
)
from .document import Document
from .quantities import cells

#: By this line a comment is found again, to be updated.
COMMENT_MARK = "<!-- antigil compare -->"

#: Longest foreign text that is shown, and most rows of one table: a comment has 65,536 characters.
LONGEST, MOST_ROWS = 200, 150

ICONS = {0: "✅", 1: "❌", 2: "⚠️"}


def code(text: str, table: bool = False, longest: int = LONGEST) -> str:
    """Return foreign text as code, cut to a sensible length."""
    plain = " ".join(text.split()).replace("`", "'")
    plain = plain if len(plain) <= longest else plain[: longest - 1] + "…"
    if table:
        plain = plain.replace("|", "¦")
    return f"`{plain}`" if plain else ""


def markdown_report(document: Document, marker: bool = True) -> str:
    """Return the report as Markdown."""
    return "\n".join([*([COMMENT_MARK] if marker else []), *_lines(document)]) + "\n"


def _lines(document: Document) -> Iterator[str]:
    result, names = headline_parts(document)
    shown = f": {', '.join(map(code, names))}" if names else ""
    yield f"### {ICONS[document['status']]} {result}{shown}"
    yield ""
    for side in ("base", "head"):
        yield f"- {side}: {code(document[side]['hash'][:8])} {code(document[side]['subject'])}".rstrip()
    for comparison in document["comparisons"]:
        yield from _comparison(comparison)
    if told := method(document, code):
        yield ""
        yield told


def _comparison(comparison: Document) -> Iterator[str]:
    yield ""
    yield f"#### {code(comparison['environment'])}"
    told = [*reasons(comparison), *comparison["notes"]]
    told += [f"besides the commit: {differs}"] if (differs := besides(comparison)) else []
    if told:
        yield ""
        yield from (f"- {code(line)}" for line in told)
    for workload in changed(comparison):
        yield ""
        yield f"**{state_text(workload)}** {code(workload['name'])} {code(workload['title'])}"
        gil = has_gil(comparison, workload)
        rows = [row for row in workload["rows"] if row["outcome"] != "same"]
        if rows:
            yield ""
            yield from _table((row, gil) for row in rows)
        for remark in workload_remarks(workload, gil=gil):
            yield ""
            yield code(remark) if remark.startswith((EXCUSED, GONE)) else remark
        for line in functions_that_changed(workload, code):
            yield ""
            yield code(line) if line.startswith(HINT) else line
    workloads = comparison["workloads"]
    rows = [(row, has_gil(comparison, workload)) for workload in workloads for row in workload["rows"]]
    if rows:
        yield ""
        yield f"<details><summary>All {len(rows)} numbers</summary>"
        yield ""
        yield from _table(rows[:MOST_ROWS], with_workload=True)
        if len(rows) > MOST_ROWS:
            yield ""
            yield f"and {len(rows) - MOST_ROWS} more, in the JSON form"
        yield ""
        yield "</details>"


def _table(rows: Iterable[tuple[Document, bool]], with_workload: bool = False) -> Iterator[str]:
    """Yield a table in speedup terms of rows, each with whether there is a GIL."""
    first = "| workload | number |" if with_workload else "| number |"
    yield f"{first} before | now | change | p | |"
    yield f"{'| --- | --- |' if with_workload else '| --- |'} ---: | ---: | ---: | ---: | --- |"
    for row, gil in rows:
        told = [code(row["workload"], table=True)] if with_workload else []
        told += [*cells(row, gil=gil), f"{row['adjusted_p']:.2g}", MARKS[row["outcome"]]]
        yield f"| {' | '.join(told)} |"
