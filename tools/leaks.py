"""Call every kernel, in every way it can succeed or fail, very often, and see what memory is left behind.

Usage: python tools/leaks.py [--calls 100000] [--reloads 10000] [--interpreters 300]

Each of the calls, each way to fail, the import of the module anew and subinterpreters that import it: done so
often once, to let everything warm up, and so often again. Told is what the second time left behind: blocks of
Python's memory, kilobytes of the process, and references, on a debug build of Python. CPython itself leaves a
little behind of each module that is made anew, and of each subinterpreter. So imports are compared with those
of another extension with one type, and subinterpreters with some that do not import the extension.
Exit status 1 where anything grew.
"""

import argparse
import gc
import importlib.util
import operator
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from every_call import bad_calls, good_calls, outcome
from support import positive

MOST_BLOCKS, MOST_KILOBYTES, MOST_REFERENCES = 100, 1024, 100
"""What may be left behind of all the calls together: some caches fill up late."""

PEAK = not Path("/proc/self/statm").exists()


def memory() -> tuple[int, int, int]:
    """Return blocks, kilobytes and references, the last 0 where this Python does not count them."""
    gc.collect()
    references = getattr(sys, "gettotalrefcount", lambda: 0)()
    if PEAK:
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    else:
        kilobytes = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
    return sys.getallocatedblocks(), kilobytes, references


def grown(action: Callable[[], object], times: int) -> tuple[int, int, int]:
    """Return what is left behind by doing something so often, after as many times before."""
    for _ in range(times):
        action()
    before = memory()
    for _ in range(times):
        action()
    blocks, kilobytes, references = (b - a for a, b in zip(before, memory(), strict=True))
    return blocks, kilobytes, references


def reload(name: str, use: Callable[[Any], object]) -> None:
    """Make a module once more, use it and drop it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    use(module)


def interpreter(script: str) -> Callable[[], None]:
    """Return what runs a script in a subinterpreter and ends that."""
    try:
        import _interpreters as interpreters  # 3.13 and newer
    except ImportError:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found, no-redef]

    def run() -> None:
        one = interpreters.create()
        failure = interpreters.run_string(one, script)
        assert failure is None, failure
        interpreters.destroy(one)

    return run


def use_ours(module: Any) -> None:
    """Use the kernels' module, its type too."""
    module.SharedCounter("lock").add_holding(1)


def beyond(ours: tuple[int, ...], control: tuple[int, ...]) -> tuple[int, ...]:
    """Return what was left behind beyond what a control left, and a twentieth of that, which is noise."""
    return tuple(a - b - abs(b) // 20 for a, b in zip(ours, control, strict=True))


def main() -> int:
    """Do everything, and print what grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=positive, default=100_000, help="of each function and way to fail")
    parser.add_argument("--reloads", type=positive, default=10_000)
    parser.add_argument("--interpreters", type=positive, default=300)
    options = parser.parse_args()
    found = {
        name: grown(lambda call=call: outcome(call), options.calls)
        for name, call in [*good_calls(), *bad_calls()]
    }
    another = grown(lambda: reload("_random", lambda module: module.Random(1)), options.reloads)
    own = grown(lambda: reload("antigil.kernels._native", use_ours), options.reloads)
    found["the import of the module anew, beyond that of _random"] = beyond(own, another)
    bare = grown(interpreter("import antigil.kernels, datetime"), options.interpreters)
    ours = grown(
        interpreter("import datetime\nfrom antigil.kernels import calcular_com_gil"), options.interpreters
    )
    found[f"{options.interpreters} subinterpreters, beyond those without the extension"] = beyond(ours, bare)
    most = (MOST_BLOCKS, MOST_KILOBYTES, MOST_REFERENCES)
    leaks = {name: left for name, left in found.items() if any(map(operator.gt, left, most))}
    ways = len(found) - 2
    counts = "references counted" if hasattr(sys, "gettotalrefcount") else "references not counted"
    print(f"{options.calls} calls in each of {ways} ways, {options.reloads} reloads, {counts}:", end=" ")
    print(f"{len(leaks)} leaks")
    for name, left in leaks.items():
        print(f"{name}: {left[0]} blocks, {left[1]} kB, {left[2]} references")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
