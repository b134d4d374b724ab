"""A made-up machine that is fit to measure on, and made-up measurements of the kernels."""

from antigil.doctor import calibration
from antigil.doctor.facts import Facts
from antigil.doctor.readers import Activity
from antigil.scaling import Estimate, GilHeld, Host, Measurement, Point, Sample
from antigil.scaling.sample import PointSample

QUIET_MACHINE = Facts(
    system="Linux",
    virtual=False,
    cpu="a CPU",
    cpus_online=4,
    cpus=(0, 1, 2, 3),
    quota=None,
    cores=(4, 0),
    activity=Activity(busy=0.01, stolen=0.0, programs=(("idler", 0.01),)),
    load_average=0.1,
    stolen_since_start=0.0,
    governors=("performance",),
    turbo=False,
    implementation="CPython",
    python_version="3.11.7",
    free_threaded_build=False,
    gil=True,
    switch_interval=0.005,
    queue_measured=True,
    switches_counted=True,
    short_turns=True,
    cores_alike=4,
)


def measured(
    threads,
    speedups,
    *,
    held=0.0,
    waiting=0.0,
    inflation=1.0,
    queued=0.0,
    dropped=0,
    disturbed=False,
    allowed=2,
    gil=True,
    steal=0.0,
    queue_measured=True,
):
    """Return a measurement of one kernel with these figures."""
    middle = Estimate.of(speedups)
    one = Point(1, 100.0, Estimate.of([1.0]), Estimate.of([1.0]), 0.0, 0.0, 1.0, 40, dropped, disturbed)
    last = Point(threads, 100.0, middle, middle, waiting, queued, inflation, 40, dropped, disturbed)
    samples = tuple(
        Sample({1: PointSample(100.0, 1.0, 1.0, 0, 0), threads: PointSample(100.0, s, s, 0, 0)}, 5, 0, False)
        for s in speedups
    )
    probe = GilHeld(held, 0.01, 400, 0.0, "switches")
    where = Host("3.11.7", "CPython", gil, 0.005, "a CPU", allowed, queue_measured)
    workload = calibration.workloads(extension=False)["a pure-Python loop"]
    return Measurement(workload, where, (one, last), samples, probe, (probe,), steal)
