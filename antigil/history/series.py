"""What was measured, commit by commit: immutable values, whatever they came from.

A *workload* is one thing that threads do. For each *environment* (machine, Python, build, requirements,
branch) it has several *series*: one number per commit, for one quantity and one thread count.

slowdown(n) = n ÷ speedup(n), so speedup(n) = n ÷ slowdown(n), and an interval [a, b] of the one is
[n ÷ b, n ÷ a] of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .environment import Combination as Combination
from .environment import Environment as Environment
from .environment import named_without_gil

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Quantities that a suite may declare as ``antigil_quantity``, and whether they come per thread count.
PER_THREADS = frozenset({"slowdown", "waiting", "queued", "inflation"})
PER_WORKLOAD = frozenset({"gil_held", "stall", "time"})
SHARES = frozenset({"waiting", "queued", "gil_held"})
SURROUNDINGS = frozenset({"gil_enabled", "cpus_allowed", "cores_alike"})


class State(IntEnum):
    """Why a commit has, or has not, a value."""

    PRESENT = 0
    MISSING = 1
    FAILED = 2
    SKIPPED = 3


@dataclass(frozen=True)
class TrackedWorkload:
    """One thing that threads do.

    Attributes
    ----------
    name : str
        asv's name without the tracked function's; with it for a ``time_*`` benchmark of its own.
    title : str
        For people.
    control : bool
        Its code never changes with the project's commits: it shows the machine's moves.
    origin : str
        ``"measured"`` by antigil's instrument, or ``"timed"`` by asv at several thread counts.
    expected : str or None
        The speedup that its suite expects, for people, as ``"n, up to the CPUs"``; None where it says none.
    version : str
        asv's version of its benchmark: another where it measures something else.
    """

    name: str
    title: str
    control: bool = False
    origin: str = "measured"
    expected: str | None = None
    version: str = ""


@dataclass(frozen=True, eq=False)
class Series:
    """One quantity of one workload in one environment, at one thread count, commit by commit.

    Attributes
    ----------
    revisions : array of int
        asv's revision numbers, ascending: every commit with a result in this environment.
    values, low, high : arrays of float
        The value and its 99 % interval; NaN where there is none.
    states : array of uint8
        A `State` per commit.
    benchmark, parameter : str, int or None
        asv's benchmark and the flat index of its parameters, where the series is one that asv stores.
    """

    workload: str
    quantity: str
    threads: int | None
    environment: Environment
    revisions: Ints
    values: Floats
    low: Floats
    high: Floats
    states: NDArray[np.uint8]
    benchmark: str
    parameter: int | None

    def __post_init__(self) -> None:
        for column in (self.revisions, self.values, self.low, self.high, self.states):
            column.flags.writeable = False

    @property
    def present(self) -> NDArray[np.bool_]:
        """Where there is a value."""
        return np.asarray(self.states == State.PRESENT)

    def newest(self) -> int | None:
        """Return the position of the newest value, or None."""
        positions = np.flatnonzero(self.present)
        return int(positions[-1]) if len(positions) else None

    def at_or_before(self, revision: int) -> int | None:
        """Return the position of the newest value not newer than a revision, or None."""
        positions = np.flatnonzero(self.present & (self.revisions <= revision))
        return int(positions[-1]) if len(positions) else None

    def speedup(self) -> tuple[Floats, Floats, Floats]:
        """Return value, low and high of a slowdown as speedup.

        asv widens the interval of a few samples beyond them, even to slowdowns below nothing;
        such an interval says nothing about a speedup, and is none.
        """
        if self.quantity != "slowdown" or self.threads is None:
            raise ValueError(f"{self.quantity} of {self.workload} has no speedup: it is not a slowdown")
        high, low = (np.where(self.low > 0, end, np.nan) for end in (self.high, self.low))
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.threads / self.values, self.threads / high, self.threads / low

    def possible(self) -> tuple[Floats, Floats, Floats]:
        """Return value, low and high as people see them: a slowdown as speedup, intervals cut to what can be.

        A speedup ends at as many as there are threads, a share at 1, or where the value itself is beyond.
        """
        is_slowdown = self.quantity == "slowdown" and self.threads is not None
        value, low, high = self.speedup() if is_slowdown else (self.values, self.low, self.high)
        most = float(self.threads or 1) if is_slowdown else 1.0 if self.quantity in SHARES else np.inf
        return value, np.maximum(low, 0.0), np.minimum(high, np.fmax(value, most))


@dataclass(frozen=True)
class Commit:
    """One commit, as a page tells of it; `date` in milliseconds since 1970."""

    hash: str
    revision: int
    date: int
    subject: str = ""
    author: str = ""


@dataclass(frozen=True)
class Problem:
    """Something that is missing from the pages, in plain words; `unread` if results cannot be read."""

    what: str
    where: str = ""
    unread: bool = False


@dataclass(frozen=True)
class Archive:
    """All that asv stored and that can be drawn.

    Attributes
    ----------
    commits : dict of int to Commit
        By revision.
    tags, tag_dates : dict of str to int
        Revision of each tag, and its commit's date in milliseconds since 1970 where it is known.
    branches : dict of (str or None) to array of int
        Revisions of every commit of each branch, ascending, measured or not, by `Environment.branch`.
        asv's revision numbers count the commits of all branches; how far apart two commits are, these tell.
    branch_tags : dict of (str or None) to frozenset of str
        Names of the tags of each branch, those of commits that were merged to it among them.
    drawable : frozenset of str
        Names of all workloads that the suite could draw, measured or not.
    benchmarks, parameters : int, tuple of str
        How many benchmarks the suite has, and the names of all parameters of those that are timed.
    names : dict of Environment to frozenset of str
        What asv calls each environment, such as ``virtualenv-py3.14t-six``.
    """

    workloads: Mapping[str, TrackedWorkload]
    environments: tuple[Environment, ...]
    series: tuple[Series, ...]
    commits: Mapping[int, Commit]
    tags: Mapping[str, int] = field(default_factory=dict)
    tag_dates: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    branches: Mapping[str | None, Ints] = field(default_factory=dict)
    branch_tags: Mapping[str | None, frozenset[str]] = field(default_factory=dict)
    drawable: frozenset[str] = frozenset()
    benchmarks: int = 0
    parameters: tuple[str, ...] = ()
    names: Mapping[Environment, frozenset[str]] = field(default_factory=dict)
    _index: dict[tuple[str, Environment], dict[tuple[str, int | None], Series]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _surroundings: dict[tuple[Environment, str], Series] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for series in self.series:
            key = (series.workload, series.environment)
            self._index.setdefault(key, {})[series.quantity, series.threads] = series
        aside = [s for s in self.series if s.quantity in SURROUNDINGS and s.workload not in self.workloads]
        whole = {(s.workload, s.environment) for s in aside if s.quantity == "cpus_allowed"}
        for series in sorted(aside, key=lambda s: (s.workload, s.environment) not in whole):
            self._surroundings.setdefault((series.environment, series.quantity), series)

    def commit(self, revision: int) -> Commit:
        """Return a commit; one without results (a range's end) by its number only."""
        return self.commits.get(revision) or Commit("", revision, 0)

    def find(
        self, workload: str, environment: Environment, quantity: str, threads: int | None = None
    ) -> Series | None:
        """Return one series, or None."""
        return self._index.get((workload, environment), {}).get((quantity, threads))

    def of(self, workload: str, environment: Environment, quantity: str) -> Iterator[Series]:
        """Yield a quantity's series of one workload and environment, by thread count."""
        found = [s for s in self._index.get((workload, environment), {}).values() if s.quantity == quantity]
        yield from sorted(found, key=lambda series: series.threads or 0)

    def environments_of(self, workload: str) -> tuple[Environment, ...]:
        """Return the environments in which a workload was measured, in a fixed order."""
        return tuple(e for e in self.environments if (workload, e) in self._index)

    def commits_between(self, branch: str | None, older: int, newer: int) -> int:
        """Return how many commits of a branch come after one revision, up to and including another."""
        first, last = np.searchsorted(self.branches[branch], [older, newer], side="right")
        return int(last - first)

    def revision_before(self, branch: str | None, revision: int, commits: int) -> int:
        """Return the revision so many commits of a branch before one; -1 where the branch is younger."""
        own = self.branches[branch]
        position = int(np.searchsorted(own, revision, side="right")) - 1 - commits
        return int(own[position]) if position >= 0 else -1

    def cpus_allowed(self, environment: Environment, revision: int) -> int | None:
        """Return how many CPUs the measurement could use: recorded, else what the machine file states."""
        number = self._surrounding(environment, "cpus_allowed", revision)
        return int(number) if number is not None and number >= 1 else environment.cpus_present

    def ideal(self, environment: Environment, revision: int) -> int | None:
        """Return the most that threads could gain: physical cores of one kind if recorded, else the CPUs."""
        cpus, cores = (
            self.cpus_allowed(environment, revision),
            self._surrounding(environment, "cores_alike", revision),
        )
        return min(int(cores), cpus) if cores and cpus else cpus

    def gil_enabled(
        self, environment: Environment, revision: int, workload: str | None = None
    ) -> bool | None:
        """Return whether the GIL was enabled: recorded, else guessed by the Python's name; None if unknown.

        What was recorded of a workload until then comes first: its imports may enable it on a free-threaded
        build. What was recorded of it only later comes last.
        """
        own = None if workload is None else self.find(workload, environment, "gil_enabled")
        number = _until(own, revision)
        if number is None:
            number = self._surrounding(environment, "gil_enabled", revision)
        if number is None:
            number = _at(own, revision)
        if number is not None:
            return bool(number)
        return not named_without_gil(environment.python) if environment.python else None

    def surroundings(self, environment: Environment, quantity: str) -> Series | None:
        """Return a series of the machine itself, one of `SURROUNDINGS`, or None."""
        return self._surroundings.get((environment, quantity))

    def _surrounding(self, environment: Environment, quantity: str, revision: int) -> float | None:
        """Return the newest recorded value at or before a revision, else the oldest after it."""
        return _at(self.surroundings(environment, quantity), revision)


def _until(series: Series | None, revision: int) -> float | None:
    """Return the newest value at or before a revision, or None."""
    position = None if series is None else series.at_or_before(revision)
    return None if series is None or position is None else float(series.values[position])


def _at(series: Series | None, revision: int) -> float | None:
    """Return the newest value at or before a revision, else the oldest after it."""
    number = _until(series, revision)
    if series is not None and number is None:
        later = series.values[series.present]
        number = float(later[0]) if len(later) else None
    return number
