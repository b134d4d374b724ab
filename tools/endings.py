"""Fork while threads call kernels, end the interpreter with calls under way, call them on tiny stacks.

Usage: python tools/endings.py [--times 200]

Each process has 100 s, far more than it needs. Exit status 1 where one crashed, hung or failed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from support import positive

FORK = """
import os, sys, threading, time, warnings
from every_call import good_calls, outcome
from antigil import kernels
warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: that is the point
shared = {place: kernels.SharedCounter(place, 2) for place in ("lock", "atomic", "slots")}
calls = [call for _, call in good_calls()]
running = True
def work():
    while running:
        for counter in shared.values(): counter.add_releasing(1000)
        for call in calls: call()
threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
for thread in threads: thread.start()
children = []
for _ in range(5):
    time.sleep(0.002)
    if (child := os.fork()) == 0:
        for counter in shared.values():
            before = counter.count
            more = [threading.Thread(target=counter.add_releasing, args=(10, slot)) for slot in (0, 1)]
            for thread in more: thread.start()
            for thread in more: thread.join()
            assert counter.count == before + 20
        for call in calls: call()
        os._exit(0)
    children.append(child)
statuses = [os.waitpid(child, 0)[1] for child in children]
running = False
for thread in threads: thread.join()
sys.exit(1 if any(statuses) else 0)
"""
SHUTDOWN = """
import threading, time
from every_call import bad_calls, good_calls, outcome
from antigil import kernels
counter = kernels.SharedCounter("lock")
calls = [call for _, call in [*good_calls(), *bad_calls()]]
def work(thread):
    if thread == 0: kernels.calcular_sem_gil(2**62)
    if thread == 1: kernels.stream_releasing(bytes(300_000_000))
    if thread == 2: kernels.sleep_releasing(86400)
    if thread == 3: counter.add_releasing(2**62)
    while True:
        for call in calls: outcome(call)
for thread in range(8): threading.Thread(target=work, args=(thread,), daemon=True).start()
time.sleep(0.05)
"""
SMALL_STACK = """
import sys, threading
from every_call import bad_calls, good_calls, outcome
calls = [call for _, call in [*good_calls(), *bad_calls()]]
alone = [outcome(call) for call in calls]
wrong = []
def work():
    for _ in range(5):
        if [outcome(call) for call in calls] != alone: wrong.append(1)
size = 32768
while True:
    try:
        threading.stack_size(size)
        break
    except ValueError:  # too small for this Python
        size += 4096
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit(len(wrong))
"""
SCENES = {
    "five forks beside four threads that work": (FORK,),
    "the interpreter ends beside eight threads that work": (SHUTDOWN,),
    "threads with the smallest stacks that Python allows": (SMALL_STACK,),
}
LIMIT = 100.0


def failure(*arguments: str) -> str | None:
    """Return how a process failed, or None where it did not."""
    command = [sys.executable, "-c", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT, check=False, cwd=Path(__file__).parent
        )
    except subprocess.TimeoutExpired:
        return "it hung"
    return f"exit status {done.returncode}: {done.stderr[-500:]}" if done.returncode or done.stderr else None


def main() -> int:
    """Play every scene so often, and print what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=positive, default=200)
    options = parser.parse_args()
    failed = False
    for name, arguments in SCENES.items():
        failures = list(filter(None, (failure(*arguments) for _ in range(options.times))))
        failed |= bool(failures)
        print(f"{name}: {options.times} processes, {len(failures)} failed", *failures[:2], flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
