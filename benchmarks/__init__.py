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

__all__ = ["HELD_SHARES", "import_kernel", "instrument"]

HELD_SHARES = {"holding": 1, "releasing": 0}
"""For which share of its time a form of `serial_fraction` holds the GIL."""


def import_kernel(name: str) -> str:
    """Return a workload's set-up that imports a kernel from whatever commit is installed.

    Commits from before the room ``antigil.kernels`` have their kernels at the top of ``antigil``. A commit
    that has the kernel in neither place raises ImportError, and so is skipped.
    """
    return f"""\
try:
    from antigil.kernels import {name}
except ModuleNotFoundError as error:
    if error.name != "antigil.kernels":
        raise
    from antigil import {name}
"""
