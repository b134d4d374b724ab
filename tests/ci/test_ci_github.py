"""What is asked of GitHub, and how much it takes."""

import pytest

from antigil.ci import github as github_module
from antigil.ci.github import api, listed
from antigil.errors import UserError
from antigil.report.annotations import SUMMARY_LIMIT, append_summary, cut


@pytest.fixture
def pauses(monkeypatch):
    """Return the pauses so far, of which none is made."""
    made = []
    monkeypatch.setattr(github_module.time, "sleep", made.append)
    return made


def test_all_pages_of_a_list_are_read(github):
    issues = [{"number": i, "state": "open", "user": {"login": "a"}} for i in range(1, 231)]
    github.keep("issues", issues)

    assert [one["number"] for one in listed("issues?state=open")] == list(range(1, 231))


def test_who_is_refused_for_good_is_told_in_one_line(github, pauses):
    github.refuse("POST", 5, "You have exceeded a secondary rate limit. (HTTP 403)")

    with pytest.raises(UserError, match=r"secondary rate limit\. \(HTTP 403\)$"):
        api("POST", "issues", {"title": "a"})
    assert pauses == [60.0, 60.0]


FAILURES = [
    "Bad Gateway (HTTP 502)",
    "error connecting to api.github.com",
    'Get "https://api.github.com/repos/a/b/issues": dial tcp: lookup api.github.com: no such host',
    'Patch "https://api.github.com/repos/a/b/issues/1": net/http: TLS handshake timeout',
    'Get "https://api.github.com/repos/a/b/issues": unexpected EOF',
]


@pytest.mark.parametrize("said", FAILURES)
def test_a_failure_that_may_pass_is_waited_for_where_a_call_may_be_obeyed_twice(github, pauses, said):
    github.keep("issues", [{"number": 1, "state": "open", "user": {"login": "a"}, "body": ""}])
    github.refuse("/issues", 2, said)
    assert [one["number"] for one in listed("issues")] == [1]
    github.refuse("PATCH", 2, said)
    assert api("PATCH", "issues/1", {"body": "new"})["body"] == "new"

    assert len(pauses) == 4


@pytest.mark.parametrize("said", FAILURES)
def test_a_call_that_may_have_been_obeyed_and_must_not_be_twice_is_not_repeated(github, pauses, said):
    github.refuse("POST", 1, said)

    with pytest.raises(UserError, match="gh api failed"):
        api("POST", "issues", {"title": "a"})
    assert pauses == []
    assert github.kept("issues") == []


def test_a_refusal_that_stays_is_not_asked_again(github, pauses):
    github.refuse("GET", 1, "Resource not accessible by integration (HTTP 403)")

    with pytest.raises(UserError, match="not accessible"):
        listed("issues")
    assert pauses == []


def test_why_a_call_is_refused_is_told_although_gh_prints_it_to_stdout(github):
    with pytest.raises(
        UserError, match=r"^gh api failed: gh: Validation Failed \(HTTP 422\) .*title is too long"
    ):
        api("POST", "issues", {"title": "a" * 257})


def test_a_summary_is_no_longer_than_github_takes_and_says_where_the_whole_is(tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    append_summary("ö" * 100 + "\n" + "a line\n" * 200_000)

    assert summary.stat().st_size <= SUMMARY_LIMIT
    assert summary.read_text().endswith(
        "… cut: the whole is in the JSON form (--json), which antigil's"
        " reusable workflows keep as an artifact\n"
    )
    assert summary.read_text().startswith("before\nö")


def test_a_text_that_fits_is_left_as_it_is():
    assert cut("öö", 4) == "öö"
    assert cut("ööö", 5) == "ö…"
