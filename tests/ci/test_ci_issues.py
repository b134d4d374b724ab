"""One issue per workload: what is done to it when."""

import json

import pytest

from antigil.ci.issues import MOST_CHARACTERS, Issue, body_of, plan, synchronise
from antigil.errors import UserError
from antigil.report.document import ALERT_SCHEMA as SCHEMA


def alert(workload="work.One", identity="aa", **changes):
    """Return one alert in its JSON form."""
    commit = {"hash": "c" * 40, "subject": "lose @someone #1 `x`", "author": "A", "date": 0}
    effect = {"quantity": "gil_held", "threads": None, "outcome": "lost", "base": 0.0, "head": 1.0}
    usual = {
        "identity": identity, "workload": workload, "title": "One", "control": False, "environment": "vm",
        "standing": "lost", "counts": True, "lost": True, "settled": False, "excuse": None, "trade": None,
        "throughput": [], "held": None, "between": 0, "new": True,
        "before": {**commit, "hash": "b" * 40}, "commit": commit, "effects": [effect],
    }  # fmt: skip
    return {**usual, **changes}


def document(*alerts, watched=("work.One", "work.Other")):
    return {
        "workloads": [{"name": name, "page": f"https://example.org/{name}.html"} for name in watched],
        "alerts": list(alerts),
    }


def opened(*alerts, number=7):
    name = alerts[0]["workload"]
    return Issue(number, body_of(name, list(alerts), f"https://example.org/{name}.html"))


def kinds(actions):
    return [(action.kind, action.workload, action.number) for action in actions]


def test_a_new_loss_opens_one_issue_whatever_the_number_of_its_changes():
    actions = plan(document(alert(identity="aa"), alert(identity="bb")), [])

    assert kinds(actions) == [("open", "work.One", None)]


def test_each_workload_has_an_issue_of_its_own():
    actions = plan(document(alert(), alert("work.Other")), [])

    assert kinds(actions) == [("open", "work.One", None), ("open", "work.Other", None)]


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
    body = body_of("work.One", [alert(environment="vm"), alert(environment="other vm")])

    assert body.count("### lost in cccccccc") == 1
    assert body.count("| GIL held |") == 2


def test_a_text_that_is_longer_than_github_takes_leaves_changes_out_and_says_so():
    alerts = [alert(identity=f"{i:04x}") for i in range(400)]

    body = body_of("work.One", alerts)

    assert len(body) <= MOST_CHARACTERS + 1
    assert "more changes are left out, for length" in body
    assert "To measure it again: " in body
    assert opened(*alerts).changes == {a["identity"] for a in alerts}


@pytest.mark.parametrize("part", [{"since": "v1"}, {"selected": ["Lock"]}])
def test_a_part_of_the_alerts_closes_nothing_and_is_refused(part, tmp_path):
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps({"schema": SCHEMA, "since": None, "selected": [], **document(), **part}))

    with pytest.raises(UserError, match="holds a part of the alerts only"):
        synchronise(str(file))


def test_without_any_results_nothing_is_closed():
    assert plan(document(watched=()), [opened(alert())]) == []


def test_an_issue_of_somebody_else_is_left_alone():
    assert plan(document(), [Issue(3, "a question about threads")]) == []


def test_the_text_tells_what_to_do_and_shows_foreign_text_as_code():
    body = body_of("work.One", [alert()], "https://example.org/work.One.html")

    assert "Its history: https://example.org/work.One.html" in body
    assert "antigil compare bbbbbbbbbbbb cccccccccccc -b '^work\\.One\\b'" in body
    assert "| GIL held | 0.0 % | 100.0 % | +100 points | lost |" in body
    assert "`lose @someone #1 'x'`" in body
