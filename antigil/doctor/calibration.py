"""Kernels whose scaling is known beforehand, and whether the instrument finds it here.

    kernel      held share    waiting at n threads    speedup at n threads on p CPUs
    releases    0             0                       min(n, p)
    holds       1             1 - 1/n                 1

On a build without GIL both are the kernel that releases, and the held share is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import antigil
from antigil.scaling import Measurement, MeasurementError, Point, RemoteTraceback, Workload, measure

from .checks import STEAL_BAD, STEAL_NOTE
from .finding import Finding, Level, graded, level_of

BUDGET_SECONDS = 5.0
"""For each of the two kernels."""

MOST_THREADS_HOLDING = 4
"""Threads that hold the GIL stand in line for it: more of them take time and tell nothing new."""

SHORTFALL_NOTE = 0.05
"""Missing share of a speedup that is known: what the queue-free speedup is good for beside neighbours."""

SHORTFALL_BAD = 0.15
"""Beyond this a kernel that is perfect reads as one with a serial fraction of 18 % (Karp-Flatt, n = 2)."""

EXCESS_BAD = 0.15
"""More speedup than there are CPUs is as false as less."""

HELD_ERROR_NOTE = 0.05
"""Error of a held share that is known; quiet machines show 0.01."""

HELD_ERROR_BAD = 0.10
"""A kernel that is this far off changes its verdict."""

WAITING_ERROR_NOTE = 0.15
WAITING_ERROR_BAD = 0.30
"""Error of a waiting share that is known. What neighbours take lowers it: 0.44 quiet, 0.35 beside one."""

SPREAD_NOTE = 0.03
"""Interquartile range of the speedup between processes, relative to it; quiet machines show 0.01."""

SPREAD_BAD = 0.15
"""With eight processes the median is then uncertain by a tenth."""

QUIETER = "stop other programs, or give measure a larger --budget"

DISTURBED_NOTE = 0.2
"""Share of disturbed rounds: the budget makes up for a fifth."""


@dataclass(frozen=True)
class Calibration:
    """What was measured: the kernel that releases the GIL throughout, the one that holds it, their names."""

    releasing: Measurement
    holding: Measurement
    kernels: tuple[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers."""
        return {
            "kernels": {"releasing": self.kernels[0], "holding": self.kernels[1]},
            "releasing": self.releasing.to_json(),
            "holding": self.holding.to_json(),
        }


def workloads(*, extension: bool) -> dict[str, Workload]:
    """Return the kernel that releases and the one that holds, by name.

    They are antigil's own C functions or, without the extension, the standard library's.
    """
    if not extension:
        return {
            "hashlib.sha256": Workload(
                "hashlib.sha256(data).digest()", setup="import hashlib; data = bytes(1 << 20)"
            ),
            "a pure-Python loop": Workload("for _ in range(20_000): pass"),
        }
    path = (str(Path(antigil.__file__).parents[1]),)
    return {
        f"antigil.{name}": Workload("kernel(100)", setup=f"from antigil import {name} as kernel", path=path)
        for name in ("calcular_sem_gil", "calcular_com_gil")
    }


def extension_is_built() -> bool:
    """Tell whether antigil's own C functions can be had."""
    try:
        antigil.calcular_sem_gil  # noqa: B018 - loads it
    except ImportError:
        return False
    return True


def calibrate(
    allowed: int,
    *,
    gil: bool,
    extension: bool,
    on_process: Callable[[int, int], None],
) -> Calibration:
    """Measure the two kernels on the CPUs allowed.

    `on_process` is called with the number of processes done, and of all, after each.

    Raises
    ------
    MeasurementError
        If it cannot be measured here at all.
    """
    (first, releasing), (second, holding) = workloads(extension=extension).items()
    most = max(2, allowed)
    with_gil = min(most, MOST_THREADS_HOLDING) if gil else most

    def measured(workload: Workload, threads: int, before: int) -> Measurement:
        return measure(
            workload,
            (1, threads),
            budget=BUDGET_SECONDS,
            on_process=lambda done, processes: on_process(before * processes + done, 2 * processes),
        )

    return Calibration(measured(releasing, most, 0), measured(holding, with_gil, 1), (first, second))


def judge_calibration(calibration: Calibration, cores: int) -> Iterator[Finding]:
    """Yield what the calibration means, one finding for each subject.

    What is beyond the physical cores among the CPUs allowed is not owed in full.
    """
    both = ((calibration.releasing, True), (calibration.holding, False))
    gil = calibration.releasing.host.gil
    for (measurement, releases), name in zip(both, calibration.kernels, strict=True):
        releases = releases or not gil
        yield judge_held(measurement, name, releases=releases)
        yield judge_waiting(measurement, name, releases=releases)
        if measurement.host.cpus_allowed > 1:
            yield judge_speedup(measurement, name, releases=releases, cores=cores)
    if calibration.releasing.host.cpus_allowed > 1:
        yield judge_spread(calibration.releasing)
    yield judge_disturbed((calibration.releasing, calibration.holding))
    yield from judge_stolen((calibration.releasing, calibration.holding))


def judge_held(measurement: Measurement, name: str, *, releases: bool) -> Finding:
    """Judge the GIL-held share."""
    held, truth = measurement.gil_held.share, 0.0 if releases else 1.0
    says = f"{held:.3f} for {name}, in truth {truth:.0f}"
    level = level_of(abs(held - truth), HELD_ERROR_NOTE, HELD_ERROR_BAD)
    means = "held shares and verdicts are off by as much for any code here"
    to_do = "measure on a quieter machine, and give measure a larger --budget"
    return graded(level, "held share", says, means, to_do)


def judge_waiting(measurement: Measurement, name: str, *, releases: bool) -> Finding:
    """Judge the waiting share at the largest thread count."""
    last = measurement.points[-1]
    truth = 0.0 if releases else 1.0 - 1.0 / last.threads
    says = f"{last.waiting:.2f} for {name} in {last.threads} threads, in truth {truth:.2f}"
    level = level_of(abs(last.waiting - truth), WAITING_ERROR_NOTE, WAITING_ERROR_BAD)
    if level is not Level.OK and not measurement.host.queue_measured:
        means = "waiting includes queueing on this system, so it tells of the GIL only where no CPU is short"
        return Finding(Level.NOTE, "waiting", says, means)
    means = "waiting here is not a measure of who waits for the GIL"
    return graded(level, "waiting", says, means, "stop other programs and try again")


def judge_speedup(measurement: Measurement, name: str, *, releases: bool, cores: int) -> Finding:
    """Judge the queue-free speedup at the largest thread count."""
    last = measurement.points[-1]
    reached = last.speedup.median
    allowed = measurement.host.cpus_allowed
    most = min(last.threads, allowed) if releases else 1
    least = min(most, cores)
    owed = f"{most}" if least == most else f"{least} to {most}"
    says = f"{reached:.2f} for {name} in {last.threads} threads, in truth {owed}"
    level = max(
        (
            level_of(1.0 - reached / least, SHORTFALL_NOTE, SHORTFALL_BAD),
            level_of(reached / most - 1.0, SHORTFALL_NOTE, EXCESS_BAD),
        ),
        key=list(Level).index,
    )
    return graded(level, "speedup", says, _where_it_went(last, least), "stop other programs and try again")


def _where_it_went(last: Point, owed: float) -> str:
    if last.speedup.median > owed:
        return "more than there can be: what is taken out for other programs is too much"
    parts = {
        "others took the CPUs (queued)": last.queued,
        "calls took longer (inflation: turbo, shared cores, steal)": 1.0 - 1.0 / max(1.0, last.inflation),
    }
    part, share = max(parts.items(), key=lambda one: one[1])
    return f"every speedup here falls short by as much; {part}: {share:.0%}"


def judge_spread(measurement: Measurement) -> Finding:
    """Judge how much fresh processes differ, by the kernel that releases."""
    threads = measurement.points[-1].threads
    speedups = [sample.points[threads].speedup for sample in measurement.samples]
    means = "smaller differences than that need more time to be seen"
    if len(speedups) < 2:
        return Finding(Level.NOTE, "spread", "only one process could be measured in the time", means, QUIETER)
    low, _, high = quantiles(speedups, n=4)
    spread = (high - low) / median(speedups)
    says = f"{spread:.1%} between {len(speedups)} processes (interquartile, of the speedup)"
    level = level_of(spread, SPREAD_NOTE, SPREAD_BAD)
    return graded(level, "spread", says, means, QUIETER)


def judge_disturbed(measurements: Sequence[Measurement]) -> Finding:
    """Judge how many rounds others disturbed."""
    points = [measurement.points[-1] for measurement in measurements]
    dropped, rounds = sum(p.dropped for p in points), sum(p.rounds for p in points)
    if any(point.disturbed for point in points):
        return Finding(
            Level.NOTE,
            "disturbed rounds",
            "too many for the quiet ones to be used alone",
            "speedups rest on what is given back for other programs",
            "stop other programs",
        )
    share = dropped / (dropped + rounds)
    says = f"{dropped} of {dropped + rounds}"
    if share > DISTURBED_NOTE:
        means = "they are left out, and fewer remain"
        return Finding(Level.NOTE, "disturbed rounds", says, means, "give measure a larger --budget")
    return Finding(Level.OK, "disturbed rounds", says)


def judge_stolen(measurements: Sequence[Measurement]) -> Iterator[Finding]:
    """Yield what the hypervisor took meanwhile, where it took something worth telling."""
    stolen = max((one.steal for one in measurements if one.steal is not None), default=0.0)
    level = level_of(stolen, STEAL_NOTE, STEAL_BAD)
    if level is not Level.OK:
        says = f"the hypervisor took {stolen:.1%} during the calibration"
        means = "it shows as slower calls and as inflation, and cannot be taken out"
        yield Finding(level, "steal under load", says, means, "use a machine with CPUs of its own")


def is_measuring_that_failed(error: Exception) -> bool:
    """Tell whether a kernel could not be measured, or its process failed or was not to be had."""
    told = isinstance(error, (MeasurementError, BlockingIOError))
    return told or isinstance(error.__cause__, RemoteTraceback)
