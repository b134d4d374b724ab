"""The article's experiment: one call of a C function in each of 1, 4 and 8 threads.

`calcular_com_gil` keeps the GIL while it calculates, `calcular_sem_gil` gives it up; otherwise
they are the same. With n threads the work is n calls, so

    speedup(n) = n x real(1) / real(n)

which is 1 where the calls run one after another and min(n, CPUs) where they run at once. These
are single stopwatch readings, as in the article; `antigil.scaling` measures properly.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Thread

from antigil.errors import EXIT_USER_ERROR, UserError
from antigil.scaling import cpus_allowed, gil_enabled

NAMES = ("com-gil", "sem-gil")
WHICH_ONE = "Informar com-gil ou sem-gil"
THREAD_COUNTS = (1, 4, 8)

# Real seconds in the article, on a machine with 4 cores. For 8 threads it says only that they took
# twice the time of 4.
ARTICLE_SECONDS_ONE_CALL = 2.702
ARTICLE_SECONDS_4_THREADS = {"com-gil": 10.910, "sem-gil": 3.414}


@dataclass(frozen=True)
class Reading:
    """One line of the experiment: so many threads, each of which made one call.

    `real` is the time from the first start to the last end, and `user` what the whole process spent in user
    mode meanwhile, both in seconds.
    """

    threads: int
    real: float
    user: float


class _Caller(Thread):
    """A thread that makes one call and keeps what it raised."""

    def __init__(self, function: Callable[[], object]) -> None:
        super().__init__(daemon=True)  # an interrupted demo does not wait for calls under way
        self._function = function
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        try:
            self._function()
        except BaseException as error:  # raised again by run_threads
            self.error = error


def run_threads(function: Callable[[], object], threads: int) -> Reading:
    """Call ``function`` once in each of some threads and read the clocks; then raise what a call raised."""
    callers = [_Caller(function) for _ in range(threads)]
    user_before, real_before = os.times().user, time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    real, user = time.perf_counter() - real_before, os.times().user - user_before
    for caller in callers:
        if caller.error is not None:
            raise caller.error
    return Reading(threads, real, user)


def speedup(baseline: Reading, reading: Reading) -> float:
    """Return how many times the calls per second of ``baseline`` a reading reached."""
    return reading.threads / reading.real * baseline.real / baseline.threads


def demo_verdict(name: str, reached: float, threads: int, cpus: int) -> str:
    """Say in one sentence what a speedup means that some threads reached on some CPUs."""
    limit = min(threads, cpus)
    if limit == 1:
        return f"{name}: only one CPU may be used here, so more threads cannot be faster."
    share = (reached - 1) / (limit - 1)  # 0: as if one call ran after another, 1: as if all CPUs were busy
    part = "next to nothing" if share < 0.25 else "most or all of it" if share > 0.65 else "a part of it"
    return f"{name}: of a possible speedup of {limit}, {threads} threads reached {reached:.2f}, {part}."


def demo_lines(names: Sequence[str] = NAMES) -> Iterator[str]:
    """Run the experiment with some of `NAMES`; yield its report line by line, each as soon as it is known."""
    functions = {name: _kernel(name) for name in names}
    cpus = cpus_allowed()
    gil = gil_enabled()
    yield f"{platform.python_implementation()} {platform.python_version()}, GIL {'on' if gil else 'off'}"
    yield f"CPUs that this process may use: {cpus} (the article's machine had 4 cores)"
    yield ""
    yield "                          |          here           |     article"
    yield "function          threads |  real s  user s speedup |  real s speedup"
    verdicts = []
    for name, function in functions.items():
        label = _function_name(name)
        baseline = run_threads(function, 1)
        for threads in THREAD_COUNTS:
            reading = baseline if threads == 1 else run_threads(function, threads)
            reached = speedup(baseline, reading)
            here = f"{reading.real:7.3f} {reading.user:7.3f} {reached:7.2f}"
            yield f"{label}  {threads:7} | {here} | {_article(name, threads)}"
        verdicts.append(demo_verdict(label, reached, reading.threads, cpus))
    yield ""
    yield from verdicts
    if not gil:
        yield "This is a free-threaded Python with the GIL off: neither function has a GIL to keep."


def _article(name: str, threads: int) -> str:
    four = ARTICLE_SECONDS_4_THREADS[name]
    seconds = {1: ARTICLE_SECONDS_ONE_CALL, 4: four, 8: 2 * four}[threads]
    real = f"{seconds:7.3f}" if threads < 8 else f"{f'~{seconds:.1f}':>7}"
    return f"{real} {threads * ARTICLE_SECONDS_ONE_CALL / seconds:7.2f}"


def _function_name(name: str) -> str:
    return "calcular_" + name.replace("-", "_")


def _kernel(name: str) -> Callable[[], object]:
    import antigil

    try:
        function: Callable[[], object] = getattr(antigil, _function_name(name))
    except ImportError as error:
        raise UserError(str(error)) from error
    return function


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``demo`` accepts."""
    parser.add_argument(
        "which",
        nargs="?",
        metavar="com-gil|sem-gil",
        help="only the function that keeps the GIL, or only the one that gives it up (default: both)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the experiment, print its report, and return the exit status."""
    if args.which not in (None, *NAMES):
        print(WHICH_ONE, file=sys.stderr)
        return EXIT_USER_ERROR
    for line in demo_lines([args.which] if args.which else NAMES):
        print(line, flush=True)
    return 0
