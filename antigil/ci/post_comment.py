"""One comment on a pull request, posted once and updated from then on.

It runs with a token that may write, beside what a pull request's own code has measured. So that file is
data: it is read by `report_document`, and everything foreign in it is shown as code. Which pull request it
is about, and how the run ended, is taken from GitHub's event, never from the file.

A comparison that had nothing to measure, or came to no end, says nothing where nothing was said yet; it only
takes the place of what an earlier one said, which is no longer true.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from antigil.errors import UserError
from antigil.report.annotations import BODY_LIMIT, cut
from antigil.report.document import read_comparison
from antigil.report.markdown import COMMENT_MARK, ICONS, code, markdown_report

from .github import BOT, api, event, listed


def comment(path: str) -> str:
    """Post or update the comment; return what was done, in one line."""
    run = measuring_run(event())
    number = pull_request(run)
    if number is None:
        return "no open pull request has this commit any more: nothing to comment on"
    body, is_news = _body(path, run)
    earlier = _earlier(number)
    if earlier is not None:
        api("PATCH", f"issues/comments/{earlier}", {"body": body})
        return f"updated the comment on #{number}"
    if not is_news:
        return f"nothing was compared, and nothing has been said on #{number} yet: nothing to comment"
    api("POST", f"issues/{number}/comments", {"body": body})
    return f"commented on #{number}"


def _body(path: str, run: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the comment's text, and whether it says something where nothing was said yet."""
    if not Path(path).exists():
        return _without_result(run), False
    document = read_comparison(path)
    body = cut(
        markdown_report(document),
        BODY_LIMIT,
        f"the whole is in the artifact 'comparison' of {run['html_url']}",
    )
    return body, document["skipped"] is None


def _without_result(run: Mapping[str, Any]) -> str:
    """Return what is to be said of a run that broke off: out of time, cancelled, or failed on its way."""
    lines = [
        COMMENT_MARK,
        f"### {ICONS[2]} Could not judge",
        "",
        f"- head: {code(str(run['head_sha'])[:8])}",
        "",
        f"The comparison ended without a result ({code(str(run['conclusion']))}): {run['html_url']}",
    ]
    return "\n".join(lines) + "\n"


def measuring_run(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the run that an event is about, or refuse the event."""
    run = told.get("workflow_run")
    if not isinstance(run, dict):
        raise UserError("the event is no workflow_run: there is no pull request to comment on")
    return run


def pull_request(run: Mapping[str, Any]) -> int | None:
    """Return the number of the open pull request whose newest commit a run has measured.

    A run for a fork's pull request does not name it, so GitHub is asked for the head's owner and branch. A
    fork that was deleted meanwhile has no owner, and its pull request no branch.
    """
    if run.get("head_repository") is None:
        return None
    sha, branch = str(run["head_sha"]), str(run["head_branch"])
    owner = str(run["head_repository"]["owner"]["login"])
    found = listed(f"pulls?state=open&head={quote(f'{owner}:{branch}')}")
    numbers = [int(one["number"]) for one in found if one["head"]["sha"] == sha]
    return numbers[0] if numbers else None


def _earlier(number: int) -> int | None:
    """Return our comment's identity, if there is one already."""
    for one in listed(f"issues/{number}/comments"):
        if one["user"]["login"] == BOT and str(one["body"]).startswith(COMMENT_MARK):
            return int(one["id"])
    return None
