"""What limits a measurement, in words: the machine, other programs, and time."""

from __future__ import annotations

from collections.abc import Iterator

from antigil.scaling import Cut, Host, Measurement, judged


def limits(measurement: Measurement) -> Iterator[str]:
    """Yield what limits the measurement."""
    where = measurement.host
    if where.ideal < where.cpus_allowed:
        alike = f"{where.ideal} cores are alike" if where.ideal > 1 else "no two cores are alike"
        yield (
            f"the CPUs are hardware threads, or cores of several kinds: {alike}, "
            "and laws and ideals end there"
        )
    whole = where.cpus_allowed
    if where.quota is not None and whole < where.quota < whole + 1:
        yield f"its quota of {where.quota:.3g} CPUs counts as {whole}: part of one serves no thread in full"
    if where.free_threaded and where.gil:
        yield gil_again(where)
    if measurement.cut is not None:
        yield _cut_short(measurement, measurement.cut)
    if measurement.disturbed:
        yield _disturbance(measurement)
    if measurement.steal is not None and measurement.steal > 0.02:
        yield f"the hypervisor took {measurement.steal:.0%} of the CPU time"
    if not where.queue_measured:
        yield "queueing is not reported here: waiting includes it, and the speedup is the raw one"
    if measurement.gil_held.method == "latency":
        yield "this system does not count a thread's switches: holds below 1 ms go unseen"


def gil_again(where: Host) -> str:
    """Return what keeps a free-threaded build from being one."""
    why = "PYTHON_GIL=1 or -X gil=1 keeps it on"
    if not where.gil_forced:
        why = (
            "an import switched it on, of an extension that does not declare Py_mod_gil (Python names it in "
            "a RuntimeWarning)"
        )
    return f"this build can do without a GIL, but {why}"


def _cut_short(measurement: Measurement, cut: Cut) -> str:
    """Return what a measurement had to do without, why, and the time that all of it would take."""
    done = len(measurement.samples)
    text = (
        "a process takes much longer than its share of the budget, as where many threads wait for their turns"
    )
    if measurement.samples[0].shortened:
        text = "calls are so long that a window holds fewer than four of each thread"
    if done == cut.processes:
        return text
    intervals = ", so there are no 99 % intervals" if measurement.points[0].speedup.ci99 is None else ""
    return (
        f"{text}, and the budget was enough for {done} of {cut.processes} processes{intervals}: "
        f"all would take about {cut.seconds:.0f} s"
    )


def _disturbance(measurement: Measurement) -> str:
    """Return what a disturbed measurement leaves in the figures."""
    cpus, quota, found = measurement.host.cpus_allowed, measurement.host.quota, judged(measurement)
    left = {
        "from the call's own threads or processes": any(point.crowded for point in measurement.points),
        "from more threads than CPUs": found is not None and found.threads > cpus,
    }
    rest = " or ".join(name for name, is_left in left.items() if is_left)
    told = "other programs disturbed it throughout; their share is taken out of the speedup"
    if quota is not None and quota < 1.0:
        told = f"its quota of {quota:.2g} CPUs stops even one thread; that time is taken out of the speedup"
    return f"{told}{f', but not what they took {rest}' if rest else ''}"
