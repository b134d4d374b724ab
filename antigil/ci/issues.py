"""Issues for what was lost: opened, updated, and closed when it is mended.

What one commit lost is one issue. What else a workload loses while its issue is open goes there as well. A
change is told once, however often the history is looked at: an issue names the changes that it tells, and so
does `LEDGER`, for issues that were transferred or deleted. So an issue that a person has closed is opened
again for a new change only.

`plan` is pure: what stands in the alerts' JSON form and in the issues decides what is to be done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from antigil.errors import UserError, first_of
from antigil.files import append_lines, parse_json
from antigil.report.document import Document, read_alerts
from antigil.report.markdown import code

from .github import BOT, api, listed
from .issue_text import Issue, enclosed, news_of, part_of, title_of
from .losses_by_issue import LossesByIssue

LABEL = {"name": "parallelism", "color": "d93f0b", "description": "Threads help less than they did"}

#: In asv's results folder: which change is told in which issue, a line for each.
LEDGER = "antigil-issues.jsonl"

#: Issues that one run opens, before one more tells the rest.
MOST_NEW = 5

#: What GitHub answers where a repository has no issues.
SWITCHED_OFF = "(HTTP 410)"


@dataclass(frozen=True)
class Action:
    """What is to be done to one issue.

    Attributes
    ----------
    kind : str
        ``"open"``, ``"update"``, ``"reopen"`` or ``"close"``.
    about : str
        What people are told that it is about.
    number : int or None
        The issue, unless it is to be opened.
    comment : str
        Added to the discussion before the issue is changed, or it would never be told once that was done;
        nothing if empty.
    changes : frozenset of str
        Identities of the changes that it tells.
    """

    kind: str
    about: str
    number: int | None = None
    title: str = ""
    body: str = ""
    comment: str = ""
    changes: frozenset[str] = field(default=frozenset())


def plan(document: Document, issues: Sequence[Issue], told: Mapping[str, int] | None = None) -> list[Action]:
    """Return what is to be done, given the alerts and all issues of ours, open and closed.

    `told` names the issue of each change that was ever told.
    """
    if not document["workloads"]:
        return []  # nothing was measured, so nothing is known
    ours = sorted((one for one in issues if one.workloads), key=lambda one: one.number)
    homes, actions = _homes(ours)
    losses = LossesByIssue(document, ours, homes, told or {})
    pages = {one["name"]: one["page"] for one in document["workloads"]}
    kept = {issue.number for issue in homes.values()}
    for issue in ours:
        if alerts := losses.of(issue):
            actions += _told_in(issue, alerts, pages)
        elif issue.reopened and issue.closed_by_us:
            body = issue.noted_as_reopened
            actions.append(Action("update", _names(issue.workloads), issue.number, body=body))
        elif issue.number in kept and not issue.reopened and (why := _settled(document, issue)):
            actions.append(_closed(issue, why))
    return [*actions, *_opened(losses.new, pages)]


def _homes(ours: Sequence[Issue]) -> tuple[dict[str, Issue], list[Action]]:
    """Return the open issue of each workload, and what closes those that older ones make superfluous."""
    homes: dict[str, Issue] = {}
    actions = []
    for issue in ours:
        if issue.is_open and not issue.reopened and all(name in homes for name in issue.workloads):
            older = " and ".join(f"#{n}" for n in sorted({homes[name].number for name in issue.workloads}))
            why = f"Closed: {older} is about the same workload."
            actions.append(_closed(issue, why))
        elif issue.is_open:
            homes |= {name: issue for name in issue.workloads if name not in homes}
    return homes, actions


def _closed(issue: Issue, why: str) -> Action:
    """Return what closes an issue for a reason."""
    told = "" if issue.is_locked else why
    return Action("close", _names(issue.workloads), issue.number, body=issue.closing, comment=told)


def _told_in(issue: Issue, alerts: Sequence[Document], pages: Document) -> Iterator[Action]:
    """Yield what brings an issue up to date, if anything is to be done."""
    fresh = [alert for alert in alerts if alert["identity"] not in issue.changes]
    changes = issue.changes | {alert["identity"] for alert in alerts}
    body = issue.rewritten(part_of(alerts, issue.workloads, issue.changes, pages), changes)
    if not issue.is_open:
        kind, comment = "reopen", news_of(fresh) or "Opened again: it was settled, and counts once more."
    elif body.strip() != issue.body.strip() or fresh:
        kind, comment = "update", news_of(fresh)
    else:
        return
    comment = "" if issue.is_locked else comment
    yield Action(kind, _names(issue.workloads), issue.number, body=body, comment=comment, changes=changes)


def _opened(new: Sequence[list[Document]], pages: Document) -> Iterator[Action]:
    """Yield what opens an issue for each of a few groups of losses, and one for the rest."""
    rest = [alert for alerts in new[MOST_NEW:] for alert in alerts]
    for alerts in [*new[:MOST_NEW], *([rest] if rest else [])]:
        about = list(dict.fromkeys(alert["workload"] for alert in alerts))
        title = title_of(about, len({alert["commit"]["hash"] for alert in alerts}))
        changes = frozenset(alert["identity"] for alert in alerts)
        body = enclosed(part_of(alerts, [], [], pages))
        yield Action("open", _names(about), title=title, body=body, changes=changes)


def _settled(document: Document, issue: Issue) -> str:
    """Return why an issue is closed; nothing unless there is a reason for each of its workloads.

    That a change is no longer found is no reason: it may have moved, be hidden by noise, or precede `since`.
    """
    watched = {one["name"] for one in document["workloads"]}
    gone = [f"{code(name)} is no longer measured." for name in issue.workloads if name not in watched]
    reasons = set()
    for name in (name for name in issue.workloads if name in watched):
        lost = [one for one in document["alerts"] if one["workload"] == name and one["lost"]]
        known = any(one["identity"] in issue.changes for one in lost)
        if not known or not all(one["settled"] for one in lost):
            return ""
        reasons |= {one["standing"] for one in lost}
    return " ".join([*gone, *([f"Closed: {', '.join(sorted(reasons))}."] if reasons else [])])


def _names(workloads: Sequence[str]) -> str:
    return first_of(workloads, 3)


def synchronise(path: str, folder: Path | None = None) -> tuple[list[str], list[str]]:
    """Bring the repository's issues in line with the alerts in a file.

    Parameters
    ----------
    folder
        Where `LEDGER` lies, and is continued.

    Returns
    -------
    tuple of lists of str
        What was done, in lines, and what GitHub refused.
    """
    document = read_alerts(path)
    if document["selected"]:
        raise UserError(f"{path} holds a part of the alerts only: write it without -b and -E")
    ledger = None if folder is None else folder / LEDGER
    known, problems = _read(ledger)
    try:
        issues = _ours()
    except UserError as error:
        if SWITCHED_OFF not in str(error):
            raise
        return [], [*problems, *_untold(document, known)]
    actions, done = plan(document, issues, known), list[str]()
    if any(action.kind == "open" for action in actions):
        problems += _make_label()
    for action in actions:
        try:
            number = _perform(action)
        except UserError as error:
            problems.append(f"could not {action.kind} the issue on {action.about}: {error}")
            continue
        done.append(f"{action.kind} #{number}: {action.about}")
        _note(ledger, sorted(action.changes - known.keys()), number)
    return done, problems


def _ours() -> list[Issue]:
    """Return all issues that were opened with a workflow's token."""
    return [
        Issue(
            int(one["number"]),
            str(one["body"] or "").replace("\r\n", "\n"),
            one["state"] == "open",
            bool(one.get("locked")),
        )
        for one in listed(f"issues?state=all&creator={quote(BOT)}")
        if "pull_request" not in one
    ]


def _untold(document: Document, known: Mapping[str, int]) -> list[str]:
    """Return, where there are no issues, which losses nobody is told of; nothing if there is none."""
    lost = [action.about for action in plan(document, [], known)]
    off = "issues are switched off in this repository, so these losses stand and no issue tells them"
    return [f"{off}: {'; '.join(lost)}"] if lost else []


def _read(ledger: Path | None) -> tuple[dict[str, int], list[str]]:
    """Return the issue of each change that was told, and which lines cannot be read."""
    known: dict[str, int] = {}
    problems = []
    lines = (
        ledger.read_text(encoding="utf-8", errors="replace").splitlines()
        if ledger and ledger.exists()
        else []
    )
    for place, line in enumerate(lines, start=1):
        try:
            told = parse_json(line)
            known[str(told["change"])] = int(told["issue"])
        except (ValueError, KeyError, TypeError, OverflowError):
            problems.append(f"{LEDGER}, line {place}, cannot be read and is left out")
    return known, problems


def _note(ledger: Path | None, changes: Sequence[str], number: int) -> None:
    if ledger is not None and changes:
        append_lines(ledger, (json.dumps({"change": one, "issue": number}) for one in changes))


def _make_label() -> list[str]:
    """Make our label, unless there is one, whose colour somebody may have chosen; return what failed."""
    try:
        api("POST", "labels", LABEL)
    except UserError as error:
        if "already_exists" not in str(error):
            return [f"could not make the label {LABEL['name']}: {error}"]
    return []


def _perform(action: Action) -> int:
    """Do what is to be done to an issue; return its number."""
    if action.number is None:
        new = {"title": action.title, "body": action.body, "labels": [LABEL["name"]]}
        return int(api("POST", "issues", new)["number"])
    states = {"close": {"state": "closed", "state_reason": "completed"}, "reopen": {"state": "open"}}
    if action.comment:
        api("POST", f"issues/{action.number}/comments", {"body": action.comment})
    api("PATCH", f"issues/{action.number}", {"body": action.body, **states.get(action.kind, {})})
    return action.number
