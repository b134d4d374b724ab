"""Whether the GIL was on: of a workload, of its environment, or guessed by the name of the Python."""

import numpy as np
import pytest
from generated import Behaviour, Place, Plan, Planned, generate, load

from antigil.history.series import Archive, Environment, Series, State, TrackedWorkload


def test_what_a_workloads_imports_did_to_the_gil_comes_before_what_the_build_could_do(tmp_path):
    """Where it was not recorded of the workload, as in older results, its environment's record stands."""
    steady = {0: Behaviour(serial=1.0)}
    workloads = (Planned("work.On", "On", steady, gil=True), Planned("work.Old", "Old", steady))
    places = (Place(python="3.14t", gil=False),)
    generate(Plan(commits=4, workloads=workloads, places=places), tmp_path)
    found, _ = load(tmp_path)
    (here,) = found.environments

    assert [found.gil_enabled(here, 2, name) for name in ("work.On", "work.Old", None)] == [
        True,
        False,
        False,
    ]
    assert [*found.workloads] == ["work.Old", "work.On"]


def recorded(owner, quantity, here, *values):
    """Return what was recorded at revisions 0, 1, 2 and so on; None stands for nothing."""
    numbers = np.array([np.nan if value is None else value for value in values])
    states = np.where(np.isnan(numbers), State.MISSING, State.PRESENT).astype(np.uint8)
    columns = (np.arange(len(values)), numbers, numbers.copy(), numbers.copy(), states)
    return Series(owner, quantity, None, here, *columns, f"{owner}.track_{quantity}", None)


def test_what_is_recorded_of_a_workload_counts_from_its_first_record_on():
    """Before that, what its environment recorded counts, and what came later only where there is no other."""
    here = Environment((("python", "3.14t"),))
    own = recorded("work.On", "gil_enabled", here, None, None, 1, None)
    machine = recorded("surroundings.Surroundings", "gil_enabled", here, 0, 0, 0, 0)
    workloads = {"work.On": TrackedWorkload("work.On", "On")}

    both, alone = (Archive(workloads, (here,), told, {}) for told in ((own, machine), (own,)))

    assert [both.gil_enabled(here, n, "work.On") for n in range(4)] == [False, False, True, True]
    assert [alone.gil_enabled(here, n, "work.On") for n in range(4)] == [True] * 4


def test_a_class_that_is_not_drawn_does_not_speak_for_its_environment():
    here = Environment((("python", "3.14t"),))
    series = (
        recorded("alone.OnlyTime", "gil_enabled", here, 1, 1),
        recorded("surroundings.Surroundings", "cpus_allowed", here, 4, 4),
        recorded("surroundings.Surroundings", "gil_enabled", here, 0, 0),
    )

    assert Archive({}, (here,), series, {}).gil_enabled(here, 1) is False


@pytest.mark.parametrize(
    ("python", "gil"),
    [
        ("3.14t", False),
        ("/usr/bin/python3.14t", False),
        ("3.14.0t", False),
        ("3.14.0rc2t", False),
        ("3.14.0b1t", False),
        ("3.14", True),
        ("3.14-jit", True),
        ("3.14.0rc2", True),
        ("/opt/cpython-3.14-jit", True),
        ("/opt/python3.14_test", True),
        ("pypy3.11-nightly-test", True),
        ("", None),
    ],
)
def test_without_any_record_the_name_of_the_python_is_the_guess(python, gil):
    here = Environment((("python", python),) if python else ())

    assert Archive({}, (here,), (), {}).gil_enabled(here, 1) is gil
