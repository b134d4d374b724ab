"""From what probes of the GIL saw to the share of its running time a workload holds it.

    p     = fresh probes that found the GIL taken / fresh probes
    omega = worker's running time while the prober stood waiting for the GIL / all of it
    held  = p + (1 - p) omega

Three things make the plain share of probes wrong, and each is mended here:

- A prober that waits does not sample. A long hold would count as one probe, however long it
  lasts: p alone reads almost nothing for a workload that holds in slices of 20 ms. The time
  for which the prober stood waiting is known to be held, and omega gives it back.
- With CPUs short, a worker that gave the GIL to the prober stands in the run queue before it
  can take it back; probes then find the GIL free although the worker is about to hold it. A
  probe that finds it free while the worker has made no progress since the last one is not
  *fresh* and does not count. Time is the worker's running time: elapsed less queued.
- Waking up takes time (some 10 us). It is learnt from the probes that found the GIL free, and
  taken off every wait, once for the sleep and once for the wait itself.

References
----------
R. W. Wolff, "Poisson Arrivals See Time Averages", Operations Research 30 (1982) 223-231.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from .sample import Z99, t99
from .workload import MeasurementError

NO_PROGRESS_SECONDS = 3e-6
"""A worker that used less CPU time than this between two probes has not run."""

LATE_SECONDS = 1e-3
"""Without a count of context switches, a wake-up later than this beyond the usual found the GIL taken."""

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

    @property
    def looked(self) -> bool:
        """Whether it woke up before the end, and so saw whether the GIL was taken."""
        return not self.is_last or self.elapsed > self.sleep


@dataclass(frozen=True)
class GilHeld:
    """The share of its running time for which a workload holds the GIL.

    Attributes
    ----------
    share
        0 to 1.
    standard_error
        Of the share; never 0, as no finite number of probes is certain.
    probes
        Probes that counted.
    stall
        Longest time for which a probe stood waiting for the GIL, in seconds, and with it
        every other Python thread.
    method
        "switches" where the prober counted its context switches, "latency" where it had to
        go by its lateness and sees no hold shorter than about 1 ms.
    quantile99
        So many standard errors to each side hold the share with 99 % confidence.
    """

    share: float
    standard_error: float
    probes: int
    stall: float
    method: str
    quantile99: float = Z99

    @property
    def margin99(self) -> float:
        """Half the length of the 99 % interval of the share."""
        return self.quantile99 * self.standard_error

    @property
    def ci99(self) -> tuple[float, float]:
        """The 99 % interval of the share."""
        return self.interval(self.quantile99)

    def interval(self, standard_errors: float) -> tuple[float, float]:
        """Return the share with so many standard errors to each side, as far as it lies between 0 and 1."""
        margin = standard_errors * self.standard_error
        return max(0.0, self.share - margin), min(1.0, self.share + margin)

    @property
    def ceiling(self) -> float | None:
        """Speedup that no number of threads on any machine exceeds: 1 / share, by the bottleneck law.

        None where the share cannot be told from nothing (below three standard errors).
        """
        return None if self.share < 3.0 * self.standard_error else 1.0 / self.share

    @property
    def ceilings(self) -> tuple[float, float | None] | None:
        """Where the ceiling lies, by the 99 % interval of the share; None for an upper end without limit."""
        low, high = self.ci99
        return None if self.ceiling is None else (1.0 / high, 1.0 / low if low > 0.0 else None)


def running_times(probes: Sequence[Probe]) -> list[float]:
    """Return the worker's running time during each probe: elapsed less queued, in seconds.

    The kernel books time in the run queue when it ends. So what a probe books belongs, first,
    to the probes just before it in which the worker made no progress, then to itself. What does
    not fit beside the CPU time that the worker used belongs to the last probe before in which
    it made progress: there it was preempted.
    """
    running = [probe.elapsed for probe in probes]
    idle: list[int] = []
    began: list[int] = []
    for i, probe in enumerate(probes):
        progressed = probe.worker_cpu > NO_PROGRESS_SECONDS
        if not progressed:
            idle.append(i)
        queued = probe.worker_queued
        for j in [*reversed(idle), i, *began]:
            taken_off = min(queued, max(0.0, running[j] - probes[j].worker_cpu))
            running[j] -= taken_off
            queued -= taken_off
        if progressed:
            idle.clear()
            began = [i]
    return running


def estimate(probes: Sequence[Probe]) -> GilHeld:
    """Estimate the held share from what the probes saw.

    Raises
    ------
    MeasurementError
        If there are too few probes to tell anything, or the worker never ran.
    """
    probes = _settled(probes)
    running = running_times(probes)
    total = sum(running)
    # What the worker did in the last sleep, from which nobody woke up in time, counts in the total only.
    looks = [(probe, ran) for probe, ran in zip(probes, running, strict=True) if probe.looked]
    probes, running = [probe for probe, _ in looks], [ran for _, ran in looks]
    if len(probes) < 2:
        raise MeasurementError("too few probes of the GIL: probe for longer")
    if total <= 0.0:
        raise MeasurementError(NEVER_RAN)
    taken = _found_taken(probes)
    late = [probe.elapsed - probe.sleep for probe, found in zip(probes, taken, strict=True) if not found]
    wake_up = median(late) if len(late) > 5 else USUAL_WAKE_UP_SECONDS
    is_fresh = [found or ran > NO_PROGRESS_SECONDS for ran, found in zip(running, taken, strict=True)]
    if not any(is_fresh):
        raise MeasurementError(NEVER_RAN)
    waited = _waited(probes, taken, running, is_fresh, wake_up)
    share, standard_error = _share(taken, sum(is_fresh), waited, running, total)
    stalls = (
        probe.elapsed - probe.sleep - wake_up - probe.own_queued
        for probe, found in zip(probes, taken, strict=True)
        if found
    )
    return GilHeld(
        share=share,
        standard_error=standard_error,
        probes=sum(is_fresh),
        stall=max(0.0, max(stalls, default=0.0)),
        method="latency" if any(probe.taken is None for probe in probes) else "switches",
    )


def _share(
    taken: Sequence[bool], fresh: int, waited: Sequence[float], running: Sequence[float], total: float
) -> tuple[float, float]:
    """Return the held share and its standard error; see the formula at the top."""
    p = sum(taken) / fresh
    omega = min(1.0, max(0.0, sum(waited) / total))
    # A finite number of probes that all agree is no certainty: half a probe stands against them.
    smoothed = (sum(taken) + 0.5) / (fresh + 1)
    variance_p = smoothed * (1.0 - smoothed) / fresh
    variance_omega = (
        sum((wait - omega * ran) ** 2 for wait, ran in zip(waited, running, strict=True)) / total**2
    )
    standard_error = sqrt(variance_p * (1.0 - omega) ** 2 + variance_omega * (1.0 - p) ** 2)
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


def _waited(
    probes: Sequence[Probe],
    taken: Sequence[bool],
    running: Sequence[float],
    fresh: Sequence[bool],
    wake_up: float,
) -> list[float]:
    """Return the worker's running time while the prober stood waiting, for each probe in seconds.

    What ran during the sleep is not known where the worker was queued as well: it is taken to be
    as much as in other fresh probes. So single figures may come out below nothing.
    """
    rows = list(zip(probes, taken, running, fresh, strict=True))
    free_elapsed = sum(probe.elapsed for probe, found, _, new in rows if new and not found)
    free_running = sum(ran for _, found, ran, new in rows if new and not found)
    progress = free_running / free_elapsed if free_elapsed else 1.0
    return [
        min(ran - (probe.sleep + 2 * wake_up) * progress, probe.elapsed - probe.sleep - 2 * wake_up)
        if found
        else 0.0
        for probe, found, ran, _ in rows
    ]


def pool(results: Iterable[GilHeld]) -> GilHeld:
    """Combine what several processes measured, each weighing by its probes.

    The 99 % interval is the wider one of two: what the probes leave open where all processes hold
    the GIL alike, and what k processes that differ leave open, by Student's t with k - 1 degrees
    of freedom.
    """
    parts = tuple(results)
    k = len(parts)
    probes = sum(part.probes for part in parts)
    share = sum(part.probes * part.share for part in parts) / probes
    within = sqrt(sum((part.probes * part.standard_error) ** 2 for part in parts)) / probes
    between = 0.0
    if k > 1:
        squares = sum((part.probes * (part.share - share)) ** 2 for part in parts)
        between = sqrt(k / (k - 1) * squares) / probes
    standard_error = max(within, between)
    margin99 = max(Z99 * within, t99(k - 1) * between if k > 1 else 0.0)
    return GilHeld(
        share=share,
        standard_error=standard_error,
        probes=probes,
        stall=max(part.stall for part in parts),
        method=parts[0].method,
        quantile99=margin99 / standard_error,
    )
