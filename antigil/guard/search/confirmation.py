"""Measure again what the history suspects, and find the commit that did it.

All open losses between two commits are measured in one comparison, on this machine, beside the controls.
It asks for half of the least effect that counts: `compare` shows what is *larger* than its limit, and the
history has found the change to be as large as the whole.

A loss that held and lies in a range with unmeasured commits is then looked for by halving the range, until
the commit is found whose parent is still as good as the range's first. Several environments that lead to
one commit have seen one change, and it gets one name.

What came of it is remembered at once; see `alert_log`. What gave no answer three times, because a commit
cannot be built, say, is measured again after twice as many commits, or if the history places it elsewhere.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from antigil.errors import UserError
from antigil.history.machine_name import this_machine
from antigil.history.project import Project, printable_commits
from antigil.history.series import Archive, Combination, Commit
from antigil.history.surroundings import differences
from antigil.report.alerts import pattern_of
from antigil.report.kept_functions import keep_functions

from ..alert_log import Memory
from ..alert_state import MOST_ATTEMPTS, Alert
from ..commit_verdict import SCALING, Outcome, WorkloadVerdict
from ..comparison import EnvironmentComparison, compare
from ..comparison_json import comparison_to_json
from ..profile.sampling import Sampling
from .halving import Range, halve

#: Part of the least effect that counts which a loss has to exceed to hold.
CONFIRMED_FROM = 0.5

#: Begins what is said of a comparison that was made and gave no answer.
UNJUDGED = "could not be judged again:"

SAMPLING_SECONDS = 60.0
"""For the functions of one commit's losses."""


class CommitRange(NamedTuple):
    """Two hashes, the combination of asv's matrix to compare them in, and whether for what failed before."""

    base: str
    head: str
    combination: Combination
    failed: bool = False


@dataclass(frozen=True)
class Bench:
    """What measuring again takes.

    Attributes
    ----------
    controls : tuple of str
        Workloads that are measured beside every loss.
    machine : str
        What this machine is called.
    until : float or None
        When, on `clock`, no further comparison is begun.
    notes : Path
        The folder in which it is kept what changed by function.
    """

    project: Project
    controls: tuple[str, ...]
    machine: str
    processes: int | None
    say: Callable[[str], None]
    clock: Callable[[], float]
    until: float | None
    notes: Path

    @property
    def closed(self) -> bool:
        """Whether the time is up."""
        return self.until is not None and self.clock() >= self.until

    def ask(self, alerts: Sequence[Alert], span: CommitRange) -> list[Alert]:
        """Return the alerts with what one comparison of two commits showed of each."""
        names = list(dict.fromkeys(alert.workload.name for alert in alerts))
        self.say(f"measuring {span.head[:8]} against {span.base[:8]} again for {', '.join(names)}")
        is_one_commit = len(self.commits_in(span)) == 1
        lowered = replace(self.project, options=self.project.options.lowered(CONFIRMED_FROM))
        try:
            compared = compare(
                lowered,
                self.project.revision(span.base),
                self.project.revision(span.head),
                processes=self.processes,
                patterns=["|".join(map(pattern_of, (*names, *self.controls)))],  # some may be gone
                combination=span.combination,
                say=self.say,
                after=Sampling(SAMPLING_SECONDS, self.say).add_functions if is_one_commit else None,
            )
        except Exception as error:  # whatever one comparison ran into, the others are still to be made
            why = why_unanswered(error)
            return [replace(alert, problem=f"could not be measured again: {why}") for alert in alerts]
        keep_functions(self.notes, comparison_to_json(compared))
        return [concluded(alert, compared.comparisons, self.machine) for alert in alerts]

    def commits_in(self, span: CommitRange) -> list[str]:
        """Return the commits after base up to head, oldest first."""
        found = self.project.commits_between(span.base, span.head)
        return found or [span.head]


def why_unanswered(error: Exception) -> str:
    """Return what kept a comparison from an answer; the traceback of a crash goes to stderr."""
    if isinstance(error, UserError):
        return str(error)
    traceback.print_exception(error, file=sys.stderr)
    return f"{type(error).__name__}: {error}"


def confirm(
    project: Project,
    archive: Archive,
    alerts: Sequence[Alert],
    memory: Memory,
    *,
    processes: int | None,
    say: Callable[[str], None],
    minutes: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Alert, ...]:
    """Return the alerts with what fresh measurements of each open loss showed.

    Parameters
    ----------
    minutes
        After so many no further comparison is begun; what is left stays suspected.
    """
    controls = tuple(name for name, workload in archive.workloads.items() if workload.control)
    until = None if minutes is None else clock() + 60 * minutes
    bench = Bench(project, controls, this_machine(), processes, say, clock, until, memory.file.parent)
    found = list(alerts)
    due = [i for i, alert in enumerate(found) if alert.state.open and alert.due]
    for span, places in _by_range(found, due).items():
        if bench.closed:
            for i in places:
                found[i] = replace(found[i], postponed=found[i].held is None and not found[i].gave_up)
            continue
        for i, checked in zip(places, bench.ask([found[i] for i in places], span), strict=True):
            found[i] = _counted(checked)
            memory.note(found[i], told=False)
    held = [i for i, a in enumerate(found) if a.state.open and a.held and (a.waited or not a.gave_up)]
    for span, places in _by_range(found, held).items():
        for i, narrowed in zip(places, narrow(bench, [found[i] for i in places], span), strict=True):
            found[i] = narrowed
            memory.note(found[i], told=False)
    return _united(found, memory)


def _counted(alert: Alert) -> Alert:
    """Return an alert with how often measuring it gave no answer."""
    if alert.problem is None:
        return replace(alert, attempts=0, obstacle="")
    attempts = alert.attempts + 1
    asked = alert.measured if attempts >= MOST_ATTEMPTS else alert.asked
    return replace(alert, attempts=attempts, asked=asked, obstacle=alert.problem)


def _by_range(alerts: Sequence[Alert], places: Iterable[int]) -> dict[CommitRange, list[int]]:
    """Group places by the two commits and the Python of their alerts: one comparison serves them all.

    A workload that failed the last time is measured apart from the rest, which it left without an answer.
    """
    groups: dict[CommitRange, list[int]] = {}
    for i in places:
        before, commit = alerts[i].span
        obstacle = alerts[i].obstacle
        failed = obstacle.startswith(UNJUDGED) and f" {alerts[i].workload.name} " in obstacle
        span = CommitRange(before.hash, commit.hash, alerts[i].environment.combination, failed)
        groups.setdefault(span, []).append(i)
    return groups


def narrow(bench: Bench, alerts: Sequence[Alert], span: CommitRange) -> list[Alert]:
    """Return alerts of one range of commits that held, each with the fewest commits that may have done it."""
    found = list(alerts)
    try:
        commits = bench.commits_in(span)
    except UserError as error:
        return [_counted(replace(alert, problem=f"could not be looked for: {error}")) for alert in alerts]

    def ask(places: Sequence[int], commit: str) -> dict[int, bool | None]:
        asked = [replace(found[i], held=None) for i in places]
        answers = bench.ask(asked, span._replace(head=commit))
        for i, answer in zip(places, answers, strict=True):
            found[i] = _counted(replace(found[i], problem=answer.problem))
        return {i: answer.held for i, answer in zip(places, answers, strict=True)}

    whole = Range(span.base, commits)
    for i, (good, left) in halve(range(len(found)), whole, ask, lambda: bench.closed):
        culprit = _commits(bench.project, found[i], (good, left[-1]))
        found[i] = replace(found[i], culprit=culprit, between=len(left) - 1)
    return found


def _commits(project: Project, alert: Alert, hashes: tuple[str, str]) -> tuple[Commit, Commit]:
    """Return two commits in the range of an alert, with what git tells of them."""
    known = {one.hash: one for one in (alert.before, alert.commit)}
    told = printable_commits(project.repo, set(hashes) - known.keys())
    for hash_, git in told.items():
        known[hash_] = Commit(hash_, alert.commit.revision, git.date, git.subject, git.author)
    base, culprit = (known.get(one) or Commit(one, alert.commit.revision, 0) for one in hashes)
    return base, culprit


def _united(alerts: Sequence[Alert], memory: Memory) -> tuple[Alert, ...]:
    """Give one name to what several environments saw one commit do; a known name before a new one."""
    names: dict[tuple[str, bool, str], str] = {}
    keys = [
        (a.workload.name, all(e.quantity == "time" for e in a.effects), a.culprit[1].hash)
        if a.held and a.culprit is not None and not a.between
        else None
        for a in alerts
    ]
    for known in (True, False):
        for alert, key in zip(alerts, keys, strict=True):
            if key is not None and bool(memory.told(alert)) is known:
                names.setdefault(key, alert.identity)
    return tuple(
        alert if key is None else memory.renamed(alert, names[key])
        for alert, key in zip(alerts, keys, strict=True)
    )


def concluded(alert: Alert, comparisons: Sequence[EnvironmentComparison], machine: str) -> Alert:
    """Return an alert with what comparisons of its commit showed; any number of scaling's shows its loss."""
    lost = {effect.quantity for effect in alert.effects if effect.lost}
    kinds = {kind for one in lost for kind in (("time",) if one == "time" else SCALING)}
    held, problem = lost_in(comparisons, alert.workload.name, kinds)
    if problem is not None:
        return replace(alert, problem=f"{UNJUDGED} {problem}")
    besides = "; ".join(dict.fromkeys(one for c in comparisons for one in differences(*c.surroundings)))
    return replace(alert, held=held, asked=alert.measured, measured_on=machine, besides=besides)


def lost_in(
    comparisons: Sequence[EnvironmentComparison], workload: str, quantities: Collection[str]
) -> tuple[bool | None, str | None]:
    """Tell whether comparisons show that a workload lost one of some quantities, or why they do not tell."""
    verdicts = [c.verdict for c in comparisons]
    own = [one for v in verdicts for one in v.workloads if one.workload.name == workload]
    if any(one.counts and not _lost(one).isdisjoint(quantities) for one in own):
        return True, None
    problems = [p for v in verdicts for p in v.problems]
    problems += [f"{one.workload.name} {one.gone}" for one in own if one.gone is not None]
    if any(v.moved for v in verdicts):
        problems.append("a control moved")
    if problems or not own:
        return None, "; ".join(problems) or "no result"
    return False, None


def _lost(verdict: WorkloadVerdict) -> set[str]:
    return {finding.number.quantity for finding in verdict.with_outcome(Outcome.LOST)}
