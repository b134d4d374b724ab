"""asv's stored files, read and written as asv does it, but without asv: no other code runs beside a token.

Each file is a JSON object that says in ``version`` which format it has. asv writes results without line
breaks, and everything else indented and sorted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: The formats of asv 0.6.
RESULTS_VERSION, BENCHMARKS_VERSION, MACHINE_VERSION = 2, 2, 1


def read_file(file: Path, version: int) -> dict[str, Any]:
    """Return what a file holds besides its format's version.

    Raises
    ------
    ValueError
        If it is no JSON object, or of another format.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    if not isinstance(content, dict) or "version" not in content:
        raise ValueError("no file of asv: it has no version")
    if (found := content.pop("version")) != version:
        raise ValueError(f"its format has version {found}, and {version} is known here")
    return content


def write_file(file: Path, content: Mapping[str, Any], version: int, *, compact: bool = False) -> None:
    """Write a file as asv does."""
    style: dict[str, Any] = {} if compact else {"indent": 4, "sort_keys": True}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**content, "version": version}, **style), encoding="utf-8")
