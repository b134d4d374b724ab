"""Sampling leaves a workload's results as they are: one that throws, forks, loads libraries, has signals.

``tools/where_robust.py`` does so for as long as it is told, and with AddressSanitizer.
"""

import pytest
from hostile import build

from antigil.where import where


def test_a_hostile_workload_is_sampled_without_a_wrong_result(tmp_path, sampler):
    """It checks its results itself, and its process must not die."""
    setup = build(tmp_path)
    if setup is None:
        pytest.skip("there is no C++ compiler")

    found = where("hostile()", setup, 2, budget=2.0, processes=1)

    assert sum(stack.value for stacks in found.stacks.values() for stack in stacks) > 0
