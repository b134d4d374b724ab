"""Measure the same workloads on a quiet machine and beside busy neighbours.

    python tools/noise.py [--budget 10]

Prints a Markdown table: the queue-free speedup ought to stay within 5 % of the quiet one for
workloads that release the GIL and 10 % for those that hold it, the verdict to stay the same,
and a disturbed measurement to say so. A disturbed S* above n, or above the ceiling that the held share
sets, is cut: *uncut* is what it would be otherwise, with its own change against the quiet one, and the
number of processes, of all, whose S* was cut. Bold: S* or uncut changed by more than it ought to.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from support import at_least, busy_neighbours, machine, markdown_table

from antigil.scaling import Measurement, Workload, cpus_allowed, gil_verdict, measure

KERNELS = "from antigil.kernels import *"
ALLOWED_RELEASING, ALLOWED_HOLDING = 0.05, 0.1
HOLDS_FROM = 0.1
"""A workload whose held share is larger counts among those that hold."""


def workloads(n: int, file: Path) -> Iterator[tuple[str, Workload]]:
    """Yield names and workloads for up to n threads."""
    yield "`calcular_sem_gil(600)`", Workload("calcular_sem_gil(600)", KERNELS)
    yield (
        "`hashlib.sha256`, 1 MiB",
        Workload("sha256(data)", "from hashlib import sha256; data = bytes(1 << 20)"),
    )
    yield "sleeps 2 ms, releasing", Workload("sleep_releasing(0.002)", KERNELS)
    yield (
        "streams 128 MiB, releasing",
        Workload("stream_releasing(data)", f"{KERNELS}\ndata = bytearray(b'1') * (128 << 20)"),
    )
    yield (
        "reads 1 MiB of a cached file, releasing",
        Workload(
            "os.lseek(file, 0, 0); read_releasing(file, 1 << 20)",
            f"import os\n{KERNELS}",
            f"file = os.open({str(file)!r}, os.O_RDONLY)",
        ),
    )
    yield (
        "counts under one lock, releasing",
        Workload("counter.add_releasing(20_000, thread)", f"{KERNELS}\ncounter = SharedCounter('lock', {n})"),
    )
    for share in (0.05, 0.25, 0.5):
        yield f"holds for {share:.0%}", Workload(f"serial_fraction(400_000, {share}, 20_000)", KERNELS)
    yield "`calcular_com_gil(600)`", Workload("calcular_com_gil(600)", KERNELS)
    yield "pure Python loop", Workload("sum(range(50_000))")


def cells(found: Measurement, n: int, quiet: Measurement) -> list[str]:
    """Return speedup (with its change against the quiet one), held share, waiting, verdict."""
    cut = [sample.points[n].uncut for sample in found.samples if sample.points[n].uncut is not None]
    uncut = median(sample.points[n].uncut or sample.points[n].speedup for sample in found.samples)
    return [
        f"{found.point(n).raw_speedup.median:.2f}",
        changed(found.point(n).speedup.median, n, quiet),
        f"{changed(uncut, n, quiet)}, {len(cut)} of {len(found.samples)}" if cut else "",
        f"{found.gil_held.share:.3f}",
        f"{found.point(n).waiting:.2f}",
        gil_verdict(found) + (", disturbed" if found.disturbed else ""),
    ]


def changed(speedup: float, n: int, quiet: Measurement) -> str:
    """Return a speedup with its change against the quiet one, in bold where that is too much."""
    if speedup == quiet.point(n).speedup.median:
        return f"{speedup:.3f}"
    change = speedup / quiet.point(n).speedup.median - 1
    text = f"{speedup:.3f} ({change:+.1%})"
    most = ALLOWED_HOLDING if quiet.gil_held.share > HOLDS_FROM else ALLOWED_RELEASING
    return f"**{text}**" if abs(change) > most else text


def rows_of(name: str, workload: Workload, n: int, budget: float) -> Iterator[list[str]]:
    """Measure beside no neighbour, one, and as many as there are CPUs."""
    quiet: Measurement | None = None
    for neighbours in sorted({0, 1, cpus_allowed()}):
        with busy_neighbours(neighbours):
            found = measure(workload, (1, n), budget=budget)
        quiet = quiet or found
        yield [name, str(neighbours), *cells(found, n, quiet)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--budget", type=float, default=10.0, help="seconds for each measurement")
    parser.add_argument("--threads", type=at_least(2), default=2)
    args = parser.parse_args()
    print(f"{machine()}; {args.budget:g} s for each measurement, {args.threads} threads\n")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "data")
        file.write_bytes(os.urandom(1 << 20))
        rows = [
            row
            for name, workload in workloads(args.threads, file)
            for row in rows_of(name, workload, args.threads, args.budget)
        ]
    head = [
        "workload",
        "busy neighbours",
        "S raw",
        "S* (against quiet)",
        "uncut",
        "GIL held",
        "waiting",
        "verdict",
    ]
    print(markdown_table(head, rows), flush=True)


if __name__ == "__main__":
    main()
