"""Measure the same workloads on a quiet machine and beside busy neighbours.

    python tools/noise.py [--budget 10]

Prints a Markdown table: the queue-free speedup ought to stay within 5 % of the quiet one for
workloads that release the GIL and 10 % for those that hold it, the verdict to stay the same,
and a disturbed measurement to say so.
"""

import argparse

from support import busy_neighbours, machine, markdown_table

from antigil.scaling import Measurement, Workload, cpus_allowed, measure, verdict

KERNELS = "from antigil import calcular_com_gil, calcular_sem_gil, serial_fraction"
WORKLOADS = {
    "`calcular_sem_gil(600)`": Workload("calcular_sem_gil(600)", KERNELS),
    "`hashlib.sha256`, 1 MiB": Workload("sha256(data)", "from hashlib import sha256; data = bytes(1 << 20)"),
    "holds for 5 %": Workload("serial_fraction(400_000, 0.05, 20_000)", KERNELS),
    "holds for 25 %": Workload("serial_fraction(400_000, 0.25, 20_000)", KERNELS),
    "holds for 50 %": Workload("serial_fraction(400_000, 0.5, 20_000)", KERNELS),
    "`calcular_com_gil(600)`": Workload("calcular_com_gil(600)", KERNELS),
    "pure Python loop": Workload("sum(range(50_000))"),
}


def cells(found: Measurement, n: int, quiet: Measurement | None) -> list[str]:
    """Return speedup (with its change against the quiet one), held share, waiting, verdict."""
    speedup = found.point(n).speedup.median
    change = "" if quiet is None else f" ({speedup / quiet.point(n).speedup.median - 1:+.1%})"
    return [
        f"{found.point(n).raw_speedup.median:.2f}",
        f"{speedup:.3f}{change}",
        f"{found.gil_held.share:.3f}",
        f"{found.point(n).waiting:.2f}",
        verdict(found) + (", disturbed" if found.disturbed else ""),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--budget", type=float, default=10.0, help="seconds for each measurement")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    print(f"{machine()}; {args.budget:g} s for each measurement, {args.threads} threads\n")
    rows = []
    for name, workload in WORKLOADS.items():
        quiet: Measurement | None = None
        for neighbours in sorted({0, 1, cpus_allowed()}):
            with busy_neighbours(neighbours):
                found = measure(workload, (1, args.threads), budget=args.budget)
            rows.append([name, str(neighbours), *cells(found, args.threads, quiet)])
            quiet = quiet or found
    head = ["workload", "busy neighbours", "S raw", "S* (against quiet)", "GIL held", "waiting", "verdict"]
    print(markdown_table(head, rows), flush=True)


if __name__ == "__main__":
    main()
