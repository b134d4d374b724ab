"""asv's result files, one by one; one that cannot be read is named, and the rest is read."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Iterator

from asv.results import Results, iter_results_paths

from .series import Problem

#: The last moment that a date can tell, in milliseconds since 1970.
LAST_DATE = datetime.datetime.max.replace(tzinfo=datetime.UTC).timestamp() * 1000
#: asv's own files among the results.
NO_RESULTS = frozenset({"machine.json", "benchmarks.json"})


def readable_results(results_dir: str, problems: list[Problem]) -> Iterator[Results]:
    """Yield what asv's result files hold; add a problem for each file or folder that cannot be read."""
    folders = set()
    for folder, name, machine in iter_results_paths(results_dir):
        folders.add(folder)
        path = os.path.join(folder, name)
        try:
            results = Results.load(path, machine_name=machine)
            _check_date(results.date)
        except Exception as error:  # whatever a file holds that asv did not write: named on the page
            where = os.path.relpath(path, results_dir)
            problems.append(Problem(f"could not be read: {_first_line(error, path)}", where))
        else:
            yield results
    problems += _left_out(results_dir, folders)


def _check_date(date: object) -> None:
    """Refuse what is no moment in milliseconds since 1970."""
    if isinstance(date, bool) or not isinstance(date, int | float) or not 0 <= date < LAST_DATE:
        raise ValueError(f"its date is no time in milliseconds since 1970: {date!r}")


def _first_line(error: Exception, path: str) -> str:
    """Return an error's first line without the path, which is named beside it."""
    text = str(error).replace(f"in file '{path}'", "").replace(os.path.abspath(path), "it").strip()
    return (text.splitlines() or [type(error).__name__])[0]


def _left_out(results_dir: str, read: Collection[str]) -> Iterator[Problem]:
    """Name the folders that asv passes over, results or not, because it cannot tell their machine."""
    for folder, _, names in os.walk(results_dir):
        if folder not in read and any(n.endswith(".json") and n not in NO_RESULTS for n in names):
            what = "results are left out, because the folder's machine.json is missing or cannot be read"
            yield Problem(what, os.path.relpath(folder, results_dir))
