"""The documented JSON forms of comparison and alerts, read back from a file that nobody vouches for.

All reports are made from this form: what a job measured is data for the job that comments on it or opens
issues, and only what `read_comparison` or `read_alerts` let through is ever shown. Texts in it stay foreign;
whoever shows them escapes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from antigil.errors import UserError
from antigil.files import read_json

from .quantities import NAMES

#: The JSON form of a comparison or of alerts.
Document = dict[str, Any]

COMPARISON_SCHEMA, ALERT_SCHEMA = "antigil.comparison/1", "antigil.alert/1"

#: A file larger than this was not written by us.
MOST_BYTES = 8_000_000

#: Numbers beyond these were measured by nobody, and their quotients would overflow.
SMALLEST, LARGEST, MOST_THREADS = 1e-100, 1e100, 1_000_000


def read_comparison(path: str) -> Document:
    """Read the JSON form of a comparison from a file, which is checked from end to end.

    Raises
    ------
    UserError
        If the file is not what ``antigil compare --json`` writes.
    """
    return _read(path, _COMPARISON, "comparison")


def read_alerts(path: str) -> Document:
    """Read the JSON form of alerts from a file, which is checked from end to end.

    Raises
    ------
    UserError
        If the file is not what ``antigil alert --json`` writes.
    """
    return _read(path, _ALERTS, "alerts")


def _read(path: str, shape: Any, what: str) -> Document:
    """Read a file of ours of a shape."""
    try:
        document = read_json(Path(path), MOST_BYTES)
        check(document, shape)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} holds no {what} of antigil: {error}") from error
    checked: Document = document
    return checked


HASH = re.compile(r"[0-9a-f]{0,64}")
_NUMBER = {"quantity": frozenset(NAMES), "threads": (int, None), "base": float, "head": float}
_ROW = {
    **_NUMBER, "workload": str, "outcome": frozenset({"same", "lost", "gained", "passing", "unfit"}),
    "p": float, "adjusted_p": float, "samples": ({"base": [float], "head": [float]}, None),
}  # fmt: skip
_PAIR = ([float, float], None)
_SHARE = {"value": float, "low": float, "high": float}
_FUNCTION = {
    "name": str, "library": str, "source": ({"file": str, "line": int}, None), "reason": str,
    "called_from": str, "before": _SHARE, "after": _SHARE,
}  # fmt: skip
WHERE = {
    "python": str, "gil": ({"before": bool, "after": bool}, None), "threads": int, "hints": [str],
    "losses": [
        {
            "loss": frozenset({"held", "waiting", "inflation"}), "before": _SHARE, "after": _SHARE,
            "functions": [_FUNCTION],
        }
    ],
}  # fmt: skip
_JUDGED = {
    "title": str, "control": bool, "counts": bool, "excuse": (str, None),
    "trade": (frozenset({"slower alone", "faster alone"}), None), "throughput": [[float, float]],
}  # fmt: skip
_WORKLOAD = {
    **_JUDGED, "name": str, "gone": (str, None), "rows": [_ROW],
    "context": [{"threads": int, "waiting": _PAIR, "queued": _PAIR, "inflation": _PAIR}],
    "where": (WHERE, None),
}  # fmt: skip
_STATUS = frozenset({0, 1, 2})
_SURROUNDINGS = {"python": str, "gil": str, "compiler": str, "kernel": str, "cpu": str, "packages": [str]}
_REVISION = {"hash": HASH, "subject": str}
_PYTHON = re.compile(r"[A-Za-z0-9._-]{1,30}")
_COMPARISON = {
    "schema": frozenset({COMPARISON_SCHEMA}), "status": _STATUS, "seconds": float, "skipped": (str, None),
    "base": _REVISION, "head": _REVISION, "pythons": [_PYTHON],
    "comparisons": [
        {
            "environment": str, "gil": bool, "measured": bool, "status": _STATUS,
            "problems": [str], "notes": [str],
            "moved": [_ROW], "workloads": [_WORKLOAD], "surroundings": [_SURROUNDINGS], "besides": [str],
        }
    ],
}  # fmt: skip
#: A line, as it stands in titles and in commands to paste: no controls, and nothing that is not seen.
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+")
_COMMIT = {**_REVISION, "author": str, "date": float}
_EFFECT = {
    **_NUMBER, "outcome": frozenset({"lost", "gained"}), "measured_before": int, "measured_after": int,
}  # fmt: skip
_ALERT = {
    **_JUDGED, "identity": re.compile(r"[0-9a-f]{1,64}"), "workload": _NAME, "environment": str,
    "gil": (bool, None), "standing": re.compile(r"[a-z, ]{1,50}"), "new": bool, "lost": bool, "settled": bool,
    "held": (bool, None),
    "measured_on": re.compile(r"[A-Za-z0-9._-]{0,100}"), "besides": str, "given_up": (str, None),
    "before": _COMMIT, "commit": _COMMIT, "between": int, "effects": [_EFFECT],
}  # fmt: skip
_PAGE = re.compile(r"(https?://[A-Za-z0-9._~:/?#@!$&+,;=%-]{1,500})?")
_ALERTS = {
    "schema": frozenset({ALERT_SCHEMA}), "status": _STATUS, "since": (str, None), "selected": [str],
    "workloads": [{"name": _NAME, "title": str, "control": bool, "page": _PAGE}],
    "alerts": [_ALERT], "problems": [str],
}  # fmt: skip


def check(value: Any, shape: Any, where: str = "the file") -> None:
    """Compare a value with a shape.

    A shape is a type, a set of allowed values, a pattern of a whole text, a tuple of a shape and None, a list
    of one shape for any number of items or of several for exactly these, or a dict with its keys.
    """
    if isinstance(shape, tuple):
        if value is not None:
            check(value, shape[0], where)
    elif isinstance(shape, dict):
        if not isinstance(value, Mapping) or set(value) != set(shape):
            raise ValueError(f"{where} does not have the keys {', '.join(shape)}")
        for key, inner in shape.items():
            check(value[key], inner, key)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        if len(shape) > 1 and len(value) != len(shape):
            raise ValueError(f"{where} does not have {len(shape)} items")
        for item in value:
            check(item, shape[0], f"an item of {where}")
    elif isinstance(shape, frozenset):
        if isinstance(value, bool | list | dict) or value not in shape:
            raise ValueError(f"{where} has a value that does not occur")
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise ValueError(f"{where} has characters that do not occur")
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
