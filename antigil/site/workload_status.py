"""Where a workload stands today in one environment, beside the last release and `COMMITS_AGO` commits ago.

The speedup told first is the one at the largest thread count that the machine can serve: more threads than
CPUs allowed cannot help, whatever the code does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from antigil.history.branches import of_branches_where_any
from antigil.history.change_detection import Change
from antigil.history.measured.ended_workloads import ended_workloads
from antigil.history.options import Options
from antigil.history.series import Archive, Environment, Series, State, TrackedWorkload
from antigil.report.quantities import SCALING_WORDS, ceiling_range
from antigil.scaling import speedup_word

from .expectation import deviates, expected_range
from .releases import last_release, releases

COMMITS_AGO = 30
#: A share of the GIL that is held for less sets no ceiling worth telling.
LEAST_HELD = 0.005


@dataclass(frozen=True)
class WorkloadStatus:
    """The newest speedup of a workload, and how it came to be.

    Attributes
    ----------
    headline : Series
        Slowdown at the thread count that is told first.
    position : int
        Of the newest value in `headline`.
    with_tags : Series
        The same slowdown, with the tags that are on no branch.
    cpus : int or None
        CPUs allowed when it was measured.
    cores : int or None
        Physical cores of one kind among them, where that was recorded, else as many.
    since_release, since_ago : float or None
        Relative change of the speedup since the newest release before it, and since `COMMITS_AGO` commits.
    releases : list of (int, str)
        Those of its branch, as `releases` returns them.
    mark : str
        ``lost``, ``gained``, ``recovered`` or ``steady``; ``retired`` where it is no longer measured.
    stale : int
        How many commits were measured in this environment after the newest value.
    newest_state : State
        What became of the headline at the newest of these.
    held : (float, float, float) or None
        The newest share of time for which the workload holds the GIL, and its 99 % interval.
    gil : bool or None
        Whether there was a GIL when it was measured.
    """

    workload: TrackedWorkload
    environment: Environment
    headline: Series
    position: int
    with_tags: Series
    cpus: int | None
    cores: int | None
    since_release: float | None
    since_ago: float | None
    releases: list[tuple[int, str]]
    changes: tuple[Change, ...]
    mark: str
    stale: int
    newest_state: State
    held: tuple[float, float, float] | None
    gil: bool | None

    @property
    def threads(self) -> int:
        """The thread count that is told first."""
        return self.headline.threads or 1

    @property
    def revision(self) -> int:
        """Revision of the newest value."""
        return int(self.headline.revisions[self.position])

    @property
    def release(self) -> str | None:
        """Name of the newest release before it."""
        return last_release(self.releases, self.revision)

    @property
    def retired(self) -> bool:
        """Whether it is no longer measured here, so that what it did last says nothing of today."""
        return self.mark == "retired"

    @property
    def speedup(self) -> float:
        """The newest speedup."""
        return float(self.headline.speedup()[0][self.position])

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 99 % interval."""
        _, low, high = (column[self.position] for column in self.headline.possible())
        return (float(low), float(high)) if np.isfinite(low) and np.isfinite(high) else None

    @property
    def ideal(self) -> int:
        """The most that the thread count and the cores allow."""
        return min(self.threads, self.cores or self.threads)

    @property
    def verdict(self) -> str:
        """Whether threads still help, in a few words."""
        if self.threads < 2:
            return "only one thread measured"
        if self.ideal < 2:
            return "one core: cannot tell"
        return SCALING_WORDS[speedup_word(self.speedup, self.interval or (self.speedup,) * 2, self.ideal)]

    @property
    def expected(self) -> tuple[float, float] | None:
        """The least and the most speedup that the suite expects; None where it says nothing that is read."""
        text = self.workload.expected
        return expected_range(text, self.threads, self.cores, self.gil) if text else None

    @property
    def deviates(self) -> bool | None:
        """Whether the speedup is another than expected; None where that is not known."""
        return (
            None
            if self.expected is None or self.ideal < 2
            else deviates(self.speedup, self.interval, self.expected)
        )

    @property
    def judged(self) -> str:
        """How it scales, in a few words, beside what is expected of it where that is known."""
        if self.deviates is None:
            return self.verdict
        return "not as expected" if self.deviates else "as expected"

    @property
    def ceiling(self) -> str | None:
        """The most that any number of threads on any number of CPUs can give, as a range; None if unknown."""
        if self.held is None or self.held[0] < LEAST_HELD:
            return None
        _, low, high = self.held
        return ceiling_range(1.0 / high, 1.0 / low if low > 0 else None)

    @property
    def last_change(self) -> Change | None:
        """The newest change, if any."""
        return self.changes[-1] if self.changes else None


def workload_statuses(archive: Archive, changes: Sequence[Change], options: Options) -> list[WorkloadStatus]:
    """Return where every workload stands, what changed first.

    Tags that are on no branch count only where nothing else was measured, and as releases to compare with.
    """
    found = []
    judged = of_branches_where_any(archive)
    ended = ended_workloads(archive)
    tags = {branch: releases(archive, branch) for branch in {e.branch for e in archive.environments}}
    for name, workload in archive.workloads.items():
        for environment in archive.environments_of(name):
            own = [c for c in changes if c.workload == name and c.environment == environment]
            status = _workload_status(
                archive, judged, workload, environment, own, tags[environment.branch], options
            )
            if status is not None:
                is_over = (name, environment) in ended
                found.append(replace(status, mark="retired") if is_over else status)
    return sorted(found, key=_urgency)


def _workload_status(
    archive: Archive,
    judged: Archive,
    workload: TrackedWorkload,
    environment: Environment,
    changes: list[Change],
    tags: list[tuple[int, str]],
    options: Options,
) -> WorkloadStatus | None:
    """Return where one workload stands in one environment; None if nothing was ever measured."""
    headline = headline_series(judged, workload.name, environment)
    position = None if headline is None else headline.newest()
    if headline is None or position is None:
        return None
    with_tags = archive.find(workload.name, environment, "slowdown", headline.threads) or headline
    revision = int(headline.revisions[position])
    release = last_release(tags, revision)
    since_release = None if release is None else _since(with_tags, revision, archive.tags[release])
    ago = archive.revision_before(environment.branch, revision, COMMITS_AGO)
    since_ago = _since(headline, revision, ago)
    reference = ago if release is None else min(ago, archive.tags[release])
    return WorkloadStatus(
        workload, environment, headline, position, with_tags, archive.cpus_allowed(environment, revision),
        archive.ideal(environment, revision), since_release, since_ago, tags,
        tuple(sorted(changes, key=lambda c: c.revision)),
        _mark([c for c in changes if c.confirmed], reference, headline, position, options),
        len(headline.revisions) - 1 - position, State(int(headline.states[-1])),
        _newest(judged.find(workload.name, environment, "gil_held")),
        archive.gil_enabled(environment, revision, workload.name),
    )  # fmt: skip


def _newest(series: Series | None) -> tuple[float, float, float] | None:
    """Return the newest value of a series with its interval, or with itself for want of one that holds it."""
    position = None if series is None else series.newest()
    if series is None or position is None:
        return None
    value, low, high = (float(column[position]) for column in series.possible())
    return (value, low, high) if low <= value <= high < np.inf else (value, value, value)


def headline_series(archive: Archive, workload: str, environment: Environment) -> Series | None:
    """Return the slowdown at the largest thread count that the machine can serve."""
    several = [s for s in archive.of(workload, environment, "slowdown") if s.newest() is not None]
    if not several:
        return None
    newest = max(int(s.revisions[s.newest() or 0]) for s in several)
    cores = archive.ideal(environment, newest)
    candidates = [s for s in several if s.threads != 1] or several
    served = [s for s in candidates if cores is None or (s.threads or 1) <= cores]
    return served[-1] if served else candidates[0]


def _since(series: Series, now: int, revision: int) -> float | None:
    """Return the relative change of the speedup from one revision, or the last value before it, to `now`."""
    position, earlier = series.at_or_before(now), series.at_or_before(revision)
    if position is None or earlier is None or earlier == position:
        return None
    return float(series.values[earlier] / series.values[position] - 1)


def _mark(
    changes: Sequence[Change], reference: int, headline: Series, position: int, options: Options
) -> str:
    """Return ``lost``, ``gained``, ``recovered`` or ``steady``: what confirmed changes left behind."""
    recent = sorted((c for c in changes if c.revision > reference), key=lambda c: c.revision)
    if not recent:
        return "steady"
    if headline.at_or_before(reference) is None:  # a history younger than that begins before its first change
        reference = recent[0].before_revision
    net = _since(headline, int(headline.revisions[position]), reference)
    if len(recent) == 1 or net is None or abs(net) >= options.threshold_of(headline.workload):
        return recent[-1].direction if net is None or len(recent) == 1 else ("lost" if net < 0 else "gained")
    directions = {change.direction for change in recent}
    return "recovered" if len(directions) == 2 else recent[-1].direction


def _urgency(status: WorkloadStatus) -> tuple[bool, bool, int, int, str, str]:
    """Sort by: retired last, controls before, lost before gained before the rest, newest change, name."""
    order = {"lost": 0, "gained": 1, "recovered": 2, "steady": 3, "retired": 4}[status.mark]
    last = status.last_change
    newest = -last.revision if last is not None and order < 3 else 0
    name = status.workload.name
    return status.retired, status.workload.control, order, newest, name, status.environment.python


def notable_revisions(status: WorkloadStatus) -> list[int]:
    """Return revisions with a value that a reader is likely to choose, the newest commit first.

    They are the newest commit, the newest one not newer than each release, and both sides of each change.
    """
    wanted = {status.revision}
    wanted.update(revision for c in status.changes for revision in (c.revision, c.before_revision))
    for tagged, _ in status.releases:
        position = status.with_tags.at_or_before(tagged)
        if position is not None:
            wanted.add(int(status.with_tags.revisions[position]))
    return sorted(wanted, reverse=True)
