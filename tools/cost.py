"""What the instrument itself costs: its loop, the shortest call it can measure, the GIL probe.

    python tools/cost.py [--repeats 15]

Each figure is a median of ratios of two things measured one after the other, in turns, on the same CPU.
"""

import argparse
import contextlib
import random
import statistics
import threading
import time
import timeit
from collections.abc import Callable

from support import machine, markdown_table, only_cpus, positive

from antigil import kernels
from antigil.scaling import FunctionWorkload, Plan, Workload, measure_rounds, probe_gil
from antigil.scaling.host import affinity

KERNELS = "from antigil.kernels import calcular_com_gil, calcular_sem_gil, serial_fraction"
CALLS = {
    "`pass`": Workload("pass"),
    "`x + 1`": Workload("x + 1", "x = 1"),
    "`len(x)`": Workload("len(x)", "x = ()"),
    **{
        f"`x * x`, {digits} digits": Workload("x * x", f"x = 10**{digits - 1}") for digits in (19, 37, 61, 81)
    },
    "empty kernel call": Workload("serial_fraction(0, 0)", KERNELS),
    "1 µs": Workload("serial_fraction(100, 0)", KERNELS),
    "10 µs": Workload("serial_fraction(1000, 0)", KERNELS),
    "100 µs": Workload("serial_fraction(10_000, 0)", KERNELS),
}


def plain_seconds_per_call(workload: Workload) -> float:
    """Return the time per call in timeit's own loop, which reads the clock twice in all."""
    timer = timeit.Timer(workload.statement, workload.setup)
    number, taken = timer.autorange()
    calls = max(1, round(number * 0.05 / taken))
    return timer.timeit(calls) / calls


def one_cpu() -> contextlib.AbstractContextManager[None]:
    """Keep this thread, and those that it starts, on one CPU, whichever it is."""
    return only_cpus([random.choice(affinity())])


def loop_row(name: str, workload: Workload, repeats: int) -> list[str]:
    """Compare the time per call by the instrument with timeit's."""
    ratios, plain = [], 0.0
    for _ in range(repeats):
        with one_cpu():
            plain = plain_seconds_per_call(workload)
            done = measure_rounds(workload, Plan((1,), rounds=1))[-1]
        ratios.append(1.0 / done.windows[1].rate / plain)
    return [name, f"{plain * 1e9:.0f} ns", f"{statistics.median(ratios) - 1:+.1%}"]


class Counted:
    """A function that notes when it was called."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._times: list[float] = []

    def __call__(self) -> None:
        """Call the function."""
        self._times.append(time.perf_counter())
        self._function()

    @property
    def rate(self) -> float:
        """Calls per second, without the first: the threads wait for each other after it."""
        return (len(self._times) - 2) / (self._times[-1] - self._times[1])


def rate_alone(function: Callable[[], object], seconds: float) -> float:
    """Return the calls per second of a thread that nobody probes."""
    counted = Counted(function)

    def work() -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            counted()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return counted.rate


def rate_probed(function: Callable[[], object], seconds: float) -> float:
    """Return the calls per second of a worker beside a prober."""
    counted = Counted(function)
    probe_gil(FunctionWorkload(counted), seconds)
    return counted.rate


def probe_row(name: str, function: Callable[[], object], repeats: int) -> list[str]:
    """Compare a worker's throughput beside a prober with what it does alone."""
    ratios = []
    for _ in range(repeats):
        with one_cpu():
            ratios.append(rate_probed(function, 0.5) / rate_alone(function, 0.5))
    return [name, f"{1 - statistics.median(ratios):+.1%}"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repeats", type=positive, default=15)
    args = parser.parse_args()
    print(f"{machine()}; medians of {args.repeats}\n")
    rows = [loop_row(name, workload, args.repeats) for name, workload in CALLS.items()]
    print(markdown_table(["call", "time per call by timeit", "by antigil"], rows), end="\n\n", flush=True)
    functions = {
        "`calcular_sem_gil(600)`, releases": lambda: kernels.calcular_sem_gil(600),
        "holds for 50 %": lambda: kernels.serial_fraction(300_000, 0.5),
        "`calcular_com_gil(600)`, holds": lambda: kernels.calcular_com_gil(600),
        "pure Python loop, holds": lambda: sum(range(50_000)),
    }
    rows = [probe_row(name, function, args.repeats) for name, function in functions.items()]
    print(markdown_table(["workload", "throughput that the probe costs"], rows))


if __name__ == "__main__":
    main()
