"""The documented JSON form of the alerts of a history, and what it says in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antigil.history.changes import Effect
from antigil.history.labels import environment_labels, file_names
from antigil.history.series import Archive, Commit, Environment
from antigil.report.comparison import EXCUSED, trade_told
from antigil.report.quantities import change, name, value

from .alerts import Alert
from .verdict import CONFIRMED_LOSS, COULD_NOT_JUDGE, NOTHING_LOST

SCHEMA = "antigil.alert/1"

Document = dict[str, Any]


def document_of(
    archive: Archive,
    alerts: Sequence[Alert],
    since: str | None = None,
    site_url: str = "",
    selected: Sequence[str] = (),
) -> Document:
    """Return the JSON form of alerts, newest first, beside every workload that is watched.

    Parameters
    ----------
    since, selected
        What the alerts were restricted to: to changes after a commit, to benchmarks and environments.
    """
    labels = environment_labels(archive.environments)
    files = file_names(list(archive.workloads))
    page = f"{site_url.rstrip('/')}/{{}}.html" if site_url else ""
    return {
        "schema": SCHEMA,
        "status": status_of(archive, alerts),
        "since": since,
        "selected": list(selected),
        "workloads": [
            {"name": w.name, "title": w.title, "control": w.control, "page": page.format(files[w.name])}
            for w in archive.workloads.values()
        ],
        "alerts": [_alert(alert, labels) for alert in alerts],
        "problems": _problems(archive, alerts),
    }


def status_of(archive: Archive, alerts: Sequence[Alert]) -> int:
    """Return the exit status: 0 nothing lost, 1 confirmed loss, 2 could not judge."""
    if any(alert.counts for alert in alerts):
        return CONFIRMED_LOSS
    return COULD_NOT_JUDGE if _problems(archive, alerts) else NOTHING_LOST


def _problems(archive: Archive, alerts: Sequence[Alert]) -> list[str]:
    """Return why not everything could be judged."""
    found = [] if archive.workloads else ["there are no results to look at: measure with 'asv run'"]
    found += [f"{_where(alert)} {alert.problem}" for alert in alerts if alert.problem]
    found += [
        f"{_where(alert)} is suspected and was not measured again: the time was up. It is asked the next time"
        for alert in alerts
        if alert.postponed
    ]
    found += [
        f"{_where(alert)} lost something, but a control changed beside it: the machine moved"
        for alert in alerts
        if alert.unfit and alert.open and alert.held is None and not alert.postponed
    ]
    return found


def _where(alert: Alert) -> str:
    return f"{alert.workload.name} at {alert.span[1].hash[:8]}"


def _alert(alert: Alert, labels: Mapping[Environment, str]) -> Document:
    return {
        "identity": alert.identity,
        "workload": alert.workload.name,
        "title": alert.workload.title,
        "control": alert.workload.control,
        "environment": labels[alert.environment],
        "standing": standing(alert),
        "new": alert.new,
        "counts": alert.counts,
        "lost": alert.lost,
        "settled": alert.settled,
        "excuse": alert.excuse,
        "trade": None if alert.trade is None else str(alert.trade),
        "throughput": _throughput(alert.effects),
        "held": alert.held,
        "before": _commit(alert.span[0]),
        "commit": _commit(alert.span[1]),
        "between": alert.between,
        "effects": [_effect(effect) for effect in alert.effects],
    }


def _throughput(effects: Sequence[Effect]) -> list[list[float]]:
    """Return by thread count how much more n threads get done, relative, where the time of one changed."""
    time = next((e for e in effects if e.quantity == "time"), None)
    if time is None:
        return []
    faster = time.before / time.after
    speedups = [e for e in effects if e.quantity == "slowdown" and e.threads is not None]
    return [[float(e.threads or 0), faster * e.after / e.before - 1.0] for e in speedups]


def _commit(commit: Commit) -> Document:
    return {"hash": commit.hash, "subject": commit.subject, "author": commit.author, "date": commit.date}


def _effect(effect: Effect) -> Document:
    """Return an effect; a speedup is written as the slowdown that is stored."""
    scale = effect.quantity == "slowdown" and effect.threads is not None
    before, after = effect.before, effect.after
    if scale and effect.threads is not None:
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


def standing(alert: Alert) -> str:
    """Return in a few words what an alert is."""
    if alert.workload.control:
        return "control moved"
    if alert.unfit and alert.held is None:
        return "unfit to judge"
    if not alert.lost:
        return "gained"
    if alert.over:
        return "lost, recovered since"
    if alert.excuse is not None:
        return "lost, excused"
    if alert.held is False:
        return "did not hold when measured again"
    return ("lost" if alert.trade is None else "trade") if alert.certain else "suspected loss"


def headline(document: Document) -> str:
    """Return the result in one line."""
    lost = list(dict.fromkeys(a["workload"] for a in document["alerts"] if a["counts"]))
    if lost:
        return f"Confirmed loss: {', '.join(lost)}"
    if document["status"] == COULD_NOT_JUDGE:
        return "Could not judge"
    return "Nothing lost"


def remarks(alert: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences on one alert."""
    if alert["excuse"] is not None:
        yield f"{EXCUSED}{alert['excuse']}"
    if alert["counts"] and alert["held"]:
        yield "Measured again, the later of the two commits against the earlier: the loss held."
    if alert["between"]:
        many = "1 commit" if alert["between"] == 1 else f"{alert['between']} commits"
        yield f"{many} between the two may have done it as well: not told apart yet."
    if alert["trade"]:
        yield trade_told(alert["trade"], alert["throughput"])


def cells(effect: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return an effect's name, before, now and change as people read them."""
    kind, threads, base, head = effect["quantity"], effect["threads"], effect["base"], effect["head"]
    return (
        name(kind, threads),
        value(kind, threads, base),
        value(kind, threads, head),
        change(kind, base, head),
    )
