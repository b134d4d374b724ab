"""Judge two saved measurements of one workload, before and after a change, by the guard's test.

They were not measured in turn: what drifts meanwhile, such as a clock or a neighbour, does not cancel, and
nothing can be measured again. So all numbers are tested at the level of stored results, 1 % together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from antigil.errors import UserError
from antigil.history.options import Options
from antigil.scaling import Measurement, Workload

from ..decision_rule import STORED_LEVEL, Judgement, Number, SamplePair, judge, least_effects, powerless

WORKLOAD = "statement"


def judge_measurements(base: Measurement, head: Measurement) -> dict[Number, Judgement]:
    """Judge speedup at each common thread count, the GIL-held share, and the time of one call alone.

    Raises
    ------
    UserError
        They have no thread count above 1 in common, or too few processes to show any change, or different
        versions of the instrument measured them.
    """
    if base.instrument != head.instrument:
        raise UserError(
            f"versions {base.instrument} and {head.instrument} of the instrument measured them, which see "
            "different things: measure both again with this one"
        )
    one, other = _samples(base), _samples(head)
    numbers = {number: SamplePair(one[number], other[number]) for number in one if number in other}
    if not any(number.quantity == "slowdown" for number in numbers):
        raise UserError("the two measurements have no thread count above 1 in common")
    if powerless(numbers, STORED_LEVEL / len(numbers)):
        raise UserError(
            f"{len(base.samples)} and {len(head.samples)} processes are too few to show any change: measure "
            "both with the default budget, or a larger one where calls are long"
        )
    return judge(numbers, least_effects(Options()), STORED_LEVEL)


def differences(base: Measurement, head: Measurement) -> Iterator[str]:
    """Yield, as sentences, what else differs between the two, which may be why their numbers do."""
    for name, before, after in (
        ("the statement", _texts(base), _texts(head)),
        ("Python", _python(base), _python(head)),
        ("the CPU", base.host.cpu, head.host.cpu),
        ("the number of CPUs", base.host.cpus_allowed, head.host.cpus_allowed),
    ):
        if before != after:
            told = "" if name == "the statement" else f": {before} before, {after} now"
            yield f"{name} differs{told}"
    for when, one in (("before", base), ("now", head)):
        if one.disturbed:
            yield f"the measurement {when} was disturbed by other programs"


def _texts(measurement: Measurement) -> object:
    """Return what was measured, wherever its modules lie."""
    workload = measurement.workload
    return replace(workload, path=()) if isinstance(workload, Workload) else workload


def _python(measurement: Measurement) -> str:
    where = measurement.host
    build = "free-threaded, " if where.free_threaded and where.gil else ""
    return f"{where.implementation} {where.python_version} ({build}{'GIL' if where.gil else 'no GIL'})"


def _samples(measurement: Measurement) -> Mapping[Number, tuple[float, ...]]:
    """Return one sample from each process of every number that is judged; lower is better."""
    found = {
        Number(WORKLOAD, "slowdown", point.threads): tuple(
            point.threads / sample.points[point.threads].speedup for sample in measurement.samples
        )
        for point in measurement.points
        if point.threads > 1
    }
    found[Number(WORKLOAD, "time")] = tuple(1.0 / sample.points[1].rate for sample in measurement.samples)
    if measurement.host.gil:
        found[Number(WORKLOAD, "gil_held")] = tuple(one.share for one in measurement.gil_samples)
    return found
