"""One issue per workload that lost something: opened, updated, and closed when it is mended.

`plan` is pure: what stands in the alerts' JSON form and in the open issues decides what is to be done. An
issue carries the name of its workload and the identities of its changes in comments that are not shown; so a
change is reported once, however often the history is looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antigil.errors import UserError
from antigil.report.alerts import entries, entry_lines, pattern_of
from antigil.report.document import ALERT_SCHEMA
from antigil.report.markdown import code

from .github import gh, gh_json

LABEL = "parallelism"

#: GitHub takes 65,536; of what is longer the oldest changes are left out.
MOST_CHARACTERS = 65_000

_WORKLOAD = re.compile(r"<!-- antigil workload: (.+?) -->")
_CHANGES = re.compile(r"<!-- antigil changes: ([0-9a-f ]*) -->")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Issue:
    """An open issue of ours."""

    number: int
    body: str

    @property
    def workload(self) -> str | None:
        """The workload it is about."""
        found = _WORKLOAD.search(self.body)
        return found.group(1) if found else None

    @property
    def changes(self) -> set[str]:
        """Identities of the changes that it tells."""
        found = _CHANGES.search(self.body)
        return set(found.group(1).split()) if found else set()


@dataclass(frozen=True)
class Action:
    """What is to be done to one issue.

    Attributes
    ----------
    kind : str
        ``"open"``, ``"update"`` or ``"close"``.
    number : int or None
        The issue, unless it is to be opened.
    comment : str
        Added to the discussion; nothing if empty.
    """

    kind: str
    workload: str
    number: int | None = None
    title: str = ""
    body: str = ""
    comment: str = ""


def plan(document: Document, issues: Sequence[Issue]) -> list[Action]:
    """Return what is to be done, given the alerts and the issues that are open."""
    if not document["workloads"]:
        return []  # nothing was measured, so nothing is known
    actions = []
    ours: dict[str, Issue] = {}
    for issue in sorted(issues, key=lambda one: one.number):
        if issue.workload in ours:
            note = f"Closed: #{ours[issue.workload].number} is about the same workload."
            actions.append(Action("close", issue.workload, issue.number, comment=note))
        elif issue.workload is not None:
            ours[issue.workload] = issue
    for name in dict.fromkeys(alert["workload"] for alert in document["alerts"] if alert["counts"]):
        alerts = [a for a in document["alerts"] if a["workload"] == name and a["counts"]]
        page = next((one["page"] for one in document["workloads"] if one["name"] == name), "")
        body = body_of(name, alerts, page)
        known = ours.pop(name, None)
        if known is None:
            actions.append(Action("open", name, title=f"Parallelism lost: {name}", body=body))
        elif known.body.strip() != body.strip():
            fresh = [alert for alert in alerts if alert["identity"] not in known.changes]
            actions.append(Action("update", name, known.number, body=body, comment=_news(fresh)))
    for name, issue in ours.items():
        if _settled(document, name):
            actions.append(Action("close", name, issue.number, comment=_farewell(document, name)))
    return actions


def body_of(workload: str, alerts: Sequence[Document], page: str = "") -> str:
    """Return an issue's text: what changed, in tables, and what can be done."""
    head = [
        f"<!-- antigil workload: {workload} -->",
        f"<!-- antigil changes: {' '.join(sorted({alert['identity'] for alert in alerts}))} -->",
        f"{code(workload)} {code(alerts[0]['title'])} lost parallelism or speed.",
    ]
    newest = alerts[0]
    command = f"antigil compare {newest['before']['hash'][:12]} {newest['commit']['hash'][:12]}"
    foot = [
        "",
        *([f"Its history: {page}", ""] if page else []),
        f"To measure it again: `{command} -b '{pattern_of(workload)}'`",
        "",
        'If it is meant to be so, excuse the workload with a reason under `"antigil": {"excused": …}` in'
        " asv.conf.json. This issue closes itself when the loss is made good, or excused.",
    ]
    changes = [
        ["", f"### {entry[0]['standing']} in {entry[0]['commit']['hash'][:8]}", "", *entry_lines(entry)]
        for entry in entries(map(dict, alerts))
    ]
    return _fitting(head, changes, foot)


def _news(alerts: Sequence[Document]) -> str:
    """Return a comment on changes that the issue did not tell yet; nothing if there is none."""
    changes = [["Another change:", "", *entry_lines(entry), ""] for entry in entries(map(dict, alerts))]
    return _fitting([], changes, []) if changes else ""


def _fitting(head: list[str], changes: Sequence[list[str]], foot: list[str]) -> str:
    """Return lines as a text; where that is too long, as many of the changes as GitHub takes, and a note."""
    for told in range(len(changes), -1, -1):
        left = len(changes) - told
        note = ["", f"{left} more changes are left out, for length: see 'antigil alert'."] if left else []
        text = "\n".join([*head, *(line for change in changes[:told] for line in change), *note, *foot])
        if len(text) < MOST_CHARACTERS:
            break
    return f"{text[:MOST_CHARACTERS]}\n"


def _settled(document: Document, workload: str) -> bool:
    """Tell whether nothing that the workload lost is still open or unclear."""
    return all(a["settled"] for a in document["alerts"] if a["workload"] == workload and a["lost"])


def _farewell(document: Document, workload: str) -> str:
    """Return why an issue is closed."""
    if workload not in {one["name"] for one in document["workloads"]}:
        return f"{code(workload)} is no longer measured."
    reasons = {a["standing"] for a in document["alerts"] if a["workload"] == workload and a["lost"]}
    return f"Closed: {', '.join(sorted(reasons)) or 'no loss is left in the history'}."


def synchronise(path: str) -> list[str]:
    """Bring the repository's issues in line with the alerts in a file; return what was done, in lines.

    Raises
    ------
    UserError
        If the file is not what ``antigil alert --json`` writes, or GitHub refuses.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        matches = document["schema"] == ALERT_SCHEMA and {"since", "selected"} <= document.keys()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} holds no alerts: {error}") from error
    if not matches:
        raise UserError(f"{path} holds no alerts of this version: write it with 'antigil alert --json'")
    if document["since"] is not None or document["selected"]:
        raise UserError(f"{path} holds a part of the alerts only: write it without --since, -b and -E")
    gh("label", "create", LABEL, "--force", "--description", "Threads help less than they did")
    listed = gh_json(
        "issue", "list", "--label", LABEL, "--state", "open", "--limit", "500", "--json", "number,body"
    )
    actions = plan(document, [Issue(int(one["number"]), str(one["body"])) for one in listed])
    for action in actions:
        _perform(action)
    return [f"{action.kind}: {action.workload}" for action in actions]


def _perform(action: Action) -> None:
    number = str(action.number)
    if action.kind == "open":
        gh("issue", "create", "--title", action.title, "--label", LABEL, "--body-file", "-", text=action.body)
        return
    if action.kind == "update":
        gh("issue", "edit", number, "--body-file", "-", text=action.body)
    if action.comment:
        gh("issue", "comment", number, "--body-file", "-", text=action.comment)
    if action.kind == "close":
        gh("issue", "close", number)
