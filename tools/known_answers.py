"""Measure kernels whose scaling is known beforehand, and set the answers side by side.

    python tools/known_answers.py [--budget 6] [--threads N]

Prints a Markdown table: per kernel the known speedup and GIL-held share, and the measured ones
with their 99 % intervals; *off* is how far the interval of the speedup lies outside what is known. N
defaults to the CPUs allowed, or 2; with more threads than CPUs only sleeping gains from the rest.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from support import at_least, machine, markdown_row, markdown_table

from antigil.scaling import Measurement, Workload, cpus_allowed, gil_enabled, gil_verdict, measure

SETUP = "from antigil.kernels import *"
BUFFER = f"{SETUP}\ndata = bytearray(b'1') * (128 << 20)  # larger than the caches"
ZEROS = f"{SETUP}\nimport os\nfile = os.open('/dev/zero', os.O_RDONLY)"


@dataclass(frozen=True)
class Known:
    """A kernel, its known speedup as a range (least None: nothing is known below), its known held share."""

    name: str
    workload: Workload
    least: float | None
    most: float
    held: float


def kernels(n: int, cpus: int, gil: bool) -> Iterator[Known]:
    """Yield the kernels with their answers for n threads on so many CPUs.

    Without a GIL, what holds it elsewhere scales like what releases it.
    """
    served = min(n, cpus)
    yield Known("`calcular_sem_gil(600)`", Workload("calcular_sem_gil(600)", SETUP), served, served, 0.0)
    for form, held in (("releasing", 0.0), ("holding", 1.0 if gil else 0.0)):
        alone = held == 1.0
        most = 1 if alone else served
        if form == "holding":
            yield Known("`calcular_com_gil(600)`", Workload("calcular_com_gil(600)", SETUP), most, most, held)
            yield Known("pure Python loop", Workload("sum(range(50_000))"), most, most, held)
        asleep = 1 if alone else n
        yield Known(f"sleeps 2 ms, {form}", Workload(f"sleep_{form}(0.002)", SETUP), asleep, asleep, held)
        least = 1 if alone else None  # else memory sets the limit
        yield Known(f"streams 128 MiB, {form}", Workload(f"stream_{form}(data)", BUFFER), least, most, held)
        reading = Workload(f"read_{form}(file, 1 << 20)", ZEROS)
        yield Known(f"reads 1 MiB of /dev/zero, {form}", reading, least, most, held)
        for place in ("lock", "atomic", "slots"):
            adding = Workload(
                f"counter.add_{form}(20_000, thread)", f"{SETUP}\ncounter = SharedCounter('{place}', {n})"
            )
            known = 1 if alone else served if place == "slots" else None
            yield Known(f"counts in a shared place ({place}), {form}", adding, known, most, held)
    for share in (0.05, 0.1, 0.25, 0.5, 0.9):
        yield Known(
            f"holds for {share:.0%} of each call, in slices of 0.2 ms",
            Workload(f"serial_fraction(400_000, {share}, 20_000)", SETUP),
            1 / (share + (1 - share) / served) if gil else served,
            min(served, 1 / share) if gil else served,
            share if gil else 0.0,
        )


def cells(known: Known, found: Measurement, n: int) -> list[str]:
    """Return a row of the table."""
    speedup, held = found.point(n).speedup, found.gil_held
    low, high = speedup.ci99 or (speedup.median, speedup.median)
    least, most = known.least or 0.0, known.most
    off = min(0.0, high - least) + max(0.0, low - most)
    answer = f"{most:.2f}" if least == most else f"{least:.2f} to {most:.2f}"
    margin = held.margin99
    return [
        known.name,
        answer if known.least is not None else f"at most {most:.2f}",
        f"{speedup.median:.2f} ({low:.2f} to {high:.2f})",
        f"{off:+.2f}" if abs(off) >= 0.005 else "",
        f"{known.held:.2f}",
        f"{held.share:.3f} ± {margin:.3f}",
        f"{found.point(n).waiting:.2f}",
        gil_verdict(found) + (", disturbed" if found.disturbed else ""),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--budget", type=float, default=6.0, help="seconds for each kernel")
    parser.add_argument("--threads", type=at_least(2), default=max(2, cpus_allowed()))
    args = parser.parse_args()
    n, cpus = args.threads, cpus_allowed()
    print(f"{machine()}; {args.budget:g} s for each kernel, {n} threads on {cpus} CPUs\n")
    head = [
        "kernel",
        "known speedup",
        "measured (99 %)",
        "off",
        "known held",
        "measured (99 %)",
        "waiting",
        "verdict",
    ]
    print(markdown_table(head, []))
    for known in kernels(n, cpus, gil_enabled()):
        row = cells(known, measure(known.workload, (1, n), budget=args.budget), n)
        print(markdown_row(row), flush=True)


if __name__ == "__main__":
    main()
