"""An alert, and the state it is in: seen, measured again, mended or excused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from antigil.history.change_detection import Effect
from antigil.history.series import Commit, Environment, TrackedWorkload

from .commit_verdict import Trade


class AlertState(StrEnum):
    """What is to be thought of a change; its value is how it is called.

    What the history shows and what measuring again shows move an alert on (`Alert.state`)::

        a number changed ──┬─► CONTROL    it is a control's: the machine moved
                           ├─► GAINED     nothing was lost
                           └─► a loss
                                │
              beside a control  ▼  with two commits on each side
         UNFIT ◄────────── SUSPECTED ──────────► SEEN
           │                    │                 │
           └──── measured again: did it hold? ────┘
                    │ yes       │ no        │ no answer, three times
                    ▼           ▼           ▼
                   LOST      NOT_HELD   UNDECIDED
                                │           │
                    after twice as many commits, or if the
                    history places it elsewhere: once more

        and from each of them, for as long as it is so:

            RECOVERED    a later stretch was back where it was
            RETIRED      it is not measured in its environment any more
            EXCUSED      the configuration gives a reason
            TRADED       one thread became faster, and all together get no less done
    """

    CONTROL = "control moved"
    GAINED = "gained"
    SUSPECTED = "suspected loss"
    SEEN = "lost in the history"
    UNFIT = "unfit to judge"
    LOST = "lost"
    NOT_HELD = "did not hold when measured again"
    UNDECIDED = "could not be measured again"
    TRADED = "trade"
    EXCUSED = "lost, excused"
    RECOVERED = "lost, recovered since"
    RETIRED = "lost, no longer measured there"

    @property
    def counts(self) -> bool:
        """Whether somebody has to look at it: nothing counts that was not measured again.

        Step detection takes a neighbour that came and went for a loss; docs/evidence/guard.md has the rates.
        """
        return self is AlertState.LOST

    @property
    def open(self) -> bool:
        """Whether it is a loss that nobody has mended or excused; it may be measured again."""
        return self in OPEN

    @property
    def settled(self) -> bool:
        """Whether it needs no more attention."""
        return self in SETTLED


#: States of a loss that may be measured again.
OPEN = frozenset(
    {
        AlertState.SUSPECTED,
        AlertState.SEEN,
        AlertState.UNFIT,
        AlertState.LOST,
        AlertState.NOT_HELD,
        AlertState.UNDECIDED,
    }
)

#: States that end an alert, each for the reason that its name gives.
SETTLED = frozenset(
    {
        AlertState.NOT_HELD,
        AlertState.TRADED,
        AlertState.EXCUSED,
        AlertState.RECOVERED,
        AlertState.RETIRED,
    }
)

#: After so many comparisons without an answer a loss is left for a while; see `Alert.waited`.
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Alert:
    """What one commit did to one workload in one environment.

    Attributes
    ----------
    before, commit : Commit
        The last measured commit before the change and the first one after it.
    effects : tuple of Effect
        Of scaling and of single-thread time, in either direction.
    identity : str
        Follows from workload, commit, direction and environment; `alert_log` keeps that of a known change.
    recovered : bool
        Whether all that was lost has come back since.
    retired : bool
        Whether its workload, or its whole environment, has no results any more.
    unfit : bool
        Whether a control changed beside it.
    measured : int
        How many commits were measured from the change on.
    held : bool or None
        Whether a fresh measurement showed it again; None if there was none.
    measured_on : str
        The machine on which it was; it need not be the one of the history.
    besides : str
        What differed besides the commit when it was measured again.
    asked : int
        How many commits had been measured from the change on when it was measured again, or given up.
    culprit : tuple of two Commits or None
        What measuring again led to: the commit that lost it and the last one that had not.
    between : int
        How many commits lie between these two.
    postponed : bool
        Whether it was to be measured again, but the time was up.
    problem : str or None
        Why it could not be measured again, if that was asked for now.
    attempts : int
        How often it could not, without an answer since.
    obstacle : str
        Why it could not the last time.
    new : bool
        Whether it was not reported before as it stands now.
    """

    workload: TrackedWorkload
    environment: Environment
    before: Commit
    commit: Commit
    effects: tuple[Effect, ...]
    identity: str
    excuse: str | None = None
    trade: Trade | None = None
    unfit: bool = False
    recovered: bool = False
    retired: bool = False
    measured: int = 0
    held: bool | None = None
    measured_on: str = ""
    besides: str = ""
    asked: int = 0
    culprit: tuple[Commit, Commit] | None = None
    between: int = 0
    postponed: bool = False
    problem: str | None = None
    attempts: int = 0
    obstacle: str = ""
    new: bool = True

    @property
    def span(self) -> tuple[Commit, Commit]:
        """The commits before and after it, as closely as is known."""
        return self.culprit or (self.before, self.commit)

    def touches(self, first: int, last: int) -> bool:
        """Tell whether the history places it at a commit between two revisions, or next to them."""
        return max(first, self.before.revision) <= min(last, self.commit.revision)

    @property
    def lost(self) -> bool:
        """Whether something was lost."""
        return any(effect.lost for effect in self.effects)

    def kinds(self, lost: bool) -> set[bool]:
        """Return of all that was lost, or gained, whether it is the time of one call; else it is scaling."""
        return {effect.quantity == "time" for effect in self.effects if effect.lost == lost}

    @property
    def seen_twice(self) -> bool:
        """Whether something that was lost has two measured commits on each side."""
        return any(effect.confirmed for effect in self.effects if effect.lost)

    @property
    def gave_up(self) -> bool:
        """Whether it was tried often enough to measure it again, or to tell the commits apart."""
        return self.attempts >= MOST_ATTEMPTS

    @property
    def waited(self) -> bool:
        """Whether twice as many commits were measured from the change on as when it was last asked about."""
        return self.measured >= 2 * self.asked

    @property
    def due(self) -> bool:
        """Whether it is to be measured again, if it is an open loss."""
        if self.gave_up or self.held is False:
            return self.waited and not self.held
        return self.held is None

    @property
    def state(self) -> AlertState:
        """The state that all that is known of it leads to: what settles it comes first."""
        if self.recovered:
            return AlertState.RECOVERED
        if self.retired and self.lost:
            return AlertState.RETIRED
        if self.excuse is not None:
            return AlertState.EXCUSED
        if self.trade is Trade.FASTER_ALONE:
            return AlertState.TRADED
        if self.workload.control:
            return AlertState.CONTROL
        if not self.lost:
            return AlertState.GAINED
        if self.held is not None:
            return AlertState.LOST if self.held else AlertState.NOT_HELD
        if self.gave_up:
            return AlertState.UNDECIDED
        if self.unfit:
            return AlertState.UNFIT
        return AlertState.SEEN if self.seen_twice and not self.postponed else AlertState.SUSPECTED

    @property
    def state_text(self) -> str:
        """The state as people read it: of a control that it moved, and a trade by its name."""
        if self.workload.control:
            return AlertState.CONTROL
        if not self.lost:
            return AlertState.UNFIT if self.unfit else AlertState.GAINED
        return AlertState.TRADED if self.state.counts and self.trade is not None else self.state


def throughput_of(effects: Sequence[Effect]) -> list[tuple[int, float]]:
    """Return by thread count how much more n threads get done, relative, where the time of one changed."""
    time = next((e for e in effects if e.quantity == "time"), None)
    if time is None:
        return []
    faster = time.before / time.after
    speedups = [(e.threads, e) for e in effects if e.quantity == "slowdown"]
    return [(n, faster * e.after / e.before - 1.0) for n, e in speedups if n is not None]
