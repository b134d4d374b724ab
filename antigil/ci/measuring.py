"""Measure a runner's part of the backlog, and end before the runner's time does.

A job that runs into its time limit is cancelled, and what it measured may never be uploaded; the next one
would run into it as well. So there is one call of asv for each commit, whose results lie in asv's folder when
it ends, and no commit is begun that could not be ended if it took as long as the longest one so far.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from antigil.git import age_of_checkout

from .benchmarks_file import Suite, stamp


def measure(results: Path, machine: str, commits: Sequence[str], minutes: float | None) -> int:
    """Measure commits; leave in asv's folder their results and nothing else; return the exit status.

    Parameters
    ----------
    results
        asv's folder of results.
    machine
        The name by which asv knows this machine.
    minutes
        When to end; not before all are measured if None.
    """
    shutil.rmtree(results, ignore_errors=True)
    if not commits:
        print("nothing to measure")
        return 0
    age = age_of_checkout(Path.cwd())
    suite: Suite = {}

    def one(commit: str) -> int:
        nonlocal suite
        status = _asv(machine, commit)
        try:
            suite = stamp(results / "benchmarks.json", age, suite)
        except (OSError, ValueError):
            return status or 1  # asv has said why it has got nowhere
        return status

    status, left = in_time(one, commits, None if minutes is None else 60 * minutes)
    if left:
        print(f"no time for {left} of {len(commits)} commits: they are left to the next run")
    return status


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


def _asv(machine: str, commit: str) -> int:
    """Measure one commit; return asv's exit status."""
    command = ["run", "--machine", machine, "--record-samples", "--show-stderr", "HASHFILE:-"]
    return subprocess.run(
        [sys.executable, "-m", "asv", *command], input=commit, text=True, check=False
    ).returncode
