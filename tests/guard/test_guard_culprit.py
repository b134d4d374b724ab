"""The commit that lost something is found by measuring, and a change keeps its name."""

import json
from dataclasses import replace

import pytest
from generated import Place, Planned
from nights import HOLDS, RELEASES, lost_from

from antigil.guard.alert_log import MEMORY, Memory, recall
from antigil.history.archive_reader import load_archive
from antigil.history.project import open_project
from antigil.report.formats import render_alerts

GAP = (Planned("work.One", "one", {0: RELEASES, 7: HOLDS}),)


def test_of_a_range_with_unmeasured_commits_the_one_is_found_that_lost_it(make_history):
    history = make_history(GAP, commits=14, unmeasured=frozenset({5, 6, 7, 8}))
    history.shows = lost_from(7)

    (alert,) = history.document()["alerts"]

    assert [pair[:2] for pair in history.asked] == [(4, 9), (4, 6), (4, 7)]
    assert (alert["before"]["hash"], alert["commit"]["hash"]) == (history.hashes[6], history.hashes[7])
    assert alert["commit"]["subject"] == "core: change number 7"
    assert alert["between"] == 0


def test_what_was_not_told_apart_in_time_is_told_apart_the_next_night(make_history):
    history = make_history(GAP, commits=14, unmeasured=frozenset({5, 6, 7, 8}))
    history.shows = lost_from(7)

    (first,) = history.document(minutes=2)["alerts"]
    (second,) = history.document(minutes=2)["alerts"]

    assert (first["counts"], first["between"]) == (True, 2)
    assert (second["commit"]["hash"], second["between"]) == (history.hashes[7], 0)
    assert first["identity"] == second["identity"]


def test_environments_whose_ranges_lead_to_one_commit_tell_one_change(make_history):
    machines = (Place("alpha"), Place("beta"))
    history = make_history(GAP, commits=14, places=machines)
    history.forget("alpha", 5, 6, 7)
    history.forget("beta", 6, 7, 8)
    history.shows = lost_from(7)

    document = history.document()

    assert len(document["alerts"]) == 2
    assert {a["commit"]["hash"] for a in document["alerts"]} == {history.hashes[7]}
    assert len({a["identity"] for a in document["alerts"]}) == 1
    assert render_alerts(document, "markdown").count("#### lost: `work.One`") == 1


def test_a_loss_that_was_told_is_no_news_under_the_name_of_another_environment(make_history):
    history = make_history(GAP, commits=14, places=(Place("alpha"), Place("beta")))
    history.forget("alpha", 5, 6, 7)
    history.forget("beta", 6, 7, 8)
    history.shows = lost_from(7)

    first, second, third = history.losses(minutes=2), history.losses(), history.losses()

    assert [len({a.identity for a in night}) for night in (first, second, third)] == [2, 1, 1]
    assert [{a.state_text for a in night} for night in (first, second, third)] == [{"lost"}] * 3
    assert [[a.new for a in night] for night in (second, third)] == [[False, False]] * 2


def test_one_change_keeps_one_name_without_measuring_too(make_history):
    history = make_history(GAP, commits=14, places=(Place("alpha"), Place("beta")))
    history.forget("alpha", 5, 6, 7)
    history.shows = lost_from(7)
    first = {a.identity for a in history.losses()}

    assert {a.identity for a in history.losses(measuring=False)} == first
    assert len(first) == 1


def test_what_was_reported_is_an_annotation_once_and_stays_in_the_list(history):
    history.shows = lost_from(8)

    first, second = history.document(), history.document()

    assert "::error title=lost%3A work.One" in render_alerts(first, "github")
    assert "::error" not in render_alerts(second, "github")
    assert "  lost: work.One at " in render_alerts(second, "text")
    assert "<summary>Reported before: 2</summary>" in render_alerts(second, "markdown")
    assert (first["status"], second["status"]) == (1, 1)


def test_a_change_that_the_fit_moves_by_a_commit_keeps_its_name_and_is_asked_again(history):
    (alert,) = history.losses()
    project, memory = open_project(), Memory.open(history.root / "results")
    archive, revisions = load_archive(project, memory.hashes)
    earlier = archive.commits[alert.before.revision - 1]
    moved = replace(alert, identity="another", before=earlier, commit=alert.before, held=None)

    (known,) = memory.recognise([moved], project.repo, revisions)

    assert (known.identity, known.held) == (alert.identity, None)


def test_a_change_elsewhere_is_another(history):
    (alert,) = history.losses()
    project, memory = open_project(), Memory.open(history.root / "results")
    archive, revisions = load_archive(project, memory.hashes)
    far = [archive.commits[alert.before.revision - i] for i in (3, 2)]
    other = replace(alert, identity="another", before=far[0], commit=far[1])

    assert memory.recognise([other], project.repo, revisions)[0].identity == "another"


SOUND = {"identity": "a", "workload": "w", "environment": "e", "lost": True, "before": "b", "commit": "c"}


@pytest.mark.parametrize(
    "line",
    ["not json", '"text"', "[1]", "{}", json.dumps({**SOUND, "count": "many"}), '{"identity": "\udcff', ""],
)
def test_a_damaged_line_of_the_memory_is_passed_over_with_a_note_and_the_others_are_read(
    tmp_path, capsys, line
):
    memory = tmp_path / MEMORY
    memory.write_bytes(f"{line}\n{json.dumps(SOUND)}\n".encode("utf-8", "surrogateescape"))

    assert [known.identity for known in recall(memory)] == ["a"]
    assert f"{MEMORY}, line 1, is no remembered change" in capsys.readouterr().err


def test_what_a_newer_version_remembers_beside_the_rest_is_passed_over(tmp_path, capsys):
    memory = tmp_path / MEMORY
    memory.write_text(json.dumps({**SOUND, "mood": "fine"}))

    assert [known.identity for known in recall(memory)] == ["a"]
    assert capsys.readouterr().err == ""
