"""Compare one commit under several interpreters: the first of them against each other one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from antigil.errors import UserError
from antigil.history.asv_adapter.configuration import asv_errors, quiet_asv
from antigil.history.asv_adapter.running import (
    Installation,
    combination_of,
    install,
    only_user,
    suite_part,
)
from antigil.history.project import Project, Revision

from .comparison import Comparison, compare_in, left_out
from .interleaved_visits import VisitPlace, all_surroundings, comparable_suite


def compare_pythons(
    project: Project,
    commit: Revision,
    pythons: Sequence[str],
    *,
    processes: int | None = None,
    patterns: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Measure and judge a commit under the first of some interpreters, and under each other, in turn.

    A control is judged like all else: no commit changes it, but an interpreter may.

    Parameters
    ----------
    pythons
        As asv names them: ``3.14``, ``3.14t``.

    Raises
    ------
    antigil.errors.UserError
        If one of the others has no environment to be compared with one of the first, or another comparison
        is on here.
    """
    began = time.monotonic()
    with only_user(project.conf):
        say(f"installing {commit.short} for {', '.join(pythons)}{left_out(project)}")
        first, *others = ([*_install(project, commit, one, i)] for i, one in enumerate(pythons))
        alone = [note for other in others for note in _unmatched(first, other)]
        places = [place for other in others for place in _places(project, commit, first, other, patterns)]
        found = [compare_in(project.options, place, processes, len(places), say) for place in places]
    found[0] = found[0].with_notes(alone)
    return Comparison(commit, commit, tuple(found), time.monotonic() - began, pythons=tuple(pythons))


def _install(project: Project, commit: Revision, python: str, place: int) -> list[Installation]:
    """Install a commit for one interpreter; the first one's folder is that of a base."""
    folder = "head" if place else "base"
    with quiet_asv(), asv_errors():
        return install(project.conf, project.repo, commit.hash, folder, [f":{python}"])


def _unmatched(first: Sequence[Installation], other: Sequence[Installation]) -> list[str]:
    """Name the environments of two interpreters that have no counterpart; refuse them if none has one."""
    sides = ((first, other), (other, first))
    alone = [
        (one.name, others[0].python)
        for own, others in sides
        for one in own
        if _beside_python(one) not in {_beside_python(env) for env in others}
    ]
    if len(alone) == len(first) + len(other):
        named = ", ".join(name for name, _ in alone)
        raise UserError(
            f"nothing to compare under {first[0].python} and {other[0].python}: asv.conf.json gives them no"
            f" requirements and variables in common ({named})"
        )
    return [f"{name} is compared with nothing: {python} has no environment like it" for name, python in alone]


def _places(
    project: Project,
    commit: Revision,
    first: Sequence[Installation],
    other: Sequence[Installation],
    patterns: Sequence[str],
) -> list[VisitPlace]:
    """Return the places of two interpreters, one for each set of requirements and variables."""
    suite, columns = comparable_suite(project, other, [commit], patterns)
    part = suite_part(suite, {column.benchmark for column in columns})
    columns = tuple(replace(c, workload=replace(c.workload, control=False)) for c in columns)
    bases = {_beside_python(one): one for one in first}
    pairs = [(bases[beside], one) for one in other if (beside := _beside_python(one)) in bases]
    return [
        VisitPlace(
            f"{base.name} → {one.name}",
            one.python,
            part,
            columns,
            (base, one),
            surroundings,
        )
        for (base, one), surroundings in zip(pairs, all_surroundings(pairs), strict=True)
    ]


def _beside_python(one: Installation) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in combination_of(one) if pair[0] != "python")
