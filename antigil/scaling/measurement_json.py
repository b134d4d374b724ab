"""The JSON form of a measurement (docs/measure.md), and back: nothing is lost on the way; and its rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from .host import Host
from .measurement import Cut, Estimate, Measurement, Point
from .mixes_and_processes.mixes import Mix, mix_from_json
from .mixes_and_processes.processes import Processes
from .sample import GilHeld, PointSample, Sample
from .thread_states import ThreadStates
from .workload import Workload

SCHEMA = "antigil.measurement/2"

#: A number beyond this was measured by nobody, and quotients of such overflow.
LARGEST = 1e100

_TEXTS = ("statement", "setup", "thread_setup", "teardown")
_PYTHON = {"version": "python_version", "implementation": "implementation", "gil": "gil"}
_PYTHON |= {name: name for name in ("free_threaded", "gil_forced", "switch_interval")}
_MACHINE = ("cpu", "cpus_allowed", "cores_alike", "quota", "queue_measured")
_ESTIMATES = ("speedup", "raw_speedup", "least", "most")
_HELD = {"share": "share", "se": "standard_error", "probes": "probes", "stall": "stall"}
_HELD |= {"method": "method", "quantile99": "quantile99"}


def to_json(measurement: Measurement) -> dict[str, Any]:
    """Return plain dicts, lists and numbers."""
    where, held = measurement.host, measurement.gil_held
    workload, processes = measurement.workload, measurement.processes
    text = workload if isinstance(workload, Workload) else Workload(repr(workload.function))
    return {
        "schema": SCHEMA,
        "instrument": measurement.instrument,
        **{name: getattr(text, name) for name in _TEXTS},
        "beside": text.beside,
        "path": list(text.path),
        "python": {key: getattr(where, name) for key, name in _PYTHON.items()},
        "machine": {name: getattr(where, name) for name in _MACHINE} | {"steal": measurement.steal},
        "cut": _cut_json(measurement),
        "points": [_point_json(point, measurement.samples, where) for point in measurement.points],
        "samples": [sample_to_json(sample) for sample in measurement.samples],
        "gil_held": {
            **_held_json(held),
            "ci99": list(held.ci99),
            "samples": [one.share for one in measurement.gil_samples],
            "processes": [_held_json(one) for one in measurement.gil_samples],
        },
        "ceiling": None if held.ceilings is None else list(held.ceilings),
        "stall": held.stall,
        "states": None if measurement.states is None else asdict(measurement.states),
        "mix": None if measurement.mix is None else measurement.mix.to_json(),
        "processes": None if processes is None else _processes_json(processes, where),
    }


def from_json(form: Mapping[str, Any]) -> Measurement:
    """Return the measurement whose JSON form it is.

    A function that was measured comes back as the statement that its name was.

    Raises
    ------
    ValueError
        It is the form of something else, or of another version, or damaged.
    """
    schema = form.get("schema") if isinstance(form, Mapping) else None
    if schema != SCHEMA:
        told = ascii(schema)[:80]
        raise ValueError(f"this is no measurement of this version: its schema is {told}, not {SCHEMA!r}")
    try:
        found = _measurement(form)
        if not _is_a(found, Measurement) or not _is_complete(found):
            raise TypeError("a value is of another type than it is written with, or one is missing")
    except (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, ValueError) as error:
        told = ascii(str(error))[1:-1][:200]
        raise ValueError(f"this measurement is damaged: {type(error).__name__}: {told}") from error
    return found


def _is_a(value: Any, hint: Any) -> bool:
    """Tell whether a value is of a declared type, and all that it holds; a number too large is none."""
    kind, args = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(_is_a(value, one) for one in args)
    if kind is tuple:
        of = args[:1] * len(value) if isinstance(value, tuple) and args[-1:] == (...,) else args
        return isinstance(value, tuple) and len(value) == len(of) and all(map(_is_a, value, of))
    if kind is Mapping:
        return isinstance(value, Mapping) and all(
            _is_a(key, args[0]) and _is_a(one, args[1]) for key, one in value.items()
        )
    if is_dataclass(hint):
        hints = get_type_hints(hint, localns={"Mix": Mix, "Processes": Processes})
        return type(value) is hint and all(_is_a(getattr(value, key), of) for key, of in hints.items())
    if hint is float:
        return type(value) in (int, float) and (value != value or abs(value) <= LARGEST)
    return type(value) is hint and (hint is not int or 0 <= value <= LARGEST)


def _is_complete(found: Measurement) -> bool:
    """Tell whether there are points, from one thread on, each in every sample, and rates to divide by."""
    counts = [point.threads for point in found.points]
    return (
        counts[:1] == [1]
        and len(found.samples) > 0
        and _are_in_all(counts, [sample.points for sample in found.samples])
        and all(
            set(besides) <= set(counts)
            and max(besides, default=1) > 1
            and len(samples) == len(found.samples)
            and _are_in_all(besides, samples)
            for besides, samples in _besides(found)
        )
        and all(
            one.rate > 0 and one.speedup > 0 for sample in found.samples for one in sample.points.values()
        )
        and all(point.rate > 0 and point.speedup.median > 0 for point in found.points)
        and all(0 <= held.share <= 1 for held in (found.gil_held, *found.gil_samples))
    )


def _are_in_all(counts: Sequence[int], samples: Sequence[Mapping[int, Any]]) -> bool:
    """Tell whether thread counts ascend, and whether each is in every sample."""
    return counts == sorted(set(counts)) and all(set(counts) <= sample.keys() for sample in samples)


def _besides(found: Measurement) -> Iterator[tuple[list[int], list[Mapping[int, Any]]]]:
    """Yield the counts of each thing that was measured besides, and its samples."""
    if found.mix is not None:
        yield [point.threads for point in found.mix.points], list(found.mix.samples)
    if found.processes is not None:
        samples = [sample.points for sample in found.processes.samples]
        yield [point.threads for point in found.processes.points], samples


def _measurement(form: Mapping[str, Any]) -> Measurement:
    machine, held = form["machine"], form["gil_held"]
    python = {"free_threaded": None, "gil_forced": None, **form["python"]}  # not always told
    host = {name: python[key] for key, name in _PYTHON.items()}
    cut = form["cut"]
    texts = {name: form[name] for name in _TEXTS}
    return Measurement(
        workload=Workload(**texts, path=tuple(form["path"]), beside=form["beside"]),
        host=Host(**host, **{name: machine[name] for name in _MACHINE}),
        points=tuple(_point(point) for point in form["points"]),
        samples=tuple(sample_from_json(sample) for sample in form["samples"]),
        gil_held=_held(held),
        gil_samples=tuple(_held(one) for one in held["processes"]),
        steal=machine["steal"],
        cut=None if cut is None else Cut(cut["processes"], cut["seconds"]),
        states=None if form["states"] is None else ThreadStates(**form["states"]),
        mix=None if form["mix"] is None else mix_from_json(form["mix"]),
        processes=None if form["processes"] is None else _processes(form["processes"]),
        instrument=form["instrument"],
    )


def _cut_json(measurement: Measurement) -> dict[str, Any] | None:
    if measurement.cut is None:
        return None
    return asdict(measurement.cut) | {"measured": len(measurement.samples)}


def _point_json(point: Point, samples: Sequence[Sample], where: Host) -> dict[str, Any]:
    form = asdict(point)
    if not where.queue_measured:
        form["queued"] = None  # not told, which is not the same as none
    for name in _ESTIMATES:
        if form[name] is not None:
            form[name] = getattr(point, name).to_json()
    form["inflation"] = None if math.isnan(point.inflation) else point.inflation
    form["efficiency"] = point.efficiency
    form["own_on_cpu"] = point.own_on_cpu
    form["samples"] = [sample.points[point.threads].speedup for sample in samples]
    return form


def _point(form: Mapping[str, Any]) -> Point:
    known = {field.name: form[field.name] for field in fields(Point)}
    for name in _ESTIMATES:
        if form[name] is not None:
            known[name] = Estimate.from_json(form[name])
    known["queued"] = known["queued"] or 0.0
    known["inflation"] = math.nan if known["inflation"] is None else known["inflation"]
    return Point(**known)


def _processes_json(processes: Processes, where: Host) -> dict[str, Any]:
    return {
        "points": [_point_json(point, processes.samples, where) for point in processes.points],
        "samples": [sample_to_json(sample) for sample in processes.samples],
    }


def _processes(form: Mapping[str, Any]) -> Processes:
    points = tuple(_point(point) for point in form["points"])
    return Processes(points, tuple(sample_from_json(sample) for sample in form["samples"]))


def sample_to_json(sample: Sample) -> dict[str, Any]:
    """Return what one process found as plain dicts, lists and numbers."""
    form = {field.name: getattr(sample, field.name) for field in fields(Sample)}
    return form | {"points": {str(n): asdict(point) for n, point in sample.points.items()}}


def sample_from_json(form: Mapping[str, Any]) -> Sample:
    """Return the sample whose JSON form it is."""
    points = {int(n): PointSample(**point) for n, point in form["points"].items()}
    return Sample(**{**form, "points": points})


def _held_json(held: GilHeld) -> dict[str, Any]:
    return {key: getattr(held, name) for key, name in _HELD.items()}


def _held(form: Mapping[str, Any]) -> GilHeld:
    return GilHeld(**{name: form[key] for key, name in _HELD.items()})


def rows(measurement: Measurement) -> list[dict[str, Any]]:
    """Return a flat row for each thread count."""
    return [
        {
            "threads": point.threads,
            "rate": point.rate,
            "speedup": point.speedup.median,
            "speedup_low": point.speedup.bounds[0],
            "speedup_high": point.speedup.bounds[1],
            "raw_speedup": point.raw_speedup.median,
            "efficiency": point.efficiency,
            "waiting": point.waiting,
            "queued": point.queued if measurement.host.queue_measured else None,
            "inflation": None if math.isnan(point.inflation) else point.inflation,
            "gil_held": measurement.gil_held.share,
            "disturbed": point.disturbed,
        }
        | _besides_row(measurement, point.threads)
        for point in measurement.points
    ]


def _besides_row(measurement: Measurement, threads: int) -> dict[str, Any]:
    """Return what was measured besides at a thread count, with the same keys for all of them."""
    row: dict[str, Any] = {}
    found: dict[str, Estimate | None] = {}
    if measurement.mix is not None:
        mixed = next((point for point in measurement.mix.points if point.threads == threads), None)
        found |= {kind: None if mixed is None else getattr(mixed, kind) for kind in ("readers", "writer")}
    if measurement.processes is not None:
        beside = measurement.processes.point(threads)
        found["processes"] = None if beside is None else beside.speedup
    for kind, one in found.items():
        keys = (kind, f"{kind}_low", f"{kind}_high")
        row |= dict(zip(keys, (None,) * 3 if one is None else (one.median, *one.bounds), strict=True))
    return row
