"""The Pythons that a suite names: which of them can take the instrument, and what a workflow sets up."""

import pytest

from antigil.adopt.pythons import named_pythons, set_up, too_old


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, []),
        ({"pythons": ["3.12", "3.14t", "3.12"]}, ["3.12", "3.14t"]),
        ({"pythons": "3.12", "include": [{"python": "3.13", "req": {}}, {"env": {}}, 3]}, ["3.12", "3.13"]),
        ({"pythons": {"3.12": None}, "include": "3.13"}, []),
    ],
)
def test_those_that_are_included_count_as_well(config, names):
    assert named_pythons(config) == names


@pytest.mark.parametrize(
    ("names", "old", "input_"),
    [
        ([], [], []),
        (["3.12"], [], ["3.12"]),
        (["3.13", "3.9", "3.11"], ["3.9"], ["3.9", "3.11", "3.13"]),
        (["3.14t"], [], ["3.14t", "3.13"]),
        (["2.7", "pypy3.10", "3.14.1"], ["2.7", "pypy3.10"], ["2.7", "pypy3.10", "3.14.1"]),
        (["/usr/bin/python3", "same"], [], []),
    ],
)
def test_the_last_one_that_is_set_up_runs_antigil(names, old, input_):
    assert too_old(names) == old
    assert set_up(names) == input_
