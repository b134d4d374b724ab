"""What is asked of GitHub, and how much it takes."""

import json

import pytest

from antigil.ci.github import api, listed
from antigil.ci.post_comment import comment
from antigil.errors import UserError
from antigil.report.annotations import SUMMARY_LIMIT, append_summary, cut

RUN = {
    "head_sha": "f" * 40,
    "head_branch": "faster",
    "head_repository": {"owner": {"login": "stranger"}},
    "html_url": "https://github.com/someone/project/actions/runs/1",
    "conclusion": "success",
}


def test_all_pages_of_a_list_are_read(github):
    issues = [{"number": i, "state": "open", "user": {"login": "a"}} for i in range(1, 231)]
    github.keep("issues", issues)

    assert [one["number"] for one in listed("issues?state=open")] == list(range(1, 231))


def test_who_is_refused_for_good_is_told_in_one_line(github):
    pauses = []
    github.refuse("POST", 5, "You have exceeded a secondary rate limit. (HTTP 403)")

    with pytest.raises(UserError, match=r"secondary rate limit\. \(HTTP 403\)$"):
        api("POST", "issues", {"title": "a"}, pauses.append)
    assert pauses == [60.0, 60.0]


def test_why_a_call_is_refused_is_told_although_gh_prints_it_to_stdout(github):
    with pytest.raises(
        UserError, match=r"^gh api failed: gh: Validation Failed \(HTTP 422\) .*title is too long"
    ):
        api("POST", "issues", {"title": "a" * 257})


def test_a_comment_longer_than_github_takes_is_cut_and_says_where_the_whole_is(github, tmp_path, monkeypatch):
    github.keep("pulls", [{"number": 12, "head": {"sha": "f" * 40, "label": "stranger:faster"}}])
    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": RUN}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    told = {"hash": "f" * 40, "subject": "s"}
    environment = {
        "environment": "vm",
        "measured": True,
        "status": 0,
        "moved": [],
        "workloads": [],
        "notes": [],
        "surroundings": [],
        "besides": [],
    }
    document = {
        "schema": "antigil.comparison/1", "status": 2, "base": told, "head": told, "seconds": 1,
        "skipped": None, "pythons": [],
        "comparisons": [{**environment, "problems": ["ö" * 300] * 400}],
    }  # fmt: skip
    (tmp_path / "comparison.json").write_text(json.dumps(document))

    assert comment(str(tmp_path / "comparison.json")) == "commented on #12"

    (posted,) = github.kept("comments")
    assert posted["body"].endswith(f"the whole is in the artifact 'comparison' of {RUN['html_url']}\n")


def test_an_earlier_comment_beyond_the_first_pages_is_found(github, tmp_path, monkeypatch):
    others = [{"id": i, "issue": 12, "body": "hm", "user": {"login": "a"}} for i in range(1, 150)]
    ours = {
        "id": 150,
        "issue": 12,
        "body": "<!-- antigil compare -->\nold",
        "user": {"login": "github-actions[bot]"},
    }
    github.keep("comments", [*others, ours])
    github.keep("pulls", [{"number": 12, "head": {"sha": "f" * 40, "label": "stranger:faster"}}])
    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": RUN}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))

    assert comment(str(tmp_path / "nowhere.json")) == "updated the comment on #12"
    assert len(github.kept("comments")) == 150


def test_a_summary_is_no_longer_than_github_takes_and_says_where_the_whole_is(tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    for name, value in (
        ("STEP_SUMMARY", summary),
        ("SERVER_URL", "https://github.com"),
        ("REPOSITORY", "a/b"),
    ):
        monkeypatch.setenv(f"GITHUB_{name}", str(value))
    monkeypatch.setenv("GITHUB_RUN_ID", "5")

    append_summary("ö" * 100 + "\n" + "a line\n" * 200_000)

    assert summary.stat().st_size <= SUMMARY_LIMIT
    assert summary.read_text().endswith(
        "the whole is in the artifacts of https://github.com/a/b/actions/runs/5\n"
    )
    assert summary.read_text().startswith("before\nö")


def test_a_text_that_fits_is_left_as_it_is():
    assert cut("öö", 4) == "öö"
    assert cut("ööö", 5) == "ö…"
