"""What is known of changes from earlier nights: their names, what was told, and what measuring showed.

One JSON line for each thing learned, so that lines of several writers can be put together; the line with the
highest count is the newest. asv's fit may move a change by
a commit, and a backfill may narrow its range: a change is taken for a known one if workload, direction and
environment agree and the ranges of commits touch. It then keeps the name that it had. Once measuring has
narrowed the range, what the history shows in the rest of it is another change.

A loss that did not hold, or that gave no answer three times, is asked again when twice as many commits have
been measured after it, or if the history now places it between other commits: a small loss may be missed
once, and must not be for ever. What a benchmark showed whose version was another is asked again at once. The
first branch that is configured is as none: a second one renames nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from antigil.files import append_lines
from antigil.history.asv_adapter.configuration import Repository
from antigil.history.project import printable_commits
from antigil.history.series import Commit, Environment

from .alert_state import MOST_ATTEMPTS, Alert
from .stored.known_changes import Known, recall

#: In asv's results folder, where it is kept with them; not ``.json``, which asv would take for results.
MEMORY = "antigil-alerts.jsonl"


class Memory:
    """The remembered changes, and the file to which new lines are added."""

    def __init__(self, file: Path, known: Iterable[Known] = ()) -> None:
        self._file = file
        self._known: dict[tuple[str, str], Known] = {}
        self._refused: OSError | None = None
        for one in known:
            self._keep(one)

    @classmethod
    def open(cls, stored: Path, notes: Path | None = None, branch: str | None = None) -> Memory:
        """Read what is remembered with the results and in a folder for new notes, which else go there too.

        Parameters
        ----------
        branch
            The one that is configured first.

        Raises
        ------
        UserError
            If a file holds something else.
        """
        files = [stored / MEMORY, *([] if notes is None else [notes / MEMORY])]
        known = [one for file in files for one in recall(file)]
        end = f" branch={branch}"
        return cls(files[-1], [replace(one, environment=one.environment.removesuffix(end)) for one in known])

    @property
    def file(self) -> Path:
        """Where new notes go."""
        return self._file

    @property
    def hashes(self) -> set[str]:
        """All commits that it names."""
        return {hash_ for one in self._known.values() for hash_ in (*one.seen, *one.span)}

    def recognise(
        self, alerts: Sequence[Alert], repo: Repository, revisions: Mapping[str, int]
    ) -> tuple[Alert, ...]:
        """Return alerts with the names and verdicts that they had, each known change given to one at most.

        Parameters
        ----------
        revisions
            asv's revision numbers of the commits in `hashes`, where they are still there.
        """
        free = dict(self._known)
        found = {}
        told = printable_commits(repo, self.hashes & revisions.keys())
        places = {h: Commit(h, revisions[h], d.date, d.subject, d.author) for h, d in told.items()}
        for agrees in (_is_at_its_commit, _is_where_it_lies, _has_moved):
            for i, alert in enumerate(alerts):
                if i in found:
                    continue
                mine = (alert.workload.name, alert.lost, _place(alert.environment))
                same = [
                    one
                    for one in free.values()
                    if (one.workload, one.lost, one.environment) == mine and agrees(one, alert, revisions)
                ]
                if same:
                    one = max(same, key=lambda known: known.count)
                    free = {k: other for k, other in free.items() if other != one and not one.is_twin(other)}
                    found[i] = _recalled(alert, one, places, revisions)
        names = {one.identity for one in self._known.values()}
        return tuple(found.get(i) or _newly_named(alert, names) for i, alert in enumerate(alerts))

    def told(self, alert: Alert) -> str:
        """Return as what a change was reported before; nothing if it was not."""
        known = self._known.get((alert.identity, _place(alert.environment)))
        return known.standing if known else ""

    def marked(self, alerts: Iterable[Alert]) -> tuple[Alert, ...]:
        """Return alerts, each with whether it is news."""
        return tuple(replace(alert, new=self.told(alert) != alert.state_text) for alert in alerts)

    def note(self, alert: Alert, told: bool) -> None:
        """Add what is new of an alert; `told` if it has been reported as it stands."""
        place = _place(alert.environment)
        before = self._known.get((alert.identity, place))
        base, culprit = (None, None) if alert.culprit is None else (one.hash for one in alert.culprit)
        now = Known(
            alert.identity, alert.workload.name, place, alert.lost, alert.before.hash, alert.commit.hash,
            alert.held, alert.asked, base, culprit,
            alert.state_text if told else self.told(alert), before.count if before else 0,
            alert.measured_on, alert.attempts, alert.obstacle, alert.besides, alert.between,
            alert.workload.version,
        )  # fmt: skip
        if now != before:
            self._add(now)

    def renamed(self, alert: Alert, identity: str) -> Alert:
        """Return an alert under another name; as it was told under its own, it counts as told."""
        named, place = replace(alert, identity=identity), _place(alert.environment)
        own = self._known.get((alert.identity, place))
        if own is not None and own.standing and not self.told(named):
            self._add(replace(own, identity=identity))
        return named

    def _add(self, now: Known) -> None:
        now = replace(now, count=1 + max((one.count for one in self._known.values()), default=0))
        self._keep(now)
        try:
            append_lines(self._file, [json.dumps(asdict(now))])
        except OSError as error:  # hours of measuring are told all the same; see `finish`
            self._refused = error

    def finish(self) -> None:
        """Raise the OSError with which a line could not be added, if one could not."""
        if self._refused is not None:
            raise self._refused

    def _keep(self, one: Known) -> None:
        key = one.identity, one.environment
        if key not in self._known or self._known[key].count <= one.count:
            self._known[key] = one


def _place(environment: Environment) -> str:
    """Return an environment as it is remembered: everything that asv recorded about it."""
    words = [f"{name}={value}" for name, value in environment.key]
    branch = environment.lasting.branch
    return " ".join([*words, *([] if branch is None else [f"branch={branch}"])])


def _is_at_its_commit(known: Known, alert: Alert, revisions: Mapping[str, int]) -> bool:
    """Tell whether the history places an alert at the commit of a known change."""
    seen = (alert.before.hash, alert.commit.hash)
    return seen == known.seen or alert.commit.hash == known.span[1]


def _is_where_it_lies(known: Known, alert: Alert, revisions: Mapping[str, int]) -> bool:
    """Tell whether an alert touches the commits between which a known change lies."""
    return _touches(alert, known.span, revisions)


def _has_moved(known: Known, alert: Alert, revisions: Mapping[str, int]) -> bool:
    """Tell whether an alert lies beside where the history had placed a known change, as after another fit.

    Within that range it is another one: measuring has found the known one elsewhere.
    """
    return _touches(alert, known.seen, revisions) and not _is_part(alert, known.seen, revisions)


def _newly_named(alert: Alert, taken: Collection[str]) -> Alert:
    """Return a new alert under a name of its own: one that the history had placed there has the usual one."""
    while alert.identity in taken:
        alert = replace(alert, identity=hashlib.sha256(alert.identity.encode()).hexdigest()[:16])
    return alert


def _touches(alert: Alert, span: tuple[str, str], revisions: Mapping[str, int]) -> bool:
    return revisions.keys() >= set(span) and alert.touches(revisions[span[0]], revisions[span[1]])


def _is_part(alert: Alert, span: tuple[str, str], revisions: Mapping[str, int]) -> bool:
    """Tell whether an alert lies within a range and is narrower."""
    if not revisions.keys() >= set(span):
        return False
    (first, last), seen = (revisions[hash_] for hash_ in span), (alert.before.revision, alert.commit.revision)
    return first <= seen[0] and seen[1] <= last and seen != (first, last)


def _recalled(
    alert: Alert, known: Known, places: Mapping[str, Commit], revisions: Mapping[str, int]
) -> Alert:
    """Return an alert with what is known of it: its name only, if another benchmark showed it."""
    alert = replace(alert, identity=known.identity)
    if known.version not in ("", alert.workload.version):
        return alert
    elsewhere = known.seen != (alert.before.hash, alert.commit.hash)
    if elsewhere and (not known.held or _is_part(alert, known.span, revisions)):
        return alert  # that was asked of other commits; and of what held in a range, any part may be free
    base, culprit = places.get(known.base or ""), places.get(known.culprit or "")
    span = None if base is None or culprit is None else (base, culprit)
    return replace(
        alert,
        held=known.held,
        asked=known.asked or (alert.measured if known.attempts >= MOST_ATTEMPTS else 0),
        measured_on=known.machine,
        culprit=span,
        between=0 if span is None else known.between,
        attempts=known.attempts,
        obstacle=known.obstacle,
        besides=known.besides,
    )
