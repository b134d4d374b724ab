"""Where a measurement is made: the interpreter and its build, the CPUs, what the system reports."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from .clocks import queue_is_measurable
from .cpus import cpu_model, cpus_allowed


@dataclass(frozen=True)
class Host:
    """Where a measurement was made.

    Attributes
    ----------
    gil
        Whether the GIL was enabled.
    switch_interval
        CPython's switch interval in seconds.
    queue_measured
        Whether the system reports time in the run queue. Where it does not, waiting includes
        queueing, and a queue-free speedup cannot be had.
    """

    python_version: str
    implementation: str
    gil: bool
    switch_interval: float
    cpu: str
    cpus_allowed: int
    queue_measured: bool

    @classmethod
    def here(cls) -> Host:
        """Return what this process runs on."""
        return cls(
            python_version=platform.python_version(),
            implementation=platform.python_implementation(),
            gil=gil_enabled(),
            switch_interval=sys.getswitchinterval(),
            cpu=cpu_model(),
            cpus_allowed=cpus_allowed(),
            queue_measured=queue_is_measurable(),
        )


def gil_enabled() -> bool:
    """Tell whether the GIL is enabled in this process."""
    check = getattr(sys, "_is_gil_enabled", None)  # since 3.13; before, there is always a GIL
    return True if check is None else bool(check())
