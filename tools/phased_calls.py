"""Count how often measurements and assertions err on calls with phases, whose truth is known.

    python tools/phased_calls.py FILE --runs 200 [--beside quiet busy] [--stop-after SECONDS]
    python tools/phased_calls.py --table FILE [FILE ...]

A call runs pure Python for so many seconds of CPU time, which holds the GIL, and sleeps for others. So
the share that it is held for is known, and bounds of the speedup in 2 threads: 2 / (1 + held) where all
holds collide, min(2, 1 / held) where none does. Each run is a fresh process, asked to take 4 s. It is a
line of FILE: what is there is not done again. FILEs of several machines, or of several runs at once on
CPUs of their own (`taskset -c 0,1 python tools/phased_calls.py 0.jsonl ...`), make one table, without what
another version of the instrument gave, or another Python. Exit status 1 where an assertion said what it ought
not to.
"""

import argparse
import contextlib
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import mean
from unittest import SkipTest

from support import (
    Note,
    add_note,
    busy_neighbours,
    machines,
    markdown_table,
    positive,
    read_notes,
    taken_under,
    this_python,
)

from antigil.scaling import INSTRUMENT_VERSION, MeasurementError, cpus_allowed, measure_function
from antigil.testing import assert_releases_gil, assert_scales

SECONDS = 4.0
THREADS = 2
UNDER: Note = {"instrument": INSTRUMENT_VERSION, "python": this_python()}
HALF = 0.5
"""The held share that assert_releases_gil allows for: no truth is near it."""

ASKED = 1.2
"""The speedup that assert_scales asks for: 1 is that of what holds the GIL throughout."""

Phases = tuple[tuple[bool, float], ...]
SPIN, SLEEP = True, False

CALLS: dict[str, Phases] = {
    "spin 0.04, sleep 0.16": ((SPIN, 0.04), (SLEEP, 0.16)),
    "spin 0.2": ((SPIN, 0.2),),
    "sleep 0.06, spin 0.24": ((SLEEP, 0.06), (SPIN, 0.24)),
    "spin 0.27, sleep 0.8": ((SPIN, 0.27), (SLEEP, 0.8)),
    "spin 0.3, sleep 1.2": ((SPIN, 0.3), (SLEEP, 1.2)),
    "sleep 0.3, spin 1.2": ((SLEEP, 0.3), (SPIN, 1.2)),
    "five phases, 1 s": ((SPIN, 0.1), (SLEEP, 0.35), (SPIN, 0.1), (SLEEP, 0.4), (SPIN, 0.05)),
    "sleep 2.4, spin 0.6": ((SLEEP, 2.4), (SPIN, 0.6)),
}

SURROUNDINGS: dict[str, Callable[[], contextlib.AbstractContextManager[None]]] = {
    "quiet": contextlib.nullcontext,
    "busy": lambda: busy_neighbours(cpus_allowed()),
}


def held(phases: Phases) -> float:
    """Return the share of its time for which a call holds the GIL."""
    return sum(seconds for spins, seconds in phases if spins) / sum(seconds for _, seconds in phases)


def call(phases: Phases) -> None:
    """Go through the phases."""
    for spins, seconds in phases:
        end = time.thread_time() + seconds
        if not spins:
            time.sleep(seconds)
        while spins and time.thread_time() < end:
            pass


def measured(phases: Phases) -> str:
    """Measure, and tell whether the intervals hold the truth."""
    found = measure_function(partial(call, phases), (1, THREADS), budget=SECONDS)
    truth = held(phases)
    low, high = found.gil_held.ci99
    share = "right" if low <= truth <= high else "too much" if low > truth else "too little"
    speedup = found.point(THREADS).speedup
    least, most = speedup.ci99 or speedup.range or (speedup.median, speedup.median)
    right = least <= 1.05 * min(THREADS, 1.0 / truth) and most >= 0.95 * THREADS / (1.0 + truth)
    return json.dumps([share, "right" if right else "wrong", found.gil_held.share, speedup.median])


def asserted(assertion: Callable[[Callable[[], object]], None], phases: Phases) -> str:
    """Tell whether an assertion holds, fails or is skipped."""
    try:
        assertion(partial(call, phases))
    except AssertionError:
        return "fails"
    except SkipTest:
        return "skipped"
    return "holds"


WHAT: dict[str, Callable[[Phases], str]] = {
    "measure_function": measured,
    "assert_releases_gil": partial(asserted, partial(assert_releases_gil, held_at_most=HALF, budget=SECONDS)),
    "assert_scales": partial(
        asserted, partial(assert_scales, threads=THREADS, at_least=ASKED, budget=SECONDS)
    ),
}


def ought(what: str, phases: Phases) -> str | None:
    """Return what an assertion ought to say; None where the truth is on both sides of what is asked."""
    truth = held(phases)
    if what == "assert_releases_gil":
        return "holds" if truth <= HALF else "fails"
    if THREADS / (1.0 + truth) >= 1.05 * ASKED:
        return "holds"
    return "fails" if 1.0 / truth <= 0.95 * ASKED else None


def outcome(what: str, name: str) -> str:
    """Do one run."""
    try:
        return WHAT[what](CALLS[name])
    except MeasurementError as error:
        return f"error: {error}"


def rows_of(paths: list[Path]) -> list[Note]:
    """Return the runs that are noted, of this version of the instrument and this Python."""
    return [note for path in paths for note in taken_under(read_notes(path), UNDER)]


def run(path: Path, runs: int, surroundings: list[str], end: float) -> None:
    """Do each run that is not noted yet, until the time is over."""
    done = Counter((row["beside"], row["what"], row["call"]) for row in rows_of([path]))
    processes = multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1)
    with processes:
        for beside in surroundings:
            with SURROUNDINGS[beside]():
                for key in [(what, name) for _ in range(runs) for what in WHAT for name in CALLS]:
                    if done[beside, *key] >= runs or (key[0] != "measure_function" and not asks(*key)):
                        continue
                    began = time.monotonic()
                    if began > end:
                        return
                    found = processes.apply(outcome, key)
                    done[beside, *key] += 1
                    row = {"beside": beside, "what": key[0], "call": key[1], "found": found}
                    add_note(path, {**UNDER, **row, "seconds": time.monotonic() - began})


def asks(what: str, name: str) -> bool:
    """Tell whether the truth of an assertion is known."""
    return ought(what, CALLS[name]) is not None


def table(rows: list[Note]) -> Iterator[list[str]]:
    """Yield a row for each call and what was asked of it."""
    for beside in SURROUNDINGS:
        for what in WHAT:
            for name, phases in CALLS.items():
                key = (beside, what, name)
                these = [row for row in rows if (row["beside"], row["what"], row["call"]) == key]
                if these:
                    seconds = f"{mean(float(row['seconds']) for row in these):.1f} s"
                    head = [beside, f"`{what}`", name, f"{held(phases):.3f}", str(len(these))]
                    yield [*head, *told(what, phases, [row["found"] for row in these]), seconds]


def is_wrong(what: str, phases: Phases, found: str) -> bool:
    """Tell whether an assertion said what it ought not to, or ended otherwise."""
    return what != "measure_function" and found not in (ought(what, phases), "skipped")


def told(what: str, phases: Phases, found: list[str]) -> tuple[str, str]:
    """Return how many runs were wrong, and how."""
    counts = Counter(found)
    if what != "measure_function":
        wrong = {one: n for one, n in counts.items() if is_wrong(what, phases, one)}
        return f"{sum(wrong.values())}", f"{counts['skipped']} skipped {wrong or ''}".strip()
    values = [json.loads(one) for one in found if not one.startswith("error")]
    shares, speedups = Counter(one[0] for one in values), Counter(one[1] for one in values)
    wrong = f"{len(values) - shares['right']} shares, {speedups['wrong']} speedups"
    mean_share = f"{mean(one[2] for one in values):.3f}" if values else ""
    return wrong, f"mean share {mean_share}; {shares['too much']} too much; {len(found) - len(values)} errors"


def main() -> int:
    """Count, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("files", type=Path, nargs="+", help="runs are noted in the first")
    parser.add_argument("--runs", type=positive, default=200, help="of each call (%(default)s)")
    parser.add_argument("--beside", choices=SURROUNDINGS, nargs="*", default=list(SURROUNDINGS))
    parser.add_argument("--stop-after", type=float, default=float("inf"), help="seconds; go on later")
    parser.add_argument("--table", action="store_true", help="only print the table of all files")
    args = parser.parse_args()
    if not args.table:
        run(args.files[0], args.runs, args.beside, time.monotonic() + args.stop_after)
    head = ["beside", "what", "call", "held", "runs", "wrong", "how", "mean time"]
    rows = rows_of(args.files)
    print(f"{machines(rows)}\n\n{markdown_table(head, list(table(rows)))}")
    return int(any(is_wrong(row["what"], CALLS[row["call"]], row["found"]) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
