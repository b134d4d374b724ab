"""The scaling instrument: how far a workload runs in parallel under Python threads, and why not further.

Standard library only. It knows nothing of what it measures: neither asv nor this project's
own C extension.
"""

from .cpus import affinity, cgroup_quota, cpu_model, cpus_allowed
from .errors import MeasurementError, RemoteTraceback, WorkloadTimeout
from .held import GilHeld
from .measure import default_thread_counts, measure, measure_function
from .measurement import INSTRUMENT_VERSION, Cut, Estimate, Measurement, Point
from .probe import probe_gil
from .rounds import Plan, measure_rounds
from .sample import Sample
from .surroundings import Surroundings, gil_enabled
from .verdict import sentence, verdict, waits
from .workload import FunctionWorkload, Workload

__all__ = [
    "INSTRUMENT_VERSION",
    "Cut",
    "Estimate",
    "FunctionWorkload",
    "GilHeld",
    "Measurement",
    "MeasurementError",
    "Plan",
    "Point",
    "RemoteTraceback",
    "Sample",
    "Surroundings",
    "Workload",
    "WorkloadTimeout",
    "affinity",
    "cgroup_quota",
    "cpu_model",
    "cpus_allowed",
    "default_thread_counts",
    "gil_enabled",
    "measure",
    "measure_function",
    "measure_rounds",
    "probe_gil",
    "sentence",
    "verdict",
    "waits",
]
