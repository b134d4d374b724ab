"""The Pythons that an ``asv.conf.json`` names, and what they are to antigil."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .config_text import listed

#: The oldest that the instrument can be installed in, and what runs antigil where no other is asked for.
OLDEST, USUAL = (3, 11), "3.13"


def named_pythons(config: dict[str, Any]) -> list[str]:
    """Return the Pythons that a configuration names, each once."""
    included = config.get("include")
    parts = [one for one in included if isinstance(one, dict)] if isinstance(included, list) else []
    return list(
        dict.fromkeys(
            [*listed(config, "pythons"), *(name for one in parts for name in listed(one, "python"))]
        )
    )


def too_old(names: Iterable[str]) -> list[str]:
    """Return those that the instrument cannot be installed in."""
    return [name for name in names if (version := _version(name)) and version < OLDEST]


def set_up(names: Sequence[str]) -> list[str]:
    """Return what actions/setup-python is asked for, so that all are there; the last one runs antigil."""
    known = [name for name in names if _version(name)]
    able = [name for name in known if re.fullmatch(r"[\d.]+", name) and _version(name) >= OLDEST]
    last = max(able, key=_version, default=USUAL)
    return [*(name for name in known if name != last), last] if known else []


def _version(name: str) -> tuple[int, ...]:
    """Return the first two numbers of a version; none of what is no version, such as a path."""
    found = re.fullmatch(r"(?:pypy)?(\d+)\.(\d+)(?:\.\d+)?t?", name)
    return (int(found[1]), int(found[2])) if found else ()
