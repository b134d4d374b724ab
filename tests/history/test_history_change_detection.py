"""Changes are the planned ones, at their commits and in their directions, and no others."""

import dataclasses

import numpy as np
import pytest
from generated import Behaviour, Planned, generate, load, standard_plan

from antigil.errors import UserError
from antigil.history.change_detection import detect_steps, find_changes, find_effects
from antigil.history.options import Options, read_options
from antigil.history.series import Environment, Series
from antigil.site.workload_status import workload_statuses


def told(changes):
    return {(c.workload, c.environment.python, c.revision, c.direction) for c in changes}


PLANNED = {
    ("work.Loses", "3.13", 26, "lost"),
    ("work.Gains", "3.13", 13, "gained"),
    ("work.Dips", "3.13", 13, "lost"),
    ("work.Dips", "3.13", 26, "gained"),
    ("legacy.TimeSort.time_sort", "3.13", 20, "lost"),
}


def test_planned_changes_are_found_and_no_others(archive):
    found, options = archive
    changes = find_changes(found, options)
    assert told(changes) == PLANNED
    assert all(change.confirmed for change in changes)


def test_change_is_told_as_speedup_at_the_threads_that_the_machine_can_serve(archive):
    found, options = archive
    (change,) = [c for c in find_changes(found, options) if c.workload == "work.Loses"]
    effect = change.headline(cores=4)
    assert (effect.quantity, effect.threads) == ("slowdown", 4)
    assert (effect.before, effect.after) == pytest.approx((4, 1), rel=0.05)
    assert effect.size == pytest.approx(-0.75, abs=0.02)
    assert {(e.quantity, e.threads) for e in change.effects} == {
        ("slowdown", 2),
        ("slowdown", 4),
        ("slowdown", 8),
        ("gil_held", None),
    }


@pytest.mark.parametrize(("cores", "threads"), [(None, 8), (8, 8), (3, 2), (1, 2)])
def test_where_the_machine_serves_none_of_the_threads_it_is_told_at_the_fewest(archive, cores, threads):
    (change,) = [c for c in find_changes(*archive) if c.workload == "work.Loses"]
    assert change.headline(cores).threads == threads


def test_identity_holds_when_later_commits_arrive(archive):
    found, options = archive
    (change,) = [c for c in find_changes(found, options) if c.workload == "work.Loses"]
    later = dataclasses.replace(change, effects=change.effects[:1])
    assert change.identity("abc") == later.identity("abc")
    assert change.identity("abc") != change.identity("abd")


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_is_no_change(tmp_path, seed):
    workloads = tuple(Planned(f"work.Steady{i}", "", {0: Behaviour(serial=i / 10)}) for i in range(4))
    generate(standard_plan(60, workloads=workloads, tags={}, noise=0.02, seed=seed), tmp_path / "project")
    assert find_changes(*load(tmp_path / "project")) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_handful_of_noisy_commits_is_no_change(tmp_path, seed):
    """A young history has little noise to be seen between commits; the stored intervals tell it."""
    workloads = tuple(Planned(f"work.Steady{i}", "", {0: Behaviour(serial=i / 10)}) for i in range(4))
    generate(standard_plan(4, workloads=workloads, tags={}, noise=0.04, seed=seed), tmp_path / "project")
    assert find_changes(*load(tmp_path / "project")) == []


def test_a_small_serial_fraction_shows_in_the_held_share(tmp_path):
    workload = Planned("work.Creeps", "", {0: Behaviour(), 20: Behaviour(serial=0.03)})
    generate(standard_plan(40, workloads=(workload,), tags={}, noise=0.02), tmp_path / "project")
    (change,) = find_changes(*load(tmp_path / "project"))
    assert (change.revision, change.direction) == (20, "lost")
    assert "gil_held" in {effect.quantity for effect in change.effects}


def test_the_newest_commit_is_suspected_not_confirmed(tmp_path):
    workload = Planned("work.Tip", "", {0: Behaviour(), 29: Behaviour(serial=1.0)})
    generate(standard_plan(30, workloads=(workload,), tags={}), tmp_path / "project")
    (change,) = find_changes(*load(tmp_path / "project"))
    assert (change.revision, change.direction, change.confirmed) == (29, "lost", False)


def held(values, half_widths):
    """Return a series of GIL-held shares, each with an interval that ends at 0 and 1."""
    values, half_widths = np.array(values), np.array(half_widths)
    return Series(
        "work.One", "gil_held", None, Environment(()), np.arange(len(values)), values,
        np.clip(values - half_widths, 0, 1), np.clip(values + half_widths, 0, 1),
        np.zeros(len(values), dtype=int), "work.One.track_gil_held", None,
    )  # fmt: skip


def sides(series):
    effects = find_effects(series, detect_steps(series), Options())
    return [(e.revision, e.measured_before, e.measured_after, e.confirmed) for e in effects]


@pytest.mark.parametrize(
    ("values", "half_widths", "expected"),
    [
        ([0.003, 0.004, 0.9999, 0.997], [0.003, 0.004, 1e-4, 1e-4], [(2, 2, 2, True)]),
        ([0.99, 1.0, 0.002, 0.006], [1e-3, 1e-4, 5e-4, 5e-4], [(2, 2, 2, True)]),
        ([0.4, 0.4, 0.41, 0.9, 0.9, 0.1, 0.1], [1e-4] * 7, [(3, 3, 2, True), (5, 2, 2, True)]),
        ([0.003, 0.004, 0.9999], [0.003, 0.004, 1e-4], [(2, 2, 1, False)]),
        ([0.0, 0.0, 1.0, 0.0, 0.01], [1e-4] * 5, [(2, 2, 1, False), (3, 1, 2, False)]),
    ],
)
def test_a_step_too_small_to_count_ends_no_side_of_one_that_counts(values, half_widths, expected):
    """In asv's fit, one of a few values with narrow intervals is a piece of its own."""
    assert sides(held(values, half_widths)) == expected


def test_a_change_amid_unmeasured_commits_names_its_range(tmp_path):
    workload = Planned("work.Gap", "", {0: Behaviour(), 20: Behaviour(serial=1.0)})
    plan = standard_plan(40, workloads=(workload,), tags={}, unmeasured=frozenset(range(18, 22)))
    generate(plan, tmp_path / "project")
    (change,) = find_changes(*load(tmp_path / "project"))
    assert (change.before_revision, change.revision) == (17, 22)


def test_a_threshold_of_its_own_silences_a_workload(archive):
    found, options = archive
    deaf = dataclasses.replace(options, thresholds={"work.Loses": 0.9})
    changes = [c for c in find_changes(found, deaf) if c.workload == "work.Loses"]
    assert {e.quantity for c in changes for e in c.effects} == {"gil_held"}


def test_what_changed_comes_first_and_controls_last(archive):
    found, options = archive
    order = [
        (s.workload.name, s.mark) for s in workload_statuses(found, find_changes(found, options), options)
    ]
    assert order[0] == ("work.Loses", "lost")
    assert order[1] == ("legacy.TimeSort.time_sort", "lost")
    assert {mark for _, mark in order[:2]} == {"lost"}
    assert all(name.startswith("control.") for name, _ in order[-4:])


def test_status_tells_the_change_since_release_and_since_thirty_commits(archive):
    found, options = archive
    (loses,) = [
        s
        for s in workload_statuses(found, find_changes(found, options), options)
        if s.workload.name == "work.Loses" and s.environment.python == "3.13"
    ]
    assert (loses.release, loses.threads, loses.ideal, loses.verdict) == ("v1.1", 4, 4, "threads do not help")
    assert loses.since_release == pytest.approx(-0.75, abs=0.02)
    assert loses.since_ago == pytest.approx(-0.75, abs=0.02)
    assert np.isfinite(loses.interval).all()


class Conf:
    """An ``asv.conf.json``, as far as it matters here."""

    def __init__(self, **options):
        self.antigil = options


def test_no_options_are_the_defaults():
    assert read_options(object()) == Options()


def test_unknown_option_is_refused_by_name():
    with pytest.raises(UserError, match='unknown option "treshold"'):
        read_options(Conf(treshold=0.1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", "5%"),
        ("threshold", 2),
        ("threshold", True),
        ("held_threshold", 0),
        ("thread_parameters", "threads"),
        ("thresholds", {"[": 0.1}),
        ("thresholds", {"a": "b"}),
        ("excused", {"a": ""}),
        ("headline", 3),
    ],
)
def test_value_of_the_wrong_kind_is_refused_by_name(name, value):
    with pytest.raises(UserError, match=name):
        read_options(Conf(**{name: value}))
