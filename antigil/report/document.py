"""The documented JSON form of a comparison, and reading it back from a file that nobody vouches for.

All reports are made from this form: what the job of a pull request measured is data for the job that
comments on it, and only what `read_document` let through is ever shown. Texts in it stay foreign; whoever
shows them escapes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from antigil.errors import UserError

from .quantities import NAMES

#: The JSON form of a comparison or of alerts; docs/guard.md names its parts.
Document = dict[str, Any]

COMPARISON_SCHEMA, ALERT_SCHEMA = "antigil.comparison/1", "antigil.alert/1"

#: A file larger than this was not written by us.
MOST_BYTES = 8_000_000

#: Numbers beyond these were measured by nobody, and their quotients would overflow.
SMALLEST, LARGEST, MOST_THREADS = 1e-100, 1e100, 1_000_000


def read_document(path: str) -> Document:
    """Read the JSON form from a file, which is checked from end to end.

    Raises
    ------
    UserError
        If the file is not what `antigil compare --json` writes.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise UserError(f"{path} is no comparison of antigil: larger than {MOST_BYTES} bytes")
    try:
        document = json.loads(raw, parse_constant=_refuse)
        _check(document, _DOCUMENT)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no comparison of antigil: {error}") from error
    checked: Document = document
    return checked


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


_ROW = {
    "workload": str, "quantity": frozenset(NAMES), "threads": (int, None),
    "outcome": frozenset({"same", "lost", "gained", "passing", "unfit"}),
    "base": float, "head": float, "p": float, "adjusted_p": float,
    "samples": ({"base": [float], "head": [float]}, None),
}  # fmt: skip
_PAIR = ([float, float], None)
_WORKLOAD = {
    "name": str, "title": str, "control": bool, "counts": bool, "gone": (str, None), "excuse": (str, None),
    "trade": (frozenset({"slower alone", "faster alone"}), None), "throughput": [[float, float]],
    "rows": [_ROW],
    "context": [{"threads": int, "waiting": _PAIR, "queued": _PAIR, "inflation": _PAIR}],
}  # fmt: skip
_STATUS = frozenset({0, 1, 2})
_DOCUMENT = {
    "schema": frozenset({COMPARISON_SCHEMA}), "status": _STATUS, "seconds": float, "skipped": (str, None),
    "base": {"hash": str, "subject": str}, "head": {"hash": str, "subject": str},
    "comparisons": [
        {
            "environment": str, "measured": bool, "status": _STATUS, "problems": [str], "notes": [str],
            "moved": [_ROW], "workloads": [_WORKLOAD],
        }
    ],
}  # fmt: skip


def _check(value: Any, shape: Any, where: str = "the file") -> None:
    """Compare a value with a shape.

    A shape is a type, a set of allowed values, a tuple of a shape and None, a list of one shape for any
    number of items or of several for exactly these, or a dict with its keys.
    """
    if isinstance(shape, tuple):
        if value is not None:
            _check(value, shape[0], where)
    elif isinstance(shape, dict):
        if not isinstance(value, Mapping) or set(value) != set(shape):
            raise ValueError(f"{where} does not have the keys {', '.join(shape)}")
        for key, inner in shape.items():
            _check(value[key], inner, key)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        if len(shape) > 1 and len(value) != len(shape):
            raise ValueError(f"{where} does not have {len(shape)} items")
        for item in value:
            _check(item, shape[0], f"an item of {where}")
    elif isinstance(shape, frozenset):
        if isinstance(value, bool | list | dict) or value not in shape:
            raise ValueError(f"{where} has a value that does not occur")
    elif not _is_a(value, shape):
        raise ValueError(f"{where} is no {shape.__name__}")


def _is_a(value: Any, kind: type) -> bool:
    """Tell whether a value is of a JSON type; an integer is a number, a truth value is not.

    Numbers of a size that nothing measured has, and text that cannot be written, are of none.
    """
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and (value == 0 or SMALLEST <= abs(value) <= LARGEST)
    if kind is int:
        return isinstance(value, int) and 0 <= value <= MOST_THREADS
    if kind is str and isinstance(value, str):
        value.encode("utf-8")  # a lone half of a surrogate pair raises a ValueError
    return isinstance(value, kind)
