"""Count how often the assertions of antigil.testing err, beside neighbours that keep CPUs busy.

    python tools/assertion_error_rates.py --runs 200

Every run is an assertion on a kernel whose answer is known. One that ought to hold and fails is
a false failure; one that ought to fail and holds is a miss; a skip is neither, and counted by
itself. The assertions are taken in turn, each run in a fresh process. Each is a line of a file: with
--stop-after it can be done in several goes. What another version of the instrument gave, or another Python,
does not count.
"""

import argparse
import contextlib
import hashlib
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
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

from antigil import kernels
from antigil.scaling import INSTRUMENT_VERSION, cpus_allowed
from antigil.testing import assert_releases_gil, assert_scales

MEBIBYTE = bytes(1 << 20)
UNDER: Note = {"instrument": INSTRUMENT_VERSION, "python": this_python()}

KERNELS: dict[str, Callable[[], object]] = {
    "calcular_sem_gil": partial(kernels.calcular_sem_gil, 600),
    "sha256 of 1 MiB": lambda: hashlib.sha256(MEBIBYTE),
    "holds for 5 %": partial(kernels.serial_fraction, 300_000, 0.05),
    "holds for 20 %": partial(kernels.serial_fraction, 300_000, 0.2),
    "calcular_com_gil": partial(kernels.calcular_com_gil, 600),
}

RELEASES = "assert_releases_gil(func)"
SCALES = "assert_scales(func, 2, 1.5)"

ASSERTIONS = {RELEASES: assert_releases_gil, SCALES: partial(assert_scales, threads=2, at_least=1.5)}

OUGHT_TO_HOLD = {
    (RELEASES, "calcular_sem_gil"): True,
    (RELEASES, "sha256 of 1 MiB"): True,
    (RELEASES, "holds for 5 %"): True,
    (RELEASES, "holds for 20 %"): False,
    (RELEASES, "calcular_com_gil"): False,
    (SCALES, "calcular_sem_gil"): True,
    (SCALES, "calcular_com_gil"): False,
}

NEIGHBOURHOODS: dict[str, Callable[[], contextlib.AbstractContextManager[None]]] = {
    "quiet": contextlib.nullcontext,
    "one busy neighbour": partial(busy_neighbours, 1),
    "as many as CPUs": lambda: busy_neighbours(cpus_allowed()),
}


def outcome(assertion: str, kernel: str) -> str:
    """Try an assertion on a kernel: it holds, fails or is skipped."""
    try:
        ASSERTIONS[assertion](KERNELS[kernel])
    except AssertionError:
        return "fails"
    except SkipTest:
        return "skipped"
    return "holds"


def key(note: Note) -> tuple[str, str, str]:
    """Return what a run was of: neighbourhood, assertion, kernel."""
    return note["beside"], note["assertion"], note["kernel"]


def run(file: Path, neighbourhood: str, runs: int, end: float) -> None:
    """Try each assertion until there are so many runs of it, or the time is over."""
    done = Counter(map(key, taken_under(read_notes(file), UNDER)))
    processes = multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1)
    with processes, NEIGHBOURHOODS[neighbourhood]():
        for number in range(runs):
            for assertion, kernel in OUGHT_TO_HOLD:
                if done[neighbourhood, assertion, kernel] > number:
                    continue
                began = time.monotonic()
                if began > end:
                    return
                found = processes.apply(outcome, (assertion, kernel))
                note = {"beside": neighbourhood, "assertion": assertion, "kernel": kernel, "outcome": found}
                add_note(file, {**UNDER, **note, "seconds": time.monotonic() - began})


def table(notes: list[Note]) -> str:
    """Return the table in Markdown."""
    rows = []
    for neighbourhood in NEIGHBOURHOODS:
        for (assertion, kernel), ought_to_hold in OUGHT_TO_HOLD.items():
            own = [note for note in notes if key(note) == (neighbourhood, assertion, kernel)]
            if not own:
                continue
            found = Counter(note["outcome"] for note in own)
            false = f"{found['fails']}" if ought_to_hold else ""
            missed = "" if ought_to_hold else f"{found['holds']}"
            mean_time = f"{mean(note['seconds'] for note in own):.2f} s"
            cells = [f"{len(own)}", false, missed, f"{found['skipped']}", mean_time]
            rows.append([neighbourhood, f"`{assertion}`", kernel, *cells])
    head = ["beside", "assertion", "kernel", "runs", "false failures", "misses", "skipped", "mean time"]
    return markdown_table(head, rows)


def main() -> None:
    """Count, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=positive, default=200, help="of each assertion (%(default)s)")
    parser.add_argument("--file", type=Path, default=Path("assertion_error_rates.jsonl"), help="kept in")
    parser.add_argument("--beside", choices=NEIGHBOURHOODS, nargs="*", default=list(NEIGHBOURHOODS))
    parser.add_argument("--stop-after", type=float, default=float("inf"), help="seconds; go on later")
    args = parser.parse_args()
    end = time.monotonic() + args.stop_after
    for neighbourhood in args.beside:
        run(args.file, neighbourhood, args.runs, end)
    notes = taken_under(read_notes(args.file), UNDER)
    print(f"{machines(notes)}\n\n{table(notes)}")


if __name__ == "__main__":
    main()
