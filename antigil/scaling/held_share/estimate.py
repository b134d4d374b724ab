"""From what probes of the GIL saw to the share of its running time a workload holds it.

    p     = fresh probes that found the GIL taken / fresh probes, each weighed by f
    f     = share of the time before the probe for which the worker ran
    omega = worker's running time while the prober stood waiting for the GIL / all of it
    held  = p + (1 - p) omega

Four things make the plain share of the probes wrong, and each is mended here:

- A prober that waits does not sample. A long hold would count as one probe, however long it
  lasts: p alone reads almost nothing for a workload that holds in slices of 20 ms. The time
  for which the prober stood waiting is known to be held, and omega gives it back.
- With CPUs short, a worker that gave the GIL to the prober stands in the run queue before it
  can take it back; probes then find the GIL free although the worker is about to hold it. A
  probe that finds it free while the worker has made no progress since the last one is not
  *fresh* and does not count. Time is the worker's running time: elapsed less queued.
- A worker that is preempted while it holds the GIL keeps it in the run queue, and probes find it
  taken for longer than the worker needs it. Free time is preempted alike, unless the worker sleeps
  in it. So of a worker that sleeps a probe weighs as much as it ran (f, else 1), and of the running
  time of a probe that found the GIL taken, the CPU time belongs to the wait, as far as it fits.
- Waking up takes time (some 10 us). It is learnt from the probes that found the GIL free, and
  taken off every wait, once for the sleep and once for the wait itself.

References
----------
R. W. Wolff, "Poisson Arrivals See Time Averages", Operations Research 30 (1982) 223-231.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from math import sqrt
from statistics import median

from ..sample import GilHeld
from ..workload import MeasurementError

NO_PROGRESS_SECONDS = 3e-6
"""A worker that used less CPU time than this between two probes has not run."""

LATE_SECONDS = 1e-3
"""Without a count of context switches, a wake-up later than this beyond the usual found the GIL taken."""


class TooFewProbes(MeasurementError):  # noqa: N818 - named for what there was
    """Nothing can be told of the GIL: calls so long, or a machine so busy, that hardly one came in."""


NEVER_RAN = "the workload never ran while the GIL was probed: the machine is too busy"

USUAL_WAKE_UP_SECONDS = 5e-5
"""Time to wake up from a sleep, where too few probes found the GIL free to learn it."""


@dataclass(frozen=True)
class Probe:
    """What one sleep of the prober saw; times in seconds.

    Attributes
    ----------
    sleep
        Time it meant to sleep.
    elapsed
        Time until it had the GIL again.
    taken
        Whether it found the GIL taken; None where only lateness can tell.
    worker_cpu, worker_queued
        CPU time and run-queue time of the worker meanwhile.
    own_queued
        Run-queue time of the prober itself meanwhile.
    asleep
        Whether the worker was off the CPU of its own accord when the prober had the GIL again: it
        slept or waited, and did not stand in the run queue. None where the system does not tell.
    is_last
        Whether the worker came to the end of its last call, where ``elapsed`` is cut. All its
        time is booked then.
    """

    sleep: float
    elapsed: float
    taken: bool | None
    worker_cpu: float
    worker_queued: float
    own_queued: float
    is_last: bool = False
    asleep: bool | None = None

    @property
    def looked(self) -> bool:
        """Whether it woke up before the end, and so saw whether the GIL was taken."""
        return not self.is_last or self.elapsed > self.sleep


def running_times(probes: Sequence[Probe]) -> list[float]:
    """Return the worker's running time during each probe: elapsed less queued, in seconds.

    The kernel books time in the run queue when it ends. So what a probe books belongs, first,
    to the probes just before it in which the worker made no progress and was not asleep, then to
    itself. What does not fit beside the CPU time that the worker used belongs to the last probe
    before in which it made progress: there it was preempted.
    """
    running = [probe.elapsed for probe in probes]
    idle: list[int] = []
    began: list[int] = []
    for i, probe in enumerate(probes):
        progressed = probe.worker_cpu > NO_PROGRESS_SECONDS
        slept = probe.asleep and not probe.taken  # as it does while it waits for the GIL that the prober has
        if slept and not progressed:
            idle, began = [], []
        elif not progressed:
            idle.append(i)
        queued = probe.worker_queued
        for j in [*reversed(idle), i, *began]:
            taken_off = min(queued, max(0.0, running[j] - probes[j].worker_cpu))
            running[j] -= taken_off
            queued -= taken_off
        if progressed:
            idle, began = [], [] if slept else [i]
    return running


def lateness(probe: Probe) -> float:
    """Return how much later than meant the prober had the GIL again, beside its time in the run queue."""
    return probe.elapsed - probe.sleep - probe.own_queued


def running_share(rows: Iterable[tuple[Probe, bool, float]]) -> float:
    """Return for which share of the time the worker ran, by the probes that found the GIL free."""
    free = [(probe.elapsed, ran) for probe, found, ran in rows if not found]
    elapsed = sum(one for one, _ in free)
    return sum(ran for _, ran in free) / elapsed if elapsed else 1.0


def waited(probe: Probe, ran: float, wake_up: float, usual: float | None) -> float:
    """Return the worker's running time while the prober stood waiting for the GIL, in seconds.

    How much of it was then, and how much before, is not known where the worker was queued as well. Of
    a worker that never sleeps, as much is taken to be before as usual. Of one that does, CPU time is
    taken to be of then; so is other running time, a sleep say, that does not fit before. A wait can
    come out below nothing: by chance, which evens out.
    """
    if usual is not None:
        before = probe.sleep + 2 * wake_up
        return min(ran - before * usual, probe.elapsed - before)
    wait = lateness(probe) - 2 * wake_up
    before = probe.elapsed - wait
    return min(wait, ran, max(probe.worker_cpu, ran - before))


def weight(probe: Probe, found: bool, ran: float, waited: float, wake_up: float) -> float:
    """Return for which share of the time before it had to wait for the GIL, if it had to, the worker ran."""
    if not found and probe.asleep:
        return 1.0  # whenever it was queued, it was not just before
    before = probe.sleep + probe.own_queued + wake_up if found else probe.elapsed
    return min(1.0, max(0.0, (ran - waited) / before)) if before > 0.0 else 1.0


def estimate(probes: Sequence[Probe]) -> GilHeld:
    """Estimate the held share from what the probes saw.

    Raises
    ------
    TooFewProbes
        If there are too few probes to tell anything, or the worker never ran.
    """
    probes = _settled(probes)
    running = running_times(probes)
    total = sum(running)
    # What the worker did in the last sleep, from which nobody woke up in time, counts in the total only.
    looks = [(probe, ran) for probe, ran in zip(probes, running, strict=True) if probe.looked]
    probes, running = [probe for probe, _ in looks], [ran for _, ran in looks]
    if len(probes) < 2:
        raise TooFewProbes("too few probes of the GIL: probe for longer")
    if total <= 0.0:
        raise TooFewProbes(NEVER_RAN)
    taken = _found_taken(probes)
    free = [probe for probe, found in zip(probes, taken, strict=True) if not found]
    sleeps = any(probe.asleep for probe in free)
    late = [lateness(probe) + (0.0 if sleeps else probe.own_queued) for probe in free]
    wake_up = median(late) if len(late) > 5 else USUAL_WAKE_UP_SECONDS
    is_fresh = [found or ran > NO_PROGRESS_SECONDS for ran, found in zip(running, taken, strict=True)]
    if not any(is_fresh):
        raise TooFewProbes(NEVER_RAN)
    rows = list(zip(probes, taken, running, strict=True))
    usual = None if sleeps else running_share(row for row, fresh in zip(rows, is_fresh, strict=True) if fresh)
    waits = [waited(probe, ran, wake_up, usual) if found else 0.0 for probe, found, ran in rows]
    weights = [
        (weight(*row, wait, wake_up) if usual is None else 1.0) if fresh else 0.0
        for row, wait, fresh in zip(rows, waits, is_fresh, strict=True)
    ]
    share, standard_error = _share(taken, weights, waits, running, total)
    stalls = (lateness(probe) - wake_up for probe, found, _ in rows if found)
    return GilHeld(
        share=share,
        standard_error=standard_error,
        probes=sum(is_fresh),
        stall=max(0.0, max(stalls, default=0.0)),
        method="latency" if any(probe.taken is None for probe in probes) else "switches",
    )


def _share(
    taken: Sequence[bool],
    weights: Sequence[float],
    waited: Sequence[float],
    running: Sequence[float],
    total: float,
) -> tuple[float, float]:
    """Return the held share and its standard error; see the formula at the top."""
    if not any(weights):  # the worker ran only while the prober waited
        weights = [float(found) for found in taken]
    p = sum(compress(weights, taken)) / sum(weights)
    fresh = sum(weights) ** 2 / sum(weight**2 for weight in weights)
    omega = min(1.0, max(0.0, sum(waited) / total))
    # A finite number of probes that all agree is no certainty: half a probe stands against them.
    smoothed = (p * fresh + 0.5) / (fresh + 1)
    variance_p = smoothed * (1.0 - smoothed) / fresh
    variance_omega = (
        sum((wait - omega * ran) ** 2 for wait, ran in zip(waited, running, strict=True)) / total**2
    )
    free = max(1.0 - omega, 1.0 / (len(taken) + 1))  # nor is it one that the prober waited all the time
    standard_error = sqrt(variance_p * free**2 + variance_omega * (1.0 - p) ** 2)
    return p + (1.0 - p) * omega, standard_error


def _settled(probes: Sequence[Probe]) -> Sequence[Probe]:
    """Leave out the last probes if the worker made no progress in them.

    It may stand in the run queue, which is not booked yet, and these probes say nothing then. A
    workload that sleeps for most of the time makes none either: its probes stay.
    """
    if probes and probes[-1].is_last:
        return probes
    progressed = [i for i, probe in enumerate(probes) if probe.worker_cpu > NO_PROGRESS_SECONDS]
    end = progressed[-1] + 1 if progressed else 0
    return probes[:end] if 2 * end >= len(probes) else probes


def _found_taken(probes: Sequence[Probe]) -> list[bool]:
    # Where most probes find the GIL taken, the median is their wait: no wake-up takes as long.
    usual = min(median(probe.elapsed - probe.sleep for probe in probes), LATE_SECONDS)
    return [
        probe.taken if probe.taken is not None else probe.elapsed - probe.sleep > usual + LATE_SECONDS
        for probe in probes
    ]
