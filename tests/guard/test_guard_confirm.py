"""What the history suspects is measured again, once, until the commit is found that did it.

Only the measuring is made up: what each commit shows follows from its place in the history.
"""

from dataclasses import replace

import pytest
from generated import Behaviour, Plan, Planned, generate
from generated import Place as Machine
from test_guard_report import LOST, STEADY, readings

from antigil.errors import UserError
from antigil.history import compare
from antigil.history.alert import find_alerts
from antigil.history.alert_command import load
from antigil.history.alert_confirm import confirm, pattern_of
from antigil.history.alert_document import document_of, standing
from antigil.history.alert_memory import MEMORY, Memory, recall
from antigil.history.alert_report import render
from antigil.history.compare_visits import Place
from antigil.history.drawable import Column
from antigil.history.project import open_project
from antigil.history.series import Workload

HOLDS, RELEASES = Behaviour(serial=1.0), Behaviour()
LOSES = (
    Planned("work.One", "one", {0: RELEASES, 8: HOLDS}),
    Planned("work.Two", "two", {0: HOLDS, 4: RELEASES}),
    Planned("controls.Loop", "loop", {0: HOLDS}, control=True),
)
COLUMNS = tuple(
    Column(Workload(name, name, name.startswith("controls.")), "slowdown", 2, name, 1)
    for name in ("work.One", "work.Steady", "controls.Loop")
)


class History:
    """A generated history, in the current folder, and what measuring its commits again shows.

    `shows` gives the numbers that differ from the usual ones at a commit, by its place in the history;
    `asked` holds base, head, and patterns of each comparison.
    """

    def __init__(self, root, monkeypatch, plan):
        self.root, self.hashes = root, generate(plan, root)
        self.shows, self.asked, self.problem, self.now = (lambda place: {}), [], None, 0.0
        monkeypatch.chdir(root)
        monkeypatch.setattr(compare, "prepare", self.prepare)
        monkeypatch.setattr(compare, "measure_both", self.measure_both)

    def prepare(self, project, commits, patterns, environments):
        """Install nothing; a comparison takes a minute."""
        self.asked.append((*(self.hashes.index(one.hash) for one in commits), list(patterns)))
        self.now += 60.0
        if self.problem:
            raise self.problem
        return (Place("virtualenv-py3.13", "3.13", None, COLUMNS, commits),)

    def measure_both(self, place, processes, workloads=None, progress=None):
        """Return what the commits show."""
        places = [self.hashes.index(one.hash) for one in place.sides]
        base, head = (readings({**STEADY, **self.shows(i)}, n=processes) for i in places)
        return base, head

    def forget(self, machine, *places):
        """Take away a machine's results of some commits."""
        for i in places:
            (file,) = (self.root / "results" / machine).glob(f"{self.hashes[i][:8]}-*")
            file.unlink()

    def night(self, minutes=None, measuring=True):
        """Do what ``antigil alert --confirm`` does; return the archive and the alerts."""
        project = open_project()
        memory = Memory.open(self.root / "results")
        archive, revisions = load(project, None, memory.hashes)
        alerts = memory.recognise(find_alerts(archive, project.options), project.repo, revisions)
        if measuring:
            alerts = confirm(
                project,
                archive,
                alerts,
                memory,
                processes=8,
                say=str,
                minutes=minutes,
                clock=lambda: self.now,
            )
        alerts = memory.marked(alerts)
        for alert in alerts:
            memory.note(alert, told=True)
        return archive, alerts

    def losses(self, **options):
        """Return a night's losses."""
        return [alert for alert in self.night(**options)[1] if alert.lost and not alert.workload.control]

    def document(self, **options):
        """Return a night's alerts in their JSON form."""
        return document_of(*self.night(**options))


@pytest.fixture
def make(tmp_path, monkeypatch):
    def history(workloads=LOSES, name="project", **plan):
        plan = {"commits": 9, "samples": 8, **plan}
        return History(tmp_path / name, monkeypatch, Plan(workloads=workloads, **plan))

    return history


@pytest.fixture
def history(make):
    return make()


def lost_from(first, numbers=LOST):
    """Show numbers from a commit on."""
    return lambda place: numbers if place >= first else {}


def test_a_loss_at_the_newest_commit_is_only_suspected_until_it_is_measured_again(history):
    archive, alerts = history.night(measuring=False)
    assert [standing(a) for a in alerts if a.lost] == ["suspected loss"]
    assert document_of(archive, alerts)["status"] == 0

    history.shows = lost_from(8)

    assert history.document()["status"] == 1
    assert [standing(a) for a in history.losses()] == ["lost"]


def test_the_commit_is_compared_with_the_one_before_it_beside_the_controls(history):
    history.night()

    assert history.asked == [(7, 8, ["^work\\.One\\b", "^controls\\.Loop\\b"])]


def test_what_does_not_hold_is_no_loss(history):
    assert history.document()["status"] == 0
    assert [standing(a) for a in history.losses()] == ["did not hold when measured again"]


@pytest.mark.parametrize("numbers", [LOST, {}])
def test_a_change_is_measured_again_once_only(history, numbers):
    history.shows = lost_from(8, numbers)

    first, second = history.losses(), history.losses()

    assert len(history.asked) == 1
    assert [standing(a) for a in first] == [standing(a) for a in second]


def test_what_did_not_hold_is_asked_again_once_twice_as_many_commits_were_measured(make):
    first = make()
    first.night()
    longer = make(name="longer", commits=10)
    (longer.root / "results" / MEMORY).write_text((first.root / "results" / MEMORY).read_text())
    longer.shows = lost_from(8)

    assert [standing(a) for a in longer.losses()] == ["lost"]
    assert len(longer.asked) == 1


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
def test_a_loss_beside_a_moved_control_is_decided_by_measuring_it_again(make, numbers, status, said):
    history = make(UNFIT, commits=10)
    assert history.document(measuring=False)["status"] == 2

    history.shows = lost_from(5, numbers)

    assert history.document()["status"] == status
    assert [standing(a) for a in history.losses()] == [said]


BOTH = (
    Planned("work.One", "one", {0: RELEASES, 5: HOLDS}),
    Planned("work.Steady", "two", {0: RELEASES, 5: HOLDS}),
)


def test_what_one_commit_did_to_several_workloads_is_measured_in_one_comparison(make):
    history = make(BOTH, commits=10)
    history.shows = lost_from(5)

    found = {a.workload.name: a.held for a in history.losses()}

    assert history.asked == [(4, 5, ["^work\\.One\\b", "^work\\.Steady\\b"])]
    assert found == {"work.One": True, "work.Steady": False}


APART = (
    Planned("work.One", "one", {0: RELEASES, 5: HOLDS}),
    Planned("work.Steady", "two", {0: RELEASES, 9: HOLDS}),
)


def test_when_the_time_is_up_the_rest_stays_suspected_and_is_asked_the_next_night(make):
    history = make(APART, commits=14)
    history.shows = lost_from(0, {})

    archive, alerts = history.night(minutes=1)
    document = document_of(archive, alerts)

    assert [standing(a) for a in alerts] == ["did not hold when measured again", "suspected loss"]
    assert document["status"] == 2
    assert "the time was up" in document["problems"][0]
    assert [standing(a) for a in history.losses(minutes=1)] == ["did not hold when measured again"] * 2
    assert [pair[:2] for pair in history.asked] == [(8, 9), (4, 5)]


GAP = (Planned("work.One", "one", {0: RELEASES, 7: HOLDS}),)


def test_of_a_range_with_unmeasured_commits_the_one_is_found_that_lost_it(make):
    history = make(GAP, commits=14, unmeasured=frozenset({5, 6, 7, 8}))
    history.shows = lost_from(7)

    archive, alerts = history.night()
    (alert,) = document_of(archive, alerts)["alerts"]

    assert [pair[:2] for pair in history.asked] == [(4, 9), (4, 6), (4, 7)]
    assert (alert["before"]["hash"], alert["commit"]["hash"]) == (history.hashes[6], history.hashes[7])
    assert alert["commit"]["subject"] == "core: change number 7"
    assert alert["between"] == 0


def test_what_was_not_told_apart_in_time_is_told_apart_the_next_night(make):
    history = make(GAP, commits=14, unmeasured=frozenset({5, 6, 7, 8}))
    history.shows = lost_from(7)

    (first,) = history.document(minutes=2)["alerts"]
    (second,) = history.document(minutes=2)["alerts"]

    assert (first["counts"], first["between"]) == (True, 2)
    assert (second["commit"]["hash"], second["between"]) == (history.hashes[7], 0)
    assert first["identity"] == second["identity"]


def test_environments_whose_ranges_lead_to_one_commit_tell_one_change(make):
    machines = (Machine("alpha"), Machine("beta"))
    history = make(GAP, commits=14, places=machines)
    history.forget("alpha", 5, 6, 7)
    history.forget("beta", 6, 7, 8)
    history.shows = lost_from(7)

    document = history.document()

    assert len(document["alerts"]) == 2
    assert {a["commit"]["hash"] for a in document["alerts"]} == {history.hashes[7]}
    assert len({a["identity"] for a in document["alerts"]}) == 1
    assert render(document, "markdown").count("#### lost: `work.One`") == 1


def test_one_change_keeps_one_name_without_measuring_too(make):
    history = make(GAP, commits=14, places=(Machine("alpha"), Machine("beta")))
    history.forget("alpha", 5, 6, 7)
    history.shows = lost_from(7)
    first = {a.identity for a in history.losses()}

    assert {a.identity for a in history.losses(measuring=False)} == first
    assert len(first) == 1


def test_what_was_reported_is_an_annotation_once_and_stays_in_the_list(history):
    history.shows = lost_from(8)

    first, second = history.document(), history.document()

    assert "::error title=lost%3A work.One" in render(first, "github")
    assert "::error" not in render(second, "github")
    assert "  lost: work.One at " in render(second, "text")
    assert "<summary>Reported before: 2</summary>" in render(second, "markdown")
    assert (first["status"], second["status"]) == (1, 1)


def test_a_change_that_the_fit_moves_by_a_commit_keeps_its_name_and_is_asked_again(history):
    (alert,) = history.losses()
    project, memory = open_project(), Memory.open(history.root / "results")
    archive, revisions = load(project, None, memory.hashes)
    earlier = archive.commits[alert.before.revision - 1]
    moved = replace(alert, identity="another", before=earlier, commit=alert.before, held=None)

    (known,) = memory.recognise([moved], project.repo, revisions)

    assert (known.identity, known.held) == (alert.identity, None)


def test_a_change_elsewhere_is_another(history):
    (alert,) = history.losses()
    project, memory = open_project(), Memory.open(history.root / "results")
    archive, revisions = load(project, None, memory.hashes)
    far = [archive.commits[alert.before.revision - i] for i in (3, 2)]
    other = replace(alert, identity="another", before=far[0], commit=far[1])

    assert memory.recognise([other], project.repo, revisions)[0].identity == "another"


def test_a_memory_that_was_damaged_is_refused_with_its_line(tmp_path):
    memory = tmp_path / MEMORY
    memory.write_text("not json\n")

    with pytest.raises(UserError, match="line 1, is no remembered change"):
        recall(memory)


def test_a_workload_that_was_only_timed_is_asked_for_by_its_benchmark():
    assert pattern_of("sort.time_sort(kind=heap)") == "^sort\\.time_sort\\b"
    assert pattern_of("work.One") == "^work\\.One\\b"
