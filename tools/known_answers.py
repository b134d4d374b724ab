"""Measure kernels whose scaling is known beforehand, and set the answers side by side.

    python tools/known_answers.py [--budget 6] [--threads N]

Prints a Markdown table: per kernel the known speedup and GIL-held share, and the measured ones
with their 99 % intervals. N defaults to the CPUs allowed.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support import machine, markdown_table

from antigil.scaling import Measurement, Workload, cpus_allowed, gil_enabled, measure, verdict

Z99 = 2.5758


@dataclass(frozen=True)
class Known:
    """A kernel, its known speedup at n threads as a range, and its known GIL-held share."""

    name: str
    workload: Workload
    least: float
    most: float
    held: float


def kernels(n: int, file: Path) -> Iterator[Known]:
    """Yield the kernels with their answers for n threads on at least n CPUs, under a GIL."""
    setup = "from antigil import *"
    yield Known("`calcular_sem_gil(600)`", Workload("calcular_sem_gil(600)", setup), n, n, 0.0)
    yield Known("`calcular_com_gil(600)`", Workload("calcular_com_gil(600)", setup), 1, 1, 1.0)
    yield Known("pure Python loop", Workload("sum(range(50_000))"), 1, 1, 1.0)
    for share in (0.05, 0.1, 0.25, 0.5, 0.9):
        least = 1 / (share + (1 - share) / n)
        workload = Workload(f"serial_fraction(400_000, {share}, 20_000)", setup)
        yield Known(
            f"holds for {share:.0%} of each call, in slices of 0.2 ms",
            workload,
            least,
            min(n, 1 / share),
            share,
        )
    for form, held in (("releasing", 0.0), ("holding", 1.0)):
        most = n if form == "releasing" else 1
        yield Known(f"sleeps 2 ms, {form}", Workload(f"sleep_{form}(0.002)", setup), most, most, held)
        memory = Workload(f"stream_{form}(data)", f"{setup}\ndata = bytearray(b'1') * (128 << 20)")
        yield Known(f"streams 128 MiB, {form}", memory, 1 if held else 0, most, held)
        # Each thread reads through a descriptor of its own, so that no offset is shared.
        reading = Workload(
            f"os.lseek(file, 0, 0); read_{form}(file, 1 << 20)",
            f"import os\n{setup}",
            f"file = os.open({str(file)!r}, os.O_RDONLY)",
        )
        yield Known(f"reads 1 MiB of a cached file, {form}", reading, 0 if not held else 0.9, most, held)
        for place in ("lock", "atomic", "slots"):
            adding = Workload(
                f"counter.add_{form}(20_000, thread)", f"{setup}\ncounter = SharedCounter('{place}', {n})"
            )
            least, bound = (n, n) if place == "slots" and not held else (0, n if not held else 1)
            yield Known(f"counts in a shared place ({place}), {form}", adding, least, bound, held)


def cells(known: Known, found: Measurement, n: int) -> list[str]:
    """Return a row of the table."""
    speedup, held = found.point(n).speedup, found.gil_held
    low, high = speedup.ci99 or (speedup.median, speedup.median)
    answer = f"{known.most:.2f}" if known.least == known.most else f"{known.least:.2f} to {known.most:.2f}"
    margin = Z99 * held.standard_error
    return [
        known.name,
        answer if known.least > 0 else f"at most {known.most:.2f}",
        f"{speedup.median:.2f} ({low:.2f} to {high:.2f})",
        f"{known.held:.2f}",
        f"{held.share:.3f} ± {margin:.3f}",
        f"{found.point(n).waiting:.2f}",
        verdict(found) + (", disturbed" if found.disturbed else ""),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--budget", type=float, default=6.0, help="seconds for each kernel")
    parser.add_argument("--threads", type=int, default=cpus_allowed())
    args = parser.parse_args()
    n = args.threads
    print(f"{machine()}; {args.budget:g} s for each kernel, {n} threads\n")
    if not gil_enabled():
        print("There is no GIL to hold here: what holds it elsewhere scales like what releases it.\n")
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "data")
        file.write_bytes(os.urandom(1 << 20))
        for known in kernels(n, file):
            found = measure(known.workload, (1, n), budget=args.budget)
            rows.append(cells(known, found, n))
    head = [
        "kernel",
        "known speedup",
        "measured (99 %)",
        "known held",
        "measured (99 %)",
        "waiting",
        "verdict",
    ]
    print(markdown_table(head, rows))


if __name__ == "__main__":
    main()
