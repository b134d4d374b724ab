"""Compare the GIL probe with the truth: a kernel that holds the GIL for a known share.

    python tools/held_share.py [--seconds 2] [--conditions quiet,one-cpu,...]

Prints a table for each condition in Markdown. A figure in bold is further from the truth than
the condition allows: 0.01 + 3 standard errors when quiet, else 10 % of the truth besides.
"""

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Iterator

from support import busy_neighbours, machine, markdown_table, only_cpus

import antigil
from antigil.scaling import FunctionWorkload, GilHeld, cpus_allowed, probe_gil

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0)
SLICE_SECONDS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
CALL_SECONDS = 1e-3


@contextlib.contextmanager
def _one_busy_cpu() -> Iterator[None]:
    with only_cpus([min(os.sched_getaffinity(0))]), busy_neighbours(1):
        yield


CONDITIONS: dict[str, Callable[[], contextlib.AbstractContextManager[None]]] = {
    "quiet": contextlib.nullcontext,
    "one-cpu": lambda: only_cpus([min(os.sched_getaffinity(0))]),
    "one-neighbour": lambda: busy_neighbours(1),
    "busy": lambda: busy_neighbours(cpus_allowed()),
    "one-cpu-busy": _one_busy_cpu,
}


def step_seconds() -> float:
    """Return the time of one step of the serial-fraction kernel."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        antigil.serial_fraction(10**6, 1)
        best = min(best, time.perf_counter() - start)
    return best / 10**6


def workload(share: float, slice_seconds: float, step: float) -> FunctionWorkload:
    """Return calls of whole slices, the GIL held for a share of them."""
    slice_steps = max(1, round(slice_seconds / step))
    period = slice_steps if share == 0.0 else round(slice_steps / share)
    steps = period * max(1, round(CALL_SECONDS / step / period))
    return FunctionWorkload(lambda: antigil.serial_fraction(steps, share, slice_steps))


def cell(found: GilHeld, truth: float, condition: str) -> str:
    """Return a figure with its standard error, bold where it is too far from the truth."""
    allowed = 0.01 + 3 * found.standard_error + (0.0 if condition == "quiet" else 0.1 * truth)
    text = f"{found.share:.3f} ± {found.standard_error:.3f}"
    return text if abs(found.share - truth) <= allowed else f"**{text}**"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    args = parser.parse_args()
    step = step_seconds()
    print(f"{machine()}; {args.seconds:g} s for each figure\n")
    for condition in args.conditions.split(","):
        rows = []
        with CONDITIONS[condition]():
            for truth in SHARES:
                found = [probe_gil(workload(truth, length, step), args.seconds) for length in SLICE_SECONDS]
                rows.append([f"{truth:.2f}", *(cell(one, truth, condition) for one in found)])
        lengths = [f"{length * 1e6:g} µs" for length in SLICE_SECONDS]
        print(f"{condition}\n\n{markdown_table(['truth', *lengths], rows)}\n", flush=True)


if __name__ == "__main__":
    main()
