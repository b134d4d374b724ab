"""What changed along the stored history, as alerts: one per workload, environment and commit. Pure.

Scaling is judged by `change_detection` (asv's step detection); single-thread time here, by the same rule with
the threshold of the workload. What changed at one commit is one alert, in whatever direction, so that scaling
gained by a slower thread is seen as the trade it is. A change next to one of a control in the same
environment says nothing unless it is larger by the least effect: the machine moved.

A loss has *recovered* when every number that was lost was back at what it was before, less the least effect
that counts, for some later stretch, and still is, or is worse by another loss that began after that. Where a
workload is no longer measured (`ended_workloads`) nothing comes back any more: there it has if another
environment shows that it was mended, and else ends untold. What was lost at two commits next to each other
is one alert that lies between the last commit before both and the first one after them. Results of tags that
are on no branch are left out: no commit of the branch comes after them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from antigil.history.branches import of_branches
from antigil.history.change_detection import (
    CONFIRMED_BY,
    AsvStep,
    Change,
    Effect,
    StepSource,
    clear_steps,
    count_sides,
    detect_steps,
    find_changes,
    measured_between,
)
from antigil.history.measured.ended_workloads import Places, ended_workloads
from antigil.history.measured.measured_commits import MeasuredCommits
from antigil.history.options import Options
from antigil.history.series import Archive, Commit, Environment, Series

from .alert_state import Alert, throughput_of
from .commit_verdict import Trade


def find_alerts(
    archive: Archive,
    options: Options,
    since: Mapping[str | None, int] | None = None,
    steps: StepSource = detect_steps,
) -> tuple[Alert, ...]:
    """Return all changes after some commits, newest first.

    Parameters
    ----------
    since
        By `Environment.branch`, asv's revision number of the last commit that is of no interest; None for the
        whole history.
    steps
        Gives the fitted pieces of a series.
    """
    archive = of_branches(archive)
    changes = [*find_changes(archive, options, steps), *_time_changes(archive, options, steps)]
    measured = MeasuredCommits(archive)
    groups, lost = _together(measured, changes), _losses(changes)
    moved = [change for group in groups if archive.workloads[group[0].workload].control for change in group]
    found = []
    for group in groups:
        about = _about(group)
        newest = max(change.revision for change in about)
        if since is not None and newest <= since[group[0].environment.branch]:
            continue
        alert = _alert(archive, options, group, lost[group[0].workload, group[0].environment], steps)
        beside = [
            effect
            for change in moved
            if change.environment == alert.environment
            and any(measured.near(change.environment, own.revision, change.revision) for own in about)
            for effect in change.effects
        ]
        found.append(replace(alert, unfit=_is_unfit(alert, beside, options)))
    found = _with_retired(ended_workloads(archive), found)
    return tuple(sorted(found, key=lambda one: (-one.commit.revision, one.workload.name, one.identity)))


def _with_retired(ended: Places, alerts: Sequence[Alert]) -> list[Alert]:
    """Return alerts; a loss that is no longer measured ends, as recovered if others show it mended."""

    def is_over(alert: Alert) -> bool:
        return (alert.workload.name, alert.environment) in ended

    def mended(alert: Alert) -> bool:
        others = [o for o in alerts if o.workload == alert.workload and not is_over(o)]
        return all(_shows_mended(others, alert, is_time) for is_time in alert.kinds(lost=True))

    return [
        replace(one, recovered=one.recovered or mended(one), retired=True)
        if one.lost and is_over(one)
        else one
        for one in alerts
    ]


def _shows_mended(others: Sequence[Alert], alert: Alert, is_time: bool) -> bool:
    """Tell whether the same loss has recovered elsewhere or, where nobody else saw it, there was a gain."""
    span = alert.before.revision, alert.commit.revision
    same = [other for other in others if is_time in other.kinds(lost=True) and other.touches(*span)]
    gains = [
        other
        for other in others
        if is_time in other.kinds(lost=False) and not (other.lost or other.unfit)
        if other.commit.revision > span[1]
    ]
    return all(other.recovered for other in same) if same else bool(gains)


def _is_unfit(alert: Alert, beside: Sequence[Effect], options: Options) -> bool:
    """Tell whether nothing changed by more than the controls beside it, and the least effect on top."""
    if alert.workload.control or not beside:
        return False
    threshold = options.threshold_of(alert.workload.name)

    def exceeds(effect: Effect) -> bool:
        moved = [_size(one) for one in beside if one.quantity == effect.quantity]
        least = options.held_threshold if effect.quantity == "gil_held" else threshold
        return not moved or _size(effect) >= max(moved) + least

    return not any(exceeds(effect) for effect in alert.effects if effect.lost == alert.lost)


def _size(effect: Effect) -> float:
    """Return by how much a number changed: a factor less one, or of a share the amount."""
    lower, higher = sorted((effect.before, effect.after))
    if effect.quantity == "gil_held":
        return higher - lower
    return higher / lower - 1 if lower > 0 else math.inf


def _losses(changes: Sequence[Change]) -> Mapping[tuple[str, Environment], Sequence[Effect]]:
    """Return all that was lost, by workload and environment."""
    found: dict[tuple[str, Environment], list[Effect]] = {}
    for change in changes:
        own = found.setdefault((change.workload, change.environment), [])
        own += [effect for effect in change.effects if effect.lost]
    return found


def _time_changes(archive: Archive, options: Options, steps: StepSource) -> Iterator[Change]:
    """Yield the steps of single-thread time that are large and clear of the noise."""
    for workload in archive.workloads:
        for environment in archive.environments_of(workload):
            series = archive.find(workload, environment, "time")
            if series is None:
                continue
            for effect in _time_effects(series, steps(series), options.threshold_of(workload)):
                yield Change(workload, environment, effect.before_revision, effect.revision, (effect,))


def _time_effects(series: Series, pieces: Sequence[AsvStep], least: float) -> Iterator[Effect]:
    large = []
    for effect in clear_steps(series, pieces):
        shorter, longer = sorted((effect.before, effect.after))
        if shorter > 0 and longer / shorter >= 1 + least:
            large.append(effect)
    return count_sides(series, large)


def _together(measured: MeasuredCommits, changes: Sequence[Change]) -> list[list[Change]]:
    """Group the changes of one workload and environment that are next to each other."""
    ordered = sorted(
        changes, key=lambda c: (c.workload, repr(c.environment), c.revision, c.effects[0].quantity == "time")
    )
    groups: list[list[Change]] = []
    for change in ordered:
        last = groups[-1][0] if groups else None
        if (
            last is not None
            and (last.workload, last.environment) == (change.workload, change.environment)
            and measured.near(change.environment, last.revision, change.revision)
            and not {e.quantity for c in groups[-1] for e in c.effects} & {e.quantity for e in change.effects}
        ):
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _alert(
    archive: Archive, options: Options, group: Sequence[Change], lost: Sequence[Effect], steps: StepSource
) -> Alert:
    """Make one alert of the changes of one commit, beside all that its workload and environment lost."""
    first, about = next((c for c in group if c.effects[0].quantity != "time"), group[0]), _about(group)
    effects = tuple(effect for change in group for effect in change.effects)
    commit = archive.commit(max(change.revision for change in about))
    alert = Alert(
        archive.workloads[first.workload],
        first.environment,
        archive.commit(min(change.before_revision for change in about)),
        commit,
        effects,
        _identity(first, archive.commit(first.revision)),
        options.excuse_of(first.workload),
        _trade(effects, options.threshold_of(first.workload)),
        measured=max(_count_from(archive, first, effect, commit.revision) for effect in effects),
    )
    back = [_is_back(archive, alert, e, lost, options, steps) for e in effects if e.lost]
    return replace(alert, recovered=bool(back) and all(back))


def _about(group: Sequence[Change]) -> Sequence[Change]:
    """Return the changes of a group between whose commits its alert lies: what was lost, if anything was."""
    return [change for change in group if change.lost] or group


def _count_from(archive: Archive, change: Change, effect: Effect, revision: int) -> int:
    """Return how many values of a number that changed there are from a revision on."""
    series = archive.find(change.workload, change.environment, effect.quantity, effect.threads)
    return 0 if series is None else int(series.present[series.revisions >= revision].sum())


def _identity(change: Change, commit: Commit) -> str:
    """Return a name for a change; single-thread time has one of its own."""
    if change.effects[0].quantity != "time":
        return change.identity(commit.hash)
    text = "\n".join([change.identity(commit.hash), "time"])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_back(
    archive: Archive,
    alert: Alert,
    effect: Effect,
    lost: Sequence[Effect],
    options: Options,
    steps: StepSource,
) -> bool:
    """Tell whether a number came back after a loss, and is so still or for another of the losses is not.

    Only stretches of enough commits count.
    """
    series = archive.find(alert.workload.name, alert.environment, effect.quantity, effect.threads)
    if series is None:
        return False
    later = [
        (first, value)
        for first, end, value, *_ in steps(series)
        if first > effect.revision and measured_between(series, first, end) >= CONFIRMED_BY
    ]
    back = [first for first, value in later if value <= _most(effect, series.workload, options)]
    if not back:
        return False
    others = [
        other
        for other in lost
        if (other.quantity, other.threads) == (effect.quantity, effect.threads) and other.revision > back[0]
    ]
    newest = later[-1][1]
    return later[-1][0] == back[-1] or any(newest > _most(one, series.workload, options) for one in others)


def _most(effect: Effect, workload: str, options: Options) -> float:
    """Return the most that a number may be to be back at what it was before a loss."""
    threshold = options.threshold_of(workload)
    if effect.quantity == "slowdown" and effect.threads is not None:
        return effect.threads / (effect.before * (1 - threshold))
    if effect.quantity == "time":
        return effect.before * (1 + threshold)
    return effect.before + options.held_threshold


def _trade(effects: Sequence[Effect], tolerance: float) -> Trade | None:
    """Tell whether scaling was exchanged for single-thread speed; see `commit_verdict`."""
    time = next((e for e in effects if e.quantity == "time"), None)
    scaling = [e for e in effects if e.quantity != "time"]
    if time is None or not scaling:
        return None
    lost = any(e.lost for e in scaling)
    if time.lost:
        return None if lost else Trade.SLOWER_ALONE
    done = [change for _, change in throughput_of(effects)]
    return Trade.FASTER_ALONE if lost and done and min(done) >= -tolerance else None
