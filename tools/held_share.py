"""Compare the GIL probe with the truth: a kernel that holds the GIL for a known share.

    python tools/held_share.py [--seconds 1] [--repeats 4] [--conditions quiet,one-cpu,...]

Prints a table for each condition in Markdown: per share and length of slices the mean of all repeats,
± its standard error; then the mean error over the slices of up to 10 ms, ± its own, and what that is of the
share. That tells bias from noise. Bold: a figure further from the truth than three standard errors and what
is allowed, or a mean error of more than is allowed: 0.01 when quiet, else 10 % of the share.
"""

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from math import sqrt
from statistics import mean

from support import busy_neighbours, machine, markdown_table, only_cpus, positive, some_of

from antigil import kernels
from antigil.scaling import FunctionWorkload, GilHeld, cpus_allowed, pool, probe_gil
from antigil.scaling.experiment import PROCESSES

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0)
SLICE_SECONDS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
AVERAGED_SECONDS = 1e-2
"""Slices of up to this length are in the mean: of longer ones a repeat sees a handful."""

CALL_SECONDS = 1e-3
ALLOWED = 0.01
ALLOWED_OF_SHARE = 0.1


@contextlib.contextmanager
def _one_busy_cpu() -> Iterator[None]:
    with only_cpus([min(os.sched_getaffinity(0))]), busy_neighbours(1):
        yield


CONDITIONS: dict[str, tuple[Callable[[], contextlib.AbstractContextManager[None]], int]] = {
    "quiet": (contextlib.nullcontext, 1),
    "one-cpu": (lambda: only_cpus([min(os.sched_getaffinity(0))]), 1),
    "one-neighbour": (lambda: busy_neighbours(1), 1),
    "busy": (lambda: busy_neighbours(cpus_allowed()), 1),
    "one-cpu-busy": (_one_busy_cpu, 1),
    "quiet-as-measure": (contextlib.nullcontext, PROCESSES),
    "busy-as-measure": (lambda: busy_neighbours(cpus_allowed()), PROCESSES),
}
"""Surroundings, and so many short probes share the time of a repeat: `measure` takes one in each process."""


def step_seconds() -> float:
    """Return the time of one step of the serial-fraction kernel."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        kernels.serial_fraction(10**6, 1)
        best = min(best, time.perf_counter() - start)
    return best / 10**6


def workload(share: float, slice_seconds: float, step: float) -> FunctionWorkload:
    """Return calls of whole slices, the GIL held for a share of them."""
    slice_steps = max(1, round(slice_seconds / step))
    period = slice_steps if share == 0.0 else round(slice_steps / share)
    steps = period * max(1, round(CALL_SECONDS / step / period))
    return FunctionWorkload(lambda: kernels.serial_fraction(steps, share, slice_steps))


def found(share: float, seconds: float, repeats: int, probes: int, step: float) -> list[GilHeld]:
    """Return what all repeats found together, for each length of slices in turn."""
    each = seconds / probes
    runs = [
        [
            pool(probe_gil(workload(share, length, step), each) for _ in range(probes))
            for length in SLICE_SECONDS
        ]
        for _ in range(repeats)
    ]
    return [pool(run) for run in zip(*runs, strict=True)]


def allowed(truth: float, condition: str) -> float:
    """Return how far from the truth a figure without noise may be."""
    return ALLOWED if truth == 0.0 or condition.startswith("quiet") else ALLOWED_OF_SHARE * truth


def row(truth: float, figures: list[GilHeld], condition: str) -> list[str]:
    """Return a row of the table."""
    limit = allowed(truth, condition)
    cells = [
        bold(f"{one.share:.3f} ± {one.standard_error:.3f}", one.share - truth, limit + 3 * one.standard_error)
        for one in figures
    ]
    averaged = [one for one, length in zip(figures, SLICE_SECONDS, strict=True) if length <= AVERAGED_SECONDS]
    error = mean(one.share for one in averaged) - truth
    noise = sqrt(sum(one.standard_error**2 for one in averaged)) / len(averaged)
    of_share = f"{error / truth:+.1%} ± {noise / truth:.1%}" if truth else ""
    return [f"{truth:.2f}", *cells, bold(f"{error:+.4f} ± {noise:.4f}", error, limit), of_share]


def bold(text: str, error: float, limit: float) -> str:
    """Return a figure, in bold where it is further off than the limit."""
    return text if abs(error) <= limit else f"**{text}**"


def shares(text: str) -> list[float]:
    """Read shares, separated by commas, from the command line."""
    return [float(part) for part in text.split(",")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each figure in each repeat")
    parser.add_argument(
        "--repeats", type=positive, default=4, help="independent runs; of shares 0 and 1, one"
    )
    parser.add_argument("--conditions", type=some_of(CONDITIONS), default=list(CONDITIONS))
    parser.add_argument("--shares", type=shares, default=SHARES)
    args = parser.parse_args()
    step = step_seconds()
    print(f"{machine()}; {args.repeats} times {args.seconds:g} s for each figure\n")
    lengths = [
        f"{length * 1e3:g} ms" if length >= 1e-3 else f"{length * 1e6:g} µs" for length in SLICE_SECONDS
    ]
    head = ["truth", *lengths, "mean error to 10 ms", "of the share"]
    for condition in args.conditions:
        rows = []
        surroundings, probes = CONDITIONS[condition]
        with surroundings():
            for truth in args.shares:
                repeats = args.repeats if 0.0 < truth < 1.0 else 1
                figures = found(truth, args.seconds, repeats, probes, step)
                rows.append(row(truth, figures, condition))
        print(f"{condition}\n\n{markdown_table(head, rows)}\n", flush=True)


if __name__ == "__main__":
    main()
