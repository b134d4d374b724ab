"""What the history suspects is measured again, once, and what becomes of it."""

import json
import shutil

import pytest
from generated import Place, Planned
from made_up_environments import let_asv_choose
from nights import HOLDS, LOST, RELEASES, lost_from

from antigil.commands import main as cli
from antigil.commands import output
from antigil.errors import UserError
from antigil.guard import alert_log, comparison
from antigil.guard.alert_json import alerts_to_json
from antigil.guard.alert_log import MEMORY
from antigil.guard.search.confirmation import Bench, CommitRange, narrow
from antigil.history.asv_adapter.running import install
from antigil.history.machine_name import this_machine
from antigil.history.project import open_project
from antigil.report.alerts import pattern_of
from antigil.report.formats import render_alerts


def test_a_loss_at_the_newest_commit_is_only_suspected_until_it_is_measured_again(history):
    archive, alerts = history.night(measuring=False)
    assert [a.state_text for a in alerts if a.lost] == ["suspected loss"]
    assert alerts_to_json(archive, alerts)["status"] == 0

    history.shows = lost_from(8)

    assert history.document()["status"] == 1
    assert [a.state_text for a in history.losses()] == ["lost"]


def test_the_commit_is_compared_with_the_one_before_it_beside_the_controls(history):
    history.night()

    assert history.asked == [(7, 8, ["^work\\.One\\b", "^controls\\.Loop\\b"])]


def test_a_loss_is_measured_again_in_its_own_combination_of_the_matrix_only(make_history):
    """Both combinations lost in the history; measuring again, each is asked for itself."""
    combinations = [(("python", "3.13"), ("six", version)) for version in ("1.16", "1.17")]
    places = tuple(Place(requirements=one[1:]) for one in combinations)
    history = make_history(places=places)

    found = history.losses()

    assert history.combinations == combinations
    assert sorted(alert.environment.combination for alert in found) == combinations


def test_a_loss_in_an_environment_that_asv_includes_is_measured_again_there(
    make_history, monkeypatch, tmp_path
):
    """Naming a Python to asv would leave out what is included."""
    history = make_history(places=(Place(python="3.99", requirements=(("six", "1.17"),)),))
    history.shows = lost_from(8)
    configured = json.loads((history.root / "asv.conf.json").read_text())
    included = {"pythons": ["3.98"], "include": [{"python": "3.99", "req": {"six": "1.17"}}]}
    (history.root / "asv.conf.json").write_text(json.dumps(configured | included))
    let_asv_choose(monkeypatch, tmp_path / "bin", "3.98", "3.99")

    def prepare(project, commits, patterns, environments, combination=None, workload=None):
        install(project.conf, project.repo, commits[0].hash, "base", environments, combination)
        return history.prepare(project, commits, patterns, environments, combination)

    monkeypatch.setattr(comparison, "prepare", prepare)

    assert [alert.state_text for alert in history.losses()] == ["lost"]


def test_it_is_said_on_which_machine_a_loss_was_measured_again(history):
    history.shows = lost_from(8)

    first, second = history.document(), history.document()

    for document in (first, second):
        told = next(alert for alert in document["alerts"] if alert["counts"])
        assert told["measured_on"] == this_machine()
        assert f"Measured again on {this_machine()}, the later" in render_alerts(
            {**document, "alerts": [{**told, "new": True}]}, "text"
        )


def test_what_differed_besides_the_commit_is_told_and_remembered(history):
    history.shows = lost_from(8)
    history.surroundings = ({"packages": ["numpy 2.3"]}, {"packages": ["numpy 2.4"]})

    for document in (history.document(), history.document()):
        told = next(alert for alert in document["alerts"] if alert["counts"])
        assert told["besides"] == "numpy 2.3 → 2.4"
        for form in ("text", "markdown"):
            said = render_alerts({**document, "alerts": [{**told, "new": True}]}, form)
            assert "Besides the commit: numpy 2.3 → 2.4" in said


def test_what_does_not_hold_is_no_loss(history):
    assert history.document()["status"] == 0
    assert [a.state_text for a in history.losses()] == ["did not hold when measured again"]


@pytest.mark.parametrize("numbers", [LOST, {}])
def test_a_change_is_measured_again_once_only(history, numbers):
    history.shows = lost_from(8, numbers)

    first, second = history.losses(), history.losses()

    assert len(history.asked) == 1
    assert [a.state_text for a in first] == [a.state_text for a in second]


def test_what_did_not_hold_is_asked_again_once_twice_as_many_commits_were_measured(make_history):
    first = make_history()
    first.night()
    longer = make_history(name="longer", commits=10)
    (longer.root / "results" / MEMORY).write_text((first.root / "results" / MEMORY).read_text())
    longer.shows = lost_from(8)

    assert [a.state_text for a in longer.losses()] == ["lost"]
    assert len(longer.asked) == 1


def test_what_did_not_hold_and_cannot_be_built_any_more_is_not_tried_for_ever(make_history):
    first = make_history()
    first.night()
    longer = make_history(name="longer", commits=10)
    (longer.root / "results" / MEMORY).write_text((first.root / "results" / MEMORY).read_text())
    longer.unbuildable = frozenset({8})

    nights = [longer.document() for _ in range(5)]

    assert len(longer.asked) == 3
    assert [night["status"] for night in nights] == [2, 2, 0, 0, 0]


def test_a_loss_holds_if_it_is_larger_than_half_of_what_counts(history):
    history.shows = lost_from(8, {("work.One", "slowdown", 2): 1.04})

    assert [a.held for a in history.losses()] == [True]


def test_a_loss_of_another_kind_does_not_make_it_hold(history):
    history.shows = lost_from(8, {("work.One", "time", None): 0.006})

    assert [a.held for a in history.losses()] == [False]


def test_scaling_lost_because_a_thread_became_faster_does_not_hold(history):
    faster = {("work.One", "slowdown", 2): 1.5, ("work.One", "time", None): 0.0015}
    history.shows = lost_from(8, faster)

    assert [a.held for a in history.losses()] == [False]


@pytest.mark.parametrize(
    "problem", [UserError("no Python 3.13 here"), ZeroDivisionError("no Python 3.13 here")]
)
def test_what_cannot_be_measured_again_could_not_be_judged_and_is_tried_again(history, problem):
    history.problem = problem

    document = history.document()
    history.night()

    assert document["status"] == 2
    assert "no Python 3.13 here" in document["problems"][0]
    assert len(history.asked) == 2


def test_what_gave_no_answer_three_times_is_told_and_not_tried_any_more(history):
    history.problem = UserError("commit 12345678 cannot be built")

    nights = [history.document() for _ in range(5)]

    assert len(history.asked) == 3
    assert [night["status"] for night in nights] == [2, 2, 0, 0, 0]
    last = next(alert for alert in nights[-1]["alerts"] if alert["lost"])
    assert (last["standing"], last["settled"]) == ("could not be measured again", False)
    told = render_alerts({**nights[-1], "alerts": [{**last, "new": True}]}, "text")
    assert "measured: it could not be measured again: commit 12345678 cannot be built" in told


def test_what_gave_no_answer_three_times_is_tried_again_after_twice_as_many_commits(make_history):
    first = make_history()
    first.problem = UserError("the index cannot be reached")
    nights = [first.losses()[0] for _ in range(4)]
    assert [night.state_text for night in nights][1:] == [
        "suspected loss", "could not be measured again", "could not be measured again",
    ]  # fmt: skip

    longer = make_history(name="longer", commits=10)
    (longer.root / "results" / MEMORY).write_text((first.root / "results" / MEMORY).read_text())
    longer.shows = lost_from(8)

    assert [a.state_text for a in longer.losses()] == ["lost"]
    assert (len(first.asked), len(longer.asked)) == (3, 1)


def test_a_night_that_asked_nothing_forgives_no_failure(make_history):
    gap = (Planned("work.One", "one", {0: RELEASES, 7: HOLDS}),)
    history = make_history(gap, commits=14, unmeasured=frozenset({5, 6, 7, 8}))
    history.shows, history.unbuildable = lost_from(7), frozenset({6})

    attempts = [history.losses(minutes=minutes)[0].attempts for minutes in (None, None, 0, None, None)]

    assert attempts == [1, 2, 2, 3, 3]


def test_a_commit_between_that_cannot_be_built_is_not_tried_for_ever(make_history):
    """The loss held; which of the commits in between did it cannot be told."""
    gap = (Planned("work.One", "one", {0: RELEASES, 7: HOLDS}),)
    history = make_history(gap, commits=14, unmeasured=frozenset({5, 6, 7, 8}))
    history.shows = lost_from(7)
    history.unbuildable = frozenset({6})

    nights = [history.document() for _ in range(5)]

    assert [night["status"] for night in nights] == [1] * 5
    assert [pair[:2] for pair in history.asked] == [(4, 9), (4, 6), (4, 6), (4, 6)]
    (alert,) = nights[-1]["alerts"]
    assert alert["given_up"] == "could not be measured again: commit 6 cannot be built"
    assert [night["alerts"][0]["between"] for night in nights] == [4] * 5
    assert history.document(measuring=False)["alerts"][0]["between"] == 4


@pytest.mark.parametrize("words", [["--memory", "asv.conf.json/notes"], []])
def test_a_memory_that_cannot_be_written_is_refused_before_anything_is_measured(history, capsys, words):
    if not words:
        shutil.move(history.root / "results", history.root / "kept")
        (history.root / "results").write_text("a file")

    assert cli.main(["alert", "--confirm", *words]) == 2

    assert history.asked == []
    assert "cannot write" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("fits", [0, 1, 2])
def test_what_cannot_be_remembered_leaves_the_report_and_its_status(history, capsys, monkeypatch, fits):
    append, lines = alert_log.append_lines, []

    def full(file, more):
        lines.extend(more)
        if len(lines) > fits:
            raise OSError(28, "No space left on device")
        append(file, more)

    monkeypatch.setattr(alert_log, "append_lines", full)
    history.shows = lost_from(8)

    status, said = cli.main(["alert", "--confirm"]), capsys.readouterr()

    assert (status, "work.One" in said.out) == (1, True)
    assert said.err.splitlines()[-1].endswith(f"{MEMORY}: No space left on device")
    assert cli.main(["alert", "--confirm", "--exit-zero"]) == 2


def test_a_comparison_whose_json_cannot_be_written_is_told_and_its_loss_is_one(history, capsys, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "write_whole", full)
    history.shows = lost_from(8)

    status = cli.main(["compare", history.hashes[0], history.hashes[8], "--json", "found.json", "--no-where"])

    said = capsys.readouterr()
    assert (status, "work.One" in said.out) == (1, True)
    assert said.err.splitlines()[-1].endswith("found.json: No space left on device")


def test_a_control_that_moves_meanwhile_leaves_it_unjudged(history):
    history.shows = lost_from(8, {("controls.Loop", "gil_held", None): 0.5})

    assert history.document()["status"] == 2


UNFIT = (
    Planned("work.One", "one", {0: RELEASES, 5: HOLDS}),
    Planned("controls.Loop", "loop", {0: RELEASES, 5: HOLDS}, control=True),
)


@pytest.mark.parametrize(
    ("numbers", "status", "said"), [(LOST, 1, "lost"), ({}, 0, "did not hold when measured again")]
)
def test_a_loss_beside_a_moved_control_is_decided_by_measuring_it_again(make_history, numbers, status, said):
    history = make_history(UNFIT, commits=10)
    assert history.document(measuring=False)["status"] == 2

    history.shows = lost_from(5, numbers)

    assert history.document()["status"] == status
    assert [a.state_text for a in history.losses()] == [said]


BOTH = (
    Planned("work.One", "one", {0: RELEASES, 5: HOLDS}),
    Planned("work.Steady", "two", {0: RELEASES, 5: HOLDS}),
)


def test_what_one_commit_did_to_several_workloads_is_measured_in_one_comparison(make_history):
    history = make_history(BOTH, commits=10)
    history.shows = lost_from(5)

    found = {a.workload.name: a.held for a in history.losses()}

    assert history.asked == [(4, 5, ["^work\\.One\\b", "^work\\.Steady\\b"])]
    assert found == {"work.One": True, "work.Steady": False}


def test_what_gave_no_answer_beside_a_workload_that_fails_is_measured_by_itself(make_history, monkeypatch):
    history = make_history(BOTH, commits=10)
    unheld = "did not hold when measured again"

    def measure_both(*words):
        both = history.measure_both(*words)
        if "^work\\.Steady\\b" in history.asked[-1][2]:
            for side in both:
                for number in [one for one in side.samples if one.workload == "work.Steady"]:
                    del side.samples[number]
                side.failures["work.Steady"] = ["died"]
        return both

    monkeypatch.setattr(comparison, "measure_both", measure_both)
    nights = [{a.workload.name: a.state_text for a in history.losses()} for _ in range(4)]

    assert [night["work.One"] for night in nights] == ["lost in the history", *[unheld] * 3]
    assert nights[-1]["work.Steady"] == "could not be measured again"
    assert [len(patterns) for *_, patterns in history.asked] == [2, 1, 1, 1]


CONTROL = Planned("controls.Loop", "loop", {0: HOLDS}, control=True)


@pytest.mark.parametrize(
    ("problem", "numbers"),
    [
        (UserError("the index cannot be reached"), {}),
        (ZeroDivisionError("work.One and work.Steady"), {}),
        (None, {("controls.Loop", "gil_held", None): 0.5}),
    ],
)
def test_what_gave_no_answer_for_a_reason_in_common_stays_one_comparison(make_history, problem, numbers):
    history = make_history((*BOTH, CONTROL), commits=10)
    history.problem, history.shows = problem, lost_from(5, numbers)

    assert [history.document()["status"] for _ in range(2)] == [2, 2]
    assert [len(patterns) for *_, patterns in history.asked] == [3, 3]


def given_up_before(history):
    """Let a history forget when it gave up, as an earlier version did not note it."""
    history.problem = UserError("the index cannot be reached")
    for _ in range(3):
        history.document()
    file = history.root / "results" / MEMORY
    lines = [json.dumps({**json.loads(line), "asked": 0}) for line in file.read_text().splitlines()]
    file.write_text("".join(f"{line}\n" for line in lines))
    history.asked.clear()


def test_what_an_earlier_version_gave_up_is_not_due_at_once(history):
    given_up_before(history)

    assert [history.document()["status"] for _ in range(2)] == [0, 0]
    assert history.asked == []


def test_what_was_given_up_and_is_not_reached_in_time_stays_so(make_history):
    first = make_history()
    first.problem = UserError("the index cannot be reached")
    for _ in range(3):
        first.document()
    longer = make_history(name="longer", commits=10)
    (longer.root / "results" / MEMORY).write_text((first.root / "results" / MEMORY).read_text())

    assert longer.document(minutes=0)["status"] == 0
    assert longer.asked == []


APART = (
    Planned("work.One", "one", {0: RELEASES, 5: HOLDS}),
    Planned("work.Steady", "two", {0: RELEASES, 9: HOLDS}),
)


def test_when_the_time_is_up_the_rest_stays_suspected_and_is_asked_the_next_night(make_history):
    history = make_history(APART, commits=14)
    history.shows = lost_from(0, {})

    archive, alerts = history.night(minutes=1)
    document = alerts_to_json(archive, alerts)

    assert [a.state_text for a in alerts] == ["did not hold when measured again", "suspected loss"]
    assert document["status"] == 2
    assert "the time was up" in document["problems"][0]
    assert [a.state_text for a in history.losses(minutes=1)] == ["did not hold when measured again"] * 2
    assert [pair[:2] for pair in history.asked] == [(8, 9), (4, 5)]


def test_a_workload_that_was_only_timed_is_asked_for_by_its_benchmark():
    assert pattern_of("sort.time_sort(kind=heap)") == "^sort\\.time_sort\\b"
    assert pattern_of("work.One") == "^work\\.One\\b"


def test_commits_that_git_does_not_know_are_told_with_the_alert(history):
    """As where the history was written anew since the results were stored."""
    (alert,) = (one for one in history.night(measuring=False)[1] if one.lost)
    bench = Bench(open_project(), (), this_machine(), 8, str, lambda: 0.0, None, history.root)
    span = CommitRange("0" * 40, alert.commit.hash, alert.environment.combination)

    (found,) = narrow(bench, [alert], span)

    assert found.problem.startswith("could not be looked for: ")
    assert history.asked == []
