"""Add one folder of results to another: nobody's values are lost, and what is damaged is healed.

Where two measured the same commit, a file holds the benchmarks of both, the later ones where both have a
value. A null, which asv stores where a benchmark or a whole build failed, never takes the place of a value.
What cannot be read in the folder that is added is left out and told; in the other one it is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from antigil.errors import note, one_line
from antigil.files import parse_json, write_whole

from .asv_files import (
    MACHINE_VERSION,
    RESULTS_VERSION,
    Suite,
    newer,
    read_file,
    read_suite,
    write_file,
    write_suite,
)

#: A file that has its place where a folder is, or the other way round.
NO_PLACE = (FileExistsError, NotADirectoryError, IsADirectoryError)

#: In a file of results without a value: a name for each time that measuring failed.
FAILURES = "antigil_failures"

T = TypeVar("T")


def merge(source: Path, target: Path) -> list[str]:
    """Add one folder of results to another; return which files could not be read, and why."""
    problems = []
    for file in _files(source):
        inside = file.relative_to(source)
        try:
            if not str(inside).isprintable():
                raise ValueError("its name holds a character that cannot be printed")
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            if not (target / inside).resolve().is_relative_to(target.resolve()):
                raise ValueError("its place is a link that leads elsewhere")
            _add(file, target / inside)
        except (ValueError, RecursionError, *NO_PLACE) as error:
            problems.append(one_line(f"{inside} is left out: {error}"))
    return problems


def _files(folder: Path) -> Iterator[Path]:
    """Yield asv's files and ours; nothing else belongs on the branch, links least of all."""
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        plain = file.is_file() and not file.is_symlink()
        if plain and file.suffix in (".json", ".jsonl") and ".git" not in map(str.lower, inside.parts):
            yield file


def _add(file: Path, goal: Path) -> None:
    """Add a file, which has to be what its name says: asv stops at one that is not."""
    if file.suffix == ".jsonl":
        _add_lines(file, goal)
    elif file.name == "benchmarks.json":
        suite, old = read_suite(file), _known(goal, read_suite)
        kept = suite if old is None else newer(old, suite)
        if kept is old and old != suite:
            note(f"{goal.name} is kept: the commit that it is of is newer than that of what is added")
        write_suite(goal, kept)
    elif file.name == "machine.json":
        read_file(file, MACHINE_VERSION)
        write_whole(goal, file.read_bytes())
    else:
        new, known = read_results(file), _known(goal, read_results)
        write_results(goal, new if known is None else _together(known, new))


def _known(goal: Path, read: Callable[[Path], T]) -> T | None:
    """Return what a file holds to which is added; None if it is not there, or holds something else."""
    if not goal.exists():
        return None
    try:
        return read(goal)
    except ValueError as error:
        note(f"{goal.name} could not be read and is replaced: {error}")
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
                note(f"{path.name}, line {number}, could not be read and is dropped")
    write_whole(goal, "".join(f"{line}\n" for line in lines))


def _is_object(line: str) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except ValueError:
        return False


def read_results(file: Path) -> dict[str, Any]:
    """Return what a file of results holds; raise ValueError if it holds something else."""
    found = read_file(file, RESULTS_VERSION)
    if not {"commit_hash", "result_columns", "results"} <= set(found):
        raise ValueError("no results of asv")
    kinds = {"commit_hash": str, "result_columns": list, "results": dict, "durations": dict, "params": dict}
    for name, kind in {**kinds, FAILURES: list}.items():
        if not isinstance(found.get(name, kind()), kind):
            raise ValueError(f"no results of asv: {name} is no {kind.__name__}")
    if not all(isinstance(row, list) for row in found["results"].values()):
        raise ValueError("no results of asv: a benchmark's are no list")
    if not all(isinstance(one, str) for one in found.get(FAILURES, ())):
        raise ValueError(f"no results of asv: {FAILURES} are no names")
    return found


def write_results(file: Path, results: Mapping[str, Any]) -> None:
    """Write a file of results as asv does."""
    write_file(file, results, RESULTS_VERSION, compact=True)


def of_suite(results: Mapping[str, Any], suite: Suite | None) -> dict[str, Any]:
    """Return results without those that nothing shows: of no benchmark in the suite, or another version."""
    columns, rows = results["result_columns"], results["results"]
    at = columns.index("version") if "version" in columns else None

    def is_current(name: str) -> bool:
        version = rows[name][at] if at is not None and at < len(rows[name]) else None
        return suite is None or (name in suite and version in (None, suite[name].get("version")))

    return {**results, "results": {name: row for name, row in rows.items() if is_current(name)}}


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
    return both if has_value(new) or not failures else {**both, FAILURES: failures}


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
