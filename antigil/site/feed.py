"""The Atom feed: one entry per confirmed change of a workload, in speedup terms.

An entry's name follows from workload, commit and direction, so that a reader sees it once, however often
the pages are written. Environments in which the same commit changed the same workload share an entry.
"""

from __future__ import annotations

import datetime
import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from antigil.history.asv_adapter.publishing import FeedEntry, write_atom
from antigil.history.change_detection import Change, Effect
from antigil.history.labels import digest, environment_id
from antigil.history.series import Archive, Environment
from antigil.report.quantities import held_name, held_percent, percent, points, times

from .workload_page import other_suspects, unmeasured_before
from .workload_status import WorkloadStatus

#: The newest changes that the feed tells.
MOST = 100
ATOM = "http://www.w3.org/2005/Atom"


def write_feed(
    path: Path,
    project: str,
    archive: Archive,
    statuses: Sequence[WorkloadStatus],
    files: Mapping[str, str],
    titles: Mapping[str, str],
    labels: Mapping[Environment, str],
    site_url: str,
) -> None:
    """Write the feed; links are relative to it where the site's address is not known."""
    grouped: dict[tuple[str, int, str], list[tuple[WorkloadStatus, Change]]] = {}
    for status in statuses:
        for change in status.changes:
            if change.confirmed:
                key = (status.workload.name, change.revision, change.direction)
                grouped.setdefault(key, []).append((status, change))
    newest = sorted(grouped.items(), key=lambda item: (-item[0][1], item[0]))[:MOST]
    base = site_url.rstrip("/") + "/" if site_url else ""
    entries = [
        _entry(archive, members, titles[workload], f"{base}{files[workload]}.html", labels)
        for (workload, _, _), members in newest
    ]
    write_atom(
        str(path),
        entries,
        title=f"{project}: changes of speedup over threads",
        author="antigil",
        address=f"{_authority(project)}.antigil",
        updated=max((e.updated for e in entries), default=datetime.datetime.fromtimestamp(0, datetime.UTC)),
        link=f"{base}index.html",
    )
    if base:
        _add_own_address(path, f"{base}{path.name}")


def _authority(project: str) -> str:
    """Return a project's name as an address of a ``tag:`` may hold it: letters, digits, ``-`` and ``.`` only.

    References
    ----------
    https://www.rfc-editor.org/rfc/rfc4151
    """
    words = (re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-") for word in project.split("."))
    return ".".join(word for word in words if word) or digest(project)


def _add_own_address(path: Path, address: str) -> None:
    """Say in the feed where it is served; asv's writer has no place for that."""
    ET.register_namespace("", ATOM)
    tree = ET.parse(path)
    tree.getroot().insert(0, ET.Element(f"{{{ATOM}}}link", rel="self", href=address))
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _entry(
    archive: Archive,
    members: Sequence[tuple[WorkloadStatus, Change]],
    workload: str,
    page: str,
    labels: Mapping[Environment, str],
) -> FeedEntry:
    """Return one entry: what changed in the title, every number in the content (HTML, escaped)."""
    status, change = members[0]
    commit = archive.commit(change.revision)
    gil = archive.gil_enabled(change.environment, change.revision, change.workload)
    title = f"{workload}: {describe_effect(change.headline(status.cores), gil)}"
    when = datetime.datetime.fromtimestamp(commit.date / 1000, datetime.UTC)
    others = other_suspects(min(unmeasured_before(archive, own) for _, own in members))
    lines = [f"<p>{html.escape(change.direction)} in <code>{html.escape(commit.hash[:12])}</code> ",
             f"{html.escape(commit.subject)}{others and f', {others}'}</p>"]  # fmt: skip
    for one, own in members:
        gil = archive.gil_enabled(own.environment, own.revision, own.workload)
        told = "".join(f"<li>{html.escape(describe_effect(e, gil))}</li>" for e in own.effects)
        lines.append(f"<p>{html.escape(labels[one.environment])}</p><ul>{told}</ul>")
    identity = (status.workload.name, commit.hash, change.direction)
    link = f"{page}#env={environment_id(status.environment)}&commit={commit.hash[:12]}"
    return FeedEntry(title, when, link, "".join(lines), identity)


def describe_effect(effect: Effect, gil: bool | None) -> str:
    """Return one effect in a few words."""
    if effect.quantity == "slowdown":
        moved = f"{times(effect.before)} → {times(effect.after)}"
        return f"speedup {percent(effect.size)} with {effect.threads} threads ({moved})"
    moved = f"{held_percent(effect.before)} → {held_percent(effect.after)}"
    return f"{held_name(gil)} {points(effect.size)} ({moved} of the time)"
