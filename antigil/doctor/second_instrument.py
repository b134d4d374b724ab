"""Two instruments for the held share that have nothing in common, on a kernel whose share is known.

The probe of `antigil measure` asks for the GIL and counts context switches. The sampler of `antigil where`
interrupts the worker, and asks for nothing. They err in different ways: where they differ, one of them is
misled by the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot
from pathlib import Path

import antigil
from antigil.scaling import Z99, GilHeld, Workload, measure
from antigil.where import Share, where, why_unavailable

from .calibration import is_measuring_that_failed
from .finding import Finding, Level, graded, level_of

TRUTH = 0.25
KERNEL = f"kernel(100_000, {TRUTH})"
SETUP = "from antigil.kernels import serial_fraction as kernel"
BUDGET_SECONDS = 2.0
"""For each of the two."""

PROCESSES = 4

DIFFERENCE_NOTE = 0.03
"""What the two may differ by beyond three standard errors, each with its own bias."""

DIFFERENCE_BAD = 0.10
"""As far off as an error of the held share that changes a kernel's verdict."""


def compare_instruments(*, gil: bool, extension: bool) -> Iterator[Finding]:
    """Run both and say whether they agree; nothing where there is no GIL, or one of them is not built."""
    if not gil or not extension or why_unavailable() is not None:
        return
    path = (str(Path(antigil.__file__).parents[1]),)
    try:
        workload = Workload(KERNEL, SETUP, path=path)
        probed = measure(workload, (1,), budget=BUDGET_SECONDS, processes=PROCESSES).gil_held
        sampled = where(KERNEL, SETUP, 1, path=path, budget=BUDGET_SECONDS, processes=PROCESSES).held.total
    except Exception as error:
        if not is_measuring_that_failed(error):
            raise
        yield Finding(Level.NOTE, "two instruments", f"could not be compared: {error}")
        return
    yield judge_agreement(probed, sampled)


def judge_agreement(probed: GilHeld, sampled: Share) -> Finding:
    """Judge by how much the two differ beyond what chance may do."""
    says = (
        f"held share of a kernel that holds the GIL for {TRUTH}: "
        f"{probed.share:.3f} by the probe, {sampled.value:.3f} by the sampler"
    )
    chance = 3.0 * hypot(probed.standard_error, (sampled.ci99[1] - sampled.value) / Z99)
    beyond = abs(probed.share - sampled.value) - chance
    level = level_of(beyond, DIFFERENCE_NOTE, DIFFERENCE_BAD)
    means = (
        "one of them is misled here: neither held shares nor their division among functions can be relied on"
    )
    return graded(level, "two instruments", says, means, "measure on a quieter machine")
