"""A comparison for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from antigil.errors import one_line

from .comparison import (
    MARKS,
    besides,
    changed,
    comparison_headline,
    functions_that_changed,
    method,
    reasons,
    state_text,
    workload_remarks,
)
from .document import Document
from .quantities import cells


def text_report(document: Document) -> str:
    """Return the report as plain text."""
    return "".join(f"{one_line(line)}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    yield comparison_headline(document)
    for side in ("base", "head"):
        yield f"  {side}  {document[side]['hash'][:8]}  {document[side]['subject']}".rstrip()
    for comparison in document["comparisons"]:
        yield ""
        yield comparison["environment"]
        for reason in reasons(comparison):
            yield f"  ! {reason}"
        for note in comparison["notes"]:
            yield f"  note: {note}"
        if besides(comparison):
            yield f"  besides the commit: {besides(comparison)}"
        told = list(changed(comparison))
        for workload in told:
            yield f"  {state_text(workload).upper()}  {workload['name']}  {workload['title']}"
            if workload["rows"]:
                yield from comparison_table(workload["rows"], indent="    ")
            for remark in workload_remarks(workload):
                yield f"    {remark}"
            for remark in functions_that_changed(workload, lambda name: f"`{name}`"):
                yield f"    {remark}"
        steady = sum(1 for one in comparison["workloads"] if one not in told)
        if steady:
            yield f"  {steady} {'workload' if steady == 1 else 'workloads'} without a change"
    if method(document):
        yield ""
        yield method(document)


def comparison_table(rows: Iterable[Document], indent: str) -> Iterator[str]:
    """Yield aligned lines, one per number."""
    lines = [("", "before", "now", "change", "")]
    lines += [(*cells(row), MARKS[row["outcome"]]) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    for first, *others in lines:
        aligned = [cell.rjust(width) for cell, width in zip(others[:3], widths[1:4], strict=True)]
        yield f"{indent}{first.ljust(widths[0])}  {'  '.join(aligned)}  {others[3]}".rstrip()
