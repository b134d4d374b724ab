"""What asv has stored: results, suite and machines; and its fit to a series of results."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import asv
from asv.benchmarks import Benchmarks
from asv.machine import Machine, MachineCollection
from asv.results import Results, iter_results_paths
from asv.step_detect import detect_steps as detect_steps
from asv.step_detect import get_mu_dist as get_mu_dist
from asv.util import UserError as AsvUserError

from ..series import Problem
from .configuration import Configuration, asv_errors
from .safe_files import harden

harden()

ASV_VERSION: str = asv.__version__

#: How asv names a file of results.
NAME = re.compile(r"[0-9a-f]{8}-.*\.json", re.DOTALL)

#: A suite's benchmarks by name, as ``benchmarks.json`` describes them.
Suite = Mapping[str, dict[str, Any]]
#: A benchmark's parameters, each with its values.
Parameters = list[list[str]]


class StoredResults(Protocol):
    """What is read of one commit's results in one environment.

    What is returned by parameters is in the order of `Parameters`' product, None where there is none.
    """

    commit_hash: str
    date: int
    params: Mapping[str, Any]
    env_vars: Mapping[str, Any]
    env_name: str

    def get_all_result_keys(self) -> Collection[str]: ...
    def get_result_keys(self, benchmarks: Suite) -> set[str]: ...
    def get_result_params(self, key: str) -> Parameters: ...
    def get_result_value(self, key: str, params: Parameters) -> list[Any]: ...
    def get_result_stats(self, key: str, params: Parameters) -> list[dict[str, float] | None]: ...
    def get_result_samples(self, key: str, params: Parameters) -> list[list[float] | None]: ...


def stored_suite(conf: Configuration, patterns: Sequence[str] = ()) -> Suite:
    """Return the suite that ``benchmarks.json`` describes, or what regular expressions name of it."""
    suite: Suite = Benchmarks.load(conf, regex=list(patterns))
    return suite


def register_machine(name: str, fields: Mapping[str, str]) -> None:
    """Make asv know this machine under a name, if it does not: by these fields, and asv's for the others."""
    try:
        MachineCollection.load(name)
    except AsvUserError:
        with asv_errors():
            MachineCollection.save(name, {**Machine.get_defaults(), "machine": name, **fields})


def result_files(results_dir: str, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Yield path and machine of each file of results; add a problem for each folder that has no machine."""
    folders = set()
    for folder, name, machine in iter_results_paths(results_dir):
        folders.add(folder)
        yield os.path.join(folder, name), machine
    problems += _left_out(results_dir, folders)


def load_results(path: str, machine: str, results_dir: str, problems: list[Problem]) -> StoredResults | None:
    """Return what a file of results holds, or add a problem if it cannot be read."""
    try:
        results: StoredResults = Results.load(path, machine_name=machine)
    except AsvUserError as error:
        where = os.path.relpath(path, results_dir)
        unread = NAME.fullmatch(os.path.basename(path)) is not None
        problems.append(Problem(f"could not be read: {_first_line(error, path)}", where, unread))
        return None
    return results


def _first_line(error: Exception, path: str) -> str:
    """Return an error's first line without the path, which is named beside it."""
    text = str(error).replace(os.path.abspath(path), "it").replace(path, "it").rpartition("'it': ")[2].strip()
    return (text.splitlines() or [type(error).__name__])[0]


def _left_out(results_dir: str, read: Collection[str]) -> Iterator[Problem]:
    """Name the folders of results that asv passes over, because it cannot tell their machine."""
    for folder, _, names in os.walk(results_dir):
        if folder not in read and any(map(NAME.fullmatch, names)):
            what = "results are left out, because the folder's machine.json is missing or cannot be read"
            mend = "put it back, or remove them"
            yield Problem(f"{what}: {mend}", os.path.relpath(folder, results_dir), unread=True)
