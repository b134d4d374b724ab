"""What several tests of the guard use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "history"))  # for `generated`


@pytest.fixture
def make_history(tmp_path, monkeypatch):
    """Return what generates a history of some workloads, and goes to its folder."""
    from generated import Plan
    from nights import LOSES, History

    def history(workloads=LOSES, name="project", **plan):
        plan = {"commits": 9, "samples": 8, **plan}
        return History(tmp_path / name, monkeypatch, Plan(workloads=workloads, **plan))

    return history


@pytest.fixture
def history(make_history):
    """Return a history whose newest commit lost something."""
    return make_history()
