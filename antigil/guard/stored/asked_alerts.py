"""Which alerts of a history are asked for: by benchmark, by environment, and after which commit."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from antigil.errors import UserError, first_of
from antigil.history.asv_adapter.configuration import asv_errors
from antigil.history.asv_adapter.stored import stored_suite
from antigil.history.benchmark_columns import drawable
from antigil.history.change_detection import Effect
from antigil.history.project import Project
from antigil.history.series import Archive, Environment, Series

from ..alert_state import Alert
from ..samples import asv_name
from .measured_workloads import Failure, LookedFor

Found = TypeVar("Found", Alert, Failure)

#: Environments that are named, at most, where none matches.
MOST_NAMED = 10


class Entry(NamedTuple):
    """One number that asv keeps of a workload; its name is the benchmark's with the parameters."""

    name: str
    quantity: str
    threads: int | None

    def shows(self, one: Effect | Series) -> bool:
        """Tell whether an effect or a series is one of this number."""
        if self.quantity != "seconds":
            return (self.quantity, self.threads) == (one.quantity, one.threads)
        return self.threads == (1 if one.quantity == "time" else one.threads)


#: By workload.
Entries = Mapping[str, Sequence[Entry]]


def entries_of(project: Project) -> Entries:
    """Return the numbers that asv keeps of each workload of the stored suite."""
    with asv_errors():
        benchmarks = stored_suite(project.conf)
    found: dict[str, list[Entry]] = {}
    for column in drawable(benchmarks, project.options.thread_parameters)[0]:
        entry = Entry(asv_name(column, benchmarks), column.quantity, column.threads)
        found.setdefault(column.workload.name, []).append(entry)
    return found


def selected(
    archive: Archive,
    alerts: Sequence[Found],
    entries: Entries,
    patterns: Sequence[str],
    environments: Sequence[str],
) -> tuple[Found, ...]:
    """Return the alerts, or failures, of benchmarks that match a pattern, in environments that are named.

    Parameters
    ----------
    environments
        As asv writes them: ``virtualenv:3.14t``, ``:3.14t``, ``virtualenv``, or an environment's name.

    Raises
    ------
    UserError
        If a pattern matches no benchmark that is watched, a specification no environment that has results, or
        there are no results of what they choose together.
    """
    if not archive.workloads:
        return tuple(alerts)
    matched = {
        pattern: {
            w for w in archive.workloads if any(re.search(pattern, one.name) for one in entries.get(w, ()))
        }
        for pattern in patterns
    }
    if nothing := [pattern for pattern, found in matched.items() if not found]:
        raise UserError(f"no benchmark that is watched matches {' or '.join(nothing)}")
    named = {
        text: {one for one in archive.environments if _is_named(text, one, archive)} for text in environments
    }
    if nowhere := [text for text, found in named.items() if not found]:
        raise _no_environment(nowhere, archive)
    workloads = set().union(*matched.values()) if matched else {*archive.workloads}
    places = set().union(*named.values()) if named else {*archive.environments}
    if all(places.isdisjoint(archive.environments_of(workload)) for workload in workloads):
        raise UserError(f"no results of {' or '.join(matched) or 'any workload'} in {' or '.join(named)}")
    return tuple(one for one in alerts if one.workload.name in workloads and one.environment in places)


def _no_environment(specifications: Sequence[str], archive: Archive) -> UserError:
    """Say that no environment is named so, and which there are."""
    there = sorted({name for names in archive.names.values() for name in names})
    return UserError(
        f"no environment with results is {' or '.join(specifications)}; there are"
        f" {first_of(there, MOST_NAMED)}"
    )


def _is_named(specification: str, environment: Environment, archive: Archive) -> bool:
    """Tell whether asv's specification stands for an environment."""
    names = archive.names.get(environment, frozenset())
    kind, colon, python = specification.partition(":")
    if specification in names:
        return True
    if kind and kind not in {name.partition("-py")[0] for name in names}:
        return False
    path = f"{kind}-py{os.path.abspath(shutil.which(python) or python).replace(os.sep, '_')}"
    return not colon or python in (environment.python, "same") or path in names


def looked_for(entries: Entries, beginnings: Mapping[str, int | None], branch: str) -> LookedFor:
    """Return what tells whether asv's configuration looks for regressions of a number at a commit.

    Parameters
    ----------
    beginnings
        asv's revision number by a regular expression of numbers' names with ``@`` and the branch; None where
        it never looks.
    branch
        The one that is configured first.
    """

    def wanted(workload: str, environment: Environment, number: Effect | Series, revision: int) -> bool:
        at = f"@{environment.branch or branch}"
        own = entries.get(workload, ())
        return all(
            start is not None and revision > start
            for pattern, start in beginnings.items()
            if any(one.shows(number) and re.match(pattern, one.name + at) for one in own)
        )

    return wanted


def after_beginnings(alerts: Sequence[Alert], wanted: LookedFor) -> tuple[Alert, ...]:
    """Return the alerts of which at least one number is looked for."""
    return tuple(
        alert
        for alert in alerts
        if any(
            wanted(alert.workload.name, alert.environment, effect, alert.commit.revision)
            for effect in alert.effects
            if effect.lost == alert.lost
        )
    )
