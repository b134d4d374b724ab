"""What windows of few long calls tell of threads whose true speedup is known, in virtual time.

Usage: python tools/few_calls.py    prints the table of docs/method.md, in seconds

The threads are those of tests/scaling/test_scaling_shortened_windows.py.
"""

import argparse
import sys
from statistics import fmean

from support import markdown_table
from under import ROOT

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/scaling")]

from test_scaling_shortened_windows import CALLS, LONG, seeded  # noqa: E402
from virtual_time import window_of  # noqa: E402

from antigil.scaling.window import HAIR  # noqa: E402

THREADS, CALLS_EACH, TIMES = (2, 4, 16), (1, 2, 3), 400


def row(what: str) -> list[str]:
    """Return the speedups of threads that make such calls, and for how many calls' time the longest run."""
    _, true, _ = CALLS[what]
    cells, longest = [what], 0.0
    for n in THREADS:
        found = []
        for calls in CALLS_EACH:
            call = seeded(what, n, calls)
            runs = {
                m: [window_of(call, m, (calls - HAIR) * LONG, LONG) for _ in range(TIMES)] for m in (1, n)
            }
            rate = {m: fmean(window.rate for window, _ in taken) for m, taken in runs.items()}
            found.append(f"{rate[n] / rate[1]:.2f}")
            longest = max(longest, fmean(ended for _, ended in runs[n]) / LONG)
        cells += [str(true(n)), " / ".join(found)]
    return [*cells, f"{longest:.0f}"]


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    head = ["calls", *(word for n in THREADS for word in ("true", f"{n} threads")), "calls' time at most"]
    print(markdown_table(head, [row(what) for what in CALLS]))


if __name__ == "__main__":
    main()
