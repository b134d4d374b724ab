"""One row of numbers for each file of results, kept between runs: one more commit costs no reading of all.

A row is kept for as long as its file is the one that it was read from: of the same machine, size, times and
inode. A file that was written less than `SETTLED` seconds before may change again without showing it, and is
read again the next time (git's index has the same rule). What is kept holds nothing that is not found anew
without it: where it is damaged, or of another suite, asv or antigil, it is made again.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import math
import os
import time
import zipfile
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antigil.errors import noting
from antigil.files import parse_json, write_whole

from .asv_adapter.stored import ASV_VERSION, StoredResults, Suite, load_results, result_files
from .benchmark_columns import Column
from .labels import printable
from .series import Floats, Problem, State

FILE = "antigil-results.npz"

#: Seconds after which a change of a file shows in its times, whatever the file system.
SETTLED = 2
#: What reading a file of arrays raises where it holds something else.
UNREADABLE = (
    OSError, ValueError, TypeError, LookupError, EOFError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
#: Stands for a benchmark that a file has no result of.
ABSENT = 255


class Stamp(NamedTuple):
    """By what a file of results is told to be the same; times in nanoseconds."""

    path: str
    machine: str
    size: int
    modified: int
    changed: int
    inode: int


class Head(NamedTuple):
    """What a file of results tells besides its numbers.

    Attributes
    ----------
    environment : tuple of (str, str)
        Everything asv recorded about it, sorted.
    removed : tuple of str
        Benchmarks that the suite no longer has.
    outdated : tuple of str
        Benchmarks whose results are of another version than the suite's, and are left out as asv does it.
    name : str
        What asv calls the environment.
    """

    commit_hash: str
    date: int
    environment: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    outdated: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Rows:
    """What some files of results tell, a row each.

    Attributes
    ----------
    stamps : sequence of Stamp
    heads : sequence of Head
    numbers : ndarray, shape (rows, columns, 3)
        Values and the two ends of their intervals; NaN where there is none.
    states : ndarray of uint8, shape (rows, columns)
        A `State`, or `ABSENT`.
    """

    stamps: Sequence[Stamp]
    heads: Sequence[Head]
    numbers: Floats
    states: NDArray[np.uint8]

    @classmethod
    def none(cls, columns: int) -> Rows:
        """Return no rows."""
        return cls([], [], np.empty((0, columns, 3)), np.empty((0, columns), dtype=np.uint8))

    def take(self, places: Sequence[int]) -> Rows:
        """Return some of the rows."""
        stamps, heads = [self.stamps[i] for i in places], [self.heads[i] for i in places]
        chosen = np.array(places, dtype=np.intp)
        return Rows(stamps, heads, self.numbers[chosen], self.states[chosen])

    def check(self, columns: int) -> None:
        """Raise ValueError if it is not one row for each stamp."""
        rows = len(self.stamps)
        shapes = (len(self.heads), self.numbers.shape, self.states.shape)
        if shapes != (rows, (rows, columns, 3), (rows, columns)):
            raise ValueError(f"not {rows} rows of {columns} columns")
        if self.numbers.dtype != np.float64 or self.states.dtype != np.uint8:
            raise ValueError("not numbers and states")


def read_rows(
    results_dir: str, columns: Sequence[Column], benchmarks: Suite, problems: list[Problem], file: Path
) -> Rows:
    """Return a row of each file of results, in asv's order; add a problem for each that cannot be read.

    Parameters
    ----------
    columns, benchmarks
        What to take of each file, and the suite that has it.
    file
        Where rows are kept between runs.
    """
    digest = _digest(columns, benchmarks)
    kept = _read(file, digest, len(columns))
    before = {stamp: i for i, stamp in enumerate(kept.stamps)}
    reader = _Reader(columns, benchmarks)
    places = []
    for path, machine in result_files(results_dir, problems):
        stamp = _stamp(path, machine)
        if stamp in before:
            places.append(before[stamp])
            continue
        results = load_results(path, machine, results_dir, problems)
        if results is not None and stamp is not None:
            places.append(len(kept.stamps) + reader.add(stamp, results))
    rows = reader.after(kept).take(places)
    if places != list(range(len(kept.stamps))):
        _save(file, digest, rows)
    return rows


class _Reader:
    """Reads files of results, a row each."""

    def __init__(self, columns: Sequence[Column], benchmarks: Suite) -> None:
        self._benchmarks = benchmarks
        self._columns: dict[str, list[tuple[int, Column]]] = {}
        for i, column in enumerate(columns):
            self._columns.setdefault(column.benchmark, []).append((i, column))
        self._params = {name: benchmarks[name].get("params") or [] for name in self._columns}
        self._width = len(columns)
        self._stamps: list[Stamp] = []
        self._heads: list[Head] = []
        self._numbers = array("d")
        self._states = bytearray()

    def add(self, stamp: Stamp, results: StoredResults) -> int:
        """Add one file; return which one it is."""
        numbers = [np.nan] * (3 * self._width)
        states = bytearray([ABSENT] * self._width)
        stored, current = results.get_all_result_keys(), results.get_result_keys(self._benchmarks)
        for name in self._columns.keys() & current:
            params = self._params[name]
            values = results.get_result_value(name, params)
            stats = results.get_result_stats(name, params)
            asked = asked_for(results.get_result_params(name), params)
            for place, column in self._columns[name]:
                i = column.parameter or 0
                number, states[place] = _number(values[i], asked is None or i in asked, column)
                numbers[3 * place] = number
                if states[place] == State.PRESENT and (told := stats[i]) is not None:
                    numbers[3 * place + 1] = _end(told.get("ci_99_a"))
                    numbers[3 * place + 2] = _end(told.get("ci_99_b"))
        self._stamps.append(stamp)
        removed = tuple(name for name in stored if name not in self._benchmarks)
        outdated = tuple(name for name in stored if name in self._columns and name not in current)
        self._heads.append(_head(results, removed, outdated))
        self._numbers.extend(numbers)
        self._states += states
        return len(self._stamps) - 1

    def after(self, rows: Rows) -> Rows:
        """Return some rows, and after them what was read."""
        shape = (len(self._stamps), self._width)
        return Rows(
            [*rows.stamps, *self._stamps],
            [*rows.heads, *self._heads],
            np.concatenate([rows.numbers, np.array(self._numbers).reshape(*shape, 3)]),
            np.concatenate([rows.states, np.array(self._states, np.uint8).reshape(shape)]),
        )


def _head(results: StoredResults, removed: tuple[str, ...], outdated: tuple[str, ...]) -> Head:
    """Return what identifies one file's row: what asv keeps apart, it keeps apart."""
    params = {str(k): str(v) for k, v in results.params.items() if v is not None and v != ""}
    params.update({f"env-{k}": str(v) for k, v in results.env_vars.items() if v})
    environment = tuple(sorted((printable(k), printable(v)) for k, v in params.items()))
    name = printable(str(results.env_name))
    return Head(results.commit_hash, results.date, environment, removed, outdated, name)


def _number(value: Any, known: bool, column: Column) -> tuple[float, int]:
    """Return a stored value as a number, and its state; a slowdown that gives no speedup is no value."""
    if value is None:
        return np.nan, State.FAILED if known else State.MISSING
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return np.nan, State.SKIPPED
    if column.quantity == "slowdown" and (value <= 0 or math.isinf((column.threads or 1) / value)):
        return np.nan, State.SKIPPED
    return float(value), State.PRESENT


def _end(value: float | None) -> float:
    """Return one end of an interval, NaN where there is none."""
    return np.nan if value is None or not math.isfinite(value) else value


def asked_for(before: list[list[str]] | None, current: list[list[str]]) -> set[int] | None:
    """Return the flat indices of today's parameters that a result was asked for; None means all."""
    if not current or before == current:
        return None
    known = set(itertools.product(*(before or [])))
    return {i for i, values in enumerate(itertools.product(*current)) if values in known}


def _digest(columns: Sequence[Column], benchmarks: Suite) -> str:
    """Return what changes with all that a row depends on besides its file: the suite, asv, and our code."""
    suite = sorted((name, repr(told.get("version")), told.get("params")) for name, told in benchmarks.items())
    found = hashlib.sha256(repr((ASV_VERSION, suite, columns)).encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(source.read_bytes())
    return found.hexdigest()


def _stamp(path: str, machine: str) -> Stamp | None:
    """Return a file's stamp, or None of one that is not there, such as a link's that leads nowhere."""
    try:
        told = os.stat(path)
    except OSError:
        return None  # told where it is read
    return Stamp(path, machine, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino)


def _read(file: Path, digest: str, columns: int) -> Rows:
    """Return the rows that a file keeps; none where it holds something else."""
    try:
        with file.open("rb") as source, np.load(source, allow_pickle=False) as content:
            told = parse_json(content["told"].tobytes())
            if told["digest"] != digest:
                return Rows.none(columns)
            stamps = [Stamp(*one) for one in told["stamps"]]
            origins = [
                (tuple(map(tuple, pairs)), *map(tuple, lists), name)
                for pairs, *lists, name in told["origins"]
            ]
            heads = [Head(hash_, date, *origins[i]) for hash_, date, i in told["heads"]]
            rows = Rows(stamps, heads, content["numbers"], content["states"])
        rows.check(columns)
    except UNREADABLE:
        return Rows.none(columns)  # it is no more than a shorter way: everything is read again
    return rows


def _save(file: Path, digest: str, rows: Rows) -> None:
    """Keep the rows of the files that will not change without showing it."""
    latest = time.time_ns() - SETTLED * 10**9
    rows = rows.take([i for i, one in enumerate(rows.stamps) if max(one.modified, one.changed) < latest])
    origins = {origin: i for i, origin in enumerate(dict.fromkeys(head[2:] for head in rows.heads))}
    heads = [(*head[:2], origins[head[2:]]) for head in rows.heads]
    told = {"digest": digest, "stamps": rows.stamps, "heads": heads, "origins": list(origins)}
    content = io.BytesIO()
    as_bytes = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    np.savez(content, told=as_bytes, numbers=rows.numbers, states=rows.states)
    with noting(f"{file.name} cannot be kept, and all results are read again the next time"):
        write_whole(file, content.getvalue())
