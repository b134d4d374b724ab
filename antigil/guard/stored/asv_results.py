"""Judge two commits by what asv has stored of them, without measuring.

Only numbers of which asv kept one sample per process can be judged: slowdown and held share, if they were
measured with ``--record-samples``. asv's samples of a ``time_*`` benchmark are repetitions inside two
processes and not one per process, so single-thread time is left out. Nothing can be looked at twice, so
all numbers are tested at a level of 1 % together. The results of two commits were not measured in turn:
drift does not cancel.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from antigil.errors import UserError
from antigil.history.asv_adapter.configuration import asv_errors, quiet_asv
from antigil.history.asv_adapter.stored import StoredResults, Suite, load_results, result_files, stored_suite
from antigil.history.benchmark_columns import Column, drawable, workloads_of
from antigil.history.environment import named_without_gil
from antigil.history.labels import printable
from antigil.history.options import Options
from antigil.history.project import Project, Revision
from antigil.history.result_rows import asked_for
from antigil.history.series import SURROUNDINGS, Problem

from ..commit_verdict import conclude
from ..comparison import Comparison, EnvironmentComparison
from ..decision_rule import STORED_LEVEL, Number, SamplePair, judge, least_effects, powerless, smallest_p
from ..samples import (
    Readings,
    judgeable,
    missing_at_head,
    number_of,
    pairs_of,
    refuse_unmatched,
    told_apart,
    workload_columns,
)

#: Quantities whose samples asv keeps one per process.
PER_PROCESS = frozenset({"slowdown", "gil_held"})

NOT_JUDGED = (
    "not judged: single-thread time, waiting and stall, of which asv stores no sample per process. A thread"
    " that became slower would not be seen; compare without --results-only to see it"
)


def compare_stored(
    project: Project, base: Revision, head: Revision, patterns: Sequence[str] = ()
) -> Comparison:
    """Judge two commits in every environment in which both have results.

    Raises
    ------
    UserError
        If there is no environment with results of both.
    """
    began = time.monotonic()
    with quiet_asv(), asv_errors():
        suite, asked = stored_suite(project.conf), stored_suite(project.conf, patterns)
        stored, unread = _stored(project.conf.results_dir, {base.hash, head.hash})
    both = {name: found for name, found in stored.items() if {base.hash, head.hash} <= found.keys()}
    alone = [
        f"{name} is not compared: no results of {one.short}"
        for name, found in stored.items()
        for one in (base, head)
        if one.hash not in found
    ]
    if not both:
        raise UserError(
            f"no environment has stored results of both {base.short} and {head.short}: measure them with"
            " 'asv run --record-samples', or compare without --results-only"
            + (f" ({'; '.join(unread)})" if unread else "")
        )
    columns = workload_columns(asked, project.options.thread_parameters)
    refuse_unmatched(patterns, columns, asked)
    found = [
        _judge_stored(project.options, columns, suite, base, head, results, name, STORED_LEVEL / len(both))
        for name, results in both.items()
    ]
    found[0] = found[0].with_notes(alone).with_problems(unread)
    return Comparison(base, head, tuple(found), time.monotonic() - began)


def _stored(
    results_dir: str, commits: Collection[str]
) -> tuple[dict[str, dict[str, StoredResults]], list[str]]:
    """Return the results of some commits by environment, and in each by commit, and what cannot be read."""
    stored: dict[str, dict[str, StoredResults]] = {}
    problems: list[Problem] = []
    theirs = tuple(f"{hash_[:8]}-" for hash_ in commits)
    for path, machine in result_files(results_dir, problems):
        if not os.path.basename(path).startswith(theirs):
            continue
        results = load_results(path, machine, results_dir, problems)
        if results is not None and results.commit_hash in commits:
            name = f"{results.params.get('machine', 'unknown machine')}/{results.env_name}"
            stored.setdefault(name, {})[results.commit_hash] = results
    unread = [
        printable(f"{one.where} {one.what}")
        for one in problems
        if one.unread and _begins_with(Path(results_dir, one.where), theirs)
    ]
    return dict(sorted(stored.items())), unread


def _begins_with(path: Path, names: tuple[str, ...]) -> bool:
    """Tell whether the name of a file, or of one in a folder, begins with one of some."""
    return any(one.name.startswith(names) for one in (path.iterdir() if path.is_dir() else [path]))


def _judge_stored(
    options: Options, columns: Sequence[Column], suite: Suite, base: Revision, head: Revision,
    results: Mapping[str, StoredResults], name: str, level: float,
) -> EnvironmentComparison:  # fmt: skip
    one, other = (_read(columns, suite, results[commit.hash]) for commit in (base, head))
    first, gil = pairs_of(one, other), _gil_enabled(suite, results.values())
    numbers = {n: pair for n, pair in judgeable(first).items() if n.quantity in PER_PROCESS}
    apart = told_apart(one, other)
    problems = [*apart.problems, *missing_at_head(one, other, PER_PROCESS, gil=gil)]
    notes = [*apart.notes, NOT_JUDGED]
    if not numbers:
        problems.append("the two commits have no number in common to be judged")
    problems += _blind(numbers, level)
    judged = judge(numbers, least_effects(options), level)
    workloads = workloads_of(columns)
    ours = {number: pair for number, pair in numbers.items() if not workloads[number.workload].control}
    verdict = conclude(
        (judged, judged), workloads, options, lambda wider: [judge(ours, wider, level)],
        gone=apart.gone, problems=problems, notes=notes,
    )  # fmt: skip
    return EnvironmentComparison(name, verdict, False, (first,), gil)


def _gil_enabled(suite: Suite, results: Collection[StoredResults]) -> bool:
    """Return whether the GIL was on in some of the results: recorded, else guessed by the Python's name.

    What is recorded of a workload is left out: its imports may switch the GIL on for it alone.
    """
    found = drawable(suite, ())[0]
    workloads = {column.workload.name for column in found if column.quantity not in SURROUNDINGS | {"time"}}
    aside = [c for c in found if c.quantity in SURROUNDINGS and c.workload.name not in workloads]
    machines = {column.workload.name for column in aside if column.quantity == "cpus_allowed"}
    told = [c for c in aside if c.quantity == "gil_enabled"]
    own = {column.benchmark for column in told if column.workload.name in machines or not machines}
    recorded = [
        value
        for one in results
        for name in own & set(one.get_result_keys(suite))
        for value in one.get_result_value(name, suite[name]["params"])
    ]
    known = [value for value in recorded if value in (0, 1)]
    return (
        any(known)
        if known
        else not all(named_without_gil(str(one.params.get("python", ""))) for one in results)
    )


def _blind(numbers: Mapping[Number, SamplePair], level: float) -> Iterator[str]:
    """Yield why some numbers cannot show any change: too few samples, or too many numbers for theirs."""
    few = powerless(numbers, level)
    if few:
        yield (
            f"{len(few)} of {len(numbers)} numbers have too few stored samples to show any change: measure"
            " with 'asv run --record-samples', or compare without --results-only"
        )
    many = [numbers[n] for n in powerless(numbers, level / max(1, len(numbers))) if n not in few]
    if many:
        sizes = [(len(pair.base), len(pair.head)) for pair in many]
        clearest, fewest = max(smallest_p(*both) for both in sizes), min(map(min, sizes))
        yield (
            f"{len(numbers)} numbers are too many for {fewest} stored samples of each, which show a change"
            f" among {int(level / clearest)} at most: name some workloads with --bench, give the suite more"
            " 'processes', or compare without --results-only"
        )


def _read(columns: Sequence[Column], benchmarks: Suite, results: StoredResults) -> Readings:
    """Return the stored samples, or the one value where asv kept none."""
    readings = Readings()
    keys = results.get_result_keys(benchmarks)
    for column in columns:
        if column.benchmark not in keys or column.quantity == "seconds":
            continue
        params = benchmarks[column.benchmark]["params"]
        index = column.parameter or 0
        asked = asked_for(results.get_result_params(column.benchmark), params)
        if asked is not None and index not in asked:
            continue  # measured before the suite had this number of threads
        value = results.get_result_value(column.benchmark, params)[index]
        samples = results.get_result_samples(column.benchmark, params)[index]
        if value is None:
            readings.failures[column.workload.name] = [f"asv stored a failure of {column.benchmark}"]
        for sample in samples or ([] if value is None else [value]):
            readings.add_one(number_of(column), float(sample))
    return readings
