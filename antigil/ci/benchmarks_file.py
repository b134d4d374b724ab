"""Which of two ``benchmarks.json`` is of the newer suite.

asv writes down what the suite of a checkout holds, but not which checkout that was, and what it calls the
version of a benchmark is a hash, which has no order. So `stamp` notes with each benchmark how many commits
the checkout's history has, and `newer` goes by that: a run that took long neither removes what the suite has
won meanwhile nor brings back what it has lost. Of a file without the note nothing is removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .asv_files import BENCHMARKS_VERSION, read_file, write_file

AGE = "antigil_suite"

Suite = Mapping[str, Mapping[str, Any]]


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
