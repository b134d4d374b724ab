"""Issues on a GitHub that is played with files, as strict as the real one."""

import json
from pathlib import Path

import pytest
from alerts_made_up import alert, opened, written

from antigil.ci import github as github_module
from antigil.ci.issues import LEDGER, synchronise
from antigil.errors import UserError


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(github_module.time, "sleep", lambda seconds: None)


def keep(github, *issues, **changes):
    """Keep issues as if they had been opened before."""
    github.keep(
        "issues",
        [
            {
                "number": number,
                "state": "open" if one.is_open else "closed",
                "user": {"login": "github-actions[bot]"},
                "comments": [],
                "body": one.body,
                **changes,
            }
            for number, one in enumerate(issues, start=1)
        ],
    )


def test_an_issue_is_opened_with_its_label_and_not_again(github, tmp_path):
    file = written(tmp_path, alert())

    assert synchronise(file) == (["open #1: work.One"], [])
    assert synchronise(file) == ([], [])
    (issue,) = github.kept("issues")
    assert issue["labels"] == ["parallelism"]


def test_a_label_keeps_the_colour_that_somebody_gave_it(github, tmp_path):
    github.keep("labels", [{"name": "parallelism", "color": "ffffff"}])

    assert synchronise(written(tmp_path, alert())) == (["open #1: work.One"], [])
    assert github.kept("labels") == [{"name": "parallelism", "color": "ffffff"}]


def test_a_label_that_cannot_be_made_is_told_and_the_issue_is_opened(github, tmp_path):
    github.refuse("POST repos/someone/project/labels")

    done, problems = synchronise(written(tmp_path, alert()))

    assert done == ["open #1: work.One"]
    assert problems == ["could not make the label parallelism: gh api failed: gh: Server Error (HTTP 500)"]


def test_of_two_losses_a_night_apart_each_gets_its_issue(github, tmp_path):
    synchronise(written(tmp_path, alert()))

    later = written(tmp_path, alert(), alert("work.Other", "bb", at="d"))

    assert synchronise(later) == (["open #2: work.Other"], [])


def test_more_issues_than_a_page_holds_are_all_known(github, tmp_path):
    others = [opened(alert(f"work.W{i}", f"{i:04x}")) for i in range(120)]
    keep(github, *others, opened(alert(), number=121))

    watched = [f"work.W{i}" for i in range(120)]
    assert synchronise(written(tmp_path, alert(), watched=["work.One", *watched])) == ([], [])


def test_an_issue_of_somebody_else_is_not_ours_whatever_it_says(github, tmp_path):
    keep(github, opened(alert()), user={"login": "stranger"})

    assert synchronise(written(tmp_path, alert()))[0] == ["open #2: work.One"]


@pytest.mark.parametrize("changes", [{"state": "closed", "state_reason": "not_planned"}, {"labels": []}])
def test_an_issue_that_a_person_has_dealt_with_is_left_alone(github, tmp_path, changes):
    keep(github, opened(alert()), **changes)

    assert synchronise(written(tmp_path, alert())) == ([], [])


def test_an_issue_that_was_transferred_is_remembered(github, tmp_path):
    file, folder = written(tmp_path, alert()), tmp_path / "memory"
    synchronise(file, folder)
    assert json.loads((folder / LEDGER).read_text()) == {"change": "aa", "issue": 1}
    keep(github, opened(alert()), transferred=True)

    assert synchronise(file, folder) == ([], [])


def test_a_damaged_line_of_the_memory_is_told_and_stops_nothing(github, tmp_path):
    (tmp_path / LEDGER).write_text('{"change": "aa", "iss\n{"change": "bb", "issue": 1}\n')

    done, problems = synchronise(written(tmp_path, alert(), alert("work.Other", "bb", at="d")), tmp_path)

    assert done == ["open #1: work.One"]
    assert problems == [f"{LEDGER}, line 1, cannot be read and is left out"]


def test_a_refused_call_stops_no_other_and_is_told_at_the_end(github, tmp_path):
    alerts = [alert(f"work.W{i}", f"{i:04x}", at=f"{i:02x}") for i in range(3)]
    file = written(tmp_path, *alerts, watched=[one["workload"] for one in alerts])
    github.refuse("POST repos/someone/project/issues")

    done, problems = synchronise(file)

    assert done == ["open #1: work.W1", "open #2: work.W2"]
    assert problems == ["could not open the issue on work.W0: gh api failed: gh: Server Error (HTTP 500)"]
    assert synchronise(file)[0] == ["open #3: work.W0"]


def test_a_locked_issue_is_updated_without_a_comment_and_once(github, tmp_path):
    keep(github, opened(alert()), locked=True)
    file = written(tmp_path, alert(identity="bb"), alert())

    assert synchronise(file) == (["update #1: work.One"], [])
    assert synchronise(file) == ([], [])
    assert github.kept("issues")[0]["comments"] == []


@pytest.mark.parametrize("refused", ["POST repos/someone/project/issues/1/comments", "PATCH"])
def test_a_change_whose_issue_could_not_be_updated_is_told_the_next_time(github, tmp_path, refused):
    keep(github, opened(alert()))
    file, folder = written(tmp_path, alert(identity="bb"), alert()), tmp_path / "memory"
    github.refuse(refused, 3)

    assert len(synchronise(file, folder)[1]) == 1
    github.refuse(refused, 0)
    assert synchronise(file, folder) == (["update #1: work.One"], [])

    (issue,) = github.kept("issues")
    assert "Another change:" in issue["comments"][-1]
    assert synchronise(file, folder) == ([], [])


def test_where_issues_are_switched_off_losses_that_stand_are_told_in_one_line(github, tmp_path):
    github.keep("settings", {"issues": False})
    alerts = [alert(f"work.W{i}", f"{i:04x}", at=f"{i:02x}") for i in range(2)]

    done, (problem,) = synchronise(written(tmp_path, *alerts, watched=["work.W0", "work.W1"]))

    assert done == []
    assert problem.startswith("issues are switched off in this repository")
    assert problem.endswith(": work.W0; work.W1")


def test_where_issues_are_switched_off_and_nothing_is_lost_nothing_is_wrong(github, tmp_path):
    github.keep("settings", {"issues": False})

    assert synchronise(written(tmp_path, alert(counts=False, standing="gained"))) == ([], [])


def test_what_else_github_answers_to_who_asks_for_issues_is_an_error(github, tmp_path):
    github.refuse("GET", 1, "Not Found (HTTP 404)")

    with pytest.raises(UserError, match="Not Found"):
        synchronise(written(tmp_path))


def test_an_issue_that_a_person_opened_again_and_closed_is_closed_by_that_person(github, tmp_path):
    """We had closed it first, and its mark says so until it is seen open."""
    keep(github, opened(alert(), by_us=True))
    settled = written(tmp_path, alert(counts=False, settled=True, standing="lost, excused"))
    for _ in range(2):
        synchronise(settled)
        (issue,) = github.kept("issues")
        assert issue["state"] == "open"
    github.keep("issues", [{**issue, "state": "closed"}])

    assert synchronise(written(tmp_path, alert())) == ([], [])


def test_who_is_too_fast_waits_and_asks_again(github, tmp_path):
    too_fast = {"times": 2, "said": "You have exceeded a secondary rate limit. (HTTP 403)"}
    github.keep("refusals", [{"match": method, **too_fast} for method in ("GET", "POST")])

    assert synchronise(written(tmp_path, alert())) == (["open #1: work.One"], [])


def test_a_title_and_a_text_of_any_length_are_taken(github, tmp_path):
    alerts = [alert("work." + "x" * 300, f"{i:04x}") for i in range(400)]

    assert synchronise(written(tmp_path, *alerts, watched=[alerts[0]["workload"]]))[1] == []
    assert len(github.kept("issues")) == 1


def rewrite(file, **changes):
    """Change what a file of alerts says; return its name."""
    content = json.loads(Path(file).read_text())
    Path(file).write_text(json.dumps({**content, **changes}))
    return file


def test_some_benchmarks_alone_close_nothing_and_are_refused(tmp_path):
    with pytest.raises(UserError, match="holds a part of the alerts only"):
        synchronise(rewrite(written(tmp_path), selected=["Lock"]))


def test_of_alerts_since_a_commit_the_losses_are_told_and_what_lies_before_it_stays_as_it_is(
    github, tmp_path
):
    keep(github, opened(alert()))
    later = written(tmp_path, alert("work.Other", "bb", at="d"))

    assert synchronise(rewrite(later, since="v1.0")) == (["open #2: work.Other"], [])
    assert [one["state"] for one in github.kept("issues")] == ["open", "open"]
