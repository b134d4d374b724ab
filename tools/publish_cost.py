"""What the Speedup pages cost within ``asv publish``: time on top of asv's own, and memory.

    python tools/publish_cost.py [--commits 500 1000 2000] [--workloads 12] [--keep FOLDER]

For each number of commits a history is generated (workloads × 4 thread counts × 2 environments) and
published in one process. asv's own time is what that process needs without the plugin's share, in the same
run; the share is timed around the plugin's entry point. asv calls the plugin when all of its own pages are
written, so the process' peak of memory up to then is asv's own.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from published_history import history, publish
from support import machine, positive

ENVIRONMENTS = 2


def main() -> None:
    """Print one line of a Markdown table per number of commits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--commits", type=positive, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--workloads", type=positive, default=12)
    parser.add_argument("--keep", type=Path, help="generate here and leave the pages behind")
    args = parser.parse_args()
    print(f"{machine()}\n")
    print(
        "| commits | workloads | asv's own, s | Speedup pages, s | on top |"
        " pages, ms per commit and workload | asv's own peak, MiB | peak, MiB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for commits in args.commits:
        with tempfile.TemporaryDirectory() as folder:
            told = publish(history(args.keep or Path(folder), commits, args.workloads, ENVIRONMENTS))
        ours, own = told["ours_clock"], told["own_clock"]
        each = 1000 * ours / commits / args.workloads
        cells = [f"{own:.1f}", f"{ours:.1f}", f"{ours / own:.0%}"]
        cells += [f"{each:.2f}", f"{told['own_mib']:.0f}", f"{told['mib']:.0f}"]
        print(f"| {commits} | {args.workloads} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
