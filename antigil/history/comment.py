"""One comment on a pull request, posted once and updated from then on.

It runs with a token that may write, beside what a pull request's own code has measured. So that file is
data: it is read by `report_document`, and everything foreign in it is shown as code. Which pull request it
is about is taken from GitHub's event, never from the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from antigil.errors import UserError

from .github import event, gh, gh_json, repository
from .report_document import read_document
from .report_markdown import MARKER, markdown_report

#: The longest comment that GitHub takes.
MOST_CHARACTERS = 65_000

BOT = "github-actions[bot]"


def comment(path: str) -> str:
    """Post or update the comment; return what was done, in one line."""
    if not Path(path).exists():
        return "nothing was compared, so there is nothing to comment: see the other workflow's run"
    number = pull_request(event())
    if number is None:
        return "no open pull request has this commit any more: nothing to comment on"
    body = markdown_report(read_document(path))
    if len(body) > MOST_CHARACTERS:
        body = body[: MOST_CHARACTERS - 40].rpartition("\n")[0] + "\n\n… cut: see the job's summary\n"
    name = repository()
    earlier = _earlier(name, number)
    form = json.dumps({"body": body})
    if earlier is None:
        gh("api", "--method", "POST", f"repos/{name}/issues/{number}/comments", "--input", "-", text=form)
        return f"commented on #{number}"
    gh("api", "--method", "PATCH", f"repos/{name}/issues/comments/{earlier}", "--input", "-", text=form)
    return f"updated the comment on #{number}"


def pull_request(told: dict[str, Any]) -> int | None:
    """Return the number of the open pull request whose newest commit the event's run has measured.

    A run for a fork's pull request does not name it, so GitHub is asked for the head's owner and branch.
    """
    run = told.get("workflow_run")
    if not isinstance(run, dict):
        raise UserError("the event is no workflow_run: there is no pull request to comment on")
    sha, branch = str(run["head_sha"]), str(run["head_branch"])
    owner = str(run["head_repository"]["owner"]["login"])
    found = gh_json(
        "api",
        "--method",
        "GET",
        f"repos/{repository()}/pulls",
        "-f",
        "state=open",
        "-f",
        f"head={owner}:{branch}",
    )
    numbers = [int(one["number"]) for one in found if one["head"]["sha"] == sha]
    return numbers[0] if numbers else None


def _earlier(name: str, number: int) -> int | None:
    """Return our comment's identity, if there is one already."""
    pages = gh_json("api", "--paginate", "--slurp", f"repos/{name}/issues/{number}/comments?per_page=100")
    for one in (comment for page in pages for comment in page):
        if one["user"]["login"] == BOT and str(one["body"]).startswith(MARKER):
            return int(one["id"])
    return None
