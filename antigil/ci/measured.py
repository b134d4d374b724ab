"""Which commits are measured. A file of results is no proof: asv stores one where a build failed as well."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .merging import FAILURES, UNREADABLE, has_value, read_results, say

#: So often a commit of which nothing could be measured is asked again.
MOST_FAILURES = 3


def lacking(
    commits: Iterable[str], results_dir: Path, machine: str | None = None, *, retry_failed: bool = False
) -> list[str]:
    """Return the commits that have no results, in their order.

    Parameters
    ----------
    machine
        Only results of this machine count; of any machine if None.
    retry_failed
        Whether what could not be measured is asked again, unless it has failed `MOST_FAILURES` times.
    """
    done: set[str] = set()
    failures: dict[str, int] = {}
    for file in sorted(results_dir.glob("*/*.json")):
        if file.name == "machine.json" or not file.with_name("machine.json").exists():
            continue  # asv passes over such a folder, too
        try:
            results = read_results(file)
            where = results["params"]["machine"]
        except UNREADABLE as error:
            say(f"{file.parent.name}/{file.name} is no measurement: {' '.join(str(error).split())}")
            continue
        if machine in (None, where):
            commit = str(results["commit_hash"])
            failures[commit] = max(failures.get(commit, 1), len(results.get(FAILURES, ())))
            if has_value(results) or not retry_failed:
                done.add(commit)
    done |= {commit for commit, times in failures.items() if times >= MOST_FAILURES}
    return [commit for commit in commits if commit not in done]
