"""What the machine's facts mean for a measurement."""

from __future__ import annotations

from collections.abc import Iterator

from antigil.scaling import DISTURBED_QUEUE_SHARE

from .facts import Facts
from .finding import Finding, Level, graded, level_of

LOAD_NOTE = DISTURBED_QUEUE_SHARE
"""Share of the CPUs' time that others may take: the instrument calls a window with more disturbed."""

LOAD_BAD = 0.75
"""Beyond this, more of a speedup is given back by arithmetic than was measured: at 0.75 a thread
that wants a whole CPU gets little more than half of it, and calls/s say nothing at all."""

LOAD_AVERAGE_NOTE = 0.5
"""Threads running or ready per CPU, over the last minute: busy a moment ago, busy in a moment."""

STEAL_NOTE = 0.02
"""Share of CPU time taken by the hypervisor. It cannot be given back, as queueing can, because it
shows as slower calls; so it may stay below what a comparison of two commits is to see (some 2 %)."""

STEAL_BAD = 0.10
"""As much as a serial fraction of 10 % takes off a speedup at two threads: the two look alike."""

USUAL_SWITCH_INTERVAL = 0.005
"""CPython's own, in seconds."""

SHARES_NEED_NO_MORE = "held share, waiting and verdict need no more than one CPU"


def judge_facts(machine: Facts) -> Iterator[Finding]:
    """Yield what the facts mean, one finding for each subject."""
    yield judge_cpus(machine)
    yield judge_quota(machine)
    yield judge_cores(machine)
    yield judge_load(machine)
    yield judge_steal(machine)
    yield judge_governor(machine)
    yield judge_turbo(machine)
    yield judge_gil(machine)
    yield judge_switch_interval(machine)
    yield judge_queue(machine)
    yield judge_switches(machine)
    yield judge_turns(machine)


def judge_cpus(machine: Facts) -> Finding:
    """Judge how many CPUs may be used."""
    allowed, online = machine.cpus_allowed, machine.cpus_online
    says = f"{allowed} of {online} may be used ({machine.cpu})"
    if allowed == 1:
        return Finding(
            Level.NOTE,
            "CPUs",
            says,
            f"no speedup can be seen here, as every true one is 1; {SHARES_NEED_NO_MORE}",
            "" if online == 1 else "lift the affinity mask or the quota to see speedups",
        )
    if allowed < online:
        return Finding(Level.NOTE, "CPUs", says, f"speedups end at {allowed} here")
    return Finding(Level.OK, "CPUs", says)


def judge_quota(machine: Facts) -> Finding:
    """Judge the control group's CPU quota."""
    quota, allowed = machine.quota, machine.cpus_allowed
    if quota is None:
        none = "none" if machine.system == "Linux" else f"{machine.system} has none of the kind"
        return Finding(Level.OK, "quota", none)
    says = f"{quota:g} CPUs"
    if quota < 1:
        return Finding(
            Level.BAD,
            "quota",
            says,
            "even one thread is stopped part of the time: calls/s are the quota's and not the code's",
            "give the container at least one whole CPU",
        )
    if quota < len(machine.cpus):
        return Finding(
            Level.NOTE,
            "quota",
            says,
            f"if more than {allowed} run at once, all stop whenever the quota's period is used up, "
            "so speedups at higher thread counts come in bursts",
            "restrict the container to whole CPUs (cpuset) instead",
        )
    return Finding(Level.OK, "quota", f"{says}, no less than the CPUs")


def judge_cores(machine: Facts) -> Finding:
    """Judge which CPUs are hardware threads of one physical core."""
    if machine.cores is None:
        return Finding(
            Level.NOTE, "cores", f"{machine.system} does not say here which CPUs share a physical core"
        )
    cores, shared = machine.cores
    if machine.cores_alike < cores:
        return Finding(
            Level.NOTE,
            "cores",
            f"{machine.cores_alike} of {cores} physical cores are of the fastest kind",
            f"beyond {machine.cores_alike} threads a speedup tells of slower cores, too (as inflation)",
            f"compare speedups up to {machine.cores_alike} threads; the fastest cores come first",
        )
    if cores < len(machine.cpus):
        return Finding(
            Level.NOTE,
            "cores",
            f"{len(machine.cpus)} CPUs are hardware threads of {cores} physical cores",
            f"beyond {cores} threads a speedup tells of the cores' shared units too (as inflation)",
            f"compare speedups up to {cores} threads; threads are placed on separate cores first",
        )
    if shared:
        return Finding(
            Level.NOTE,
            "cores",
            f"{shared} of {cores} physical cores have hardware threads that others may use",
            "a neighbour there slows calls down without showing as load",
            "take whole cores into the affinity mask",
        )
    return Finding(Level.OK, "cores", f"each CPU is a physical core of its own, {cores} in all")


def judge_load(machine: Facts) -> Finding:
    """Judge what other programs take of the CPUs."""
    average, busy = machine.load_average, machine.activity.busy
    over_a_minute = "" if average is None else f", load average {average:.2f}"
    quieter = "stop them, or measure when they are done"
    if busy is None:
        if average is None:
            return Finding(
                Level.NOTE, "load", f"cannot be read on {machine.system}", to_do="see for yourself"
            )
        level = level_of(average / machine.cpus_online, LOAD_AVERAGE_NOTE, float("inf"))
        means = "" if level is Level.OK else "other programs have been running"
        return Finding(level, "load", over_a_minute[2:], means, quieter if means else "")
    # What is busy on CPUs that a quota keeps from us anyway is in nobody's way.
    taken = max(0.0, busy - (len(machine.cpus) - machine.cpus_allowed))
    level = level_of(taken / machine.cpus_allowed, LOAD_NOTE, LOAD_BAD)
    names = ", ".join(f"{name} {cpus:.2f}" for name, cpus in machine.greedy_programs())
    says = f"others use {busy:.2f} of {len(machine.cpus)} CPUs{f' ({names})' if names else ''}{over_a_minute}"
    means = {
        Level.BAD: "hardly a CPU is free: calls/s mean nothing, and speedups rest on what is given back",
        Level.NOTE: "their part is taken out of speedups, at the price of certainty; verdicts stay right",
        Level.OK: "quiet now, but others ran within the last minutes and may again",
    }[level]
    if average is not None and average / machine.cpus_online > LOAD_AVERAGE_NOTE:
        level = max(level, Level.NOTE, key=list(Level).index)
    return graded(level, "load", says, means, quieter)


def judge_steal(machine: Facts) -> Finding:
    """Judge what the hypervisor takes."""
    now, since_start = machine.activity.stolen, machine.stolen_since_start
    if now is None or since_start is None:
        return Finding(Level.NOTE, "steal", f"cannot be read on {machine.system}")
    says = f"the hypervisor took {now:.1%} just now, {since_start:.1%} since the start"
    level = level_of(now, STEAL_NOTE, STEAL_BAD)
    if level is Level.OK and since_start > STEAL_NOTE:
        level = Level.NOTE
    means = "it shows as slower calls and as inflation, and cannot be taken out"
    return graded(level, "steal", says, means, "use a machine with CPUs of its own (dedicated, not shared)")


def judge_governor(machine: Facts) -> Finding:
    """Judge how the CPUs' clock is governed."""
    subject, names = "frequency governor", machine.governors
    if not names:
        return _unreadable(machine, subject)
    level = Level.OK if names == ("performance",) else Level.NOTE
    means = (
        "the clock follows the load, so that calls/s drift; speedups are taken within a round and hardly do"
    )
    return graded(
        level, subject, ", ".join(names), means, "sudo cpupower frequency-set --governor performance"
    )


def judge_turbo(machine: Facts) -> Finding:
    """Judge whether the CPUs run above their base frequency."""
    if machine.turbo is None:
        return _unreadable(machine, "turbo")
    if not machine.turbo:
        return Finding(Level.OK, "turbo", "off")
    return Finding(
        Level.NOTE,
        "turbo",
        "on",
        "one busy CPU may run faster than many, so that a perfect speedup falls short of the thread count "
        "and the difference shows as inflation",
        "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
        " (or: echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost)",
    )


def _unreadable(machine: Facts, subject: str) -> Finding:
    where = "in this virtual machine" if machine.virtual else f"on this {machine.system}"
    means = "the clock may change unseen; the calibration tells whether it matters"
    return Finding(Level.NOTE, subject, f"cannot be read {where}", means)


def judge_gil(machine: Facts) -> Finding:
    """Judge whether there is a GIL to hold."""
    python = f"{machine.implementation} {machine.python_version}"
    if not machine.gil:
        return Finding(
            Level.OK,
            "GIL",
            f"disabled ({python}): held shares are 0, but for what stops all threads",
        )
    if machine.free_threaded_build:
        return Finding(
            Level.NOTE,
            "GIL",
            f"enabled, on a build that can do without ({python})",
            "measured is how the code scales with a GIL",
            "unset PYTHON_GIL and leave out -X gil=1; or a module that was imported has switched it on",
        )
    return Finding(Level.OK, "GIL", f"enabled ({python})")


def judge_switch_interval(machine: Facts) -> Finding:
    """Judge after how long CPython asks a thread for the GIL."""
    says = f"{machine.switch_interval * 1e3:g} ms"
    if machine.switch_interval == USUAL_SWITCH_INTERVAL:
        return Finding(Level.OK, "switch interval", says)
    return Finding(
        Level.NOTE,
        "switch interval",
        f"{says}, not the usual {USUAL_SWITCH_INTERVAL * 1e3:g} ms",
        "stalls and calls/s of code that holds the GIL differ from other machines'",
        "find who calls sys.setswitchinterval at start-up (sitecustomize, a .pth file)",
    )


def judge_queue(machine: Facts) -> Finding:
    """Judge whether time in the run queue can be read."""
    if machine.queue_measured:
        return Finding(Level.OK, "queueing", "can be read")
    return Finding(
        Level.NOTE,
        "queueing",
        f"cannot be read on this {machine.system}",
        "waiting includes it, disturbed rounds go unseen, and what others take stays in the speedups",
        "measure with nothing else running" + (", or on Linux" if machine.system != "Linux" else ""),
    )


def judge_switches(machine: Facts) -> Finding:
    """Judge whether the GIL probe can count context switches."""
    if machine.switches_counted:
        return Finding(Level.OK, "context switches", "can be counted")
    uncounted = machine.switches_counted is None
    return Finding(
        Level.NOTE,
        "context switches",
        f"cannot be counted on this {machine.system}" if uncounted else "the count stands still",
        "the GIL probe goes by lateness and sees no hold below 1 ms",
        f"measure held shares {'on Linux' if uncounted else 'outside this sandbox'}",
    )


def judge_turns(machine: Facts) -> Finding:
    """Judge whether who looks at a thread has the CPU as soon as it wakes up."""
    if machine.short_turns:
        return Finding(Level.OK, "time slices", "can be shortened for who looks at a workload")
    if machine.short_turns is None:
        return Finding(
            Level.BAD,
            "threads",
            "none can be started beside the first",
            "nothing can be measured here",
            "raise the limit on processes: ulimit -u, or pids.max of the control group",
        )
    says = f"cannot be shortened on this {machine.system}"
    if machine.system != "Linux":
        return Finding(Level.OK, "time slices", says)
    return Finding(
        Level.NOTE,
        "time slices",
        says,
        "of calls that sleep now and then, holds below some milliseconds may go unseen"
        + (" by antigil where" if machine.cpus_allowed > 1 else ""),
        "measure such calls on Linux 6.12 or newer, at the usual policy and with the usual scheduler",
    )
