"""From what asv measured in each visit to samples by number.

A suite that only times its work at several thread counts gives no slowdown of its own; it follows from
the times of one visit: slowdown(n) = n × T(n) ÷ T(1). A ``time_*`` benchmark without a parameter that counts
threads is on no page, since there is no scaling to draw; how long it takes can be compared all the same, each
combination of its parameters for itself.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from antigil.errors import UserError
from antigil.history.benchmark_columns import Column, drawable
from antigil.history.series import SURROUNDINGS, TrackedWorkload
from antigil.report import quantities

from .decision_rule import JUDGED, TELLING, Number, SamplePair, powerless

T = TypeVar("T")


@dataclass
class Readings:
    """The samples of one commit, growing visit by visit.

    Attributes
    ----------
    samples
        Finite values only, in the order of the visits.
    visits
        How many there were to each workload; none where they are not known, as of stored results.
    failures
        By workload, why each visit that failed did.
    skipped
        Workloads that the commit says it does not have.
    """

    samples: dict[Number, list[float]] = field(default_factory=dict)
    visits: Counter[str] = field(default_factory=Counter)
    failures: dict[str, list[str]] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)

    def add(self, values: Mapping[Number, float], errors: Mapping[str, str]) -> None:
        """Add one visit: its values, NaN where there is none, and what failed by workload."""
        self.visits.update({*(number.workload for number in values), *errors})
        for number, value in values.items():
            self.add_one(number, value)
        for workload, reason in errors.items():
            self.failures.setdefault(workload, []).append(reason)

    def add_one(self, number: Number, value: float) -> None:
        """Add one sample; NaN is none."""
        if math.isfinite(value):
            self.samples.setdefault(number, []).append(value)
        else:
            self.skipped.add(number.workload)

    def extend(self, more: Readings) -> None:
        """Add the visits that came after these."""
        self.visits += more.visits
        self.skipped |= more.skipped
        for number, values in more.samples.items():
            self.samples.setdefault(number, []).extend(values)
        for workload, reasons in more.failures.items():
            self.failures.setdefault(workload, []).extend(reasons)

    @property
    def workloads(self) -> set[str]:
        """Names of the workloads with a value."""
        return {number.workload for number in self.samples}


def workload_columns(
    benchmarks: Mapping[str, dict[str, Any]], thread_parameters: tuple[str, ...]
) -> list[Column]:
    """Return the columns that can be drawn and tell of a workload, not of the machine itself."""
    drawn, _ = drawable(benchmarks, thread_parameters)
    return [column for column in drawn if column.quantity not in SURROUNDINGS]


def comparable(
    benchmarks: Mapping[str, dict[str, Any]], thread_parameters: tuple[str, ...]
) -> tuple[Column, ...]:
    """Return the columns that two commits can be judged by."""
    columns = workload_columns(benchmarks, thread_parameters)
    return (*columns, *_plainly_timed(benchmarks, thread_parameters, {c.benchmark for c in columns}))


def _plainly_timed(
    benchmarks: Mapping[str, dict[str, Any]], thread_parameters: tuple[str, ...], taken: Collection[str]
) -> Iterator[Column]:
    """Yield the times of benchmarks that neither count threads nor belong to a measured workload."""
    for name, benchmark in sorted(benchmarks.items()):
        names = list(benchmark.get("param_names", []))
        counts = not set(names).isdisjoint(thread_parameters)
        declared = benchmark.get("antigil_quantity") is not None
        if benchmark.get("type") != "time" or declared or counts or name in taken:
            continue
        title = str(benchmark.get("pretty_name") or name)
        for index, values in enumerate(itertools.product(*benchmark.get("params", []))):
            told = ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
            own = f"({told})" if told else ""
            workload = TrackedWorkload(f"{name}{own}", f"{title} {own}".strip(), origin="timed")
            yield Column(workload, "time", None, name, index if names else None)


def asv_name(column: Column, benchmarks: Mapping[str, dict[str, Any]]) -> str:
    """Return the name by which asv selects a column: its benchmark's, with the parameters if it has some."""
    if column.parameter is None:
        return column.benchmark
    values = [*itertools.product(*benchmarks[column.benchmark]["params"])][column.parameter]
    return f"{column.benchmark}({', '.join(values)})"


def refuse_unmatched(
    patterns: Sequence[str], columns: Sequence[Column], benchmarks: Mapping[str, dict[str, Any]]
) -> None:
    """Refuse each regular expression of benchmarks that names nothing that can be compared."""
    names = [asv_name(column, benchmarks) for column in columns]
    nothing = [one for one in patterns if not any(re.search(one, name) for name in names)]
    if nothing:
        raise UserError(f"no benchmark that can be compared matches {' or '.join(nothing)}")


def number_of(column: Column) -> Number:
    """Return what a column of asv's results is a sample of."""
    return Number(column.workload.name, column.quantity, column.threads)


def read_visit(cells: Mapping[Column, float]) -> dict[Number, float]:
    """Return the numbers of one visit, NaN where asv has none."""
    values: dict[Number, float] = {}
    seconds: dict[str, dict[int, float]] = {}
    for column, value in cells.items():
        if column.quantity == "seconds" and column.threads is not None:
            seconds.setdefault(column.workload.name, {})[column.threads] = value
        else:
            values[number_of(column)] = value
    for workload, by_threads in seconds.items():
        one = by_threads.get(1, math.nan)
        values[Number(workload, "time")] = one
        for threads, value in by_threads.items():
            values[Number(workload, "slowdown", threads)] = threads * value / one if one > 0 else math.nan
    return values


def pairs_of(base: Readings, head: Readings) -> dict[Number, SamplePair]:
    """Return the samples of every number that both commits have."""
    return {
        number: SamplePair(tuple(base.samples[number]), tuple(head.samples[number]))
        for number in base.samples
        if number in head.samples
    }


def judgeable(pairs: Mapping[Number, T], among: Collection[str] = JUDGED) -> dict[Number, T]:
    """Return those to be judged: with one thread there is no slowdown and nobody to wait for."""
    return {n: pair for n, pair in pairs.items() if n.quantity in among and n.threads != 1}


@dataclass(frozen=True)
class Difference:
    """What two commits do not have in common.

    Attributes
    ----------
    gone
        By workload with numbers at base and none at head, why there is none.
    problems, notes
        What cannot be judged for it; what is worth telling, and changes nothing.
    """

    gone: Mapping[str, str]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def told_apart(base: Readings, head: Readings) -> Difference:
    """Return what failed at a commit, and what only one of the two has."""
    gone, problems, notes = dict[str, str](), list[str](), list[str]()
    either = base.workloads | head.workloads | base.failures.keys() | head.failures.keys()
    for workload in sorted(either):
        before, now = _failed(base, workload, "base"), _failed(head, workload, "head")
        told = [f"{workload} {failed}" for failed in (before, now) if failed]
        if workload in head.workloads:
            notes += told
            if workload not in base.workloads and not before:
                notes.append(
                    f"{workload} {'is new' if workload in base.skipped else 'has no result at base'}"
                )
        elif workload not in base.workloads or not _mostly_worked(base, workload):
            problems += told
        elif workload in head.skipped or (now and head.visits[workload]):
            gone[workload] = now or "not in this commit any more"
        else:
            problems.append(f"{workload} {now or 'has no result at head'}")
    skipped = (base.skipped & head.skipped) - either
    notes += [f"{workload} is not compared: it was skipped at both commits" for workload in sorted(skipped)]
    return Difference(gone, tuple(problems), tuple(notes))


def _failed(readings: Readings, workload: str, side: str) -> str:
    """Return how often a workload failed at a commit, and why; nothing if it did not."""
    reasons = readings.failures.get(workload, [])
    if not reasons:
        return ""
    often = (
        f"in {len(reasons)} of {readings.visits[workload]} visits to"
        if workload in readings.workloads and readings.visits[workload]
        else "at"
    )
    return f"failed {often} {side}: {reasons[-1]}"


def _mostly_worked(readings: Readings, workload: str) -> bool:
    """Tell whether a commit gave a workload's numbers more often than not, as far as visits are known."""
    visits = readings.visits[workload]
    return not visits or 2 * len(readings.failures.get(workload, [])) <= visits


def missing_at_head(base: Readings, head: Readings, among: Collection[str], *, gil: bool) -> list[str]:
    """Name the numbers that would be judged, had the head given them as the base did."""
    lacking = sorted(n for n in base.samples.keys() - head.samples.keys() if n.workload in head.workloads)
    named = dict.fromkeys(lacking)
    return [
        f"{n.workload} gives no {quantities.name(n.quantity, n.threads, gil=gil)} at head: not judged"
        for n in judgeable(named, among)
    ]


def too_few(numbers: Mapping[Number, SamplePair], gone: bool) -> list[str]:
    """Return what is wrong if some change could not even be suspected; where all is gone, nothing is."""
    if not numbers:
        return [] if gone else ["the two commits have no number in common to be judged"]
    blind = powerless(numbers, TELLING)
    if not blind:
        return []
    fewest = min(min(len(numbers[n].base), len(numbers[n].head)) for n in blind)
    return [
        f"{len(blind)} of {len(numbers)} numbers cannot be judged: {fewest} processes are too few to show"
        " any change; measure more"
    ]
