"""What changed along the stored history, as alerts: one per workload, environment and commit. Pure.

Scaling is judged by `changes` (asv's step detection); single-thread time here, by the same rule with the
threshold of the workload. What changed at one commit is one alert, in whatever direction, so that scaling
gained by a slower thread is seen as the trade it is. A change next to one of a control in the same
environment says nothing unless it is larger by the least effect: the machine moved.

A loss has *recovered* when the newest stretch of every number that was lost is back at what it was before,
less the least effect that counts. In an environment that has retired (`MeasuredCommits.active`) nothing
comes back any more: there it has if another environment shows that it was mended, and else ends untold.
What was lost at two commits next to each other is one alert that lies between the last commit before both
and the first one after them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from antigil.history.change_detection import (
    AsvStep,
    Change,
    Effect,
    StepSource,
    clear_steps,
    count_sides,
    detect_steps,
    find_changes,
)
from antigil.history.measured.measured_commits import MeasuredCommits
from antigil.history.options import Options
from antigil.history.series import Archive, Commit, Series

from .alert_state import Alert
from .commit_verdict import Trade


def find_alerts(
    archive: Archive, options: Options, since: int | None = None, steps: StepSource = detect_steps
) -> tuple[Alert, ...]:
    """Return all changes since a revision, newest first.

    Parameters
    ----------
    since
        asv's revision number of the last commit that is of no interest; None for the whole history.
    steps
        Gives the fitted pieces of a series.
    """
    changes = [*find_changes(archive, options, steps), *_time_changes(archive, options, steps)]
    measured = MeasuredCommits(archive)
    groups = _together(measured, changes)
    moved = [change for group in groups if _control(archive, group) for change in group]
    found = []
    for group in groups:
        about = _about(group)
        if since is not None and max(change.revision for change in about) <= since:
            continue
        alert = _alert(archive, options, group, steps)
        beside = [
            effect
            for change in moved
            if change.environment == alert.environment
            and any(measured.near(change.environment, own.revision, change.revision) for own in about)
            for effect in change.effects
        ]
        found.append(replace(alert, unfit=_is_unfit(alert, beside, options)))
    found = _with_retired(measured, found)
    return tuple(sorted(found, key=lambda one: (-one.commit.revision, one.workload.name, one.identity)))


def _with_retired(measured: MeasuredCommits, alerts: Sequence[Alert]) -> list[Alert]:
    """Return alerts; a loss of a retired environment ends, as recovered if another one shows it mended."""
    active = measured.active()

    def mended(alert: Alert) -> bool:
        others = [o for o in alerts if o.workload == alert.workload and o.environment in active]
        return all(_shows_mended(others, alert, is_time) for is_time in alert.kinds(lost=True))

    return [
        replace(one, recovered=one.recovered or mended(one), retired=True)
        if one.lost and one.environment not in active
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


def _control(archive: Archive, group: Sequence[Change]) -> bool:
    """Tell whether it is a control that changed."""
    return archive.workloads[group[0].workload].control


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


def _alert(archive: Archive, options: Options, group: Sequence[Change], steps: StepSource) -> Alert:
    """Make one alert of the changes of one commit."""
    first, about = next((c for c in group if c.effects[0].quantity != "time"), group[0]), _about(group)
    effects = tuple(effect for change in group for effect in change.effects)
    commit = _commit(archive, max(change.revision for change in about))
    alert = Alert(
        archive.workloads[first.workload],
        first.environment,
        _commit(archive, min(change.before_revision for change in about)),
        commit,
        effects,
        _identity(first, _commit(archive, first.revision)),
        options.excuse_of(first.workload),
        _trade(effects, options.threshold_of(first.workload)),
        measured=max(_count_from(archive, first, effect, commit.revision) for effect in effects),
    )
    back = [_is_back(archive, alert, e, options, steps) for e in effects if e.lost]
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


def _commit(archive: Archive, revision: int) -> Commit:
    return archive.commits.get(revision) or Commit("", revision, 0)


def _is_back(archive: Archive, alert: Alert, effect: Effect, options: Options, steps: StepSource) -> bool:
    """Tell whether the newest stretch of a number is back at what it was before a loss."""
    series = archive.find(alert.workload.name, alert.environment, effect.quantity, effect.threads)
    pieces = steps(series) if series is not None else ()
    if not pieces or series is None:
        return False
    newest = pieces[-1][2]
    if effect.quantity == "slowdown" and effect.threads is not None:
        return bool(effect.threads / newest >= effect.before * (1 - options.threshold_of(series.workload)))
    if effect.quantity == "time":
        return bool(newest <= effect.before * (1 + options.threshold_of(series.workload)))
    return bool(newest <= effect.before + options.held_threshold)


def _trade(effects: Sequence[Effect], tolerance: float) -> Trade | None:
    """Tell whether scaling was exchanged for single-thread speed; see `verdict`."""
    time = next((e for e in effects if e.quantity == "time"), None)
    scaling = [e for e in effects if e.quantity != "time"]
    if time is None or not scaling:
        return None
    if time.lost and not any(e.lost for e in scaling):
        return Trade.SLOWER_ALONE
    speedups = [e for e in scaling if e.quantity == "slowdown"]
    if not time.lost and any(e.lost for e in scaling) and speedups:
        faster = time.before / time.after
        if min(faster * e.after / e.before for e in speedups) >= 1 - tolerance:
            return Trade.FASTER_ALONE
    return None
