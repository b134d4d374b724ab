"""The law that is told with a measurement, and why there may be none."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scaling"))

from fakes import measurement

from antigil.laws.fit_measurement import fitted_laws


def test_the_law_is_fitted_up_to_the_cpus_that_are_allowed():
    found = fitted_laws(measurement(0.0, speedup=(1.0, 1.9, 1.9), cpus_allowed=2))

    assert found["threads"] == [1, 2]
    assert found["karp_flatt"] == {"1": None, "2": pytest.approx(1 / 1.9 * 2 - 1)}
    assert found["best"]["law"] == "amdahl"
    assert found["note"] is None


def test_one_thread_count_is_too_few():
    found = fitted_laws(measurement(0.0, cpus_allowed=1))

    assert (found["karp_flatt"], found["best"]) == ({}, None)
    assert found["note"] == "a law needs two thread counts up to the CPUs allowed (1)"


def test_where_no_law_comes_near_that_is_said():
    found = fitted_laws(measurement(0.0, speedup=(1.0, 4.0, 1.5), width=0.001, cpus_allowed=4))

    assert (found["best"], found["note"]) == (None, "no law fits the points")


def test_without_scipy_there_is_a_note_and_no_law(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)

    found = fitted_laws(measurement(0.0, speedup=(1.0, 1.9, 3.4), cpus_allowed=4))

    assert found["best"] is None
    assert found["note"].startswith('fitting needs NumPy and SciPy: pip install "antigil[laws]"')
