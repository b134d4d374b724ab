"""An issue's text: our part of it, which is written anew, beside whatever people have added.

Our part stands between two marks, the first of which carries a digest of it. Where the digest does not fit,
somebody has edited it: then it is left as it is. Marks are comments that are not shown. They also name the
workloads that an issue is about, and the identities of the changes that it tells.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from antigil.report.alerts import entries, entry_lines, pattern_of
from antigil.report.annotations import BODY_LIMIT, TITLE_LIMIT, cut
from antigil.report.document import Document
from antigil.report.markdown import code
from antigil.report.quantities import counted

_PART = re.compile(r"<!-- antigil begin (\w+) -->\n(.*)\n<!-- antigil end -->", re.DOTALL)
_WORKLOAD = re.compile(r"^<!-- antigil workload: (\S+) -->$", re.MULTILINE)
_CHANGES = re.compile(r"^<!-- antigil changes: ([0-9a-f ]*) -->$", re.MULTILINE)

#: What an address may hold that stays as it is; nothing that GitHub reads as markup or a name.
_PLAIN = ":/#?=&%~.,+-"

#: Stands where we closed an issue ourselves; one without it was closed by a person, who is not contradicted.
CLOSED = "<!-- antigil closed -->"

#: Stands in the place of `CLOSED` once a person has opened the issue again: not closed again for that reason.
REOPENED = "<!-- antigil reopened -->"


@dataclass(frozen=True)
class Issue:
    """An issue that this program has opened.

    Attributes
    ----------
    body : str
        With line feeds only, whatever GitHub's own editor has made of them.
    """

    number: int
    body: str
    is_open: bool = True
    is_locked: bool = False

    @property
    def workloads(self) -> tuple[str, ...]:
        """The workloads it is about; none if it is not ours."""
        return tuple(map(unquote, _WORKLOAD.findall(self.body)))

    @property
    def changes(self) -> frozenset[str]:
        """Identities of the changes that it tells."""
        return frozenset(one for line in _CHANGES.findall(self.body) for one in line.split())

    @property
    def closed_by_us(self) -> bool:
        """Whether we closed it, the last time that it was."""
        return CLOSED in self.body

    @property
    def reopened(self) -> bool:
        """Whether a person has opened it again after we had closed it."""
        return self.is_open and (self.closed_by_us or REOPENED in self.body)

    @property
    def closing(self) -> str:
        """The body with the mark that we have closed it."""
        return f"{self._unmarked}\n{CLOSED}"

    @property
    def noted_as_reopened(self) -> str:
        """The body with the mark that a person has opened it again."""
        return f"{self._unmarked}\n{REOPENED}"

    @property
    def _unmarked(self) -> str:
        return self.body.replace(f"\n{CLOSED}", "").replace(f"\n{REOPENED}", "")

    def rewritten(self, part: str, changes: Iterable[str]) -> str:
        """Return the body with our part replaced; where a person has edited that, with a mark added only."""
        body = self._unmarked
        found = _PART.search(body)
        if found is None or found.group(1) != _digest(found.group(2)):
            more = sorted(set(changes) - self.changes)
            return f"{body}\n{_changes_mark(more)}" if more else body
        before, after = body[: found.start()], body[found.end() :]
        room = PART_LIMIT - len(before) - len(after)
        return f"{before}{enclosed(part[:room])}{after}"


def enclosed(part: str) -> str:
    """Return our part of an issue between its marks."""
    part = part.strip()
    return f"<!-- antigil begin {_digest(part)} -->\n{part}\n<!-- antigil end -->"


def _changes_mark(changes: Iterable[str]) -> str:
    return f"<!-- antigil changes: {' '.join(sorted(changes))} -->"


def _digest(part: str) -> str:
    return hashlib.sha256(part.strip().encode()).hexdigest()[:12]


#: Characters of our part, of all that GitHub takes: its marks need some, and `REOPENED` in a line of its own.
PART_LIMIT = BODY_LIMIT - len(enclosed("")) - len(REOPENED) - 1


def title_of(workloads: Sequence[str], commits: int) -> str:
    """Return a new issue's title."""
    many = f"{len(workloads)} workloads in {commits} commits" if min(len(workloads), commits) > 1 else ""
    return cut(f"Parallelism lost: {many or ', '.join(workloads)}", TITLE_LIMIT)


def part_of(
    alerts: Sequence[Document], workloads: Iterable[str], changes: Iterable[str], pages: Document
) -> str:
    """Return our part of an issue: what was lost, in tables, and what can be done.

    Parameters
    ----------
    alerts
        Losses that count, newest first.
    workloads, changes
        All that the issue has told so far.
    pages
        Addresses of the workloads' histories, where there are any.
    """
    names = list(dict.fromkeys(str(alert["workload"]) for alert in alerts))
    head = [
        *(f"<!-- antigil workload: {quote(name)} -->" for name in dict.fromkeys([*names, *workloads])),
        _changes_mark({*changes, *(alert["identity"] for alert in alerts)}),
        f"{', '.join(map(code, names))} lost parallelism or speed.",
    ]
    newest = alerts[0]
    command = f"antigil compare {newest['before']['hash'][:12]} {newest['commit']['hash'][:12]}"
    lost = [name for name in names if name in _lost_with(newest, alerts)]
    command += "".join(f" -b {shlex.quote(pattern_of(name))}" for name in lost)
    links = {name: quote(pages[name], safe=_PLAIN) for name in names if pages.get(name)}
    foot = [
        "",
        *([f"Its history: {links[names[0]]}", ""] if len(names) == len(links) == 1 else []),
        *([*(f"- {code(name)}: {link}" for name, link in links.items()), ""] if len(names) > 1 else []),
        f"To measure it again: {code(command, longest=len(command))}",
        "",
        'If it is meant to be so, excuse the workload with a reason under `"antigil": {"excused": …}` in'
        " asv.conf.json. This issue closes itself when the loss is made good, or excused. Closed by hand, it"
        " stays closed until something else is lost.",
    ]
    return _fitting(
        head, [[f"### {_heading(entry)}", "", *entry_lines(entry)] for entry in entries(alerts)], foot
    )


def news_of(alerts: Sequence[Document]) -> str:
    """Return a comment on changes that the issue did not tell yet."""
    return _fitting([], [["Another change:", "", *entry_lines(entry)] for entry in entries(alerts)], [])


def _heading(entry: Sequence[Document]) -> str:
    first = entry[0]
    what = f"{code(first['workload'])} {code(first['title'])}"
    return f"{first['standing']} in {first['commit']['hash'][:8]}: {what}"


def _lost_with(newest: Document, alerts: Sequence[Document]) -> set[str]:
    """Return the workloads that one commit has lost."""
    return {str(a["workload"]) for a in alerts if a["commit"]["hash"] == newest["commit"]["hash"]}


def _whole() -> str:
    """Return where the alerts are found whole."""
    server, name, run = (os.environ.get(f"GITHUB_{it}") for it in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return (
        f"the whole is in the artifacts of {server}/{name}/actions/runs/{run}" if run else "see the job's log"
    )


def _fitting(head: list[str], changes: Sequence[list[str]], foot: list[str]) -> str:
    """Return lines as a text; where that is too long, as many of the changes as GitHub takes, and a note."""
    for told in range(len(changes), -1, -1):
        left = len(changes) - told
        are = f"{counted(left, 'more change')} {'is' if left == 1 else 'are'}"
        note = ["", f"{are} left out, for length: {_whole()}."] if left else []
        text = "\n".join(
            [*head, *(line for change in changes[:told] for line in ["", *change]), *note, *foot]
        )
        if len(text) <= PART_LIMIT:
            break
    return text[:PART_LIMIT].strip()
