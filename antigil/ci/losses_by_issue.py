"""Which issue is to tell which loss. Pure.

Everything that one issue is to tell is put together first, so that it is written once: two texts made of the
same issue would overwrite each other. An issue that is opened again for one loss also takes what else its
workloads lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antigil.report.document import Document

from .issue_text import Issue


class LossesByIssue:
    """The losses that count, dealt out to issues and to those that are to be opened.

    Parameters
    ----------
    ours
        All issues of ours, oldest first.
    homes
        The open issue of each workload.
    told
        The issue of each change that was ever told.
    """

    def __init__(
        self, document: Document, ours: Sequence[Issue], homes: Mapping[str, Issue], told: Mapping[str, int]
    ) -> None:
        self._counting = [one for one in document["alerts"] if one["counts"]]
        self._ours, self._homes, self._told = ours, dict(homes), told
        changes = [(one, one.changes) for one in ours]
        self._telling = {
            alert["identity"]: [one for one, told_there in changes if alert["identity"] in told_there]
            for alert in self._counting
        }
        self._issue: dict[str, Issue] = {}
        self._deal_out_known()
        self._new = self._deal_out_fresh()
        for alert in self._counting:  # what a person has closed, if its issue opens again for something else
            if alert["identity"] not in self._issue and (issue := self._kept(alert)):
                self._send(alert, issue)

    def of(self, issue: Issue) -> list[Document]:
        """Return what an issue is to tell, newest first; nothing if it is to be left alone."""
        return [one for one in self._counting if self._issue.get(one["identity"]) == issue]

    @property
    def new(self) -> list[list[Document]]:
        """What new issues are to tell: one for a commit, unless all its workloads have a new one already."""
        groups: list[list[Document]] = []
        by_workload: dict[str, list[Document]] = {}
        for alerts in self._new:
            names = {alert["workload"] for alert in alerts}
            if names <= by_workload.keys():
                for alert in alerts:
                    by_workload[alert["workload"]].append(alert)
            else:
                groups.append(list(alerts))
                by_workload = dict.fromkeys(names, groups[-1]) | by_workload
        return groups

    def _kept(self, alert: Document) -> Issue | None:
        """Return the issue that tells a loss and is open, or opened again."""
        homes = self._homes.values()
        return next((one for one in self._telling[alert["identity"]] if one in homes), None)

    def _send(self, alert: Document, issue: Issue) -> None:
        self._issue[alert["identity"]] = issue
        self._homes = dict.fromkeys(issue.workloads, issue) | self._homes

    def _deal_out_known(self) -> None:
        """Deal out what an issue tells; if that ended without a person, the workload's open one gets it."""
        for alert in self._counting:
            telling, home = self._telling[alert["identity"]], self._homes.get(alert["workload"])
            ended = next((one for one in telling if one.closed_by_us or one.is_open), None)
            if issue := self._kept(alert) or (ended and (home or ended)):
                self._send(alert, issue)

    def _deal_out_fresh(self) -> list[list[Document]]:
        """Deal out what was never told, by commits; return those losses for which there is no issue."""
        known = {name for name, telling in self._telling.items() if telling} | self._told.keys()
        new = []
        for group in _by_commit(one for one in self._counting if one["identity"] not in known):
            alone = [alert for alert in group if alert["workload"] not in self._homes]
            names = {alert["workload"] for alert in alone}
            closed = [one for one in self._ours if not one.is_open and names <= set(one.workloads)]
            for alert in group:
                if home := self._homes.get(alert["workload"], closed[-1] if closed else None):
                    self._send(alert, home)
            if alone and not closed:
                new.append(alone)
        return new


def _by_commit(alerts: Iterable[Document]) -> list[list[Document]]:
    """Group losses by the commit that they are blamed on."""
    groups: dict[str, list[Document]] = {}
    for alert in alerts:
        groups.setdefault(alert["commit"]["hash"], []).append(alert)
    return list(groups.values())
