"""A comparison, and the search for a commit, for the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from antigil.errors import one_line

from .comparison import (
    MARKS,
    besides,
    changed,
    comparison_headline,
    functions_that_changed,
    has_gil,
    method,
    reasons,
    state_text,
    workload_remarks,
)
from .document import Document
from .quantities import cells, counted


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
        if differs := besides(comparison):
            yield f"  besides the commit: {differs}"
        told = list(changed(comparison))
        for workload in told:
            yield f"  {state_text(workload).upper()}  {workload['name']}  {workload['title']}"
            gil = has_gil(comparison, workload)
            if workload["rows"]:
                yield from comparison_table(workload["rows"], indent="    ", gil=gil)
            for remark in workload_remarks(workload, gil=gil):
                yield f"    {remark}"
            for remark in functions_that_changed(workload, lambda name: f"`{name}`"):
                yield f"    {remark}"
        steady = sum(1 for one in comparison["workloads"] if one not in told)
        if steady:
            yield f"  {counted(steady, 'workload')} without a change"
    if how := method(document):
        yield ""
        yield how


def comparison_table(rows: Iterable[Document], indent: str, *, gil: bool | None) -> Iterator[str]:
    """Yield aligned lines, one per number."""
    lines = [("", "before", "now", "change", "")]
    lines += [(*cells(row, gil=gil), MARKS[row["outcome"]]) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    for first, *others in lines:
        aligned = [cell.rjust(width) for cell, width in zip(others[:3], widths[1:4], strict=True)]
        yield f"{indent}{first.ljust(widths[0])}  {'  '.join(aligned)}  {others[3]}".rstrip()


def answer_text(lost: bool | None, problem: str | None) -> str:
    """Return what one comparison of a search answered."""
    return f"no answer: {problem}" if lost is None else "lost" if lost else "as good"


def render_bisection(document: Document, form: str) -> str:
    """Return the search as text or JSON."""
    if form == "json":
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    return "".join(f"{one_line(line)}\n" for line in _bisection_lines(document))


def _bisection_lines(document: Document) -> Iterator[str]:
    yield bisection_headline(document)
    if document["suspects"]:
        yield f"  before   {_named(document['before'])}"
        yield from (f"  suspect  {_named(one)}" for one in document["suspects"])
    if document["comparison"] is not None:
        for environment in document["comparison"]["comparisons"]:
            for workload in changed(environment):
                if workload["name"] == document["workload"]:
                    yield ""
                    yield environment["environment"]
                    gil = has_gil(environment, workload)
                    yield from comparison_table(workload["rows"], indent="  ", gil=gil)
                    yield from (f"  {remark}" for remark in workload_remarks(workload, gil=gil))
    yield ""
    steps, commits = counted(len(document["steps"]), "comparison"), counted(document["commits"], "commit")
    yield f"{steps} for {commits}:"
    for step in document["steps"]:
        answer = answer_text(step["lost"], step["problem"])
        yield f"  {step['base']['hash'][:8]}  {_named(step['head'])}  {answer}"


def bisection_headline(document: Document) -> str:
    """Return the result in one line."""
    workload, suspects = document["workload"], document["suspects"]
    if document["status"] == 0:
        return f"Nothing lost: {workload} is as good at {document['bad']['hash'][:8]}"
    if document["status"] == 1:
        return f"Found: {workload} got worse at {suspects[0]['hash'][:8]}"
    if len(suspects) > 1:
        return f"Could not be told which: one of {len(suspects)} commits, and those between cannot be judged"
    return "Could not judge"


def _named(commit: Document) -> str:
    return f"{commit['hash'][:8]}  {commit['subject']}"
