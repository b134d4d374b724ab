"""The alerts of a history as text, Markdown, GitHub annotations or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .alert_document import cells, headline, remarks
from .report_github import annotation, append_summary
from .report_markdown import ICONS, code
from .report_text import one_line

Document = dict[str, Any]


def render(document: Document, form: str) -> str:
    """Return the alerts in one of `report.FORMATS`; ``github`` also adds to the job's summary."""
    if form == "json":
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    if form == "markdown":
        return _joined(_markdown(document))
    if form == "github":
        append_summary(_joined(_markdown(document)))
        return _joined([*_annotations(document), *map(one_line, _text(document))])
    return _joined(map(one_line, _text(document)))


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _text(document: Document) -> Iterator[str]:
    yield headline(document)
    for problem in document["problems"]:
        yield f"  ! {problem}"
    for alert in document["alerts"]:
        yield ""
        yield f"{alert['standing'].upper()}  {alert['workload']}  {alert['title']}"
        yield f"  {alert['commit']['hash'][:8]}  {alert['commit']['subject']}"
        yield f"  {alert['environment']}, change {alert['identity']}"
        for effect in alert["effects"]:
            what, before, now, change = cells(effect)
            yield f"    {what}: {before} → {now} ({change})"
        for remark in remarks(alert):
            yield f"    {remark}"


def _markdown(document: Document) -> Iterator[str]:
    yield f"### {ICONS[document['status']]} {headline(document).partition(':')[0]}"
    if document["problems"]:
        yield ""
        yield from (f"- {code(problem)}" for problem in document["problems"])
    for alert in document["alerts"]:
        yield ""
        yield f"#### {alert['standing']}: {code(alert['workload'])}"
        yield ""
        yield from alert_lines(alert)


def alert_lines(alert: Document) -> Iterator[str]:
    """Yield one alert as Markdown: commit, table, remarks."""
    commit, before = alert["commit"], alert["before"]
    yield f"{alert['commit']['hash']} {code(commit['subject'])}, by {code(commit['author'])}; the last commit"
    yield f"measured before it is {before['hash'][:8]}. Environment: {code(alert['environment'])}."
    yield ""
    yield "| number | before | now | change | |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for effect in alert["effects"]:
        yield f"| {' | '.join(cells(effect))} | {effect['outcome']} |"
    for remark in remarks(alert):
        yield ""
        yield code(remark)


def _annotations(document: Document) -> Iterator[str]:
    for problem in document["problems"]:
        yield annotation("warning", "could not judge", problem)
    for alert in document["alerts"]:
        kind = "error" if alert["counts"] else "notice"
        told = [f"{what} {before} → {now}" for what, before, now, _ in map(cells, alert["effects"])]
        text = f"{alert['commit']['hash'][:8]} {alert['commit']['subject']}: {', '.join(told)}"
        yield annotation(kind, f"{alert['standing']}: {alert['workload']}", text)
