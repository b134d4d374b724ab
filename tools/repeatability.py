"""Measure one workload again and again in fresh processes: ours beside asv's plain way.

    python tools/repeatability.py [--count 100] [--seconds 1]

The plain way is what a suite without an instrument does: asv's own ``time_`` benchmark runs a
batch of calls in n threads, and the time at 1 thread is divided by the time at n. Both ways
take turns and get the same time. The spread is the standard deviation of the speedups.
"""

import argparse
import json
import statistics
import subprocess
import sys

from support import at_least, machine, markdown_table

from antigil.scaling import Plan, Workload
from antigil.scaling.experiment import measure_in_fresh_process

CALLS_PER_THREAD = 4
STATEMENT, SETUP = "calcular_sem_gil(600)", "from antigil import calcular_sem_gil"

PLAIN = """\
import json, sys, threading
from asv_runner.benchmarks.time import TimeBenchmark
from antigil import calcular_sem_gil
n_threads, calls, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])

def work():
    for _ in range(calls):
        calcular_sem_gil(600)

class Suite:
    repeat = (1, 10_000, seconds)
    rounds = 1
    warmup_time = 0.05
    def time_batch(self):
        threads = [threading.Thread(target=work) for _ in range(n_threads)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    time_batch.pretty_source = ""  # asv looks for the source in a file

suite = Suite()
print(json.dumps(TimeBenchmark("plain", suite.time_batch, [suite]).do_run()["samples"]))
"""


def plain_speedup(n: int, seconds: float) -> float:
    """Return the speedup by two of asv's ``time_`` benchmarks, each in a process of its own."""
    times = {}
    for n_threads in (1, n):
        command = [sys.executable, "-c", PLAIN, str(n_threads), str(CALLS_PER_THREAD), str(seconds / 2)]
        times[n_threads] = statistics.median(json.loads(subprocess.check_output(command)))
    return n * times[1] / times[n]


def our_speedup(n: int, seconds: float) -> float:
    """Return the speedup that one fresh process of ours finds."""
    plan = Plan((1, n), budget=seconds, rounds=10_000)
    return measure_in_fresh_process(Workload(STATEMENT, SETUP), plan, 0.02).sample.points[n].speedup


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=at_least(2), default=100)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each speedup")
    parser.add_argument("--threads", type=at_least(2), default=2)
    args = parser.parse_args()
    found: dict[str, list[float]] = {"antigil": [], "asv `time_`, plain": []}
    for _ in range(args.count):
        found["antigil"].append(our_speedup(args.threads, args.seconds))
        found["asv `time_`, plain"].append(plain_speedup(args.threads, args.seconds))
    rows = [
        [
            name,
            str(len(values)),
            f"{statistics.median(values):.3f}",
            f"{min(values):.3f} to {max(values):.3f}",
            f"{statistics.stdev(values):.4f}",
        ]
        for name, values in found.items()
    ]
    print(f"{machine()}; `{STATEMENT}`, {args.threads} threads, {args.seconds:g} s for each speedup\n")
    print(markdown_table(["way", "fresh processes", "median", "range", "standard deviation"], rows))
    ours, plain = (statistics.stdev(values) for values in found.values())
    print(f"\nThe plain way spreads {plain / ours:.1f} times as wide.")


if __name__ == "__main__":
    main()
