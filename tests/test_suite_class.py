"""The base class that benchmarks of any project are made of."""

import dataclasses
import inspect
import math
from types import SimpleNamespace

import pytest

from antigil.suite import NUMBERS, Scaling, Surroundings, Workload


class Sum(Scaling, title="a sum", thread_counts=(1, 2), budget=0.2, processes=1, rounds=1):
    """Settings of its own, and short."""

    workload = Workload("sum(range(1000))")


class Control(Scaling, expected="at most 2", control=True):
    """No title."""

    workload = Workload("pass")


class Short(Scaling, thread_counts=(1, 2), budget=2.0, only=("slowdown", "gil_held")):
    """A base."""


class Shortest(Short, budget=1.0):
    """One setting more than its base."""

    workload = Workload("pass")


MEASURED = {
    "points": [
        {"threads": 1, "samples": [1.0, 1.0], "waiting": 0.0, "queued": 0.0, "inflation": 1.0},
        {"threads": 2, "samples": [1.6, 2.0], "waiting": 0.1, "queued": 0.2, "inflation": 1.1},
        {"threads": 4, "samples": [2.0], "waiting": 0.1, "queued": None, "inflation": None},
    ],
    "gil_held": {"samples": [0.0, 0.01]},
    "stall": 0.005,
    "python": {"gil": True},
}


def test_the_numbers_are_read_from_the_json_form_of_a_measurement():
    assert Sum().track_slowdown(MEASURED, 2) == {"samples": [2 / 1.6, 1.0], "number": 1}
    assert Sum().track_waiting(MEASURED, 2) == 0.1
    assert Sum().track_queued(MEASURED, 2) == 0.2
    assert Sum().track_inflation(MEASURED, 2) == 1.1
    assert Sum().track_gil_held(MEASURED) == {"samples": [0.0, 0.01], "number": 1}
    assert Sum().track_stall(MEASURED) == 0.005
    assert [Sum().track_gil_enabled({"python": {"gil": gil}}) for gil in (True, False)] == [1, 0]


def test_what_cannot_be_had_is_skipped():
    """Asv takes NaN for skipped, None for failed."""
    assert math.isnan(Sum().track_queued(MEASURED, 4))
    assert math.isnan(Sum().track_inflation(MEASURED, 4))
    assert math.isnan(Sum().track_gil_enabled({"points": MEASURED["points"]}))  # of another cache


def test_a_real_measurement_has_every_number(monkeypatch):
    monkeypatch.delenv("ANTIGIL_PROCESSES", raising=False)
    workload = Sum()
    measured = workload.setup_cache()
    workload.setup(measured)
    workload.time_call(measured)
    for number, name in NUMBERS.items():
        function = getattr(workload, name)
        for n in function.params[0] if hasattr(function, "params") else ():
            assert function(measured, n) is not None, number
    assert [point["threads"] for point in measured["points"]] == [1, 2]
    assert len(measured["gil_held"]["samples"]) == 1


def test_functions_say_what_they_measure():
    assert Sum.track_slowdown.antigil_quantity == "slowdown"
    assert Sum.track_slowdown.antigil_title == "a sum"
    assert Sum.track_slowdown.antigil_control is False
    assert Sum.track_slowdown.params == [[1, 2]]
    assert Sum.track_slowdown.param_names == ["threads"]
    assert not hasattr(Sum.track_gil_held, "params")
    assert Control.track_stall.antigil_control is True
    assert Control.track_stall.antigil_title == "Control"
    assert Control.track_stall.antigil_expected == "at most 2"
    assert not hasattr(Sum.track_slowdown, "antigil_expected")
    assert Control.track_slowdown.params == [[1, 2, 4, 8]]


def test_the_base_stays_as_it_is():
    assert not hasattr(Scaling.track_slowdown, "antigil_title")
    assert Scaling.plan["thread_counts"] == (1, 2, 4, 8)


def test_asv_passes_over_bases_and_finds_the_rest():
    """It takes every class of a module that is not abstract, imported or not."""
    assert inspect.isabstract(Scaling)
    assert inspect.isabstract(Short)
    assert not inspect.isabstract(Shortest)
    assert not inspect.isabstract(Surroundings)


def test_settings_of_a_base_are_inherited_one_by_one():
    assert Shortest.plan == {"thread_counts": (1, 2), "budget": 1.0, "processes": 8, "rounds": 4}
    assert [name for name in NUMBERS.values() if getattr(Shortest, name)] == [
        "track_slowdown",
        "track_gil_held",
    ]


WORKLOAD = Workload("f(1)", "from m import f")


def version(workload=WORKLOAD, **settings):
    """Return what asv takes for the version of a class's benchmarks."""
    return type("Made", (Scaling,), {"workload": workload}, **settings)().version


@pytest.mark.parametrize(
    "changed",
    [
        {"statement": "f(2)"},
        {"setup": "from m import g as f"},
        {"thread_setup": "x = thread"},
        {"beside": "g(1)"},
    ],
)
def test_numbers_of_another_workload_are_of_another_version(changed):
    assert version(dataclasses.replace(WORKLOAD, **changed)) != version()


def test_how_it_is_called_and_how_long_it_is_measured_makes_no_other_version():
    elsewhere = dataclasses.replace(WORKLOAD, path=("/elsewhere",), teardown="f(0)")

    assert version(title="another", thread_counts=(1, 2), budget=1.0, processes=2, rounds=1) == version()
    assert version(elsewhere) == version()


def test_an_own_version_stands():
    class Own(Scaling):
        version = "2"

    class One(Own):
        workload = Workload("pass")

    assert One().version == "2"


class Mixed:
    """No workload of ours."""

    def time_call(self, measured):
        """Two calls."""
        self.run(2)


class Base(Scaling, only=("slowdown", "stall", "time")):
    """A base with functions of its own."""

    factor = 2.0

    def setup_cache(self):
        """Measure nothing."""
        return {"name": type(self).__name__, "stall": 0.5}

    def track_stall(self, measured):
        """Another stall."""
        return super().track_stall(measured) * self.factor

    def peakmem_call(self, measured):
        """Not asked for, and written all the same."""


class First(Mixed, Base, title="the first"):
    """Inherits all."""

    workload = Workload("1")


class Second(First, only=("slowdown", "stall", "time", "peakmem")):
    """Its own, beside what it inherits."""

    workload = Workload("2")
    factor = 3.0
    time_call = None


def test_functions_that_were_written_for_a_class_are_its_own_and_those_of_its_subclasses():
    assert First.time_call is Mixed.time_call
    assert Second.time_call is None
    assert First().track_stall({"stall": 0.5}) == 1.0
    assert Second().track_stall({"stall": 0.5}) == 1.5
    assert Base.peakmem_call.__doc__ == "Not asked for, and written all the same."
    assert First.peakmem_call is None
    assert Second.peakmem_call is Base.peakmem_call


def test_they_are_labelled_like_ours():
    assert (First.track_stall.antigil_title, First.track_stall.unit) == ("the first", "seconds")
    assert First.track_stall.antigil_quantity == "stall"
    assert Second.track_stall.antigil_workload["statement"] == "2"


def test_what_a_base_measures_itself_is_measured_for_each_workload_by_itself():
    base = pytest.importorskip("asv_runner.benchmarks._base")
    assert (First().setup_cache()["name"], Second().setup_cache()["name"]) == ("First", "Second")
    keys = {base.get_setup_cache_key(one().setup_cache) for one in (First, Second)}
    assert len(keys) == 2


def test_a_large_budget_raises_the_time_after_which_asv_gives_up():
    class Long(Scaling, budget=300.0):
        workload = Workload("pass")

    class Own(Scaling, budget=300.0):
        workload = Workload("pass")
        timeout = 7200

    assert Sum.timeout == Scaling.timeout
    assert Long.timeout > 900
    assert Own.timeout == 7200


def test_fewer_processes_take_their_share_of_the_budget(monkeypatch):
    monkeypatch.setattr("antigil.suite.measure", lambda _, **plan: SimpleNamespace(to_json=lambda: plan))
    monkeypatch.setenv("ANTIGIL_PROCESSES", "2")
    two = Control().setup_cache()
    monkeypatch.delenv("ANTIGIL_PROCESSES")
    eight = Control().setup_cache()
    assert (two["processes"], two["budget"]) == (2, 2.0)
    assert (eight["processes"], eight["budget"]) == (8, 8.0)


def test_what_a_commit_lacks_is_skipped_with_the_reason_and_what_fails_is_not(monkeypatch):
    monkeypatch.setenv("ANTIGIL_PROCESSES", "1")
    workload = Sum()
    monkeypatch.setattr(Sum, "workload", Workload("pass", "from math import no_such_function"))
    measured = workload.setup_cache()
    with pytest.raises(NotImplementedError, match="no_such_function"):
        workload.setup(measured)
    monkeypatch.setattr(Sum, "workload", Workload("1 / 0"))
    with pytest.raises(ZeroDivisionError):
        workload.setup_cache()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"thread_counts": (2, 4)}, "begin with 1, not"),
        ({"thread_counts": (1, 4, 2)}, "ascending"),
        ({"thread_counts": (0, 1, 2)}, "begin with 1, not"),
        ({"thread_counts": (1, 2.0)}, "begin with 1, not"),
        ({"thread_counts": (1, "2")}, "begin with 1, not"),
        ({"budget": 0.0}, "positive"),
        ({"budget": math.nan}, "budget is a positive number, not nan"),
        ({"budget": math.inf}, "positive"),
        ({"budget": "8"}, "positive"),
        ({"processes": 0}, "positive"),
        ({"processes": 2.5}, "processes is a positive whole number, not 2.5"),
        ({"rounds": 2.5}, "rounds is a positive whole number"),
        ({"only": ("speedup",)}, "only= takes slowdown, .* not speedup"),
    ],
)
def test_mistakes_are_told_when_the_class_is_made(settings, said):
    with pytest.raises(ValueError, match=said):
        type("Wrong", (Scaling,), {"workload": Workload("pass")}, **settings)


def test_a_workload_is_no_mere_text():
    with pytest.raises(TypeError, match=r"Wrong\.workload is a Workload\(statement, setup\), not 'sum"):
        type("Wrong", (Scaling,), {"workload": "sum(range(1000))"})
