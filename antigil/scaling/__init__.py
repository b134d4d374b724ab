"""The scaling instrument: how far a workload runs in parallel under Python threads, and why not further.

Standard library only. It knows nothing of what it measures: neither asv nor this project's
own C extension. What is not named here is private to the room.
"""

from .errors import MeasurementError, RemoteTraceback, WorkloadTimeout
from .experiment import default_thread_counts, measure, measure_function
from .gil_held_share import GilHeld, pool
from .gil_probe import probe_gil
from .host import (
    Host,
    affinity,
    cgroup_quota,
    cpu_model,
    cpus_allowed,
    gil_enabled,
    placement,
    thread_siblings,
    whole_cpus,
)
from .measurement import INSTRUMENT_VERSION, Cut, Estimate, Measurement, Point
from .rounds import (
    DISTURBED_QUEUE_SHARE,
    Plan,
    Round,
    measure_rounds,
    select,
)
from .sample import FEWEST_ROUNDS, Sample, median_interval, speedup_interval
from .threads import queue_is_measurable
from .verdicts import (
    HELPS_ABOVE,
    HURTS_BELOW,
    SCALES_FROM,
    Judged,
    cause,
    extra_waiting,
    gil_verdict,
    judged,
    missing,
    scaling_verdict,
    speedup_word,
    waits,
)
from .window import time_one_call
from .workload import FunctionWorkload, Workload

__all__ = [
    "DISTURBED_QUEUE_SHARE",
    "FEWEST_ROUNDS",
    "HELPS_ABOVE",
    "HURTS_BELOW",
    "INSTRUMENT_VERSION",
    "SCALES_FROM",
    "Cut",
    "Estimate",
    "FunctionWorkload",
    "GilHeld",
    "Host",
    "Judged",
    "Measurement",
    "MeasurementError",
    "Plan",
    "Point",
    "RemoteTraceback",
    "Round",
    "Sample",
    "Workload",
    "WorkloadTimeout",
    "affinity",
    "cause",
    "cgroup_quota",
    "cpu_model",
    "cpus_allowed",
    "default_thread_counts",
    "extra_waiting",
    "gil_enabled",
    "gil_verdict",
    "judged",
    "measure",
    "measure_function",
    "measure_rounds",
    "median_interval",
    "missing",
    "placement",
    "pool",
    "probe_gil",
    "queue_is_measurable",
    "scaling_verdict",
    "select",
    "speedup_interval",
    "speedup_word",
    "thread_siblings",
    "time_one_call",
    "waits",
    "whole_cpus",
]
