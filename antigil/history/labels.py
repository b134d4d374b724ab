"""Names that are safe in files and links, and labels that tell environments apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from .environment import MACHINE_FIELDS, Environment

LONGEST = 80
#: What XML cannot hold, or what no file in UTF-8 can.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: Names that a workload's files may not have: the site's own files have them.
TAKEN = frozenset({"index", "overview", "commits"})


def printable(text: str) -> str:
    """Return a text with U+FFFD in place of control characters and others that break a file it stands in."""
    return UNWRITABLE.sub("\ufffd", text)


def file_names(names: Sequence[str]) -> dict[str, str]:
    """Return a file name (without ending) for each name: letters, digits, ``._-``, all different.

    Names that lose something on the way, or differ only in case, get a piece of their digest.
    """
    found = {}
    lower = [name.lower() for name in names]
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:LONGEST]
        unsafe = plain != name or lower.count(name.lower()) > 1 or plain.lower() in TAKEN
        found[name] = f"{plain}-{digest(name)}".lstrip("-") if unsafe else plain
    return found


def environment_id(environment: Environment) -> str:
    """Return a short name for links that stays the same, also when a second branch is added."""
    lasting = environment.lasting
    return digest(repr((lasting.key, lasting.branch)))


def environment_labels(environments: Sequence[Environment]) -> dict[Environment, str]:
    """Return a label per environment that names what tells it from the others."""
    varying = sorted(
        {
            name
            for one in environments
            for name in {k for e in environments for k in e.params}
            if one.params.get(name) != environments[0].params.get(name)
        }
        - {"machine", "python"}
    )
    machines = {e.machine for e in environments}
    if len(machines) > 1:
        same_name = len(machines) < len(
            {(e.machine, *map(e.params.get, MACHINE_FIELDS)) for e in environments}
        )
        varying = [v for v in varying if same_name or v not in MACHINE_FIELDS]
    return {e: _label(e, varying, len({o.branch for o in environments}) > 1) for e in environments}


def _label(environment: Environment, varying: Sequence[str], branches: bool) -> str:
    """Return one label."""
    parts = [environment.machine, f"Python {environment.python}"]
    parts += [f"{name} {environment.params.get(name, 'unset')}" for name in varying]
    if branches and environment.branch:
        parts.append(environment.branch)
    return " · ".join(parts)


def build_name(gil: bool | None) -> str:
    """Return a build's name for people."""
    return {True: "GIL enabled", False: "free-threaded", None: "build unknown"}[gil]


def digest(text: str) -> str:
    """Return eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
