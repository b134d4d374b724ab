"""What changed by function at a commit, kept with asv's results: a JSON line for each workload and Python.

Lines of several writers are put together; of two on the same commit the later one in the file is told. Each
is of a comparison with the commit right before it: a longer range would lay at a commit what others did.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from antigil.errors import noting
from antigil.files import append_lines

from .comparison import functions_that_changed
from .document import HASH, WHERE, Document, check

FILE = "antigil-functions.jsonl"
"""In asv's results folder; not ``.json``, which asv would take for results."""

_LINE = {"workload": str, "base": HASH, "head": HASH, "where": WHERE}

Key = tuple[str, str, str]
"""Workload, Python as asv names it, hash of the commit."""


def keep_functions(folder: Path, document: Document) -> None:
    """Add what a comparison told of functions to the file in a folder, or say why not: it is told already."""
    lines = [
        json.dumps(
            {
                "workload": workload["name"],
                "base": document["base"]["hash"],
                "head": document["head"]["hash"],
                "where": workload["where"],
            },
            allow_nan=False,
        )
        for comparison in document["comparisons"]
        for workload in comparison["workloads"]
        if workload["where"] is not None
    ]
    if lines:
        with noting(f"which functions changed is not kept in {FILE}"):
            append_lines(folder / FILE, lines)


def kept_functions(folder: Path) -> dict[Key, list[str]]:
    """Return, as sentences, what is kept in a folder; lines that are none of ours are passed over."""
    found = {}
    for line in _lines(folder / FILE):
        try:
            told = json.loads(line)
            if isinstance(told, dict) and isinstance(where := told.get("where"), dict):
                where.setdefault("gil", None)  # not told in older lines
            check(told, _LINE)
        except (ValueError, RecursionError):
            continue
        found[told["workload"], told["where"]["python"], told["head"]] = list(functions_that_changed(told))
    return found


def _lines(file: Path) -> Iterator[str]:
    if file.is_file():
        yield from file.read_text(encoding="utf-8", errors="replace").splitlines()
