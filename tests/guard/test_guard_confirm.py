"""What the history suspects is measured again, once."""

from types import SimpleNamespace

import pytest
from generated import Behaviour, Plan, Planned, generate, load
from test_guard_report import LOST, STEADY, readings

from antigil.errors import UserError
from antigil.history import alert_confirm
from antigil.history.alert import find_alerts
from antigil.history.alert_document import document_of, standing
from antigil.history.compare import Outcome, take_looks
from antigil.history.config import Options
from antigil.history.project import Revision
from antigil.history.series import Workload

LOSES = (
    Planned("work.One", "one", {0: Behaviour(), 8: Behaviour(serial=1.0)}),
    Planned("work.Two", "two", {0: Behaviour(serial=1.0), 4: Behaviour()}),
    Planned("controls.Loop", "loop", {0: Behaviour(serial=1.0)}, control=True),
)
WORKLOADS = {name: Workload(name, name, name.startswith("controls.")) for name, _, _ in STEADY}


@pytest.fixture
def history(tmp_path):
    """Return archive, alerts and a project whose comparisons the test makes up."""
    root = tmp_path / "project"
    generate(Plan(commits=9, workloads=LOSES, samples=8), root)
    archive, options = load(root)
    project = SimpleNamespace(
        conf=SimpleNamespace(results_dir=str(root / "results"), environment_type="virtualenv"),
        revision=lambda name: Revision(name, ""),
    )
    return archive, find_alerts(archive, options), project


def finding(monkeypatch, head, problem=None):
    """Let every comparison find this at head; return the list of what was asked for."""
    asked = []

    def compare(project, base, head_commit, **options):
        asked.append((base.hash, head_commit.hash, options["patterns"]))
        if problem:
            raise UserError(problem)
        both = readings(STEADY), readings({**STEADY, **head})
        one = take_looks(lambda w, n: both, Options(), WORKLOADS, base, head_commit, "any")
        return Outcome(base, head_commit, (one,), 1.0)

    monkeypatch.setattr(alert_confirm, "compare", compare)
    return asked


def confirmed(history):
    archive, alerts, project = history
    return alert_confirm.confirm(project, archive, alerts, processes=8, say=lambda line: None)


def test_a_loss_at_the_newest_commit_is_only_suspected_until_it_is_measured_again(history, monkeypatch):
    archive, alerts, _ = history
    (alert,) = [a for a in alerts if a.lost]
    assert (standing(alert), document_of(archive, alerts)["status"]) == ("suspected loss", 0)

    finding(monkeypatch, LOST)
    found = confirmed(history)

    assert document_of(archive, found)["status"] == 1
    assert [standing(a) for a in found if a.lost] == ["lost"]


def test_the_commit_is_compared_with_the_one_before_it_beside_the_controls(history, monkeypatch):
    (alert,) = [a for a in history[1] if a.lost]
    asked = finding(monkeypatch, LOST)
    confirmed(history)

    assert asked == [(alert.before.hash, alert.commit.hash, ["^work\\.One\\b", "^controls\\.Loop\\b"])]


def test_what_does_not_hold_is_no_loss(history, monkeypatch):
    finding(monkeypatch, {})
    found = confirmed(history)

    assert document_of(history[0], found)["status"] == 0
    assert [standing(a) for a in found if a.lost] == ["did not hold when measured again"]


@pytest.mark.parametrize("head", [LOST, {}])
def test_a_change_is_measured_again_once_only(history, monkeypatch, head):
    asked = finding(monkeypatch, head)

    first, second = confirmed(history), confirmed(history)

    assert len(asked) == 1
    assert [standing(a) for a in first] == [standing(a) for a in second]


def test_what_cannot_be_measured_again_could_not_be_judged_and_is_tried_again(history, monkeypatch):
    asked = finding(monkeypatch, LOST, problem="no Python 3.13 here")

    found = confirmed(history)
    confirmed(history)

    assert document_of(history[0], found)["status"] == 2
    assert "no Python 3.13 here" in document_of(history[0], found)["problems"][0]
    assert len(asked) == 2


def test_a_control_that_moves_meanwhile_leaves_it_unjudged(history, monkeypatch):
    finding(monkeypatch, {("controls.Loop", "gil_held", None): 0.5})

    assert document_of(history[0], confirmed(history))["status"] == 2


def test_a_memory_that_was_damaged_is_refused_with_its_line(tmp_path):
    memory = tmp_path / alert_confirm.MEMORY
    memory.write_text('{"identity": "a", "held": true}\nnot json\n')

    with pytest.raises(UserError, match="line 2, is no remembered change"):
        alert_confirm.recall(memory)


def test_a_workload_that_was_only_timed_is_asked_for_by_its_benchmark():
    assert alert_confirm.pattern_of("sort.time_sort(kind=heap)") == "^sort\\.time_sort\\b"
    assert alert_confirm.pattern_of("work.One") == "^work\\.One\\b"
