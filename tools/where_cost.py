"""What sampling costs: the throughput of one thread while it is sampled, against the same thread left alone.

Usage: where_cost.py [--pairs 60]

Windows with and without the sampler come in turn, in one process. Throughput is calls per second of the
thread's CPU time, so that what other programs take of the CPUs does not count; the handler runs in that time.
The figures are the median over the pairs of windows, and its 99 % interval.
"""

import argparse
import hashlib
import signal
import statistics
import time
import zlib
from collections.abc import Callable
from random import Random

from support import machine, markdown_table, positive

from antigil.scaling.sample import median_interval
from antigil.where import _sampler
from antigil.where.child import ARENA_BYTES
from antigil.where.experiment import LEAST_MEAN_SECONDS, WAKES

WINDOW_SECONDS = 0.1
"""Of CPU time."""

DATA = bytes(1 << 16)
WORKLOADS: dict[str, Callable[[], object]] = {
    "Python code": lambda: [i * i for i in range(2000)],
    "`zlib.crc32`, 64 KiB": lambda: zlib.crc32(DATA),
    "`hashlib.sha256`, 64 KiB": lambda: hashlib.sha256(DATA).digest(),
}


def rate(function: Callable[[], object]) -> float:
    """Return calls per second of this thread's CPU time."""
    began, calls = time.thread_time(), 0
    while (seconds := time.thread_time() - began) < WINDOW_SECONDS:
        function()
        calls += 1
    return calls / seconds


def rate_sampled(function: Callable[[], object], mean_seconds: float) -> float:
    """Return the same while this thread is sampled."""
    _sampler.start(int(signal.SIGPROF), mean_seconds, Random().getrandbits(63), WAKES, ARENA_BYTES)
    try:
        return rate(function)
    finally:
        _sampler.stop()
        _sampler.drain()


def lost(function: Callable[[], object], mean_seconds: float, pairs: int) -> str:
    """Return the part of the throughput that sampling takes."""
    found = []
    for i in range(pairs):
        if i % 2:
            sampled, alone = rate_sampled(function, mean_seconds), rate(function)
        else:
            alone, sampled = rate(function), rate_sampled(function, mean_seconds)
        found.append(1.0 - sampled / alone)
    interval = median_interval(found, 0.99)
    told = "" if interval is None else f" ({interval[0]:.1%} to {interval[1]:.1%})"
    return f"{statistics.median(found):.1%}{told}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=positive, default=60)
    args = parser.parse_args()
    _sampler.enrol()
    means = (LEAST_MEAN_SECONDS / 2.5, LEAST_MEAN_SECONDS, 2 * LEAST_MEAN_SECONDS)
    rows = [
        [name, *(lost(function, mean, args.pairs) for mean in means)] for name, function in WORKLOADS.items()
    ]
    head = ["throughput lost with a sample each ...", *(f"{mean * 1000:g} ms" for mean in means)]
    print(f"{machine()}; {args.pairs} pairs of windows of {WINDOW_SECONDS} s\n\n{markdown_table(head, rows)}")


if __name__ == "__main__":
    main()
