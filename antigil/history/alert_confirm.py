"""Measure again what the history suspects, once per change.

The commit is compared with the last measured one before it, on this machine, with the alert's workload
and the controls. What came of it is remembered by the change's identity, one JSON line each, so that a
nightly run does not measure the same old change every night.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from antigil.errors import UserError

from .alert import Alert
from .compare import Comparison, compare
from .decide_verdict import Outcome
from .project import Project
from .series import Archive

#: In asv's results folder, where it is kept with them; not ``.json``, which asv would take for results.
MEMORY = "antigil-alerts.jsonl"


def confirm(
    project: Project,
    archive: Archive,
    alerts: Sequence[Alert],
    *,
    processes: int,
    say: Callable[[str], None],
    notes: Path | None = None,
) -> tuple[Alert, ...]:
    """Return the alerts with what a fresh measurement of each open one showed.

    Parameters
    ----------
    notes
        Folder in which new ones are remembered; asv's results if None. What is known is read in both.
    """
    stored = Path(project.conf.results_dir)
    memory = (notes or stored) / MEMORY
    known = {**recall(stored / MEMORY), **recall(memory)}
    found = []
    for alert in alerts:
        if not alert.open:
            found.append(alert)
            continue
        if alert.identity not in known:
            say(f"measuring {alert.commit.hash[:8]} again for {alert.workload.name}")
            checked = measure_again(project, archive, alert, processes, say)
            if checked.held is not None:
                remember(memory, checked)
            found.append(checked)
        else:
            found.append(replace(alert, held=known[alert.identity]))
    return tuple(found)


def measure_again(
    project: Project, archive: Archive, alert: Alert, processes: int, say: Callable[[str], None]
) -> Alert:
    """Compare an alert's commit with the one before it."""
    controls = [name for name, workload in archive.workloads.items() if workload.control]
    patterns = [pattern_of(name) for name in (alert.workload.name, *controls)]
    environment = f"{project.conf.environment_type}:{alert.environment.python}"
    try:
        base, head = project.revision(alert.before.hash), project.revision(alert.commit.hash)
        outcome = compare(
            project, base, head, processes=processes, patterns=patterns, environments=[environment], say=say
        )
    except UserError as error:
        return replace(alert, problem=f"could not be measured again: {error}")
    return concluded(alert, outcome.comparisons)


def pattern_of(workload: str) -> str:
    """Return what asv's ``--bench`` takes for a workload; a timed one names parameters too."""
    return f"^{re.escape(workload.partition('(')[0])}\\b"


def concluded(alert: Alert, comparisons: Sequence[Comparison]) -> Alert:
    """Return an alert with what comparisons of its commit showed."""
    verdicts = [c.verdict for c in comparisons]
    own = [one for v in verdicts for one in v.workloads if one.workload.name == alert.workload.name]
    if any(one.with_outcome(Outcome.LOST) for one in own):
        return replace(alert, held=True)
    problems = [p for v in verdicts for p in v.problems]
    if any(v.moved for v in verdicts):
        problems.append("a control moved")
    if problems or not own:
        return replace(alert, problem=f"could not be judged again: {'; '.join(problems) or 'no result'}")
    return replace(alert, held=False)


def recall(memory: Path) -> dict[str, bool]:
    """Return what earlier measurements came to, by identity.

    Raises
    ------
    UserError
        If the file holds something else.
    """
    if not memory.exists():
        return {}
    found = {}
    for number, line in enumerate(memory.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            found[str(entry["identity"])] = bool(entry["held"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{memory}, line {number}, is no remembered change: remove it") from error
    return found


def remember(memory: Path, alert: Alert) -> None:
    """Add what a measurement came to."""
    entry = {"identity": alert.identity, "held": alert.held, "commit": alert.commit.hash}
    memory.parent.mkdir(parents=True, exist_ok=True)
    with memory.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**entry, "workload": alert.workload.name}) + "\n")
