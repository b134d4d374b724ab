"""One comment on a pull request, posted once and updated from then on.

It runs with a token that may write, beside what a pull request's own code has measured. So that file is
data: it is read by `read_comparison`, and everything foreign in it is shown as code. Which pull request it
is about, and how the run ended, is taken from GitHub's event, never from the file; only where one branch has
several pull requests does the file tell which of them was compared, by the commit that it began at.

A comparison that had nothing to measure, or came to no end, says nothing where nothing was said yet, nor
where an earlier run compared the same commit; it only takes the place of what was said of an earlier commit,
which is no longer true, and of a run that broke off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from antigil.errors import UserError
from antigil.report.annotations import BODY_LIMIT, cut
from antigil.report.document import Document, read_comparison
from antigil.report.markdown import COMMENT_MARK, ICONS, code, markdown_report

from .github import BOT, api, event, listed

#: What GitHub says where a conversation is closed to a workflow's token.
LOCKED = "is locked"


def comment(path: str) -> str:
    """Post or update the comment; return what was done, in one line."""
    run = event().get("workflow_run")
    if not isinstance(run, dict):
        raise UserError("the event is no workflow_run: there is no pull request to comment on")
    pulls = _pull_requests(run)
    if not pulls:
        return "no open pull request has this commit any more: nothing to comment on"
    try:
        document = read_comparison(path) if Path(path).exists() else None
    except UserError:
        if len(pulls) == 1:
            _take_back(int(pulls[0]["number"]), run)
        raise
    chosen = pulls if len(pulls) == 1 else _begun_at(pulls, run, document)
    if not chosen:
        several = " and ".join(f"#{one['number']}" for one in pulls)
        return f"{several} have this commit, and it is not known which was compared: nothing to comment on"
    return "; ".join(_told(int(one["number"]), run, document) for one in chosen)


def _told(number: int, run: Mapping[str, Any], document: Document | None) -> str:
    """Tell at a pull request what was compared; return what was done."""
    earlier = _earlier(number)
    if document is None or document["skipped"] is not None:
        if earlier is None:
            return f"nothing was compared, and nothing has been said on #{number} yet: nothing to comment"
        if _head_mark(run) in str(earlier["body"]).splitlines()[:2]:
            return f"nothing was compared, and #{number} has a result for this commit: it stays as it is"
    ended = f"The comparison ended without a result ({code(str(run['conclusion']))})"
    body = _without_result(run, ended) if document is None else _result(run, document)
    return _written(number, earlier, body)


def _written(number: int, earlier: Mapping[str, Any] | None, body: str) -> str:
    """Post a comment, or write it in the place of an earlier one; return what was done."""
    try:
        if earlier is not None:
            api("PATCH", f"issues/comments/{earlier['id']}", {"body": body})
            return f"updated the comment on #{number}"
        api("POST", f"issues/{number}/comments", {"body": body})
    except UserError as error:
        if LOCKED not in str(error):
            raise
        return f"#{number} is locked: nothing is said there"
    return f"commented on #{number}"


def _take_back(number: int, run: Mapping[str, Any]) -> None:
    """Take back what an earlier comment says, where the comparison cannot be read."""
    if (earlier := _earlier(number)) is not None:
        _written(number, earlier, _without_result(run, "What the comparison has uploaded cannot be read"))


def _mark() -> str:
    """Return the line by which a comment is found again: each workflow that comments has its own."""
    return COMMENT_MARK.replace("compare", f"compare: {quote(os.environ.get('GITHUB_WORKFLOW', ''))}")


def _head_mark(run: Mapping[str, Any]) -> str:
    """Return the line that names the commit of a result, for a run that has none to leave it alone."""
    return f"<!-- antigil head: {quote(str(run['head_sha']))} -->"


def _result(run: Mapping[str, Any], document: Document) -> str:
    """Return what is to be said of a comparison."""
    body = f"{_mark()}\n{_head_mark(run)}\n{markdown_report(document, marker=False)}"
    artifact = f"comparison-{run['run_attempt']}"
    return cut(body, BODY_LIMIT, f"the whole is in the artifact '{artifact}' of {run['html_url']}")


def _without_result(run: Mapping[str, Any], why: str) -> str:
    """Return what is to be said of a run that broke off, was cancelled, or left nothing that can be read."""
    lines = [
        _mark(),
        f"### {ICONS[2]} Could not judge",
        "",
        f"- head: {code(str(run['head_sha'])[:8])}",
        "",
        f"{why}: {run['html_url']}",
    ]
    return "\n".join(lines) + "\n"


def _pull_requests(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the open pull requests whose newest commit a run has measured.

    A run for a fork's pull request does not name it, so GitHub is asked for the head's owner and branch. A
    fork that was deleted meanwhile has no owner, and its pull request no branch.
    """
    if run.get("head_repository") is None:
        return []
    sha, branch = str(run["head_sha"]), str(run["head_branch"])
    owner = str(run["head_repository"]["owner"]["login"])
    found = listed(f"pulls?state=open&head={quote(f'{owner}:{branch}')}")
    return [one for one in found if one["head"]["sha"] == sha]


def _begun_at(
    pulls: list[Mapping[str, Any]], run: Mapping[str, Any], document: Document | None
) -> list[Mapping[str, Any]]:
    """Return those of some pull requests that left their base at the commit that was compared with."""
    if document is None:
        return []
    began = document["base"]["hash"]
    return [one for one in pulls if began == _merge_base(one["base"]["sha"], run["head_sha"])]


def _merge_base(base: object, head: object) -> str:
    told = api("GET", f"compare/{quote(str(base))}...{quote(str(head))}?per_page=1")
    return str(told["merge_base_commit"]["sha"])


def _earlier(number: int) -> Mapping[str, Any] | None:
    """Return our comment, if there is one already: of this workflow, or of a time when no mark named one."""
    ours = [one for one in listed(f"issues/{number}/comments") if one["user"]["login"] == BOT]
    for mark in (_mark(), COMMENT_MARK):
        for one in ours:
            if str(one["body"]).startswith(mark):
                found: Mapping[str, Any] = one
                return found
    return None
