"""Stands in for ``gh api``, as strict as GitHub: keeps issues and comments in files, and notes every call.

Only what `antigil` asks for is known; anything else fails, as a wrong call to GitHub would. What GitHub
refuses is refused with its words: a long title or body, a comment on a locked issue or pull request, an issue
that was transferred, any where `settings.json` says ``{"issues": false}``, a label that is there already, a
token without the right. A list comes in pages. What `compare` finds is in `merge_bases.json`, by
``BASE...HEAD``. `refusals.json` holds further refusals, a list of
``{"match": "POST repos/…", "times": 1, "said": "… (HTTP 403)"}``.
"""

import json
import os
import random
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs

FOLDER = Path(os.environ["REHEARSAL_GITHUB"])
TITLE_LIMIT, BODY_LIMIT = 256, 65_536
PER_PAGE, MOST_PER_PAGE = 30, 100
BOT = {"login": "github-actions[bot]"}


def load(name):
    """Return what is kept under a name."""
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else []


def save(name, content):
    """Keep something under a name."""
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1))


def refuse(said, **errors):
    """End as ``gh api`` does where GitHub refuses: its answer on stdout, and a line of it on stderr."""
    message, _, status = said.partition(" (HTTP ")
    answer = {"message": message, **({"errors": [errors]} if errors else {}), "status": status.rstrip(")")}
    print(json.dumps(answer))
    sys.stderr.write(f"gh: {said}\n")
    raise SystemExit(1)


def refuse_usage(said):
    """End as ``gh`` does where it is called wrongly, and GitHub is not asked."""
    sys.stderr.write(f"{said}\n")
    raise SystemExit(1)


def need(*rights):
    """Refuse a token that has none of some rights."""
    if not set(rights) & set(os.environ.get("GH_TOKEN", "").split()):
        refuse("Resource not accessible by integration (HTTP 403)")


def check(content, **limits):
    """Refuse what is too long."""
    for name, limit in limits.items():
        if len(content.get(name) or "") > limit:
            why = f"{name} is too long (maximum is {limit} characters)"
            refuse("Validation Failed (HTTP 422)", resource="Issue", field=name, code="custom", message=why)


def pulls(query):
    need("pull-requests:read", "pull-requests:write")
    return [one for one in load("pulls") if one["head"]["label"] == query["head"]]


def comparison(bases, query):
    """Return what two commits have in common."""
    need("contents:read", "contents:write")
    found = load("merge_bases")
    if bases not in found:
        refuse("Not Found (HTTP 404)")
    return {"merge_base_commit": {"sha": found[bases]}}


def need_issues():
    """Refuse where the repository has none."""
    if not dict(load("settings")).get("issues", True):
        refuse("Issues are disabled for this repo (HTTP 410)")


def create_label(content):
    """Make a label; without a colour GitHub draws one."""
    need("issues:write")
    labels = load("labels")
    if content["name"] in [one["name"] for one in labels]:
        refuse("Validation Failed (HTTP 422)", resource="Label", field="name", code="already_exists")
    labels.append({"color": f"{random.randrange(2**24):06x}", **content})
    save("labels", labels)
    return labels[-1]


def list_issues(query):
    """List as GitHub does: open ones only, if not told otherwise, and none that has gone."""
    need("issues:read", "issues:write")
    need_issues()
    state, creator = query.get("state", "open"), query.get("creator")
    return [
        one
        for one in load("issues")
        if state in ("all", one["state"])
        and creator in (None, one["user"]["login"])
        and not one.get("transferred")
    ]


def create_issue(content):
    need("issues:write")
    need_issues()
    check(content, title=TITLE_LIMIT, body=BODY_LIMIT)
    issues = load("issues")
    new = {"number": len(issues) + 1, "state": "open", "user": BOT, "comments": [], "labels": [], **content}
    save("issues", [*issues, new])
    return new


def issue_of(number, issues):
    """Return an issue that can be written to."""
    if not 0 < number <= len(issues):
        refuse("Not Found (HTTP 404)")
    if issues[number - 1].get("transferred"):
        refuse("Moved Permanently (HTTP 301)")
    return issues[number - 1]


def edit_issue(number, content):
    need("issues:write")
    assert set(content) <= {"body", "state", "state_reason"}, content
    check(content, body=BODY_LIMIT)
    issues = load("issues")
    issue_of(number, issues).update(content)
    save("issues", issues)
    return issues[number - 1]


def create_comment(number, content):
    """Comment on an issue, or on a pull request, whose comments are kept apart."""
    need("issues:write", "pull-requests:write")
    check(content, body=BODY_LIMIT)
    issues, comments = load("issues"), load("comments")
    pulls = {one["number"]: one for one in load("pulls")}
    if pulls.get(number, {}).get("locked"):
        refuse("Unable to create comment because issue is locked. (HTTP 403)")
    if number in pulls:
        comments.append({"id": len(comments) + 1, "issue": number, "user": BOT, **content})
        save("comments", comments)
        return comments[-1]
    issue = issue_of(number, issues)
    if issue.get("locked"):
        refuse("Unable to create comment because issue is locked. (HTTP 403)")
    issue["comments"].append(content["body"])
    save("issues", issues)
    return content


def edit_comment(id_, content):
    need("issues:write", "pull-requests:write")
    check(content, body=BODY_LIMIT)
    comments = load("comments")
    comments[id_ - 1].update(content)
    save("comments", comments)
    return comments[id_ - 1]


def list_comments(number, query):
    need("pull-requests:read", "pull-requests:write")
    return [one for one in load("comments") if one["issue"] == number]


ROUTES = {
    r"GET /pulls": pulls,
    r"GET /compare/(\w+\.\.\.\w+)": comparison,
    r"POST /labels": create_label,
    r"GET /issues": list_issues,
    r"POST /issues": create_issue,
    r"PATCH /issues/(\d+)": edit_issue,
    r"POST /issues/(\d+)/comments": create_comment,
    r"GET /issues/(\d+)/comments": list_comments,
    r"PATCH /issues/comments/(\d+)": edit_comment,
}


def parse(words):
    """Return method, address, query, and whether all pages are wanted, of ``gh api``'s arguments."""
    words, method, fields, flags = iter(words), None, {}, set()
    address = ""
    for word in words:
        if word in ("--paginate", "--slurp"):
            flags.add(word)
        elif word == "--method":
            method = next(words)
        elif word == "-f":
            name, _, value = next(words).partition("=")
            fields[name] = value
        elif word == "--input":
            assert next(words) == "-"
            flags.add(word)
        else:
            assert not word.startswith("-"), word
            address = word
    address, _, query = address.partition("?")
    query = {name: values[-1] for name, values in parse_qs(query).items()}
    if "--slurp" in flags and "--paginate" not in flags:
        refuse_usage("the `--slurp` option requires `--paginate`")
    method = method or ("POST" if fields or "--input" in flags else "GET")
    return method, address, query | fields, flags


def answer(words):
    """Print what an address answers."""
    method, address, query, flags = parse(words)
    found = re.fullmatch(r"repos/[\w.-]+/[\w.-]+(/.*)", address)
    assert found, address
    refuse_as_told(f"{method} {address}")
    for route, action in ROUTES.items():
        matched = re.fullmatch(route, f"{method} {found.group(1)}")
        if matched:
            given = query if method == "GET" else json.load(sys.stdin)
            result = action(*(int(one) if one.isdigit() else one for one in matched.groups()), given)
            return paged(result, query, flags) if isinstance(result, list) and method == "GET" else result
    raise SystemExit(f"unknown: {method} {address}")


def paged(items, query, flags):
    """Return the first page of a list, or all pages."""
    size = min(int(query.get("per_page", PER_PAGE)), MOST_PER_PAGE)
    pages = [items[i : i + size] for i in range(0, len(items), size)] or [[]]
    if "--slurp" in flags:
        return pages
    return [item for page in pages for item in page] if "--paginate" in flags else pages[0]


def refuse_as_told(call):
    """Refuse what the test wants to be refused."""
    refusals = load("refusals")
    for one in refusals:
        if one["match"] in call and one["times"] > 0:
            one["times"] -= 1
            save("refusals", refusals)
            refuse(one["said"])


def main(words):
    """Note the call and do it."""
    with (FOLDER / "calls.txt").open("a") as file:
        file.write(" ".join(words) + "\n")
    assert words[0] == "api", words
    print(json.dumps(answer(words[1:])))


main(sys.argv[1:])
