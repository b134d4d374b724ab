"""What `antigil compare` saves by measuring to the end only what stays promising, and what it sees less.

    python tools/guard_look_cost.py [N]    N simulated comparisons of each kind (400), as Markdown

The processes are those of tests/guard/test_guard_rates.py: three workloads and a control, with noise as it
was seen. Each comparison is made twice: as before, when each look went to its end and suspected p <= 0.2, and
as today.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support import machine, markdown_table, positive

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/guard"), str(ROOT / "tests/history")]

import test_guard_rates as model  # noqa: E402

from antigil.guard import comparison, decision_rule, looks  # noqa: E402

KINDS: dict[str, dict[str, Any]] = {
    "identical": {"machine": "quiet"},
    "identical, few probes": {"machine": "busy"},
    "identical, a neighbour that comes and goes": {"machine": "quiet", "slower_at": model.visited},
    "identical, visits alike": {"machine": "quiet", "slower_at": model.correlated},
    "5 % held, few probes": {"machine": "busy", "changed_held": 0.05},
    "7 % held, few probes": {"machine": "busy", "changed_held": 0.07},
    "10 % held, few probes": {"machine": "busy", "changed_held": 0.1},
    "10 % held": {"machine": "quiet", "changed_held": 0.1},
    "10 % slower alone": {"machine": "busy", "changed_seconds": 0.0033},
    "a third slower alone, visits alike": {
        "machine": "quiet", "changed_seconds": 0.004, "slower_at": model.correlated,
    },
}  # fmt: skip


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("n", type=positive, nargs="?", default=400, metavar="N")
    n = parser.parse_args().n
    rows = []
    for kind, asked in KINDS.items():
        with as_before():
            before, processes_before = simulate(n, asked)
        after, processes_after = simulate(n, asked)
        told = [f"{count} of {n}" for count in (before, after)]
        measured = [f"{count / n:.0f}" for count in (processes_before, processes_after)]
        rows.append([kind, *told, *measured, f"{processes_after / processes_before - 1:+.0%}"])
    head = ["commits", "a loss told, before", "today", "processes, before", "today", "change"]
    print(f"{machine()}\n\n{markdown_table(head, rows)}")


def simulate(n: int, asked: dict[str, Any]) -> tuple[int, int]:
    """Return in how many of n comparisons something was told, and the processes of all workloads in all."""
    with patch.object(model, "process", wraps=model.process) as process:
        told = sum(bool(model.alarms(seed, **asked)) for seed in range(n))
    return told, process.call_count


@contextmanager
def as_before() -> Iterator[None]:
    """Let every look measure all that it began with to its end, and suspect less."""

    def take(measure, workloads, processes, promising):
        return measure(workloads, processes)

    whole = [patch.object(module, "take_look", take) for module in (looks, comparison)]
    with whole[0], whole[1], patch.object(decision_rule, "SUSPICION", 0.2):
        yield


if __name__ == "__main__":
    main()
