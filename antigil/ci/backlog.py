"""The backlog: which commits are not measured yet, and how they are dealt out to several runners.

A file of results is no proof of a measurement: asv stores one where a build failed as well. The parts are
dealt out from the backlog itself, so that they are even however patchy it is, and the same for the same
backlog. Runners that start one after the other, while results come in, would each see another backlog: for
them it is looked at once, and the parts are handed on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antigil.errors import UserError, note
from antigil.report.annotations import MATRIX_LIMIT
from antigil.report.quantities import counted

from .asv_files import Suite, read_suite
from .merge_results import FAILURES, has_value, of_suite, read_results

#: What lies among the results, and is none.
NO_RESULTS = ("machine.json", "benchmarks.json")

#: So often a commit of which nothing could be measured is asked for, on whatever machines.
MOST_FAILURES = 3


@dataclass(frozen=True)
class Backlog:
    """The commits that have no results of today's suite, in their order.

    Attributes
    ----------
    todo
        Those that are to be measured.
    given_up
        Those that have failed `MOST_FAILURES` times, and are left out.
    """

    todo: list[str]
    given_up: list[str]

    @property
    def remark(self) -> str:
        """What is told of the commits that are left out; nothing if there are none.

        An outage or a mistake in the set-up fails every commit, and once mended changes none of it.
        """
        if not (many := len(self.given_up)):
            return ""
        are, they = ("is", "it") if many == 1 else ("are", "they")
        return (
            f"{counted(many, 'commit')} {are} left out, because {they} failed {MOST_FAILURES} times:"
            f" {', '.join(one[:8] for one in self.given_up[:5])}{', …' if many > 5 else ''}. To have them"
            f" tried again, delete their files on the branch of results, which hold {FAILURES}:"
            " antigil's docs/workflows.md has the commands"
        )


def backlog(
    commits: Iterable[str], results_dir: Path, machine: str | None = None, *, retry_failed: bool = False
) -> Backlog:
    """Look which commits have no results of today's suite.

    Parameters
    ----------
    machine
        Only results of this machine count; of any machine if None.
    retry_failed
        Whether what could not be measured is asked again, unless it has failed `MOST_FAILURES` times. What no
        job of ours has counted is one failure for each machine.
    """
    tried, measured, suite = set[str](), set[str](), _suite(results_dir)
    failures: dict[str, Counter[str]] = {}
    for where, results in _stored(results_dir):
        if machine in (None, where):
            commit = str(results["commit_hash"])
            times = failures.setdefault(commit, Counter())  # one attempt may fail in several environments
            current = of_suite(results, suite)
            untried = has_value(results) and not current["results"] and not results.get(FAILURES)
            times[where] = max(times[where], not untried, len(results.get(FAILURES, ())))
            tried |= set() if untried else {commit}
            measured |= {commit} if has_value(current) else set()
    given_up = {one for one, times in failures.items() if times.total() >= MOST_FAILURES} - measured
    done, asked = (measured if retry_failed else tried) | given_up, list(commits)
    return Backlog([one for one in asked if one not in done], [one for one in asked if one in given_up])


def _stored(results_dir: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each file of results holds, with its machine, from all folders that asv looks into."""
    for file in sorted(results_dir.rglob("*.json")):
        if file.name in NO_RESULTS or not file.with_name("machine.json").exists():
            continue  # asv passes over such a folder, too
        try:
            results = read_results(file)
            where = results.get("params", {}).get("machine")
            if not isinstance(where, str):
                raise ValueError("it names no machine")
        except (ValueError, OSError) as error:
            note(f"{file.relative_to(results_dir).as_posix()} is no measurement: {error}")
            continue
        yield where, results


def _suite(results_dir: Path) -> Suite | None:
    """Return the suite that was measured last, None if that is not known."""
    file = results_dir / "benchmarks.json"
    try:
        return read_suite(file) if file.exists() else None
    except ValueError as error:
        note(f"{file.name} is no suite: {error}")
        return None


def shard(commits: Sequence[str], number: int, of: int) -> list[str]:
    """Return the number-th of some equal parts, each with commits from all over the history."""
    return list(commits[number - 1 :: of])


def matrix(commits: Sequence[str], per_shard: int, most: int) -> list[dict[str, str]]:
    """Return the jobs of a matrix for the first of some commits: as many as they need, none for none.

    Each names its commits, so that a runner that starts late measures what was meant for it. More jobs than
    GitHub takes are refused.
    """
    if most > MATRIX_LIMIT:
        raise UserError(f"a matrix has {MATRIX_LIMIT} jobs at most: put more commits into each")
    planned = commits[: most * per_shard]
    of = math.ceil(len(planned) / per_shard)
    return [{"shard": f"{i}/{of}", "commits": " ".join(shard(planned, i, of))} for i in range(1, of + 1)]
