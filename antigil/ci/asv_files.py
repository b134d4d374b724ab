"""asv's stored files, read and written as asv does it, but without asv: no other code runs beside a token.

Each file is a JSON object that says in ``version`` which format it has. asv writes results without line
breaks, and everything else indented and sorted.

In ``benchmarks.json`` asv writes down what the suite of a checkout holds, but not which checkout that was,
and what it calls the version of a benchmark is a hash, which has no order. So `stamp` notes with each
benchmark how many commits the checkout's history has, and `newer` goes by that: a run that took long neither
removes what the suite has won meanwhile nor brings back what it has lost. Of a file without the note nothing
is removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: The formats of asv 0.6.
RESULTS_VERSION, BENCHMARKS_VERSION, MACHINE_VERSION = 2, 2, 1

AGE = "antigil_suite"

#: The benchmarks in a ``benchmarks.json`` by name.
Suite = Mapping[str, Mapping[str, Any]]


def read_file(file: Path, version: int) -> dict[str, Any]:
    """Return what a file holds besides its format's version; raise ValueError if it is something else."""
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


def read_suite(file: Path) -> dict[str, Any]:
    """Return the benchmarks in a file, by name."""
    return read_file(file, BENCHMARKS_VERSION)


def write_suite(file: Path, suite: Suite) -> None:
    """Write benchmarks as asv does."""
    write_file(file, suite, BENCHMARKS_VERSION)


def stamp(file: Path, age: int | None, before: Suite) -> Suite:
    """Note the age in a file that asv has just written, and add what calls before it found; return all."""
    noted = {} if age is None else {AGE: age}
    suite = {**before, **{name: {**told, **noted} for name, told in read_suite(file).items()}}
    write_suite(file, suite)
    return suite


def newer(old: Suite, new: Suite) -> Suite:
    """Return the newer of two suites, or both together where neither is known to be the newer one."""
    before, after = _age(old), _age(new)
    if before is None or after is None or before == after:
        return {**old, **new}
    return new if after > before else old


def _age(suite: Suite) -> int | None:
    return max((int(told[AGE]) for told in suite.values() if AGE in told), default=None)
