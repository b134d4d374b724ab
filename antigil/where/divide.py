"""Divide the three losses among functions.

    held       share of the samples of one thread in which it was attached
    waiting    w(n) x share of the samples of a waiting thread
    inflation  c(n) / c(1) x share of the samples on a CPU with n threads - the same share with one

w(n) and c(n), CPU seconds per call, are measured by clocks in the same windows, as `antigil measure`
does; samples only divide them. The last line sums over all functions to c(n) / c(1) - 1. Samples of a thread
that stands in the run queue do not count. A process without a sample is divided as the others are; of what is
held, which samples alone tell, it tells nothing.

The 99 % interval of a share is the wider one of two: what that many samples leave open, and what k
processes that differ leave open, by Student's t with k - 1 degrees of freedom.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import TypeVar

from ..scaling import Z99, t99
from .classify import kind_of_growth
from .result import Loss, Part, Share, Stack
from .stacks import NamedStack, is_after_atomic
from .symbols import Function, Names

Key = tuple[Function, str]
"""A function, and for waiting what for."""

Counts = dict[Hashable, float]
T = TypeVar("T", bound=Hashable)

LEAST_SHARE = 0.0005
"""Parts below this are told together."""

OTHERS = "(others)"


@dataclass(frozen=True)
class Visit:
    """What one process found: its stacks, and by clocks the share waiting and the CPU time per call."""

    stacks: tuple[NamedStack, ...]
    waiting: float
    inflation: float


def held(visits: Sequence[Visit], names: Names) -> Loss:
    """Divide the share of its time for which one thread holds the GIL."""

    def key(stack: NamedStack) -> Key | None:
        return (stack.function, "") if stack.attached else None

    return _shares(_alone(visits), names, key, all_have_key=False)


def nothing_held(visits: Sequence[Visit]) -> Loss:
    """Return what is held while there is no GIL: for certain nothing, of as many samples as of one."""
    return Loss(Share(0.0, (0.0, 0.0)), (), round(sum(one.count for visit in visits for one in alone(visit))))


def waiting(visits: Sequence[Visit], names: Names, threads: int, *, has_gil: bool) -> Loss:
    """Divide the share of their time for which n threads wait."""

    def key(stack: NamedStack) -> Key | None:
        return stack.function, stack.waits_for(has_gil=has_gil)

    looked = [(visit.waiting, at_a_place(visit, threads)) for visit in visits]
    return _shares(looked, names, key, all_have_key=True)


def _alone(visits: Sequence[Visit]) -> list[tuple[float, list[NamedStack]]]:
    """Return the stacks of one thread in each process that saw it elsewhere than in the run queue."""
    seen = [(1.0, alone(visit)) for visit in visits]
    return [one for one in seen if one[1]] or seen


def alone(visit: Visit) -> list[NamedStack]:
    """Return the stacks of one thread, without those in the run queue.

    Of sleeping threads only some were interrupted: these stand for all of them.
    """
    stacks = [stack for stack in visit.stacks if stack.threads == 1 and stack.state != "queued"]
    asleep = sum(stack.count for stack in stacks if stack.state == "waiting")
    seen = sum(stack.count for stack in stacks if stack.state == "waiting" and stack.native)
    if not seen:
        return stacks
    return [
        stack if stack.state == "running" else replace(stack, count=stack.count * asleep / seen)
        for stack in stacks
        if stack.state == "running" or stack.native
    ]


def at_a_place(visit: Visit, threads: int) -> list[NamedStack]:
    """Return the stacks of n threads that waited and were interrupted."""
    return [s for s in visit.stacks if s.threads == threads and s.state == "waiting" and s.native]


def _shares(
    looked: Sequence[tuple[float, Sequence[NamedStack]]],
    names: Names,
    key: Callable[[NamedStack], Key | None],
    *,
    all_have_key: bool,
) -> Loss:
    """Divide a loss, of which each process found so much, in proportion to the stacks that have a key."""
    counts: list[Counts] = []
    stacks: dict[Key, list[NamedStack]] = defaultdict(list)
    for _, seen in looked:
        counter: Counts = defaultdict(float)
        for stack in seen:
            counter["seen"] += stack.count
            found = key(stack)
            if found is not None:
                counter[found] += stack.count
                counter["total"] += stack.count
                stacks[found].append(stack)
        counts.append(counter)
    samples = round(sum(counter["seen"] for counter in counts))
    counts = _as_others(counts)
    scales = [scale for scale, _ in looked]

    def share(one: Hashable) -> Share:
        return _clipped(_pooled([(scales[i], [(1.0, c[one], c["seen"])]) for i, c in enumerate(counts)]))

    total = _clipped(_pooled([(one, []) for one in scales])) if all_have_key else share("total")
    parts = [_part(one, share(one), stacks[one], names, one[1]) for one in stacks]
    return Loss(total, _with_others(parts, total), samples)


def inflation(visits: Sequence[Visit], names: Names, threads: int) -> Loss:
    """Divide what the CPU time per call has grown by, from one thread to n."""
    ones, manys = (_as_others(_running_counts(visits, n)) for n in (1, threads))
    stacks: dict[Function, list[NamedStack]] = defaultdict(list)
    for visit in visits:
        for stack in running(visit, threads):
            stacks[stack.leaf].append(stack)
    samples = round(sum(stack.count for seen in stacks.values() for stack in seen))
    if not ones[0]["seen"]:  # what a call took before is not known of any
        stacks.clear()

    def grown(of: Hashable) -> Share:
        return _pooled(
            [
                (1.0, [(visit.inflation, n[of], n["seen"]), (-1.0, o[of], o["seen"])])
                for visit, o, n in zip(visits, ones, manys, strict=True)
            ]
        )

    total = _pooled([(visit.inflation - 1.0, []) for visit in visits])
    parts = []
    for function, seen in stacks.items():
        atomic = sum(s.count for s in seen if s.native and is_after_atomic(s.native[0], names))
        mostly_atomic = 2 * atomic > sum(s.count for s in seen)
        kind = kind_of_growth(function.name, mostly_atomic=mostly_atomic)
        parts.append(_part((function, kind), grown(function), seen, names, kind))
    return Loss(total, _with_others(parts, total), samples)


def _running_counts(visits: Sequence[Visit], threads: int) -> list[Counts]:
    """Return for each process how often n threads were on a CPU, by function."""
    counts: list[Counts] = []
    for visit in visits:
        counter: Counts = defaultdict(float)
        for stack in running(visit, threads):
            counter[stack.leaf] += stack.count
            counter["seen"] += stack.count
        counts.append(counter)
    return counts


def _as_others(counts: Sequence[Counts]) -> list[Counts]:
    """Let a process that saw nothing count as all together do: clocks tell of its loss all the same."""
    whole: Counts = defaultdict(float)
    for counter in counts:
        for one, count in counter.items():
            whole[one] += count
    return [counter if counter["seen"] else whole for counter in counts]


def _clipped(share: Share) -> Share:
    return Share(share.value, (max(0.0, share.ci99[0]), min(1.0, share.ci99[1])))


def _pooled(visits: Sequence[tuple[float, Sequence[tuple[float, float, float]]]]) -> Share:
    """Return the mean of what processes found: each a scale, times a sum of factor x count / all if any."""
    values, variance = [], 0.0
    for scale, terms in visits:
        value = 0.0 if terms else 1.0
        for factor, count, seen in terms:
            share = count / seen if seen else 0.0
            value += factor * share
            # A finite number of samples that all agree is no certainty: half a sample stands against them.
            smoothed = (count + 0.5) / (seen + 1)
            variance += (scale * factor) ** 2 * smoothed * (1.0 - smoothed) / max(1, seen)
        values.append(scale * value)
    k = len(values)
    mean = sum(values) / k
    within = sqrt(variance) / k
    margin = Z99 * within
    if k > 1:
        between = sqrt(sum((value - mean) ** 2 for value in values) / (k - 1) / k)
        margin = max(margin, t99(k - 1) * between)
    return Share(mean, (mean - margin, mean + margin))


def _part(key: Key, share: Share, stacks: Sequence[NamedStack], names: Names, reason: str) -> Part:
    function, _ = key
    line, entry = _weightiest(
        ((stack.line, None if stack.entry is None else stack.entry.function), stack.count) for stack in stacks
    ) or (None, None)
    return Part(
        share=share,
        function=function,
        source=_source(function, stacks, names),
        reason=reason,
        entry_point=_entry_point(function, entry),
        python=line,
        samples=round(sum(stack.count for stack in stacks)),
    )


def _entry_point(function: Function, entry: Function | None) -> str:
    if entry is None:
        return ""
    return entry.entry_point or ("" if entry == function else str(entry))


def _source(function: Function, stacks: Iterable[NamedStack], names: Names) -> tuple[str, int] | None:
    return _weightiest(
        (names.line(inner.file, inner.address), stack.count)
        for stack in stacks
        for inner in [one for one in stack.native if one.function == function][:1]
    )


def _weightiest(pairs: Iterable[tuple[T, float]]) -> T | None:
    """Return what has most of the weight; None where there is nothing."""
    weights: dict[T, float] = defaultdict(float)
    for one, weight in pairs:
        weights[one] += weight
    return max(weights, key=lambda one: weights[one], default=None)


def _with_others(parts: Iterable[Part], total: Share) -> tuple[Part, ...]:
    """Order the parts, and tell the smallest of them together, so that all add up."""
    ordered = sorted(parts, key=lambda part: -part.share.value)
    shown = [part for part in ordered if abs(part.share.value) >= LEAST_SHARE]
    rest = total.value - sum(part.share.value for part in shown)
    if abs(rest) >= 1e-9:
        samples = sum(part.samples for part in ordered) - sum(part.samples for part in shown)
        others = Function(OTHERS, "")
        shown.append(Part(Share(rest, (rest, rest)), others, None, "", "", None, samples))
    return tuple(shown)


def loss_stacks(visits: Sequence[Visit], threads: int) -> dict[str, tuple[Stack, ...]]:
    """Return the stacks that each loss divides into, with how much of it each stands for."""
    held = _alone(visits)
    waiting = [(visit.waiting, at_a_place(visit, threads)) for visit in visits]
    before = _weighed([(1.0, running(visit, 1)) for visit in visits])
    after = _weighed([(visit.inflation, running(visit, threads)) for visit in visits])
    return {
        "held": _stacks(_weighed(held, lambda stack: stack.attached), {}),
        "waiting": _stacks(_weighed(waiting), {}),
        "inflation": _stacks(after, before) if after and before else (),
    }


def running(visit: Visit, threads: int) -> list[NamedStack]:
    """Return the stacks of n threads that were on a CPU."""
    return [stack for stack in visit.stacks if stack.threads == threads and stack.state == "running"]


def _weighed(
    looked: Sequence[tuple[float, Sequence[NamedStack]]],
    counts: Callable[[NamedStack], bool] = lambda stack: True,
) -> dict[tuple[str, ...], float]:
    weights: dict[tuple[str, ...], float] = defaultdict(float)
    whole = [stack for _, stacks in looked for stack in stacks]
    for scale, stacks in ((scale, seen or whole) for scale, seen in looked):
        everything = sum(stack.count for stack in stacks) * len(looked)
        for stack in filter(counts, stacks):
            weights[stack.frames] += scale * stack.count / everything
    return weights


def _stacks(
    after: Mapping[tuple[str, ...], float], before: Mapping[tuple[str, ...], float]
) -> tuple[Stack, ...]:
    found = [Stack(frames, after.get(frames, 0.0), before.get(frames, 0.0)) for frames in {**after, **before}]
    return tuple(sorted(found, key=lambda stack: (-stack.value, stack.frames)))
