"""Measure workloads that do what none should: each ends in one clear error, or in a result.

Usage: python tools/hostile.py [--only NAME ...] [--from N]

Each is measured in one run with a good workload after it, which has to get its result. A hostile one has to
end within its time limit as tools/hostile_workloads.py says. Exit status 1 where one did not. `--from N`
goes on with the Nth.
"""

import argparse
import os
import sys
import time

from hostile_workloads import DIED, ERROR, HANGS, RESULT, WORKLOADS
from support import positive

from antigil.scaling import MeasurementError, Workload, measure
from antigil.scaling import experiment as experiment_module
from antigil.scaling import process as process_module

TIME_LIMIT = 3.0
START = 3.0
MOST = 4 * (TIME_LIMIT + START) + 40.0
"""Seconds that a hostile workload may take: its process is ended by then, however busy the machine is."""

GOOD = Workload("sum(range(1000))")


def ending(workload: Workload) -> tuple[str, str]:
    """Measure a workload, and return how that ended, and in which words."""
    try:
        measure(workload, (1, 2), budget=0.1, processes=1, time_limit=TIME_LIMIT)
    except MeasurementError as error:
        words = str(error)
        return HANGS if "did not end" in words else DIED if "died" in words else ERROR, words
    except BaseException as error:  # as the workload raised it
        return ERROR, f"{type(error).__name__}: {str(error)[:100]}"
    return RESULT, ""


def tried(name: str) -> str | None:
    """Measure a hostile workload and then a good one; return what is wrong, or None."""
    statement, setup, allowed = WORKLOADS[name]
    begun = time.monotonic()
    how, words = ending(Workload(statement, setup))
    seconds = time.monotonic() - begun
    after, _ = ending(GOOD)
    told = f"{seconds:.1f} s, {how}: {words[:100]!r}"
    print(f"{name}: {told}", flush=True)
    if how not in allowed:
        return f"{name}: {told}, and not {' or '.join(allowed)}"
    if seconds > MOST:
        return f"{name}: {told}, later than allowed"
    return f"{name}: the next workload got {after}" if after != RESULT else None


def main() -> int:
    """Try all, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(WORKLOADS), choices=WORKLOADS, metavar="NAME")
    parser.add_argument("--from", type=positive, default=1, dest="first")
    options = parser.parse_args()
    experiment_module.START_SECONDS = START
    process_module.GRACE_SECONDS = 1.0
    before = (os.sched_getaffinity(0), os.getcwd(), threads())
    names = options.only[options.first - 1 :]
    wrong = [found for name in names if (found := tried(name)) is not None]
    if before != (os.sched_getaffinity(0), os.getcwd(), threads()):
        wrong.append("this process is not what it was")
    print(f"{len(names)} hostile workloads, {len(wrong)} not as they should be")
    print("\n".join(wrong))
    return 1 if wrong else 0


def threads() -> int:
    """Return how many threads this process has, once those that listened have ended."""
    for _ in range(50):
        if len(os.listdir("/proc/self/task")) == 1:
            break
        time.sleep(0.1)
    return len(os.listdir("/proc/self/task"))


if __name__ == "__main__":
    sys.exit(main())
