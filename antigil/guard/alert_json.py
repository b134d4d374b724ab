"""From the alerts of a history to their documented JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from antigil.errors import EXIT_BAD, EXIT_COULD_NOT_JUDGE, EXIT_FINE, first_of
from antigil.history.branches import of_branches
from antigil.history.change_detection import Effect
from antigil.history.labels import environment_labels, file_names, printable
from antigil.history.series import Archive, Commit, Environment, Problem
from antigil.report.document import ALERT_SCHEMA, Document

from .alert_state import Alert, AlertState, throughput_of
from .stored.measured_workloads import Failure

#: Names that are told in one line at most.
MOST_NAMED = 3
#: What asv asks for where a file is of an old format.
UPDATE = "`asv update`"
#: What to do where no result is of a configured branch.
ASIDE = (
    "only tags that are on none of the configured branches were measured:"
    " name their branches in asv.conf.json, or use 'antigil compare'"
)


def alerts_to_json(
    archive: Archive,
    alerts: Sequence[Alert],
    since: str | None = None,
    site_url: str = "",
    selected: Sequence[str] = (),
    failures: Sequence[Failure] = (),
) -> Document:
    """Return the JSON form of alerts, newest first, beside every workload that is watched.

    Parameters
    ----------
    since, selected
        What the alerts were restricted to: to changes after a commit, to benchmarks and environments.
    failures
        Workloads that fail, which is a problem.
    """
    labels = environment_labels(archive.environments)
    files = file_names(list(archive.workloads))
    pages = f"{site_url.rstrip('/')}/" if site_url else ""
    problems = _problems(archive, alerts, failures)
    return {
        "schema": ALERT_SCHEMA,
        "status": _status(alerts, problems),
        "since": since,
        "selected": list(selected),
        "workloads": [
            {
                "name": w.name,
                "title": w.title,
                "control": w.control,
                "page": pages and f"{pages}{files[w.name]}.html",
            }
            for w in archive.workloads.values()
        ],
        "alerts": [_alert(archive, alert, labels) for alert in alerts],
        "problems": problems,
    }


def _status(alerts: Sequence[Alert], problems: Sequence[str]) -> int:
    """Return the exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."""
    if any(alert.state.counts for alert in alerts):
        return EXIT_BAD
    return EXIT_COULD_NOT_JUDGE if problems else EXIT_FINE


def _nothing(archive: Archive) -> str:
    """Return why there is nothing to look at, and what to do about it."""
    if not archive.commits or not archive.benchmarks:
        return "there are no results to look at: measure with 'asv run'"
    if archive.drawable:
        return "there are no results of today's suite: measure with 'asv run'"
    told = f"{len(archive.commits)} measured commits, {archive.benchmarks} benchmarks, none of them with"
    told += " a parameter that is known to count threads"
    if not archive.parameters:
        return f"{told}: add workloads with 'antigil init', or compare times with 'antigil compare'"
    shown = ", ".join(archive.parameters[:10])
    return (
        f"{told}: if one of {shown} does, name it in asv.conf.json, "
        f'"antigil": {{"thread_parameters": ["{archive.parameters[0]}"]}}'
    )


def _problems(archive: Archive, alerts: Sequence[Alert], failures: Sequence[Failure]) -> list[str]:
    """Return why not everything could be judged."""
    found = [] if archive.workloads else [_nothing(archive)]
    if archive.series and not of_branches(archive).series:
        found.append(ASIDE)
    found += _unread([one for one in archive.problems if one.unread])
    found += _failing(failures, environment_labels(archive.environments))
    found += [f"{_where(alert)} {alert.problem}" for alert in alerts if alert.problem and not alert.gave_up]
    found += [
        f"{_where(alert)} is suspected and was not measured again: the time was up. It is asked the next time"
        for alert in alerts
        if alert.postponed
    ]
    found += _not_asked([alert for alert in alerts if alert.state is AlertState.SEEN and not alert.problem])
    found += [
        f"{_where(alert)} lost something, but a control changed beside it: the machine moved"
        for alert in alerts
        if alert.state is AlertState.UNFIT and alert.seen_twice and not alert.postponed
    ]
    return found


def _unread(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield a line on each kind of results that cannot be read, and what to do about it."""
    kinds: dict[str, list[Problem]] = {}
    for one in problems:
        kinds.setdefault(UPDATE if UPDATE in one.what else one.what.partition(":")[0], []).append(one)
    for kind, some in kinds.items():
        told = some[0].what + (" (the first)" if len({one.what for one in some}) > 1 else "")
        mend = ". Measure again, or remove what is damaged" if kind == "could not be read" else ""
        yield printable(f"{first_of([one.where for one in some], MOST_NAMED)} {told}{mend}")


def _failing(failures: Sequence[Failure], labels: Mapping[Environment, str]) -> Iterator[str]:
    """Yield a line on what fails in one environment since one commit, and how to see why."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in failures:
        groups.setdefault((labels[one.environment], one.commit.hash[:8]), []).append(one.workload.name)
    for (label, commit), names in groups.items():
        verb = "fails" if len(names) == 1 else "fail"
        yield (
            f"{first_of(names, MOST_NAMED)} {verb} in {label} since {commit}, entirely or in part:"
            f" 'asv run --show-stderr {commit}^!' shows why"
        )


def _not_asked(alerts: Sequence[Alert]) -> list[str]:
    """Return a line on losses that the history shows and no measurement has confirmed."""
    if not alerts:
        return []
    told = first_of([*map(_where, alerts)], MOST_NAMED)
    return [f"seen in the history, not measured again: {told}. To confirm, add --confirm"]


def _where(alert: Alert) -> str:
    return f"{alert.workload.name} at {alert.span[1].hash[:8]}"


def _alert(archive: Archive, alert: Alert, labels: Mapping[Environment, str]) -> Document:
    name, revision = alert.workload.name, alert.commit.revision
    return {
        "identity": alert.identity,
        "workload": alert.workload.name,
        "title": alert.workload.title,
        "control": alert.workload.control,
        "environment": labels[alert.environment],
        "gil": archive.gil_enabled(alert.environment, revision, name),
        "standing": alert.state_text,
        "new": alert.new,
        "counts": alert.state.counts,
        "lost": alert.lost,
        "settled": alert.state.settled,
        "excuse": alert.excuse,
        "trade": None if alert.trade is None else str(alert.trade),
        "throughput": [[float(n), change] for n, change in throughput_of(alert.effects)],
        "held": alert.held,
        "measured_on": alert.measured_on,
        "besides": alert.besides,
        "given_up": alert.obstacle if alert.gave_up else None,
        "before": _commit(alert.span[0]),
        "commit": _commit(alert.span[1]),
        "between": alert.between,
        "effects": [_effect(effect) for effect in alert.effects],
    }


def _commit(commit: Commit) -> Document:
    return {"hash": commit.hash, "subject": commit.subject, "author": commit.author, "date": commit.date}


def _effect(effect: Effect) -> Document:
    """Return an effect; a speedup is written as the slowdown that is stored."""
    before, after = effect.before, effect.after
    if effect.quantity == "slowdown" and effect.threads is not None:
        before, after = effect.threads / before, effect.threads / after
    return {
        "quantity": effect.quantity,
        "threads": effect.threads,
        "outcome": "lost" if effect.lost else "gained",
        "base": before,
        "head": after,
        "measured_before": effect.measured_before,
        "measured_after": effect.measured_after,
    }
