"""Find the commit that lost something, of all between two, by comparing and halving as `confirmation` does.

The first comparison is of both ends. The range is then halved, each time against the good end. The last
comparison is of the commit that was found, against the one before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from antigil.errors import EXIT_BAD, EXIT_COULD_NOT_JUDGE, EXIT_FINE, UserError
from antigil.history.project import Project, Revision
from antigil.report.document import Document
from antigil.report.text import answer_text

from ..commit_verdict import SCALING, NumberVerdict, Outcome
from ..comparison import Comparison
from ..comparison_json import comparison_to_json, revision_to_json
from ..decision_rule import LOST
from .confirmation import lost_in, why_unanswered
from .halving import Range, halve

#: Measures two commits.
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
            return EXIT_COULD_NOT_JUDGE
        if not self.suspects:
            return EXIT_FINE
        pair = (self.before, self.suspects[0])
        seen = any(step.lost and (step.base, step.head) == pair for step in self.steps)
        return EXIT_BAD if seen and len(self.suspects) == 1 else EXIT_COULD_NOT_JUDGE

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


def bisect(
    project: Project,
    good: Revision,
    bad: Revision,
    workload: str,
    compare: Compare,
    say: Callable[[str], None] = lambda line: None,
) -> Bisection:
    """Find the commit after `good`, up to `bad`, at which a workload lost scaling or time.

    Parameters
    ----------
    say
        Called with each answer at once, which an interruption would lose.

    Raises
    ------
    UserError
        If bad does not come after good, or a commit between the two does not.
    """
    _refuse_unrelated(project, good, bad)
    commits = project.commits_between(good.hash, bad.hash)
    _refuse_side_branch(project, good, commits)
    found = Bisection(good, bad, workload, len(commits), good)
    ask = _Asking(found, compare, say).ask
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


def _refuse_unrelated(project: Project, good: Revision, bad: Revision) -> None:
    """Refuse two commits of which the later does not descend from the earlier."""
    if good == bad:
        raise UserError(f"both ends are {good.short}: name the good commit first, then a later one")
    common = project.merge_base(good, bad)
    if common == bad:
        raise UserError(f"{bad.short} comes before {good.short}: name the good commit first")
    if common != good:
        raise UserError(
            f"{good.short} is on another branch than {bad.short}: name {common.short}, where they part,"
            " or a commit after it"
        )


def _refuse_side_branch(project: Project, good: Revision, commits: Sequence[str]) -> None:
    """Refuse a range of first parents that begins before good was merged.

    A commit in it that lacks good's changes would be blamed for what it never had.
    """

    def has_good(hash_: str) -> bool:
        return project.merge_base(good, project.revision(hash_)) == good

    if not has_good(commits[0]):
        merge = commits[bisect_left(commits, True, key=has_good)]
        raise UserError(
            f"{good.short} is on a side branch, which {merge[:8]} merged, and commits are counted along first"
            " parents: name that merge as the good commit, or one before it on the same line"
        )


@dataclass
class _Asking:
    """Makes one comparison after another and notes the answers; the first says what to ask for.

    Attributes
    ----------
    lost, suspected
        Quantities that were lost between the ends, and others of scaling that were only suspected.
    """

    found: Bisection
    compare: Compare
    say: Callable[[str], None]
    lost: set[str] = field(default_factory=set)
    suspected: set[str] = field(default_factory=set)

    def ask(self, base: Revision, head: Revision) -> bool | None:
        """Tell whether a commit had lost it already; None where that could not be judged."""
        step = self._step(base, head)
        self.found.steps.append(step)
        self.say(f"{head.short} against {base.short}: {answer_text(step.lost, step.problem)}")
        return step.lost

    def _step(self, base: Revision, head: Revision) -> Step:
        found, workload = self.found, self.found.workload
        try:
            compared = self.compare(base, head)
        except Exception as error:  # whatever one comparison ran into, those before it told something
            if not found.steps:
                raise
            return Step(base, head, None, why_unanswered(error))
        if not found.steps:
            self.lost = _lost(compared, workload)
            self.suspected = _suspected(compared, workload) - self.lost
        lost, problem = lost_in(compared.comparisons, workload, self.lost)
        if lost is False and not self.suspected.isdisjoint(_lost(compared, workload)):
            lost, problem = None, "lost something else of scaling, which was suspected between the ends too"
        found.last = compared if lost or found.last is None else found.last
        return Step(base, head, lost, problem)


def _lost(compared: Comparison, workload: str) -> set[str]:
    """Return the quantities that a workload lost in any environment."""
    return {one.number.quantity for one in _numbers(compared, workload) if one.outcome is Outcome.LOST}


def _suspected(compared: Comparison, workload: str) -> set[str]:
    """Return the quantities of scaling whose loss the first look suspected in any environment."""
    first = [one.looks[0] for one in _numbers(compared, workload) if one.number.quantity in SCALING]
    return {look.number.quantity for look in first if look.suspected and look.tendency == LOST}


def _numbers(compared: Comparison, workload: str) -> Iterator[NumberVerdict]:
    for comparison in compared.comparisons:
        for one in comparison.verdict.workloads:
            if one.workload.name == workload:
                yield from one.numbers
