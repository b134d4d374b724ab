"""What a test needs of the machine that it runs on; a test that goes without is seen among the skipped."""

import pytest

from antigil.scaling import cpus_allowed, gil_enabled

NO_GIL = "there is no GIL to hold"
"""The one reason to skip that our own CI lets pass, and only on a free-threaded build."""

needs_gil = pytest.mark.skipif(not gil_enabled(), reason=NO_GIL)
needs_two_cpus = pytest.mark.skipif(cpus_allowed() < 2, reason="needs two CPUs")
