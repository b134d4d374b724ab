"""From what changed by function to its part of a comparison's JSON form."""

from __future__ import annotations

from antigil.report.document import Document
from antigil.where import ChangedFunction, Changes, Share

MOST_FUNCTIONS = 8
"""Of one loss; the largest changes."""

LONGEST = 300
"""Characters of a name: generic ones of C++ and Rust have thousands."""


def changes_to_json(changes: Changes | None) -> Document | None:
    """Return the JSON form of what changed by function; None where nothing was sampled."""
    if changes is None:
        return None
    return {
        "python": changes.python,
        "gil": dict(zip(("before", "after"), changes.gil, strict=True)),
        "threads": changes.threads,
        "hints": [hint[:LONGEST] for hint in changes.hints],
        "losses": [
            {
                "loss": one.loss,
                "before": _share(one.before),
                "after": _share(one.after),
                "functions": [_function(function) for function in one.functions[:MOST_FUNCTIONS]],
            }
            for one in changes.losses
        ],
    }


def _function(function: ChangedFunction) -> Document:
    file, line = function.source or (None, None)
    return {
        "name": _text(function.name),
        "library": _text(function.library),
        "source": None if file is None else {"file": _text(file), "line": line},
        "reason": _text(function.reason),
        "called_from": _text(function.called_from),
        "before": _share(function.before),
        "after": _share(function.after),
    }


def _share(share: Share) -> Document:
    low, high = share.ci99
    return {"value": share.value, "low": low, "high": high}


def _text(text: str) -> str:
    """Return a text that can be written as UTF-8: names of files are any bytes."""
    return text.encode("utf-8", "replace").decode()[:LONGEST]
