"""Which alerts are asked for: by environments as asv names them, and by where asv begins to look."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generated import Behaviour, Planned

from antigil.errors import UserError
from antigil.guard.alerts import find_alerts
from antigil.guard.stored.asked_alerts import Entry, after_beginnings, entries_of, looked_for, selected
from antigil.history.archive_reader import load_archive
from antigil.history.project import open_project
from antigil.history.series import Archive, Environment, Series, TrackedWorkload


def series_of(workload, key):
    """Return a series of an environment."""
    none, revisions = np.zeros(1), np.zeros(1, dtype=np.int64)
    environment = Environment(key)
    return Series(
        workload, "time", None, environment, revisions, none, none, none, none.astype(np.uint8), "", 0
    )


NAMES = {
    (("python", "3.13"),): "virtualenv-py3.13",
    (("python", "3.13"), ("pytest", "8")): "virtualenv-py3.13-pytest8",
    (("pybind11", "2.13"), ("python", "3.13")): "virtualenv-py3.13-pybind112.13",
    (("python", "3.14t"), ("six", "1.17")): "uv-py3.14t-numpy-six1.17",
    (("python", "pypy3.10"),): "virtualenv-pypy3.10",
    (("python", "3.12"),): "existing-py_usr_bin_python3",
}
#: There are results of the last one in one environment only.
WATCHED = Archive(
    {name: TrackedWorkload(name, name) for name in ("work.One", "work.Two")},
    tuple(map(Environment, NAMES)),
    (*(series_of("work.One", key) for key in NAMES), series_of("work.Two", (("python", "3.12"),))),
    {},
    names={Environment(key): frozenset({name}) for key, name in NAMES.items()},
)


class AnyAlert:
    """An alert of the one workload that is watched."""

    workload = WATCHED.workloads["work.One"]

    def __init__(self, environment):
        self.environment = environment


def found(*specifications):
    """Return the names of the environments whose alerts are told."""
    alerts = [AnyAlert(one) for one in WATCHED.environments]
    return {NAMES[one.environment.key] for one in selected(WATCHED, alerts, {}, [], specifications)}


@pytest.mark.parametrize("name", NAMES.values())
def test_an_environments_own_name_stands_for_it_alone(name):
    assert found(name) == {name}


@pytest.mark.parametrize(
    ("specifications", "names"),
    [
        ([], set(NAMES.values())),
        (["virtualenv"], {name for name in NAMES.values() if name.startswith("virtualenv")}),
        ([":3.13"], {name for name in NAMES.values() if "-py3.13" in name}),
        (["virtualenv:pypy3.10", "uv:3.14t"], {"virtualenv-pypy3.10", "uv-py3.14t-numpy-six1.17"}),
        (["existing:/usr/bin/python3"], {"existing-py_usr_bin_python3"}),
        (["existing:same"], {"existing-py_usr_bin_python3"}),
    ],
)
def test_a_kind_of_environment_a_python_or_both_stand_for_all_that_have_them(specifications, names):
    assert found(*specifications) == names


@pytest.mark.parametrize("specification", ["uv:3.13", ":3.1", "virtual", "virtualenv-py3.13-pytest"])
def test_what_stands_for_none_is_refused(specification):
    with pytest.raises(
        UserError, match=f"no environment with results is {specification}; there are existing-"
    ):
        found(specification)


ENTRIES = {name: [Entry(name, "time", None)] for name in WATCHED.workloads}


@pytest.mark.parametrize(
    ("patterns", "specifications", "said"),
    [
        (["One", "Tpyo"], [], "no benchmark that is watched matches Tpyo"),
        ([], [":3.13", ":3.41t", "uv"], "no environment with results is :3.41t; there are existing-py"),
        (["Two"], [":3.13", ":3.14t"], "no results of Two in :3.13 or :3.14t"),
    ],
)
def test_each_of_several_has_to_stand_for_something(patterns, specifications, said):
    with pytest.raises(UserError, match=f"^{said}"):
        selected(WATCHED, [], ENTRIES, patterns, specifications)


def test_the_name_of_an_interpreter_is_looked_up_as_asv_does(monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    environment = Environment((("python", "3.12"),))
    name = f"existing-py{sys.executable.replace('/', '_')}"
    archive = replace(WATCHED, environments=(environment,), names={environment: frozenset({name})})

    assert selected(archive, [AnyAlert(environment)], {}, [], [f"existing:{Path(sys.executable).name}"])


LOSES = (
    Planned("work.One", "one", {0: Behaviour(), 4: Behaviour(serial=0.3)}),
    Planned("work.Two", "two", {0: Behaviour(), 4: Behaviour(seconds=0.004)}),
)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r".*@main$", set()),
        (r".*@1\.x$", {"work.One", "work.Two"}),
        (r"work\.Two\.time_call$", {"work.One", "work.Two"}),
        (r"work\.Two\.time_call@main", {"work.One"}),
        (r"work\.One\.track_slowdown\(\d\)@", {"work.One", "work.Two"}),
        (r"work\.One\.track_slowdown\(8\)", {"work.One", "work.Two"}),
        (r"work\.One\.(track_slowdown\([248]\)|track_gil_held)", {"work.Two"}),
        (r".*\.track_(stall|peakmem)", {"work.One", "work.Two"}),
        (r".*\.track_gil_held", {"work.One", "work.Two"}),
    ],
)
def test_where_asv_begins_to_look_it_names_parameters_and_branches(make_history, pattern, told):
    """A number, or a thread count, of several that lost something leaves the loss of the others."""
    make_history(LOSES, commits=8)
    project = open_project()
    archive, _ = load_archive(project)

    wanted = looked_for(entries_of(project), {pattern: 6}, project.first_branch)
    alerts = after_beginnings(find_alerts(archive, project.options), wanted)

    assert {alert.workload.name for alert in alerts} == told


def test_a_benchmark_is_found_by_its_parameters_too_as_asv_finds_it(make_history):
    make_history(LOSES, commits=8)
    project = open_project()
    archive, _ = load_archive(project)
    alerts = find_alerts(archive, project.options)

    chosen = selected(archive, alerts, entries_of(project), [r"One.*\(8\)$"], [])

    assert {alert.workload.name for alert in chosen} == {"work.One"}
