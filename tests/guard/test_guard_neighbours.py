"""A loss beside another change of the same workload, one measured commit away."""

import pytest
from generated import Behaviour, Planned
from nights import HOLDS, RELEASES, lost_from

from antigil.guard.alerts import find_alerts
from antigil.history.archive_reader import load_archive
from antigil.history.project import open_project

CONTROL = Planned("controls.Loop", "loop", {0: HOLDS}, control=True)
SLOW, SLOWER = {("work.One", "time", None): 0.004}, Behaviour(seconds=0.004)


@pytest.mark.parametrize(
    ("phases", "at"),
    [({6: RELEASES, 7: SLOWER}, 7), ({6: Behaviour(serial=1.0, seconds=0.004), 7: SLOWER}, 6)],
)
def test_time_lost_beside_a_gain_of_scaling_is_measured_where_it_was_lost(make_history, phases, at):
    history = make_history((Planned("work.One", "one", {0: HOLDS, **phases}), CONTROL), commits=12)
    history.shows = lost_from(at, SLOW)

    assert [(a.state_text, a.trade is not None) for a in history.losses()] == [("trade", True)]
    assert [pair[:2] for pair in history.asked] == [(at - 1, at)]


@pytest.mark.parametrize("numbers", [SLOW, {("work.One", "slowdown", 2): 2.0}])
def test_of_time_and_scaling_lost_side_by_side_each_makes_the_alert_hold(make_history, numbers):
    """They are measured together, and the commit is looked for between."""
    phases = {0: RELEASES, 6: SLOWER, 7: Behaviour(serial=1.0, seconds=0.004)}
    history = make_history((Planned("work.One", "one", phases), CONTROL), commits=12)
    history.shows = lost_from(7, numbers)

    (alert,) = history.losses()

    assert [pair[:2] for pair in history.asked] == [(5, 7), (5, 6)]
    assert (alert.state_text, alert.span[1].hash) == ("lost", history.hashes[7])


@pytest.mark.parametrize(
    ("phases", "lost_at"),
    [
        ({0: RELEASES, 6: Behaviour(seconds=0.002), 7: Behaviour(serial=1.0, seconds=0.002)}, 7),
        ({0: HOLDS, 6: RELEASES, 7: SLOWER}, 7),
    ],
)
def test_a_loss_after_a_commit_at_which_something_else_changed_is_told(make_history, phases, lost_at):
    make_history((Planned("work.One", "one", phases), CONTROL), commits=12)
    project = open_project()
    archive, _ = load_archive(project)
    revisions = sorted(archive.commits)

    since = [find_alerts(archive, project.options, {None: revisions[at]}) for at in (lost_at - 1, lost_at)]

    assert [len([a for a in alerts if a.lost]) for alerts in since] == [1, 0]
