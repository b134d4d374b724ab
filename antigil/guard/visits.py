"""Measure two commits with asv, visit by visit, base and head in turn.

Each commit is installed once, in an environment of its own (``base`` and ``head`` beneath asv's
``env_dir``: names of one length, since the length of a path can move a timing). A *visit* runs the suite
for one commit; the suite's set-up then measures one fresh process, so a visit gives one sample of every
number. Visits go base, head, head, base, ...: what drifts in a straight line cancels.
"""

from __future__ import annotations

import copy
import math
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from asv.benchmarks import Benchmarks
from asv.commands.setup import Setup
from asv.environment import get_environments
from asv.runner import run_benchmarks
from asv.util import ProcessError

from antigil.errors import UserError
from antigil.history.columns import Column
from antigil.history.project import Project, Revision, asv_errors, quiet_asv
from antigil.suite import PROCESSES_VARIABLE

from .samples import Readings, comparable, read_visit
from .significance import Number

#: For the one call that our suites time after they measured: asv's 0.1 s would be a tenth of a visit.
WARMUP_SECONDS = 0.02


@dataclass(frozen=True)
class Place:
    """One Python with its requirements, at both commits.

    Attributes
    ----------
    sides : tuple of asv environments
        Base and head.
    """

    name: str
    python: str
    benchmarks: Any
    columns: tuple[Column, ...]
    sides: tuple[Any, Any]


def prepare(
    project: Project, commits: tuple[Revision, Revision], patterns: Sequence[str], environments: Sequence[str]
) -> tuple[Place, ...]:
    """Install both commits and find out what the suite holds.

    Parameters
    ----------
    patterns
        Regular expressions of benchmarks' names; all if empty.
    environments
        asv's environment specifications; those of the configuration if empty.

    Raises
    ------
    UserError
        If a commit cannot be built, or nothing is left to measure.
    """
    sides = []
    with quiet_asv(), asv_errors():
        for folder, commit in zip(("base", "head"), commits, strict=True):
            conf = copy.copy(project.conf)
            conf.env_dir = os.path.join(project.conf.env_dir, folder)
            found = list(get_environments(conf, list(environments) or None))
            if not found or not all(env.can_install_project() for env in found):
                raise UserError("comparing needs environments that asv can install a commit into")
            Setup.perform_setup(found, parallel=1)
            for env in found:
                _install(conf, project, env, commit)
            sides.append(found)
        hashes = [commit.hash for commit in reversed(commits)]
        benchmarks = Benchmarks.discover(project.conf, project.repo, sides[1], hashes, regex=list(patterns))
        for env in sides[1]:  # where a suite cannot be imported with the head, asv installs another commit
            _install(conf, project, env, commits[1])
    judged = comparable(benchmarks, project.options.thread_parameters)
    if not judged:
        raise UserError("the suite has no benchmark here that is timed, or measured by antigil")
    wanted = {column.benchmark for column in judged}
    selected = benchmarks.filter_out(set(benchmarks) - wanted)
    return tuple(
        Place(base.name, base.python, selected, judged, (base, head))
        for base, head in zip(*sides, strict=True)
    )


def _install(conf: Any, project: Project, env: Any, commit: Revision) -> None:
    """Build and install a commit."""
    try:
        env.install_project(conf, project.repo, commit.hash)
    except ProcessError as error:
        said = f"{error.stdout}\n{error.stderr}"
        raise UserError(f"commit {commit.short} cannot be built for {env.name}: {_cause(said)}") from error


def _cause(said: str) -> str:
    """Return the line of a build's output that tells most.

    The compiler's first error; else the last line that pip quotes from the build itself; else the last
    line that is not pip's advice.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r":\d+: (fatal )?error: ", line)]
    if not errors and "[end of output]" in lines:
        errors = lines[lines.index("[end of output]") - 1 :]
    told = [line for line in lines if not re.match(r"(hint|note):", line)]
    return (errors or told[-1:] or ["no reason given"])[0]


def measure_both(
    place: Place,
    processes: int,
    workloads: Collection[str] | None = None,
    progress: Callable[[int, int], None] = lambda done, visits: None,
) -> tuple[Readings, Readings]:
    """Visit both commits in turn and return what was read of base and of head.

    Parameters
    ----------
    processes
        Visits to each commit.
    workloads
        Names of the only ones to measure; all if None.
    progress
        Called with the number of visits done, and of all, after each.
    """
    columns = tuple(c for c in place.columns if workloads is None or c.workload.name in workloads)
    names = {column.benchmark for column in columns}
    benchmarks = place.benchmarks.filter_out(set(place.benchmarks) - names)
    readings = (Readings(), Readings())
    order = list(alternating(processes))
    for done, side in enumerate(order, start=1):
        values, errors = _visit(benchmarks, place.sides[side], columns)
        readings[side].add(values, errors)
        progress(done, len(order))
    return readings


def alternating(processes: int) -> Iterator[int]:
    """Yield 0, 1, 1, 0, ...: base and head in turn, each so often."""
    for i in range(processes):
        yield from (0, 1) if i % 2 == 0 else (1, 0)


def _visit(
    benchmarks: Any, env: Any, columns: Sequence[Column]
) -> tuple[Mapping[Number, float], dict[str, str]]:
    """Run the suite once in one environment; return the numbers, and what failed by workload."""
    own = _all_ours(columns)
    # asv starts a Python per benchmark and parameter unless it forks, which takes longer than measuring.
    launch = "forkserver" if own and hasattr(os, "fork") else "spawn"
    asked = {"rounds": 1, **({"warmup_time": WARMUP_SECONDS} if own else {})}
    with quiet_asv(), asv_errors(), _environment_variable(PROCESSES_VARIABLE, "1"):
        results = run_benchmarks(benchmarks, env, extra_params=asked, launch_method=launch)
    cells: dict[Column, float] = {}
    errors: dict[str, str] = {}
    for column in columns:
        params = benchmarks[column.benchmark]["params"]
        value = results.get_result_value(column.benchmark, params)[column.parameter or 0]
        cells[column] = math.nan if value is None else float(value)
        if value is None:
            said = (results.stderr.get(column.benchmark) or "no reason given").strip().splitlines()
            errors[column.workload.name] = _reason(said)
    return read_visit(cells), errors


def _reason(said: Sequence[str]) -> str:
    """Return the line that tells most: the last one that is not asv's own."""
    lines = [line.strip() for line in said if line.strip() and not line.startswith("asv: ")]
    return lines[-1] if lines else said[-1]


def _all_ours(columns: Sequence[Column]) -> bool:
    """Tell whether the suite is antigil's own, whose import starts no thread that a fork would lose."""
    return all(column.workload.origin == "measured" for column in columns)


@contextmanager
def _environment_variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
