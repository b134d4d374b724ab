"""Issues for what was lost: what is done to them when. Pure: no GitHub is asked."""

import re
import shlex

import pytest
from alerts_made_up import alert, document, opened

from antigil.ci.issue_text import REOPENED, Issue, _fitting, part_of, title_of
from antigil.ci.issues import MOST_NEW, plan
from antigil.report.annotations import BODY_LIMIT, TITLE_LIMIT


def kinds(actions):
    return [(action.kind, action.about, action.number) for action in actions]


def test_a_new_loss_opens_one_issue_whatever_the_number_of_its_changes():
    actions = plan(document(alert(identity="aa"), alert(identity="bb")), [])

    assert kinds(actions) == [("open", "work.One", None)]


def test_what_different_commits_lost_are_issues_of_their_own():
    actions = plan(document(alert(), alert("work.Other", "bb", at="d")), [])

    assert kinds(actions) == [("open", "work.One", None), ("open", "work.Other", None)]


def test_what_one_commit_lost_is_one_issue():
    (action,) = plan(document(alert(), alert("work.Other", "bb")), [])

    assert action.title == "Parallelism lost: work.One, work.Other"
    assert Issue(1, action.body).workloads == ("work.One", "work.Other")
    assert Issue(1, action.body).changes == action.changes == {"aa", "bb"}
    assert "-b '^work\\.One\\b' -b '^work\\.Other\\b'`" in action.body


def test_the_same_loss_the_next_night_does_nothing():
    assert plan(document(alert()), [opened(alert())]) == []


def test_another_change_updates_the_issue_and_is_told_once():
    (action,) = plan(document(alert(identity="bb"), alert(identity="aa")), [opened(alert(identity="aa"))])

    assert (action.kind, action.number) == ("update", 7)
    assert action.comment.count("Another change:") == 1


def test_new_figures_of_a_known_change_update_without_a_word():
    moved = alert(effects=[{**alert()["effects"][0], "head": 0.9}])
    (action,) = plan(document(moved), [opened(alert())])

    assert (action.kind, action.comment) == ("update", "")


@pytest.mark.parametrize("standing", ["lost, recovered since", "lost, excused"])
def test_a_loss_that_is_settled_closes_the_issue_with_the_reason(standing):
    settled = alert(counts=False, settled=True, standing=standing)

    (action,) = plan(document(settled), [opened(alert())])

    assert (action.kind, action.number, action.comment) == ("close", 7, f"Closed: {standing}.")


def test_a_loss_that_has_become_unclear_leaves_the_issue_open():
    assert plan(document(alert(counts=False, standing="unfit to judge")), [opened(alert())]) == []


def test_a_workload_that_is_no_longer_measured_closes_its_issue():
    (action,) = plan(document(watched=("work.Other",)), [opened(alert())])

    assert (action.kind, action.comment) == ("close", "`work.One` is no longer measured.")


def test_of_two_issues_of_one_workload_the_older_is_kept_and_the_other_closed_with_a_note():
    issues = [opened(alert(), number=9), opened(alert(), number=7)]

    (action,) = plan(document(alert()), issues)

    assert (action.kind, action.number) == ("close", 9)
    assert action.comment == "Closed: #7 is about the same workload."


def test_one_change_in_two_environments_is_one_entry_with_a_table_each():
    body = opened(alert(environment="vm"), alert(environment="other vm")).body

    assert body.count("### lost in cccccccc: `work.One` `One`") == 1
    assert body.count("| GIL held |") == 2


def test_a_text_that_is_longer_than_github_takes_leaves_changes_out_and_says_so():
    alerts = [alert(identity=f"{i:04x}") for i in range(400)]

    body = opened(*alerts).body

    assert len(body) <= BODY_LIMIT
    assert "more changes are left out, for length" in body
    assert "To measure it again: " in body
    assert opened(*alerts).changes == {a["identity"] for a in alerts}


@pytest.mark.parametrize(("long", "told"), [(1, "1 more change is left"), (2, "2 more changes are left")])
def test_how_many_changes_are_left_out_is_told_as_people_count(long, told):
    assert f"{told} out, for length" in _fitting([], [["short"], *[["x" * BODY_LIMIT]] * long], [])


def test_names_that_alone_are_longer_than_github_takes_are_cut():
    alerts = [alert(f"work.{i:04}{'x' * 100}", identity=f"{i:04x}") for i in range(400)]

    assert len(opened(*alerts).body) <= BODY_LIMIT


def test_without_any_results_nothing_is_closed():
    assert plan(document(watched=()), [opened(alert())]) == []


def test_an_issue_of_somebody_else_is_left_alone():
    assert plan(document(), [Issue(3, "a question about threads")]) == []


@pytest.mark.parametrize("is_open", [True, False])
def test_a_loss_that_is_told_in_an_issue_leads_to_nothing_whatever_became_of_that(is_open):
    """Closed as completed or as not planned, or without its label."""
    assert plan(document(alert()), [opened(alert(), is_open=is_open)]) == []


def test_a_loss_that_was_told_in_an_issue_that_has_gone_is_not_told_again():
    assert plan(document(alert()), [], {"aa": 7}) == []


def test_an_issue_that_a_person_closed_is_opened_again_for_another_change_only():
    closed = opened(alert(), is_open=False)

    (action,) = plan(document(alert(identity="bb", at="d"), alert()), [closed])

    assert (action.kind, action.number) == ("reopen", 7)
    assert action.comment.count("Another change:") == 1
    assert "dddddddd" in action.comment
    assert Issue(7, action.body).changes == {"aa", "bb"}


def test_an_issue_that_we_closed_is_opened_again_when_its_loss_counts_again():
    (action,) = plan(document(alert()), [opened(alert(), is_open=False, by_us=True)])

    assert (action.kind, action.number) == ("reopen", 7)
    assert not Issue(7, action.body).closed_by_us


def test_an_issue_that_a_person_opened_again_is_not_closed_again_for_the_same_reason():
    told = document(alert(counts=False, settled=True, standing="lost, excused"))

    (action,) = plan(told, [opened(alert(), by_us=True)])

    assert (action.kind, action.comment) == ("update", "")
    noted = Issue(7, action.body)
    assert not noted.closed_by_us
    assert plan(told, [noted]) == []


def test_a_second_issue_of_a_workload_that_a_person_opened_again_is_not_closed_again():
    again = Issue(9, opened(alert(), by_us=True).body)

    (action,) = plan(document(alert()), [opened(alert(), number=7), again])

    assert (action.kind, action.number) == ("update", 9)
    assert plan(document(alert()), [opened(alert(), number=7), Issue(9, action.body)]) == []


def test_an_issue_that_was_opened_again_is_closed_again_once_its_loss_counted_and_was_settled():
    noted = Issue(7, f"{opened(alert()).body}\n{REOPENED}")
    settled = document(alert(counts=False, settled=True, standing="lost, recovered since"))

    (update,) = plan(document(alert()), [noted])
    (close,) = plan(settled, [Issue(7, update.body)])

    assert (update.kind, update.comment, close.kind) == ("update", "", "close")


def test_a_change_that_is_merely_no_longer_found_closes_nothing():
    assert plan(document(), [opened(alert())]) == []
    assert plan(document(alert(identity="other", settled=True, counts=False)), [opened(alert())]) == []


def test_an_issue_on_two_workloads_is_closed_when_both_are_settled():
    issue = opened(alert(), alert("work.Other", "bb"))
    mended, excused = (
        alert(counts=False, settled=True, standing="lost, recovered since"),
        alert("work.Other", "bb", counts=False, settled=True, standing="lost, excused"),
    )

    assert [action.kind for action in plan(document(mended, alert("work.Other", "bb")), [issue])] == [
        "update"
    ]
    (action,) = plan(document(mended, excused), [issue])
    assert (action.kind, action.comment) == ("close", "Closed: lost, excused, lost, recovered since.")


def test_a_first_run_opens_a_few_issues_and_one_for_the_rest_and_the_next_night_none():
    alerts = [alert(f"work.W{i}", f"{i:04x}", at=f"{i:02x}") for i in range(40)]
    told = document(*alerts, watched=[one["workload"] for one in alerts])

    actions = plan(told, [])

    assert [action.kind for action in actions] == ["open"] * (MOST_NEW + 1)
    assert [action.about for action in actions[:2]] == ["work.W0", "work.W1"]
    assert actions[-1].title == f"Parallelism lost: {40 - MOST_NEW} workloads in {40 - MOST_NEW} commits"
    assert frozenset().union(*(action.changes for action in actions)) == {one["identity"] for one in alerts}
    issues = [Issue(number, action.body) for number, action in enumerate(actions, start=1)]
    assert plan(told, issues) == []


def test_a_persons_own_words_are_kept():
    known = opened(alert())
    issue = Issue(7, f"I look into it.\n\n{known.body}\n\nSee #3.")

    (action,) = plan(document(alert(identity="bb"), alert()), [issue])

    assert action.body.startswith("I look into it.\n\n<!-- antigil begin ")
    assert action.body.endswith("<!-- antigil end -->\n\nSee #3.")
    assert Issue(7, action.body).changes == {"aa", "bb"}


def test_what_a_person_has_edited_is_left_as_it_is_and_another_change_is_told_once():
    edited = opened(alert()).body.replace("lost parallelism", "lost parallelism, as planned,")
    told = document(alert(identity="bb"), alert())

    (action,) = plan(told, [Issue(7, edited)])

    assert action.body == f"{edited}\n<!-- antigil changes: bb -->"
    assert action.comment.count("Another change:") == 1
    assert plan(told, [Issue(7, action.body)]) == []


def test_a_title_is_cut_to_what_github_takes():
    assert title_of(["work." + "Ö" * 300], 1).endswith("Ö…")
    assert TITLE_LIMIT - 2 <= len(title_of(["work." + "x" * 300], 1).encode()) <= TITLE_LIMIT


def test_a_workloads_name_cannot_end_the_mark_that_holds_it():
    name = "work.time_x(' --> @everyone <img src=x>')"

    issue = opened(alert(name))

    assert issue.workloads == (name,)
    assert issue.body.count("@everyone") == issue.body.count("`" + name + "`")


@pytest.mark.parametrize("name", ["work.time_x('a b', $(touch x))", "work.it's", 'w."`;ls x'])
def test_the_command_to_paste_hands_on_a_pattern_of_the_name_and_nothing_else(name):
    body = part_of([alert(name)], [], [], {})

    (command,) = re.findall(r"^To measure it again: `([^`]*)`$", body, re.MULTILINE)
    words = shlex.split(command)
    assert words[:2] == ["antigil", "compare"]
    assert words[4] == "-b"
    assert len(words) == 6
    assert re.match(words[5], name)


def test_the_text_tells_what_to_do_and_shows_foreign_text_as_code():
    body = opened(alert()).body

    assert "Its history: https://example.org/work.One.html" in body
    assert "antigil compare bbbbbbbbbbbb cccccccccccc -b '^work\\.One\\b'" in body
    assert "| GIL held | 0.0 % | 100.0 % | +100 points | lost |" in body
    assert "`lose @someone #1 'x'`" in body


def test_a_change_stays_in_the_open_issue_that_tells_it_whatever_other_issue_its_workload_has():
    both = opened(alert(identity="bb", at="d"), alert("work.Other", "cc", at="d"), number=8)
    told = document(alert(identity="bb", at="d"), alert("work.Other", "cc", at="d"), alert())

    assert plan(told, [opened(alert()), both]) == []


def test_what_an_issue_told_that_was_one_too_many_goes_to_the_one_that_is_kept():
    kept, other = opened(alert()), opened(alert(identity="bb", at="d"), number=9)
    told = document(alert(identity="bb", at="d"), alert())

    close, update = plan(told, [kept, other])

    assert (close.kind, close.number, update.kind, update.number) == ("close", 9, "update", 7)
    assert Issue(7, update.body).changes == {"aa", "bb"}
    assert plan(told, [Issue(7, update.body), Issue(9, close.body, is_open=False)]) == []
