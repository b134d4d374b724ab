"""The alerts of a history as text, Markdown and GitHub annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from antigil.errors import one_line

from .annotations import annotation
from .comparison import EXCUSED, trade_text
from .document import Document
from .markdown import ICONS, code
from .quantities import cells, counted

GIVEN_UP, BESIDES = "Not tried again until twice as many commits are measured: it ", "Besides the commit: "


def alerts_as_text(document: Document) -> str:
    """Return the alerts for the terminal."""
    return "".join(f"{one_line(line)}\n" for line in _text(document))


def alerts_as_markdown(document: Document) -> str:
    """Return the alerts as Markdown."""
    return "".join(f"{line}\n" for line in _markdown(document))


def _text(document: Document) -> Iterator[str]:
    yield alerts_headline(document)
    for problem in document["problems"]:
        yield f"  ! {problem}"
    news, known = parted(document)
    for entry in news:
        yield ""
        yield f"{entry[0]['standing'].upper()}  {entry[0]['workload']}  {entry[0]['title']}"
        yield f"  {entry[0]['commit']['hash'][:8]}  {entry[0]['commit']['subject']}"
        for alert in entry:
            yield f"  {alert['environment']}, change {alert['identity']}"
            for effect in alert["effects"]:
                what, before, now, change = cells(effect, gil=alert["gil"])
                yield f"    {what}: {before} → {now} ({change})"
            for remark in alert_remarks(alert):
                yield f"    {remark}"
    if known:
        yield ""
        yield f"Reported before: {len(known)}"
        yield from (f"  {_brief(entry[0])}" for entry in known)


def entries(alerts: Iterable[Document]) -> list[list[Document]]:
    """Group alerts by what they are about: one change may have been seen in several environments."""
    found: dict[str, list[Document]] = {}
    for alert in alerts:
        found.setdefault(alert["identity"], []).append(alert)
    return list(found.values())


def parted(document: Document) -> tuple[list[list[Document]], list[list[Document]]]:
    """Return the changes that are news, and those that were reported before as they stand."""
    news, known = list[list[Document]](), list[list[Document]]()
    for entry in entries(document["alerts"]):
        (news if any(alert["new"] for alert in entry) else known).append(entry)
    return news, known


def _brief(alert: Document) -> str:
    """Return a change in one line."""
    commit = alert["commit"]
    return f"{alert['standing']}: {alert['workload']} at {commit['hash'][:8]} {commit['subject']}"


def _markdown(document: Document) -> Iterator[str]:
    yield f"### {ICONS[document['status']]} {alerts_headline(document).partition(':')[0]}"
    if document["problems"]:
        yield ""
        yield from (f"- {code(problem)}" for problem in document["problems"])
    news, known = parted(document)
    for entry in news:
        yield ""
        yield f"#### {entry[0]['standing']}: {code(entry[0]['workload'])}"
        yield ""
        yield from entry_lines(entry)
    if known:
        yield ""
        yield f"<details><summary>Reported before: {len(known)}</summary>"
        yield ""
        yield from (f"- {code(_brief(entry[0]))}" for entry in known)
        yield ""
        yield "</details>"


def entry_lines(entry: Sequence[Document]) -> Iterator[str]:
    """Yield one change as Markdown: its commit, and a table with remarks for each environment."""
    commit, before = entry[0]["commit"], entry[0]["before"]
    yield f"{commit['hash']} {code(commit['subject'])}, by {code(commit['author'])}; the last commit"
    yield f"measured before it is {before['hash'][:8]}."
    for alert in entry:
        yield ""
        yield f"Environment: {code(alert['environment'])}"
        yield ""
        yield "| number | before | now | change | |"
        yield "| --- | ---: | ---: | ---: | --- |"
        for effect in alert["effects"]:
            yield f"| {' | '.join(cells(effect, gil=alert['gil']))} | {effect['outcome']} |"
        for remark in alert_remarks(alert):
            yield ""
            yield code(remark) if remark.startswith((EXCUSED, GIVEN_UP, BESIDES)) else remark


def alert_annotations(document: Document) -> Iterator[str]:
    """Yield a workflow command per problem and per change that is news."""
    for problem in document["problems"]:
        yield annotation("warning", "could not judge", problem)
    for entry in parted(document)[0]:
        alert = entry[0]
        kind = "error" if any(one["counts"] for one in entry) else "notice"
        moved = [cells(effect, gil=alert["gil"]) for effect in alert["effects"]]
        told = [f"{what} {before} → {now}" for what, before, now, _ in moved]
        text = f"{alert['commit']['hash'][:8]} {alert['commit']['subject']}: {', '.join(told)}"
        yield annotation(kind, f"{alert['standing']}: {alert['workload']}", text)


def alerts_headline(document: Document) -> str:
    """Return the result in one line."""
    lost = list(dict.fromkeys(a["workload"] for a in document["alerts"] if a["counts"]))
    if lost:
        return f"Confirmed loss: {', '.join(lost)}"
    return "Could not judge" if document["status"] == 2 else "Nothing lost"


def alert_remarks(alert: Document) -> Iterator[str]:
    """Yield sentences on one alert."""
    if alert["excuse"] is not None:
        yield f"{EXCUSED}{alert['excuse']}"
    if alert["counts"] and alert["held"]:
        where = f" on {alert['measured_on']}" if alert["measured_on"] else ""
        yield f"Measured again{where}, the later of the two commits against the earlier: the loss held."
    if alert["counts"] and alert["besides"]:
        yield f"{BESIDES}{alert['besides']}"
    if alert["given_up"]:
        yield f"{GIVEN_UP}{alert['given_up']}"
    if alert["between"]:
        many = counted(alert["between"], "commit")
        yield f"{many} between the two may have done it as well: not told apart yet."
    if alert["trade"]:
        yield trade_text(alert["trade"], alert["throughput"])


def pattern_of(workload: str) -> str:
    """Return what asv's ``--bench`` takes for a workload; a timed one names parameters too."""
    name = re.escape(workload.partition("(")[0])
    return f"^{name.replace('`', '.')}\\b"
