"""Measure a runner's part of the backlog, and end before the runner's time does.

A job that runs into its time limit is cancelled, and what it measured may never be uploaded; the next one
would run into it as well. So there is one call of asv for each commit, whose results are copied when it
ends, and no commit is begun that could not be ended if it took as long as the longest one so far.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from antigil.errors import UserError, note
from antigil.files import write_whole
from antigil.git import date_of_checkout

from .asv_files import Suite, read_suite, stamp
from .merge_results import FAILURES, has_value, of_suite, read_results, write_results


def measure_backlog(
    results: Path,
    into: Path,
    machine: str,
    commits: Sequence[str],
    minutes: float | None,
    bench: Sequence[str] = (),
) -> int:
    """Measure commits, and copy what came of it to a folder; return the exit status.

    Parameters
    ----------
    results
        asv's folder of results, which keeps what it has.
    into
        Gets the results of these commits, as far as this run has measured them, after each commit.
    machine
        The name by which asv knows this machine.
    minutes
        When to end; not before all are measured if None.
    bench
        Regular expressions: what is measured of the suite; all of it if empty.

    Raises
    ------
    UserError
        If the folder lies in asv's own, which would take the copies for results.
    """
    if into.resolve().is_relative_to(results.resolve()):
        raise UserError(f"{into} lies in asv's own folder of results: name another one")
    if not commits:
        print("nothing to measure")
        return 0
    made = date_of_checkout(Path.cwd())
    suite: Suite = {}

    def one(commit: str) -> int:
        nonlocal suite
        before = _state(results)
        status = _asv(machine, commit, bench)
        changed = [file for file, state in _state(results).items() if before.get(file) != state]
        try:
            suite = _copy(results, changed, into, commit, suite, made)
        except (OSError, ValueError) as error:
            note(f"commit {commit[:8]} is not copied to {into}: {error}")
            return status or 1
        return status

    status, left = in_time(one, commits, None if minutes is None else 60 * minutes)
    if left:
        print(f"no time for {left} of {len(commits)} commits: they are left to the next run")
    return status


def _state(results: Path) -> dict[Path, tuple[int, int]]:
    """Return what tells a file that was written from one that was not."""
    found = ((file, file.stat()) for file in results.rglob("*.json"))
    return {file: (stat.st_mtime_ns, stat.st_size) for file, stat in found}


def _copy(
    results: Path, changed: Sequence[Path], into: Path, commit: str, before: Suite, made: int | None
) -> Suite:
    """Copy a commit's results and what belongs to them; return the suite as far as this run knows it.

    Results without a value for the suite get a name for this failure, so that it is known how often there was
    one.
    """
    suite = read_suite(results / "benchmarks.json")
    for file in (one for one in changed if one.name.startswith(commit[:8])):
        folder = into / file.parent.relative_to(results)
        write_whole(folder / "machine.json", file.with_name("machine.json").read_bytes())
        found = read_results(file)
        if not has_value(of_suite(found, suite)):
            found[FAILURES] = [uuid.uuid4().hex]
        write_results(folder / file.name, found)
    return stamp(results / "benchmarks.json", made, before, into / "benchmarks.json")


def in_time(
    measure_one: Callable[[str], int],
    commits: Sequence[str],
    limit_seconds: float | None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[int, int]:
    """Measure one commit after the other, while there is time for the longest so far; the first always.

    Returns
    -------
    tuple of int
        The first exit status that is not 0, if there is one, and how many commits are left.
    """
    began, longest, first_failure = clock(), 0.0, 0
    for done, commit in enumerate(commits):
        start = clock()
        if done and limit_seconds is not None and start - began + longest > limit_seconds:
            return first_failure, len(commits) - done
        print(f"commit {done + 1} of {len(commits)}: {commit}", flush=True)
        status = measure_one(commit)
        first_failure = first_failure or status
        longest = max(longest, clock() - start)
    return first_failure, 0


def _asv(machine: str, commit: str, bench: Sequence[str]) -> int:
    """Measure one commit; return asv's exit status."""
    only = [f"--bench={one}" for one in bench]
    command = ["run", "--machine", machine, "--record-samples", "--show-stderr", *only, "HASHFILE:-"]
    return subprocess.run(
        [sys.executable, "-P", "-m", "asv", *command], input=commit, text=True, check=False
    ).returncode
