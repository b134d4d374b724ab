"""Run the kernels in subinterpreters with a GIL each, all at once: right results, and really in parallel.

Usage: python tools/own_gils.py [--times 100] [--interpreters 4]

Needs Python 3.12 or newer, where such interpreters exist, with a GIL. That they are parallel is shown by a
call that holds one interpreter's GIL until another interpreter, in another thread, has got its work done.
Exit status 1 at a wrong result; with one GIL for all it would hang.
"""

import argparse
import os
import sys
import threading
import time

from support import positive

if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters

WORK = """
from every_call import good_calls, bad_calls, outcome
calls = [*good_calls(), *bad_calls()]
alone = [outcome(call) for _, call in calls]
for _ in range(20):
    assert [outcome(call) for _, call in calls] == alone
from antigil.kernels import calcular_com_gil
assert calcular_com_gil(7) == "10689571765550521865"
"""
WAIT = "from antigil.kernels import read_holding\nassert read_holding({end}, 1) == b'!'\n"
WAKE = (
    "from antigil.kernels import calcular_com_gil\ncalcular_com_gil(10)\nimport os\nos.write({end}, b'!')\n"
)
LONG = "from antigil.kernels import calcular_com_gil\ncalcular_com_gil(20_000)\n"


def run(script: str, failures: list[str]) -> threading.Thread:
    """Run a script in an interpreter of its own, in a thread of its own."""

    def work() -> None:
        path = f"import sys\nsys.path[:] = {sys.path!r}\n"
        try:
            one = interpreters.create()
            try:
                if (failure := interpreters.run_string(one, path + script)) is not None:
                    failures.append(str(failure))
            finally:
                interpreters.destroy(one)
        except BaseException as error:
            failures.append(repr(error))  # so does 3.12 tell it

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def all_at_once(scripts: list[str], failures: list[str]) -> float:
    """Run scripts in interpreters at once, and return the seconds that all of them took."""
    begun = time.perf_counter()
    for thread in [run(script, failures) for script in scripts]:
        thread.join()
    return time.perf_counter() - begun


def wait_for_each_other(failures: list[str]) -> None:
    """Have one interpreter hold its GIL until another has worked."""
    reading, writing = os.pipe()
    waiting = run(WAIT.format(end=reading), failures)
    time.sleep(0.1)  # so that it most likely waits; it is right either way
    run(WAKE.format(end=writing), failures).join()
    waiting.join()
    os.close(reading)
    os.close(writing)


def main() -> int:
    """Run everything, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=positive, default=100)
    parser.add_argument("--interpreters", type=positive, default=4)
    options = parser.parse_args()
    failures: list[str] = []
    for _ in range(options.times):
        all_at_once([WORK] * options.interpreters, failures)
        wait_for_each_other(failures)
    one, two = all_at_once([LONG], failures), all_at_once([LONG] * 2, failures)
    print(f"{options.times * (options.interpreters + 2)} interpreters with a GIL each,", end=" ")
    print(f"{len(failures)} failures; two that hold theirs at once: {2 * one / two:.2f} times as fast")
    print("\n".join(failures[:5]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
