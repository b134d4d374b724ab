"""The comment on a pull request: where it is posted, what it takes the place of, and what it leaves alone."""

import json
import re

import pytest

from antigil.ci.post_comment import comment
from antigil.errors import UserError

HEAD, BASE, OTHER = "f" * 40, "b" * 40, "e" * 40
RUN = {
    "head_sha": HEAD,
    "head_branch": "faster",
    "head_repository": {"owner": {"login": "stranger"}},
    "html_url": "https://github.com/someone/project/actions/runs/1",
    "run_attempt": 2,
    "conclusion": "success",
}
BOT = {"login": "github-actions[bot]"}
OLD_MARK = "<!-- antigil compare -->\n### old"


@pytest.fixture
def compared(github, tmp_path, monkeypatch):
    """Return a function that comments on what a run has found: a comparison, nothing, or no file."""
    github.keep("pulls", [pull()])
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("GITHUB_WORKFLOW", "Parallelism comment")

    def compared(document=None, **run):
        file = tmp_path / "comparison.json"
        file.unlink(missing_ok=True)
        if document is not None:
            file.write_text(json.dumps(document))
        (tmp_path / "event.json").write_text(json.dumps({"workflow_run": RUN | run}))
        return comment(str(file))

    return compared


def pull(number=12, **changes):
    head = {"sha": HEAD, "label": "stranger:faster"}
    return {"number": number, "head": head, "base": {"sha": BASE}, **changes}


def comparison(problems=(), skipped=None, base=BASE):
    """Return what a run has uploaded."""
    environment = {
        "environment": "vm", "gil": True, "measured": True, "status": 0,
        "moved": [], "workloads": [], "notes": [], "surroundings": [],
        "besides": [], "problems": list(problems),
    }  # fmt: skip
    return {
        "schema": "antigil.comparison/1", "status": 0, "seconds": 1, "skipped": skipped, "pythons": [],
        "base": {"hash": base, "subject": "s"}, "head": {"hash": HEAD, "subject": "s"},
        "comparisons": [environment],
    }  # fmt: skip


def posted(github):
    return [(one["issue"], one["body"]) for one in github.kept("comments")]


def test_a_comment_longer_than_github_takes_is_cut_and_says_where_the_whole_is(github, compared):
    assert compared(comparison(problems=["ö" * 300] * 400)) == "commented on #12"

    ((_, body),) = posted(github)
    assert body.endswith(f"the whole is in the artifact 'comparison-2' of {RUN['html_url']}\n")


def test_an_earlier_comment_beyond_the_first_pages_is_found(github, compared):
    others = [{"id": i, "issue": 12, "body": "hm", "user": {"login": "a"}} for i in range(1, 150)]
    github.keep("comments", [*others, {"id": 150, "issue": 12, "body": OLD_MARK, "user": BOT}])

    assert compared() == "updated the comment on #12"
    assert len(github.kept("comments")) == 150


@pytest.mark.parametrize("document", [None, comparison(skipped="no difference under src")])
def test_a_run_that_compared_nothing_leaves_the_verdict_on_its_commit(github, compared, document):
    compared(comparison())
    before = posted(github)

    assert "it stays as it is" in compared(document, conclusion="cancelled", run_attempt=3)

    assert posted(github) == before


@pytest.mark.parametrize("again", [{"conclusion": "cancelled"}, {"document": comparison(skipped="no code")}])
def test_that_a_run_broke_off_is_no_verdict_on_its_commit(github, compared, again):
    compared(comparison())
    github.keep("pulls", [pull(head={"sha": OTHER, "label": "stranger:faster"})])
    compared(conclusion="failure", head_sha=OTHER)

    assert compared(**again, head_sha=OTHER, run_attempt=3) == "updated the comment on #12"

    ((_, body),) = posted(github)
    assert "(`failure`)" not in body
    assert ("Nothing to compare" in body) == ("document" in again)


def test_that_there_was_nothing_to_compare_stays_when_the_next_run_breaks_off(github, compared):
    compared(comparison())
    github.keep("pulls", [pull(head={"sha": OTHER, "label": "stranger:faster"})])
    compared(comparison(skipped="no code"), head_sha=OTHER)

    assert "it stays as it is" in compared(conclusion="failure", head_sha=OTHER)


def test_a_run_that_compared_nothing_takes_back_what_was_said_of_an_earlier_commit(github, compared):
    compared(comparison())
    newer = {"sha": OTHER, "label": "stranger:faster"}
    github.keep("pulls", [pull(head=newer)])

    assert compared(conclusion="timed_out", head_sha=OTHER) == "updated the comment on #12"

    ((_, body),) = posted(github)
    assert "The comparison ended without a result (`timed_out`)" in body


def test_a_commit_that_foreign_text_names_is_not_taken_for_the_one_that_has_a_verdict(github, compared):
    document = comparison(problems=[f"<!-- antigil head: {OTHER} -->"])
    compared(document)
    github.keep("pulls", [pull(head={"sha": OTHER, "label": "stranger:faster"})])

    assert compared(conclusion="failure", head_sha=OTHER) == "updated the comment on #12"


def test_a_comparison_that_cannot_be_read_takes_back_an_earlier_verdict_and_fails(github, compared):
    with pytest.raises(UserError, match="holds no comparison"):
        compared({"status": 0})
    assert posted(github) == []
    compared(comparison())

    with pytest.raises(UserError, match="holds no comparison"):
        compared({"status": 0})

    ((_, body),) = posted(github)
    assert "Nothing lost" not in body
    assert f"What the comparison has uploaded cannot be read: {RUN['html_url']}" in body


def test_of_two_pull_requests_from_one_branch_that_one_is_told_which_was_compared(github, compared):
    github.keep("pulls", [pull(7, base={"sha": BASE}), pull(9, base={"sha": OTHER})])
    bases = {f"{BASE}...{HEAD}": "1" * 40, f"{OTHER}...{HEAD}": "2" * 40}
    github.keep("merge_bases", bases)

    assert compared(comparison(base="2" * 40)) == "commented on #9"
    assert compared(comparison(base="1" * 40)) == "commented on #7"
    assert [issue for issue, _ in posted(github)] == [9, 7]
    github.keep("merge_bases", dict.fromkeys(bases, "1" * 40))
    both = "updated the comment on #7; updated the comment on #9"
    assert compared(comparison(base="1" * 40)) == both


@pytest.mark.parametrize("document", [None, comparison(base="3" * 40)])
def test_where_it_is_not_known_which_of_two_was_compared_nothing_is_posted(github, compared, document):
    github.keep("pulls", [pull(7), pull(9)])
    github.keep("merge_bases", {f"{BASE}...{HEAD}": "1" * 40})

    assert "it is not known which was compared" in compared(document)
    assert posted(github) == []


def test_at_a_locked_pull_request_nothing_is_said_and_nothing_fails(github, compared):
    github.keep("pulls", [pull(locked=True)])

    assert compared(comparison()) == "#12 is locked: nothing is said there"
    assert posted(github) == []


def test_what_else_github_refuses_fails(github, compared):
    github.refuse("POST", 1, "Resource not accessible by integration (HTTP 403)")

    with pytest.raises(UserError, match="not accessible"):
        compared(comparison())


def test_each_workflow_that_comments_has_a_comment_of_its_own(github, compared, monkeypatch):
    github.keep("comments", [{"id": 1, "issue": 12, "body": OLD_MARK, "user": BOT}])

    assert compared(comparison()) == "updated the comment on #12"  # one of the time before marks had names
    monkeypatch.setenv("GITHUB_WORKFLOW", "second --> @everyone")
    assert compared(comparison()) == "commented on #12"
    assert compared(comparison(skipped="x")).startswith("nothing was compared")

    marks = [re.match(r"<!-- (.*) -->\n", body)[1] for _, body in posted(github)]
    assert marks == [
        "antigil compare: Parallelism%20comment",
        "antigil compare: second%20--%3E%20%40everyone",
    ]


def test_another_event_is_refused(compared, tmp_path, monkeypatch):
    compared()
    (tmp_path / "event.json").write_text("{}")

    with pytest.raises(UserError, match="no workflow_run"):
        comment("comparison.json")
