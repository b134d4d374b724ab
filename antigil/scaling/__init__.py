"""The scaling instrument: how far a workload runs in parallel under Python threads, and why not further.

Standard library only. It knows nothing of what it measures: neither asv nor this project's
own C extension. What is not named here is private to the room.
"""

from .cgroup import cgroup_quota
from .experiment import as_imported_here, default_thread_counts, measure, measure_function, measure_in_turn
from .held_share.estimate import TooFewProbes
from .held_share.probe import probe_gil
from .host import (
    Host,
    affinity,
    cores_allowed,
    cpu_model,
    cpus_allowed,
    placement,
    require_alike,
    thread_siblings,
    whole_cpus,
)
from .measurement import INSTRUMENT_VERSION, Cut, Estimate, Measurement, Point, combine
from .measurement_json import sample_from_json
from .mixes_and_processes.mixes import Mix, MixPoint
from .mixes_and_processes.processes import Processes, to_win
from .own_work.first_calls import time_one_call
from .own_work.meter import THREADS_BESIDE
from .process import START_SECONDS, Interpreter, answer_request, ask_fresh_process, plan_of
from .rounds import (
    DISTURBED_QUEUE_SHARE,
    Plan,
    Round,
    counts_served,
    measure_rounds,
)
from .sample import (
    FEWEST_ROUNDS,
    Z99,
    GilHeld,
    PointSample,
    Sample,
    least_side_by_side,
    median_interval,
    pool,
    sample_of,
    select,
    speedup_interval,
    starts_work,
    t99,
)
from .thread_states import ThreadStates
from .threads import Clocks, ThreadMeter, Usage, gil_enabled, queue_is_measurable, take_short_turns
from .verdicts.causes import cause, hands_over_once, missing, starved
from .verdicts.on_gil import (
    FEWEST_SEEN,
    WAITING_WORTH_TELLING,
    extra_waiting,
    gil_verdict,
    hand_over_seconds,
    most_telling_point,
    seconds_alone,
    waiting_for_gil,
    waits,
    waits_with_gil,
)
from .verdicts.on_scaling import (
    HELPS_ABOVE,
    SCALES_FROM,
    WIDEST,
    Judged,
    bounds,
    judged,
    least_of_rounds,
    send_to_sleep,
    speedup_word,
)
from .workload import FunctionWorkload, MakeRun, MeasurementError, RemoteTraceback, Workload, WorkloadTimeout

__all__ = [
    "DISTURBED_QUEUE_SHARE",
    "FEWEST_ROUNDS",
    "FEWEST_SEEN",
    "HELPS_ABOVE",
    "INSTRUMENT_VERSION",
    "SCALES_FROM",
    "START_SECONDS",
    "THREADS_BESIDE",
    "WAITING_WORTH_TELLING",
    "WIDEST",
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
    "Mix",
    "MixPoint",
    "Plan",
    "Point",
    "PointSample",
    "Processes",
    "RemoteTraceback",
    "Round",
    "Sample",
    "ThreadMeter",
    "ThreadStates",
    "TooFewProbes",
    "Usage",
    "Workload",
    "WorkloadTimeout",
    "affinity",
    "answer_request",
    "as_imported_here",
    "ask_fresh_process",
    "bounds",
    "cause",
    "cgroup_quota",
    "combine",
    "cores_allowed",
    "counts_served",
    "cpu_model",
    "cpus_allowed",
    "default_thread_counts",
    "extra_waiting",
    "gil_enabled",
    "gil_verdict",
    "hand_over_seconds",
    "hands_over_once",
    "judged",
    "least_of_rounds",
    "least_side_by_side",
    "measure",
    "measure_function",
    "measure_in_turn",
    "measure_rounds",
    "median_interval",
    "missing",
    "most_telling_point",
    "placement",
    "plan_of",
    "pool",
    "probe_gil",
    "queue_is_measurable",
    "require_alike",
    "sample_from_json",
    "sample_of",
    "seconds_alone",
    "select",
    "send_to_sleep",
    "speedup_interval",
    "speedup_word",
    "starts_work",
    "starved",
    "t99",
    "take_short_turns",
    "thread_siblings",
    "time_one_call",
    "to_win",
    "waiting_for_gil",
    "waits",
    "waits_with_gil",
    "whole_cpus",
]
