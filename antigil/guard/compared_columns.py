"""What of a suite two commits are compared by: all that is drawn, and the time of plain benchmarks.

A ``time_*`` benchmark without a parameter that counts threads is on no page, since there is no scaling to
draw; how long it takes can be compared all the same, each combination of its parameters for itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from antigil.history.columns import Column, drawable
from antigil.history.series import SURROUNDINGS, Workload


def comparable(
    benchmarks: Mapping[str, dict[str, Any]], thread_parameters: tuple[str, ...]
) -> tuple[Column, ...]:
    """Return the columns that two commits can be judged by."""
    drawn, _ = drawable(benchmarks, thread_parameters)
    columns = [column for column in drawn if column.quantity not in SURROUNDINGS]
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
            workload = Workload(f"{name}{own}", f"{title} {own}".strip(), origin="timed")
            yield Column(workload, "time", None, name, index if names else None)
