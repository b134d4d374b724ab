"""Add one folder of results to another: nobody's values are lost, and what is damaged is healed.

Where two measured the same commit, a file holds the benchmarks of both, the later ones where both have a
value. A null, which asv stores where a benchmark or a whole build failed, never takes the place of a value.
What cannot be read in the folder that is added is left out and told; in the other one it is replaced.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from .asv_files import (
    MACHINE_VERSION,
    RESULTS_VERSION,
    newer,
    read_file,
    read_suite,
    write_file,
    write_suite,
)

#: What reading a file raises that is not what its name says.
UNREADABLE = (KeyError, TypeError, ValueError)

#: In a file of results without a value: a name for each time that measuring failed.
FAILURES = "antigil_failures"

T = TypeVar("T")


def merge(source: Path, target: Path) -> list[str]:
    """Add one folder of results to another; return which files could not be read, and why."""
    problems = []
    for file in _files(source):
        inside = file.relative_to(source)
        (target / inside).parent.mkdir(parents=True, exist_ok=True)
        try:
            _add(file, target / inside)
        except UNREADABLE as error:
            problems.append(f"{inside} is left out: {' '.join(str(error).split()) or type(error).__name__}")
    return problems


def say(line: str) -> None:
    """Tell what is worth a note."""
    print(f"antigil: note: {line}", file=sys.stderr, flush=True)


def _files(folder: Path) -> Iterator[Path]:
    """Yield asv's files and ours; nothing else belongs on the branch, links least of all."""
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        plain = file.is_file() and not file.is_symlink() and inside.parts[0] != ".git"
        if plain and file.suffix in (".json", ".jsonl"):
            yield file


def _add(file: Path, goal: Path) -> None:
    """Add a file, which has to be what its name says: asv stops at one that is not."""
    if file.suffix == ".jsonl":
        _add_lines(file, goal)
    elif file.name == "benchmarks.json":
        suite, old = read_suite(file), _known(goal, read_suite)
        write_suite(goal, suite if old is None else newer(old, suite))
    elif file.name == "machine.json":
        read_file(file, MACHINE_VERSION)
        shutil.copyfile(file, goal)
    else:
        new, known = read_results(file), _known(goal, read_results)
        write_results(goal, new if known is None else _together(known, new))


def _known(goal: Path, read: Callable[[Path], T]) -> T | None:
    """Return what a file holds to which is added; None if it is not there, or holds something else."""
    if not goal.exists():
        return None
    try:
        return read(goal)
    except UNREADABLE as error:
        say(f"{goal.name} could not be read and is replaced: {' '.join(str(error).split())}")
        return None


def _add_lines(file: Path, goal: Path) -> None:
    """Add lines that are not there yet, each a JSON object; what is none is dropped."""
    lines: dict[str, None] = {}
    for path in (one for one in (goal, file) if one.exists()):
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if _is_object(line):
                lines[line] = None
            else:
                say(f"{path.name}, line {number}, could not be read and is dropped")
    goal.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def read_results(file: Path) -> dict[str, Any]:
    """Return what a file of results holds; raise ValueError if it holds something else."""
    found = read_file(file, RESULTS_VERSION)
    if not {"commit_hash", "result_columns", "results"} <= set(found):
        raise ValueError("no results of asv")
    return found


def write_results(file: Path, results: Mapping[str, Any]) -> None:
    """Write a file of results as asv does."""
    write_file(file, results, RESULTS_VERSION, compact=True)


def has_value(results: Mapping[str, Any]) -> bool:
    """Tell whether anything was measured: a file alone is no proof."""
    return any(value is not None for row in results["results"].values() for value in _values(row))


def _values(row: Sequence[Any]) -> list[Any]:
    """Return the values of a benchmark, one for each combination of its parameters; none if it failed."""
    return list(row[0]) if row and isinstance(row[0], list) else []


def _together(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results of two files on one commit."""
    if any(old[key] != new[key] for key in ("commit_hash", "result_columns")):
        return dict(new if has_value(new) or not has_value(old) else old)
    rows = {**old["results"], **new["results"]}
    for name in old["results"].keys() & new["results"].keys():
        rows[name] = _row(old["results"][name], new["results"][name])
    both = {**new, "results": rows, "durations": {**old.get("durations", {}), **new.get("durations", {})}}
    failures = sorted({*old.get(FAILURES, []), *new.get(FAILURES, [])})
    both.pop(FAILURES, None)
    return both if has_value(both) or not failures else {**both, FAILURES: failures}


def _row(old: Sequence[Any], new: Sequence[Any]) -> Sequence[Any]:
    """Return a benchmark's values, and what else asv notes of it, of two measurements."""
    before, after = _values(old), _values(new)
    if not any(value is not None for value in after):
        return old if before else new
    missing = {
        i
        for i, (one, other) in enumerate(zip(before, after, strict=False))
        if other is None and one is not None
    }
    if not missing or old[1:3] != new[1:3]:
        return new
    row = []
    for one, other in zip_longest(old, new):
        if isinstance(one, list) and len(one) == len(after):
            later = other if isinstance(other, list) and len(other) == len(after) else [None] * len(after)
            row.append([one[i] if i in missing else value for i, value in enumerate(later)])
        else:
            row.append(other)
    return row
