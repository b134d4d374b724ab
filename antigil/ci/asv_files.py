"""asv's stored files, read and written as asv does it, but without asv: no other code runs beside a token.

Each file is a JSON object that says in ``version`` which format it has. asv writes results without line
breaks, and everything else indented and sorted.

In ``benchmarks.json`` asv writes down what the suite of a checkout holds, but not which checkout that was,
and what it calls the version of a benchmark is a hash, which has no order. So `stamp` notes with each
benchmark when the checkout's commit was made, and `newer` goes by that: a run that took long neither removes
what the suite has won meanwhile nor brings back what it has lost. Of a file without the note nothing is
removed. Earlier versions noted how many commits the history had, a number below every date.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from antigil.files import read_json, write_whole

#: The formats of asv 0.6.
RESULTS_VERSION, BENCHMARKS_VERSION, MACHINE_VERSION = 2, 2, 1

MADE = "antigil_suite"

#: The benchmarks in a ``benchmarks.json`` by name.
Suite = Mapping[str, Mapping[str, Any]]


def read_file(file: Path, version: int) -> dict[str, Any]:
    """Return what a file holds besides its format's version; raise ValueError if it is something else."""
    content = read_json(file)
    if not isinstance(content, dict) or "version" not in content:
        raise ValueError("no file of asv: it has no version")
    if (found := content.pop("version")) != version:
        told = found if isinstance(found, int | float | str) else type(found).__name__
        raise ValueError(f"its format has version {str(told)[:20]}, and {version} is known here")
    return content


def write_file(file: Path, content: Mapping[str, Any], version: int, *, compact: bool = False) -> None:
    """Write a file as asv does."""
    style: dict[str, Any] = {} if compact else {"indent": 4, "sort_keys": True}
    write_whole(file, json.dumps({**content, "version": version}, **style))


def read_suite(file: Path) -> dict[str, Any]:
    """Return the benchmarks in a file, by name; raise ValueError if it holds something else."""
    suite = read_file(file, BENCHMARKS_VERSION)
    for name, told in suite.items():
        if not isinstance(told, dict) or type(told.get(MADE, 0)) is not int:
            raise ValueError(f"no suite of asv: {name} is no benchmark")
    return suite


def write_suite(file: Path, suite: Suite) -> None:
    """Write benchmarks as asv does."""
    write_file(file, suite, BENCHMARKS_VERSION)


def stamp(file: Path, made: int | None, before: Suite, to: Path) -> Suite:
    """Note the date in a copy of a file that asv has just written, and add what calls before it found.

    Return all.
    """
    noted = {} if made is None else {MADE: made}
    suite = {**before, **{name: {**told, **noted} for name, told in read_suite(file).items()}}
    write_suite(to, suite)
    return suite


def newer(old: Suite, new: Suite) -> Suite:
    """Return the newer of two suites, or both together where neither is known to be the newer one."""
    before, after = _made(old), _made(new)
    if before is None or after is None or before == after:
        return {**old, **new}
    return new if after > before else old


def _made(suite: Suite) -> int | None:
    return max((told[MADE] for told in suite.values() if MADE in told), default=None)
