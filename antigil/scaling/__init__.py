"""The scaling instrument: how far a workload runs in parallel under Python threads, and why not further.

Standard library only. It knows nothing of what it measures: neither asv nor this project's
own C extension. What is not named here is private to the room.
"""

from .experiment import default_thread_counts, measure, measure_function, measure_in_turn
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
from .measurement import INSTRUMENT_VERSION, Cut, Estimate, Measurement, Point, combine
from .process import START_SECONDS, Interpreter, answer_request, ask_fresh_process, plan_of
from .rounds import (
    DISTURBED_QUEUE_SHARE,
    Plan,
    Round,
    measure_rounds,
    select,
)
from .sample import (
    FEWEST_ROUNDS,
    Z99,
    PointSample,
    Sample,
    median_interval,
    sample_of,
    speedup_interval,
    t99,
)
from .thread_states import ThreadStates
from .threads import BESIDE, Clocks, ThreadMeter, Usage, queue_is_measurable
from .verdicts import (
    FEWEST_SEEN,
    HELPS_ABOVE,
    HURTS_BELOW,
    SCALES_FROM,
    WAITING_WORTH_TELLING,
    Judged,
    cause,
    extra_waiting,
    gil_verdict,
    judged,
    missing,
    scaling_verdict,
    speedup_word,
    starved,
    waiting_for_gil,
    waits,
)
from .window import time_one_call
from .workload import FunctionWorkload, MakeRun, MeasurementError, RemoteTraceback, Workload, WorkloadTimeout

__all__ = [
    "BESIDE",
    "DISTURBED_QUEUE_SHARE",
    "FEWEST_ROUNDS",
    "FEWEST_SEEN",
    "HELPS_ABOVE",
    "HURTS_BELOW",
    "INSTRUMENT_VERSION",
    "SCALES_FROM",
    "START_SECONDS",
    "WAITING_WORTH_TELLING",
    "Z99",
    "Clocks",
    "Cut",
    "Estimate",
    "FunctionWorkload",
    "GilHeld",
    "Host",
    "Interpreter",
    "Judged",
    "MakeRun",
    "Measurement",
    "MeasurementError",
    "Plan",
    "Point",
    "PointSample",
    "RemoteTraceback",
    "Round",
    "Sample",
    "ThreadMeter",
    "ThreadStates",
    "Usage",
    "Workload",
    "WorkloadTimeout",
    "affinity",
    "answer_request",
    "ask_fresh_process",
    "cause",
    "cgroup_quota",
    "combine",
    "cpu_model",
    "cpus_allowed",
    "default_thread_counts",
    "extra_waiting",
    "gil_enabled",
    "gil_verdict",
    "judged",
    "measure",
    "measure_function",
    "measure_in_turn",
    "measure_rounds",
    "median_interval",
    "missing",
    "placement",
    "plan_of",
    "pool",
    "probe_gil",
    "queue_is_measurable",
    "sample_of",
    "scaling_verdict",
    "select",
    "speedup_interval",
    "speedup_word",
    "starved",
    "t99",
    "thread_siblings",
    "time_one_call",
    "waiting_for_gil",
    "waits",
    "whole_cpus",
]
