"""Print where the time of `asv run` goes: for each commit, by workload, from what asv has stored.

    python tools/suite_cost.py [RESULTS]

Measuring is a workload's fresh processes, of which its budget is the larger part; the numbers are read out of
that one measurement, each in a process of asv's own. Means over all commits that have results.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from support import markdown_table, stop


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("results", metavar="RESULTS", nargs="?", type=Path, default=Path(".asv/results"))
    folder = parser.parse_args().results
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/*-*.json"))]
    if not found:
        stop(f"antigil: error: {folder} has no results: measure some with asv run")
    print("; ".join(sorted({measured_on(told) for told in found})))
    print(f"{len(found)} results; seconds for each\n")
    head = ["workload", "measuring", "numbers", "reading them out", "together"]
    print(markdown_table(head, table(found)))


def measured_on(told: dict[str, Any]) -> str:
    """Return where asv measured, in words."""
    machine = told["params"]
    return f"{machine['cpu']}, {machine['num_cpu']} CPUs, {machine['os']}, Python {machine['python']}"


def table(results: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Return a row for each workload, the longest first, and one for all."""
    measuring: dict[str, list[float]] = defaultdict(list)
    reading: dict[str, list[float]] = defaultdict(list)
    numbers: dict[str, int] = {}
    for told in results:
        spent: dict[str, float] = defaultdict(float)
        counted: dict[str, int] = defaultdict(int)
        column = told["result_columns"].index("duration")
        for name, row in told["results"].items():
            if len(row) > column and row[column] is not None:
                workload = name.rpartition(".")[0]
                spent[workload] += row[column]
                counted[workload] += len(row[0] or ())
        numbers |= {name: max(numbers.get(name, 0), count) for name, count in counted.items()}
        for name, seconds in spent.items():
            reading[name].append(seconds)
        for key, seconds in told["durations"].items():
            if named := re.fullmatch(r"<setup_cache (.+?)(?:\(\))?:\d+>", key):
                measuring[_workload(named[1], spent)].append(seconds)
    return _rows(measuring, reading, numbers)


def _workload(name: str, known: Iterable[str]) -> str:
    """Return the workload that a set-up belongs to: asv knows one that is not antigil's by its module."""
    within = [one for one in known if one.startswith(f"{name}.")]
    return within[0] if len(within) == 1 else name


def _rows(
    measuring: dict[str, list[float]], reading: dict[str, list[float]], numbers: dict[str, int]
) -> list[list[str]]:
    mean = {
        name: [sum(one[name]) / len(one[name]) if name in one else 0.0 for one in (measuring, reading)]
        for name in {*measuring, *reading}
    }
    order = sorted(mean, key=lambda name: -sum(mean[name]))
    rows = [_row(name, *mean[name], numbers.get(name, 0)) for name in order]
    totals = [sum(parts) for parts in zip(*mean.values(), strict=True)]
    return [*rows, _row("all", *totals, sum(numbers.values()))]


def _row(name: str, measuring: float, reading: float, numbers: int) -> list[str]:
    return [name, f"{measuring:.1f}", str(numbers), f"{reading:.1f}", f"{measuring + reading:.1f}"]


if __name__ == "__main__":
    main()
