"""What a search for a commit came to, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from antigil.errors import one_line

from .comparison import changed, workload_remarks
from .document import Document
from .text import comparison_table

ANSWERS = {True: "lost", False: "as good", None: "no answer"}


def render_bisection(document: Document, form: str) -> str:
    """Return the search as text or JSON."""
    if form == "json":
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    return "".join(f"{one_line(line)}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    yield bisection_headline(document)
    suspects = document["suspects"]
    for told, commit in (("before", document["before"]), *(("suspect", one) for one in suspects)):
        if suspects:
            yield f"  {told:7}  {_named(commit)}"
    if document["comparison"] is not None:
        for environment in document["comparison"]["comparisons"]:
            for workload in changed(environment):
                if workload["name"] == document["workload"]:
                    yield ""
                    yield environment["environment"]
                    yield from comparison_table(workload["rows"], indent="  ")
                    yield from (f"  {remark}" for remark in workload_remarks(workload))
    yield ""
    yield f"{len(document['steps'])} comparisons for {document['commits']} commits:"
    for step in document["steps"]:
        problem = f": {step['problem']}" if step["problem"] else ""
        yield f"  {step['base']['hash'][:8]}  {_named(step['head'])}  {ANSWERS[step['lost']]}{problem}"


def bisection_headline(document: Document) -> str:
    """Return the result in one line."""
    workload, suspects = document["workload"], document["suspects"]
    if document["status"] == 0:
        return f"Nothing lost: {workload} is as good at {document['bad']['hash'][:8]}"
    if document["status"] == 1:
        return f"Found: {workload} lost it at {suspects[0]['hash'][:8]}"
    if len(suspects) > 1:
        return f"Could not be told which: one of {len(suspects)} commits, and those between cannot be judged"
    return "Could not judge"


def _named(commit: Document) -> str:
    return f"{commit['hash'][:8]}  {commit['subject']}"
