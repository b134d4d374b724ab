"""What the Speedup pages cost within ``asv publish``: time on top of asv's own, and memory.

    python tools/publish_cost.py [--commits 500 1000 2000] [--workloads 12] [--keep FOLDER]

For each number of commits a history is generated (workloads × 4 thread counts × 2 environments) and
published in one process. asv's own time is what that process needs without the plugin's share, in the same
run; the share is timed around the plugin's entry point. asv calls the plugin when all of its own pages are
written, so the process' peak of memory up to then is asv's own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "tests" / "history"))

#: Runs in the process that publishes: asv's own command, with the plugin's entry point timed.
TIMED = """
import json, resource, sys, time
from asv import main, plugin_manager
from asv.config import Config
from asv.commands.publish import Publish
import antigil.asv_plugin as plugin
def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
told = {}
real = plugin.Speedup.publish.__func__
def timed(cls, *args):
    told["own_mib"] = peak_mib()
    start = time.perf_counter()
    real(cls, *args)
    told["pages"] = time.perf_counter() - start
plugin.Speedup.publish = classmethod(timed)
start = time.perf_counter()
Publish.run(Config.load(), pull=False)
told["own"] = time.perf_counter() - start - told["pages"]
print(json.dumps({**told, "peak_mib": peak_mib()}))
"""


def main() -> None:
    """Print one line of a Markdown table per number of commits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--commits", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--workloads", type=int, default=12)
    parser.add_argument("--keep", type=Path, help="generate here and leave the pages behind")
    args = parser.parse_args()
    print(
        "| commits | workloads | asv's own, s | Speedup pages, s | on top |"
        " pages, ms per commit and workload | asv's own peak, MiB | peak, MiB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for commits in args.commits:
        with tempfile.TemporaryDirectory() as folder:
            root = (args.keep or Path(folder)) / f"history-{commits}"
            if not (root / "asv.conf.json").exists():
                make(root, commits, args.workloads)
            told = published(root)
        each = 1000 * told["pages"] / commits / args.workloads
        cells = [f"{told['own']:.1f}", f"{told['pages']:.1f}", f"{told['pages'] / told['own']:.0%}"]
        cells += [f"{each:.2f}", f"{told['own_mib']:.0f}", f"{told['peak_mib']:.0f}"]
        print(f"| {commits} | {args.workloads} | {' | '.join(cells)} |", flush=True)


def make(root: Path, commits: int, workloads: int) -> None:
    """Generate a history in which every third workload changes twice."""
    from generated import Behaviour, Place, Planned, generate, standard_plan

    def phases(i: int) -> dict[int, Behaviour]:
        steady = Behaviour(serial=0.02 * i)
        if i % 3:
            return {0: steady}
        return {0: steady, commits // 3: Behaviour(serial=0.5), commits * 2 // 3: steady}

    planned = tuple(Planned(f"work.Number{i:02}", f"Workload {i}", phases(i)) for i in range(workloads))
    places = (Place(), Place(python="3.14t", gil=False))
    tags = {f"v1.{i}": i * commits // 10 for i in range(1, 10)}
    generate(standard_plan(commits, workloads=planned, places=places, tags=tags), root)


def published(root: Path) -> dict[str, float]:
    """Publish in a process of its own; return seconds (own, pages) and MiB (own_mib, peak_mib)."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"publishing failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()
