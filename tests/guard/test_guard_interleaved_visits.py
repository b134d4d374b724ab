"""How two commits are visited in turn."""

import json
import math
from itertools import islice
from types import SimpleNamespace
from typing import ClassVar

import pytest
from asv.util import ProcessError

from antigil import suite
from antigil.errors import UserError
from antigil.guard import interleaved_visits
from antigil.guard.decision_rule import Number
from antigil.guard.interleaved_visits import _all_ours, _reason, alternating
from antigil.guard.samples import Readings, comparable, judgeable, pairs_of, read_visit, told_apart
from antigil.history.asv_adapter import running
from antigil.history.benchmark_columns import Column
from antigil.history.options import Options
from antigil.history.project import Project, Revision
from antigil.history.series import TrackedWorkload

MEASURED = TrackedWorkload("work.One", "One")
TIMED = TrackedWorkload("old.time_sort", "Sort", origin="timed")


def test_base_and_head_come_in_turn_so_that_a_drift_in_a_straight_line_cancels():
    order = list(islice(alternating(), 16))
    places = [[place for place, side in enumerate(order) if side == which] for which in (0, 1)]

    assert order[:4] == [0, 1, 1, 0]
    assert sum(places[0]) == sum(places[1])


def test_a_visit_measures_one_process_with_its_share_of_the_time(monkeypatch):
    plan = {"processes": 8, "budget": 12.0, "rounds": 4}

    monkeypatch.setenv("ANTIGIL_PROCESSES", "1")
    assert suite._with_processes_asked_for(plan) == {"processes": 1, "budget": 1.5, "rounds": 4}
    monkeypatch.delenv("ANTIGIL_PROCESSES")
    assert suite._with_processes_asked_for(plan) == plan


def test_what_was_only_timed_gets_its_slowdown_from_the_times_of_one_visit():
    cells = {Column(TIMED, "seconds", n, TIMED.name, i): t for i, (n, t) in enumerate(((1, 2.0), (4, 1.0)))}

    assert read_visit(cells) == {
        Number(TIMED.name, "time"): 2.0,
        Number(TIMED.name, "slowdown", 1): 1.0,
        Number(TIMED.name, "slowdown", 4): 2.0,
    }


def test_what_failed_with_one_thread_has_no_slowdown_at_any_number():
    cells = {
        Column(TIMED, "seconds", n, TIMED.name, i): t for i, (n, t) in enumerate(((1, math.nan), (4, 1.0)))
    }

    assert all(math.isnan(value) for value in read_visit(cells).values())


def test_one_thread_is_not_judged_for_its_slowdown_or_waiting():
    one, other = Readings(), Readings()
    for readings in (one, other):
        readings.add({Number("w", "slowdown", n): 1.0 for n in (1, 2)}, {})
        readings.add({Number("w", "queued", 2): 0.0, Number("w", "time"): 1.0}, {})

    assert set(judgeable(pairs_of(one, other))) == {Number("w", "slowdown", 2), Number("w", "time")}


def test_a_failure_is_no_news_of_a_new_workload():
    one, other = Readings(), Readings()
    one.add({Number("fails", "time"): 1.0, Number("gone", "time"): 1.0}, {})
    other.add({Number("fails", "time"): math.nan, Number("new", "time"): 1.0}, {"fails": "died"})

    found = told_apart(one, other)

    assert found.gone == {"fails": "failed at head: died"}
    assert found.problems == ("gone has no result at head",)
    assert found.notes == ("new has no result at base",)


def test_a_plain_timed_benchmark_is_compared_by_its_time_and_nothing_else():
    suite = {
        "old.time_sort": {"type": "time", "params": [["'heap'", "'quick'"]], "param_names": ["kind"]},
        "old.time_sum": {"type": "time", "params": [], "param_names": []},
        "old.time_pool": {"type": "time", "params": [["1", "2"]], "param_names": ["threads"]},
        "old.peakmem_sum": {"type": "peakmemory", "params": [], "param_names": []},
        "work.One.track_slowdown": {
            "antigil_quantity": "slowdown", "params": [["2"]], "param_names": ["threads"],
        },
        "work.One.time_call": {"type": "time", "params": [], "param_names": []},
    }  # fmt: skip

    columns = comparable(suite, ("threads",))
    found = [(c.workload.name, c.quantity, c.threads) for c in columns]

    assert set(found) == {
        ("old.time_pool", "seconds", 1),
        ("old.time_pool", "seconds", 2),
        ("old.time_sort(kind='heap')", "time", None),
        ("old.time_sort(kind='quick')", "time", None),
        ("old.time_sum", "time", None),
        ("work.One", "slowdown", 2),
        ("work.One", "time", None),
    }
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("workload", "may"), [(MEASURED, True), (TIMED, False)])
def test_only_our_own_suites_are_forked(workload, may):
    assert _all_ours([Column(workload, "slowdown", 2, "b", 0)]) == may


def test_a_failed_benchmark_is_told_by_its_last_line_that_is_not_asvs():
    assert _reason(["Traceback", "ValueError: x", "asv: benchmark failed (exit status 1)"]) == "ValueError: x"
    assert _reason(["asv: setup_cache failed"]) == "asv: setup_cache failed"


class Suite(dict):
    """A suite as asv finds it."""

    def filter_out(self, names):
        """Return the rest."""
        return Suite({name: what for name, what in self.items() if name not in names})


class Environment:
    """An environment that knows which commit is installed in it."""

    name, python, installed = "virtualenv-py3.13", "3.13", None
    build_env_vars: ClassVar = {}
    env_vars: ClassVar = {}

    def can_install_project(self):
        """Tell that it can."""
        return True

    def install_project(self, conf, repo, commit):
        """Install a commit in place of another."""
        self.installed = commit

    def run(self, words, **options):
        """Say what it is made of, as the script does that asks for it."""
        return json.dumps({"python": "CPython 3.13.0", "compiler": "", "kernel": "", "packages": []})


def prepared(monkeypatch, environment):
    """Prepare two commits in environments that `environment` makes; return them, and the only place."""
    base, head = Revision("b" * 40, "base"), Revision("c" * 40, "head")
    quantity = {"antigil_quantity": "slowdown", "params": [["1", "2"]], "param_names": ["threads"]}

    def discover(conf, repo, environments, commits, regex):
        for env in environments:
            env.install_project(conf, repo, base.hash)
        return Suite({"work.One.track_slowdown": quantity})

    monkeypatch.setattr(running, "get_environments", lambda conf, specs: [environment()])
    monkeypatch.setattr(running.Setup, "perform_setup", lambda environments, parallel: None)
    monkeypatch.setattr(running.Benchmarks, "discover", discover)
    project = Project(SimpleNamespace(env_dir="env", environment_type="virtualenv"), None, Options())

    (place,) = interleaved_visits.prepare(project, (base, head), [], [])
    return base, head, place


def test_what_asv_installs_to_find_the_suite_does_not_stay(monkeypatch):
    """With a head that cannot be imported asv tries other commits, and would leave one of them there."""
    base, head, place = prepared(monkeypatch, Environment)

    assert [env.installed for env in place.sides] == [base.hash, head.hash]


class Broken(Environment):
    """An environment whose Python cannot say what it is made of."""

    def run(self, words, **options):
        """Fail as asv does where a process of its own fails."""
        raise ProcessError(["python", "-c"], 1, "", "ImportError: no metadata")


def test_an_environment_that_cannot_be_asked_what_it_is_made_of_is_one_line(monkeypatch):
    with pytest.raises(UserError, match=r"^'python -c' failed: ImportError: no metadata$"):
        prepared(monkeypatch, Broken)
