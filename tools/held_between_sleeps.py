"""The held share of calls that work with the GIL and then sleep: by their own clocks, and both instruments.

Usage: held_between_sleeps.py [--times 5] [--busy N] [--turns short|elsewhere|long]

Each call counts in Python, notes the CPU time of that, and sleeps; what it stands in the run queue is no time
of its own. With --busy as many other programs want a CPU. With `elsewhere` the probe goes to another CPU, as
where it cannot have short turns (before Linux 6.12); with `long` it does neither, as before version 9 of the
instrument. The sampler has short turns.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from support import busy_neighbours, machine, markdown_table, positive

from antigil.scaling import FunctionWorkload, MeasurementError, probe_gil
from antigil.scaling.held_share import probe, watch
from antigil.where import where

CALLS = {
    "5 µs, 0.1 ms": (500, 1e-4),
    "20 µs, 1 ms": (2_000, 1e-3),
    "20 µs, 0.1 ms": (2_000, 1e-4),
    "0.2 ms, 1 ms": (20_000, 1e-3),
    "1.6 ms, 3 ms": (160_000, 3e-3),
    "10 ms, 70 ms": (1_000_000, 0.07),
}
"""Steps of work, and seconds of sleep, by about how long they take."""

SETUP = """
def work():
    for _ in range({}):
        pass
"""


class Call:
    """Works with the GIL, sleeps, and notes both; seldom, as that takes the GIL, too."""

    def __init__(self, steps: int, seconds: float) -> None:
        self._steps, self._seconds = steps, seconds
        self._held, self._next = 0.0, 0.0
        self._notes: list[tuple[float, float]] = []

    def __call__(self) -> None:
        """Make one call."""
        if time.perf_counter() >= self._next:
            self._notes.append((self._held, unqueued_seconds()))
            self._next = time.perf_counter() + 0.05
        before = time.thread_time()
        for _ in range(self._steps):
            pass
        self._held += time.thread_time() - before
        time.sleep(self._seconds)

    @property
    def share(self) -> float:
        """For which share of its time it worked."""
        (held, start), (more, end) = self._notes[0], self._notes[-1]
        return (more - held) / (end - start)


class Staying(watch.Watch):
    """Stays on the worker's CPU."""

    def __enter__(self) -> Self:
        found = super().__enter__()
        self.stay()
        return found


def unqueued_seconds() -> float:
    """Return the time, less what the calling thread stood in the run queue."""
    queued = int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return time.perf_counter() - queued


def mean(values: Sequence[float]) -> str:
    """Return the mean and its standard error."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.3f} ± {error:.3f}"


def row(name: str, times: int) -> list[str]:
    """Return what was found of one kind of call."""
    steps, seconds = CALLS[name]
    own, probed, sampled = [], [], []
    for _ in range(times):
        call = Call(steps, seconds)
        try:
            probed.append(probe_gil(FunctionWorkload(call), 1.0).share)
        except MeasurementError as error:
            print(f"{name}: {error}")
            continue
        own.append(call.share)
        seen = where(f"work(); time.sleep({seconds})", "import time" + SETUP.format(steps), 1, budget=2)
        sampled.append(seen.held.total.value)
    return [name, *(mean(found) if found else "" for found in (own, probed, sampled))]


def main() -> None:
    """Measure, and print the table as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=positive, default=5)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--turns", choices=["short", "elsewhere", "long"], default="short")
    args = parser.parse_args()
    if args.turns != "short":
        watch.take_short_turns = lambda: False
    if args.turns == "long":
        probe.Watch = Staying  # type: ignore[misc]
    with busy_neighbours(args.busy):
        cells = [row(name, args.times) for name in CALLS]
    print(f"{machine()}; beside {args.busy} busy programs\n")
    print(markdown_table(["work, sleep", "by its own clocks", "probe", "sampler"], cells))


if __name__ == "__main__":
    main()
