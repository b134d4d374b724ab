"""Made-up comparisons: of steady numbers, and of those that lost something."""

from antigil.guard.comparison import Comparison, take_looks
from antigil.guard.comparison_json import comparison_to_json
from antigil.guard.decision_rule import Number
from antigil.guard.samples import Readings
from antigil.history.options import Options
from antigil.history.project import Revision
from antigil.history.series import TrackedWorkload

BASE = Revision("b" * 40, "before")
HEAD = Revision("c" * 40, "evil `code` @everyone <img src=x> | a table\n::error::no")
WORKLOADS = {
    "work.One": TrackedWorkload("work.One", "One | two"),
    "work.Steady": TrackedWorkload("work.Steady", "Steady"),
    "controls.Loop": TrackedWorkload("controls.Loop", "Loop", control=True),
}


def readings(numbers, errors=None, n=8):
    """Return the same values of n visits by (workload, quantity, threads); `errors` are of the last visit.

    Of a workload that has no numbers at all an error is of every visit.
    """
    found = Readings()
    values = {Number(*key): number for key, number in numbers.items()}
    for visit in range(1, n + 1):
        failed = {
            w: why for w, why in (errors or {}).items() if visit == n or not any(w == v for v, *_ in numbers)
        }
        found.add({k: v for k, v in values.items() if k.workload not in failed}, failed)
    return found


STEADY = {
    (workload, quantity, threads): number
    for workload in WORKLOADS
    for quantity, threads, number in (
        ("slowdown", 2, 1.0), ("gil_held", None, 0.0), ("time", None, 0.003), ("stall", None, 0.001),
        ("waiting", 2, 0.0), ("queued", 2, 0.0), ("inflation", 2, 1.0),
    )
}  # fmt: skip
LOST = {
    ("work.One", "slowdown", 2): 2.0,
    ("work.One", "gil_held", None): 1.0,
    ("work.One", "waiting", 2): 0.45,
}


def without(workload):
    """Return the steady numbers of all but one workload."""
    return {key: number for key, number in STEADY.items() if key[0] != workload}


def compared(head, base=None, options=None, errors=None, n=8):
    """Return the JSON form of a comparison of made-up samples; the head's are added to the steady ones."""
    one, other = readings(base or STEADY, n=n), readings({**STEADY, **head}, errors, n=n)
    return document(one, other, options)


def document(one, other, options=None):
    """Return the JSON form of a comparison whose looks all begin with these visits, and find no more."""

    def measure(workloads, processes):
        if workloads is None:
            return one, other
        begins = processes > 1
        return tuple(
            Readings({n: v for n, v in side.samples.items() if begins and n.workload in workloads})
            for side in (one, other)
        )

    comparison = take_looks(measure, options or Options(), WORKLOADS, "virtualenv-py3.13")
    return comparison_to_json(Comparison(BASE, HEAD, (comparison,), 300.0))
