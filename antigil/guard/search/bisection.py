"""Find the commit that lost something, of all between two, by the comparison and the search of `confirm`.

The first comparison is of both ends. The range is then halved, each time against the good end. The last
comparison is of the commit that was found, against the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from antigil.errors import UserError
from antigil.history.project import Project, Revision
from antigil.report.document import Document

from ..commit_verdict import (
    CONFIRMED_LOSS,
    COULD_NOT_JUDGE,
    NOTHING_LOST,
    SCALING,
    NumberVerdict,
    Outcome,
)
from ..comparison import Comparison
from ..comparison_json import comparison_to_json, revision_to_json
from .confirmation import lost_in
from .halving import Range, halve

#: Measures two commits, by their hashes.
Compare = Callable[[Revision, Revision], Comparison]


@dataclass(frozen=True)
class Step:
    """One comparison: whether the head had lost it, or None and why that could not be told."""

    base: Revision
    head: Revision
    lost: bool | None
    problem: str | None


@dataclass
class Bisection:
    """What came of a search; `suspects` are the commits left, oldest first, that may have done it.

    Attributes
    ----------
    good, bad
        The ends of the range.
    commits
        How many there are after good, up to bad.
    before
        The last commit that is known to be as good.
    last
        The comparison that tells most: of the commit that was found with the one before it, or of both ends.
    """

    good: Revision
    bad: Revision
    workload: str
    commits: int
    before: Revision
    suspects: tuple[Revision, ...] = ()
    steps: list[Step] = field(default_factory=list)
    last: Comparison | None = None

    @property
    def status(self) -> int:
        """0 nothing was lost, 1 the commit was found, 2 it could not be told which."""
        if self.steps[0].lost is None:
            return COULD_NOT_JUDGE
        if not self.suspects:
            return NOTHING_LOST
        pair = (self.before, self.suspects[0])
        seen = any(step.lost and (step.base, step.head) == pair for step in self.steps)
        return CONFIRMED_LOSS if seen and len(self.suspects) == 1 else COULD_NOT_JUDGE

    def to_json(self) -> Document:
        """Return the documented JSON form."""
        return {
            "schema": "antigil.bisection/1",
            "status": self.status,
            "workload": self.workload,
            "good": revision_to_json(self.good),
            "bad": revision_to_json(self.bad),
            "commits": self.commits,
            "before": revision_to_json(self.before),
            "suspects": [revision_to_json(one) for one in self.suspects],
            "steps": [
                {
                    "base": revision_to_json(step.base),
                    "head": revision_to_json(step.head),
                    "lost": step.lost,
                    "problem": step.problem,
                }
                for step in self.steps
            ],
            "comparison": None if self.last is None else comparison_to_json(self.last),
        }


def bisect(project: Project, good: Revision, bad: Revision, workload: str, compare: Compare) -> Bisection:
    """Find the commit after `good`, up to `bad`, at which a workload lost scaling or time.

    Raises
    ------
    UserError
        If bad does not come after good.
    """
    if project.merge_base(good, bad) != good or good == bad:
        raise UserError(f"{bad.short} does not come after {good.short}: name the good commit first")
    commits = project.commits_between(good.hash, bad.hash)
    found = Bisection(good, bad, workload, len(commits), good)
    quantities: set[str] = set()
    partners: set[str] = set()

    def ask(base: Revision, head: Revision) -> bool | None:
        try:
            compared = compare(base, head)
        except UserError as error:
            if not found.steps:
                raise
            found.steps.append(Step(base, head, None, str(error)))
            return None
        if not found.steps:
            quantities.update(_lost(compared, workload))
            partners.update(_suspected(compared, workload))
        lost, problem = lost_in(compared.comparisons, workload, quantities)
        if lost is False and not partners.isdisjoint(_lost(compared, workload)):
            lost, problem = None, "lost something else of scaling, which was suspected between the ends too"
        found.steps.append(Step(base, head, lost, problem))
        found.last = compared if lost or found.last is None else found.last
        return lost

    if ask(good, bad):
        one = [workload]
        whole = Range(good.hash, commits)
        ((_, left),) = halve(
            one, whole, lambda _, hash_: {workload: ask(good, project.revision(hash_))}, step_aside=True
        )
        found.before = project.revision(left.good)
        found.suspects = tuple(project.revision(hash_) for hash_ in left.commits)
        asked = {(step.base, step.head) for step in found.steps}
        if len(found.suspects) == 1 and (found.before, found.suspects[0]) not in asked:
            ask(found.before, found.suspects[0])
    return found


def _lost(compared: Comparison, workload: str) -> Collection[str]:
    """Return the quantities that a workload lost in any environment."""
    return {one.number.quantity for one in _with_outcome(compared, workload, Outcome.LOST)}


def _suspected(compared: Comparison, workload: str) -> Collection[str]:
    """Return the quantities of scaling whose loss was seen in the first look only, or beside a control."""
    seen = _with_outcome(compared, workload, Outcome.PASSING, Outcome.UNFIT)
    lost = {one.number.quantity for one in seen if one.looks[0].tendency == Outcome.LOST}
    return lost.intersection(SCALING)


def _with_outcome(compared: Comparison, workload: str, *outcomes: Outcome) -> Iterator[NumberVerdict]:
    for comparison in compared.comparisons:
        for one in comparison.verdict.workloads:
            if one.workload.name == workload:
                yield from one.with_outcome(*outcomes)
