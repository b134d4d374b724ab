"""The asv suite: how far each workload scales over threads, commit by commit.

The instrument comes from this checkout, whatever commit is under test, and must not change with
what it measures: ``benchmarks.checkout`` stands for the checkout's ``antigil/``, of which the
instrument and the base class are loaded as parts of it, by path. The workloads' code comes from
the installed commit, and is looked up when it runs.
"""

import sys
from pathlib import Path
from types import ModuleType

checkout = ModuleType(f"{__name__}.checkout", "The checkout's antigil/, without what its __init__ does.")
checkout.__path__ = [str(Path(__file__).resolve().parent.parent / "antigil")]
sys.modules[checkout.__name__] = checkout

from .checkout import scaling as instrument  # noqa: E402

__all__ = ["instrument"]
