"""The tables of real_libraries.py: what was measured beside what is known; two instruments side by side."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from library_subjects import SCALING, Subject
from support import machines, markdown_table

from antigil.scaling import Z99, cpus_allowed

CONDITIONS = {"quiet": 0, "busy": cpus_allowed()}
"""Where it is measured, and how many programs keep CPUs busy there."""

SAMPLER = "sampler"
STANDARD_ERRORS = 3.0
"""So far apart may two instruments be."""


def waiting(measured: dict[str, Any]) -> tuple[float, float]:
    """Return the waiting share with 1 thread, and by how much it is more with 2."""
    one, two = measured["points"]
    return one["waiting"], two["waiting"] - one["waiting"]


def answer(measured: dict[str, Any]) -> str:
    """Return what a measurement says in the words of the truth: its verdict, or that its threads wait.

    Where the GIL is in the way, that comes first.
    """
    verdict: str = measured["verdict"]
    return "waits" if verdict in ("releases", "no-gil") and measured["waits"] else verdict


def cells(measured: dict[str, Any]) -> list[str]:
    """Return the figures of one measurement: held share, waiting, speedup, answer, whether threads help."""
    alone, more = waiting(measured)
    held = measured["gil_held"]
    return [
        f"{held['share']:.3f} ± {held['se']:.3f}",
        f"{alone:.2f} {more:+.2f}",
        f"{measured['points'][1]['speedup']['median']:.2f}",
        answer(measured),
        measured["scaling"],
    ]


def instruments(rows: Sequence[tuple[Subject, dict[str, Any]]]) -> str:
    """Return a table of the held share by the sampler beside that by the probe, where there is a GIL."""
    lines, agreed = [], 0
    for subject, record in rows:
        if not record["quiet"]["python"]["gil"]:
            continue
        probe, found = record["quiet"]["gil_held"], record[SAMPLER]["held"]["total"]
        error = (found["ci99"][1] - found["ci99"][0]) / 2 / Z99
        apart = abs(found["value"] - probe["share"]) / math.hypot(error, probe["se"])
        agreed += apart <= STANDARD_ERRORS
        name = ", ".join(filter(None, [subject.function, subject.label]))
        shares = [f"{found['value']:.3f} ± {error:.3f}", f"{probe['share']:.3f} ± {probe['se']:.3f}"]
        largest = record[SAMPLER]["held"]["parts"][:1]
        function = "".join(f"`{part['function']['name']}` {part['share']['value']:.3f}" for part in largest)
        lines.append([name, subject.release, *shares, f"{apart:.1f}", function])
    head = ["function", "release", "held: sampler", "held: probe", "standard errors apart", "largest part"]
    return f"{markdown_table(head, lines)}\n\n{agreed} of {len(lines)} within {STANDARD_ERRORS:g}."


def outcome(subject: Subject, measured: dict[str, Any]) -> str:
    """Return whether it is told right that threads help: ``right``, ``open`` or ``wrong``."""
    if measured["scaling"] == "inconclusive":
        return "open"
    return "right" if measured["scaling"] in SCALING[subject.scaling] else "wrong"


def judged(subject: Subject, measured: dict[str, Any]) -> list[str]:
    """Return the cells of a measurement, with answers that are wrong in bold."""
    *figures, said, helps = cells(measured)
    said = said if said == subject.truth else f"**{said}**"
    return [*figures, said, f"**{helps}**" if outcome(subject, measured) == "wrong" else helps]


def counted(rows: Sequence[tuple[Subject, dict[str, Any]]], condition: str) -> str:
    """Return how many answers are right under a condition, in words."""
    helps = Counter(outcome(subject, record[condition]) for subject, record in rows)
    gil = sum(answer(record[condition]) == subject.truth for subject, record in rows)
    told = ", ".join(f"{helps[kind]} {kind}" for kind in ("right", "open", "wrong"))
    return f"{condition}: threads help, {told}; the GIL, {gil} of {len(rows)} right."


def report(rows: Sequence[tuple[Subject, dict[str, Any]]], asked: Sequence[str]) -> str:
    """Return the tables: what was measured, from where each truth is known, and how the instruments agree."""
    conditions = [condition for condition in asked if condition in CONDITIONS]
    head = ["function", "release", "truth"]
    for condition in conditions:
        head += [f"{condition}: held", "waiting", "S*", "verdict", "threads help"]
    figures, known = [], []
    for subject, record in rows:
        name = ", ".join(filter(None, [subject.function, subject.label]))
        share = "" if record["held_part"] is None else f" ({record['held_part']:.2f})"
        figures.append([name, subject.release, f"{subject.truth}{share}, {subject.scaling}"])
        figures[-1] += [cell for condition in conditions for cell in judged(subject, record[condition])]
        known.append([name, subject.release, subject.truth, f"{subject.why} ([source]({subject.source}))"])
    return "\n\n".join(
        [
            machines(record for _, record in rows),
            markdown_table(head, figures),
            *(counted(rows, condition) for condition in conditions),
            markdown_table(["function", "release", "truth", "how it is known"], known),
            *([instruments(rows)] if {"quiet", SAMPLER} <= set(asked) else []),
        ]
    )
