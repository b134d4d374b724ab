"""What pyproject.toml asks for beside antigil."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def requirements():
    """Return what the extra ``asv`` asks for, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {one.name: one.specifier for one in map(Requirement, project["optional-dependencies"]["asv"])}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("asv", ["0.6.6"], ["0.6.5", "0.7", "0.7.dev1", "0.7rc1"]),
        ("asv_runner", ["0.2.5"], ["0.2.1", "0.2.2", "0.2.3", "0.2.4"]),
        ("virtualenv", ["20.30.0"], ["20.29.3"]),
    ],
)
def test_the_installed_version_is_one_that_was_tried_and_the_others_are_refused(name, inside, outside):
    allowed = requirements()[name]

    assert [one for one in [version(name), *inside] if not allowed.contains(one, prereleases=True)] == []
    assert [one for one in outside if allowed.contains(one, prereleases=True)] == []
