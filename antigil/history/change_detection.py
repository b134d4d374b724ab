"""Changes along the history: asv's own step detection, in the right direction, told as speedup.

asv fits a piecewise constant function to what it stores. Two neighbouring pieces are a *step*; the steps
of one workload and environment that belong together (several thread counts, the GIL-held share) are one
*change*. A step counts if it is

- large enough: the speedup moves by `threshold` (relative), the held share by `held_threshold`; and
- clear of the noise: more than `CLEAR` standard errors of the difference of two medians. The standard error
  is the larger of two. Between commits: se = e × (π/2) × √(1/n₁ + 1/n₂) from the mean absolute deviation e
  that asv's fit leaves, since a normal sample's standard deviation is e × √(π/2), and its median's standard
  error √(π/2) times that over √n. Within commits: se = √(s₁²/n₁ + s₂²/n₂), where s is the median over a
  piece's commits of the half-width of the stored 99 % interval ÷ 2.576. A young history has little of the
  first, so the second keeps it from seeing changes in a handful of noisy commits.

It is *confirmed* once `CONFIRMED_BY` measured commits stand on each side; before that it is *suspected*. A
side reaches to the next step that counts: asv's fit makes one of two shares of 1.000 and 0.999 with narrow
intervals, and it ends no side.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from antigil.scaling import Z99

from .asv_adapter import stored
from .asv_adapter.publishing import Graph, Graphs
from .options import Options
from .series import Archive, Environment, Floats, Series

#: A step must exceed this many standard errors of the difference.
CLEAR = 4.0
#: Measured commits on each side that make a suspicion a confirmed change.
CONFIRMED_BY = 2
#: Steps of one workload at most this many measured commits apart are one change.
NEARBY = 1

#: One piece of asv's fit: first revision, last revision + 1, median, minimum, mean absolute deviation.
AsvStep = tuple[int, int, float, float, float]
StepSource = Callable[[Series], Sequence[AsvStep]]


@dataclass(frozen=True)
class Effect:
    """One step of one series.

    Attributes
    ----------
    before, after : float
        In terms of speedup for a slowdown, else the quantity itself.
    before_revision, revision : int
        The last measured commit before the step and the first one after it.
    measured_before, measured_after : int
        How many measured commits each piece holds; of effects that count, from the one before to the next.
    clarity : float
        Size of the step in standard errors; infinite where there is no noise.
    """

    quantity: str
    threads: int | None
    before: float
    after: float
    before_revision: int
    revision: int
    measured_before: int
    measured_after: int
    clarity: float

    @property
    def lost(self) -> bool:
        """Whether the step is for the worse: less speedup, or more of the GIL held."""
        return (self.after < self.before) == (self.quantity == "slowdown")

    @property
    def size(self) -> float:
        """Relative change of a speedup; absolute change of a share."""
        if self.quantity == "slowdown":
            return self.after / self.before - 1
        return self.after - self.before

    @property
    def confirmed(self) -> bool:
        """Whether enough measured commits stand on each side."""
        return min(self.measured_before, self.measured_after) >= CONFIRMED_BY


@dataclass(frozen=True)
class Change:
    """What one commit (or a short range of unmeasured ones) did to one workload in one environment.

    Attributes
    ----------
    before_revision, revision : int
        The last measured commit before the change and the first one after it.
    effects : tuple of Effect
        By quantity and thread count, all of one direction.
    """

    workload: str
    environment: Environment
    before_revision: int
    revision: int
    effects: tuple[Effect, ...]

    @property
    def lost(self) -> bool:
        """Whether it is for the worse."""
        return self.effects[0].lost

    @property
    def direction(self) -> str:
        """``"lost"`` or ``"gained"``."""
        return "lost" if self.lost else "gained"

    @property
    def confirmed(self) -> bool:
        """Whether at least one effect is confirmed."""
        return any(effect.confirmed for effect in self.effects)

    def headline(self, cores: int | None = None) -> Effect:
        """Return the effect to tell first: speedup at the most threads that so many cores can serve.

        Where they serve none of these, it is that at the fewest.
        """
        speedups = [e for e in self.effects if e.quantity == "slowdown" and e.threads is not None]
        served = [e for e in speedups if cores is None or (e.threads or 0) <= cores]
        return served[-1] if served else self.effects[0]

    def identity(self, hash_: str) -> str:
        """Return a name that stays the same as long as workload, commit, direction and environment do.

        A second branch beside the one that was alone changes none.
        """
        parts = [self.workload, hash_, self.direction, repr(self.environment.lasting)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def detect_steps(series: Series) -> list[AsvStep]:
    """Fit a piecewise constant function to a series, as ``asv publish`` does."""
    values, weights = asv_input(series)
    return by_revision(series, stored.detect_steps(values.tolist(), weights.tolist()))


def asv_input(series: Series) -> tuple[Floats, Floats]:
    """Return what asv fits: values, and their weights by the stored intervals; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = 2 / np.abs(series.high - series.low)
    return np.where(series.present, series.values, np.nan), np.where(np.isfinite(weights), weights, np.nan)


def by_revision(series: Series, rows: Iterable[AsvStep]) -> list[AsvStep]:
    """Return pieces by revision that are fitted by place."""
    revisions = series.revisions
    return [(int(revisions[a]), int(revisions[b - 1]) + 1, value, least, e) for a, b, value, least, e in rows]


def find_changes(archive: Archive, options: Options, steps: StepSource = detect_steps) -> list[Change]:
    """Find every change in stored history, by workload, environment and revision.

    Parameters
    ----------
    steps : callable, optional
        Gives the fitted pieces of a series; asv's step detection is run anew if not given.
        `steps_of_graphs` takes those that ``asv publish`` computed anyway.
    """
    found: list[Change] = []
    for workload in archive.workloads:
        for environment in archive.environments_of(workload):
            effects: list[Effect] = []
            for quantity in ("slowdown", "gil_held"):
                for series in archive.of(workload, environment, quantity):
                    if series.threads != 1:
                        effects += find_effects(series, steps(series), options)
            found += _gather(workload, environment, effects, archive)
    return found


def find_effects(series: Series, steps: Sequence[AsvStep], options: Options) -> Iterator[Effect]:
    """Yield the steps of one series that count."""
    least = options.threshold_of(series.workload)
    large = []
    for effect in clear_steps(series, steps):
        before, after = effect.before, effect.after
        if series.quantity == "slowdown":
            if before <= 0 or after <= 0 or series.threads is None:
                continue
            before, after = series.threads / before, series.threads / after
            counts = abs(after / before - 1) >= least
        else:
            counts = abs(after - before) >= options.held_threshold
        if counts:
            large.append(replace(effect, before=before, after=after))
    yield from count_sides(series, large)


def count_sides(series: Series, effects: Sequence[Effect]) -> Iterator[Effect]:
    """Yield the effects that count, in order, with the measured commits from the one before to the next."""
    if not effects:
        return
    ends = [int(series.revisions[0]), *(e.revision for e in effects), int(series.revisions[-1]) + 1]
    for before, effect, after in zip(ends, effects, ends[2:], strict=False):
        yield replace(
            effect,
            measured_before=measured_between(series, before, effect.revision),
            measured_after=measured_between(series, effect.revision, after),
        )


def clear_steps(series: Series, steps: Sequence[AsvStep]) -> Iterator[Effect]:
    """Yield the steps of one series that are clear of the noise, however small, as the series has them."""
    counts = [measured_between(series, left, right) for left, right, *_ in steps]
    total = sum(counts)
    noise = sum(n * step[4] for n, step in zip(counts, steps, strict=True)) / total if total else 0.0
    for i in range(1, len(steps)):
        (_, end, before, _, _), (revision, _, after, _, _) = steps[i - 1], steps[i]
        between = noise * math.pi / 2 * math.sqrt(1 / max(counts[i - 1], 1) + 1 / max(counts[i], 1))
        within = math.hypot(*(_error_within(series, *step[:2]) for step in steps[i - 1 : i + 1]))
        error = max(between, within)
        clarity = abs(after - before) / error if error > 0 else math.inf
        if clarity >= CLEAR:
            yield Effect(
                series.quantity, series.threads, before, after, end - 1, revision,
                counts[i - 1], counts[i], clarity,
            )  # fmt: skip


def steps_of_graphs(graphs: Graphs) -> StepSource:
    """Return a source that takes the steps from asv's graphs where a series is one that asv stores."""
    by_key: dict[tuple[str, Environment], Graph] = {}
    for _, graph in graphs:
        if "summary" not in graph.params:
            for branch in (None, graph.params.get("branch")):
                params = {k: str(v) for k, v in graph.params.items() if v and k != "branch"}
                by_key[graph.benchmark_name, Environment(tuple(sorted(params.items())), branch)] = graph

    def source(series: Series) -> Sequence[AsvStep]:
        graph = by_key.get((series.benchmark, series.environment))
        if graph is None or (series.parameter is None) != graph.scalar_series:
            return detect_steps(series)
        steps = graph.get_steps()
        found: Sequence[AsvStep] = steps if series.parameter is None else steps[series.parameter]
        return found

    return source


def measured_between(series: Series, left: int, right: int) -> int:
    """Return how many values lie between two revisions, the right one excluded."""
    a, b = np.searchsorted(series.revisions, [left, right])
    return int(series.present[a:b].sum())


def _error_within(series: Series, left: int, right: int) -> float:
    """Return the standard error of a piece's median that the stored intervals of its commits tell."""
    a, b = np.searchsorted(series.revisions, [left, right])
    half_widths = (series.high[a:b] - series.low[a:b]) / 2
    known = half_widths[np.isfinite(half_widths)]
    return float(np.median(known)) / Z99 / math.sqrt(len(known)) if len(known) else 0.0


def _gather(
    workload: str, environment: Environment, effects: Iterable[Effect], archive: Archive
) -> Iterator[Change]:
    """Make one change of the effects that belong together: one direction, next to each other."""
    revisions = sorted({int(r) for s in archive.of(workload, environment, "slowdown") for r in s.revisions})
    place = {revision: i for i, revision in enumerate(revisions)}
    groups: list[list[Effect]] = []
    for effect in sorted(effects, key=lambda e: (e.lost, e.revision)):
        last = groups[-1][-1] if groups else effect
        near = _distance(place, last.revision, effect.revision) <= NEARBY
        if groups and near and last.lost == effect.lost:
            groups[-1].append(effect)
        else:
            groups.append([effect])
    for group in sorted(groups, key=lambda g: max(g, key=_weight).revision):
        clearest = max(group, key=_weight)
        members = tuple(sorted(group, key=lambda e: (e.quantity != "slowdown", e.quantity, e.threads or 0)))
        yield Change(workload, environment, clearest.before_revision, clearest.revision, members)


def _distance(place: dict[int, int], one: int, other: int) -> int:
    """Return how many measured commits lie between two revisions."""
    return abs(place.get(one, one) - place.get(other, other))


def _weight(effect: Effect) -> tuple[bool, float]:
    """Return how much an effect's place is to be trusted."""
    return effect.confirmed, min(effect.clarity, 1e9)
