"""Rounds: one window for each thread count, close together in time and in random order.

Speedup is taken within a round, so a drift of the machine's speed cancels:

    S(n)  = X(n) / X(1)
    S(n)  = n x [busy(n) / busy(1)] x [c(1) / c(n)]                  an identity
    S*(n) = S(n) x [1 - lost(1)] / [1 - lost(n)]                     queue-free, for n <= CPUs allowed

While there are CPUs enough, time in the run queue was taken by other programs; S* gives it back. What a
queued thread loses, those lose with it that wait for it: for the GIL, say, that it holds. On its own a call
waits as long beside others as alone, which is the share waiting(1) S(n) / n of a thread's time; for the share
w, the rest of waiting(n), it waits for others. So at any time n w threads wait, and they wait for the other
n (1 - w). If these are waited for as much while they are queued as while they run, each second that one is
queued costs the threads 1 + w / (1 - w) seconds:

    lost(n) = queued(n) / (1 - w)

That is exact where nobody waits for others (w = 0), and where one thread at a time gets on, as under the GIL.
With more threads than CPUs, queueing is the truth and nothing is given back. It is so, too, as far as the
workload's own threads and processes can account for it: those that call queue behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import nan
from random import Random
from time import monotonic
from types import MappingProxyType
from typing import Protocol

from .host import affinity, cpus_allowed, placement, require_cpus, require_gil, unpin_threads
from .own_work.crowding import Crowding
from .own_work.first_calls import time_calls
from .own_work.meter import ids_alive
from .stops import noticing_stops, unstopped
from .threads import SYSTEM_CLOCKS, Clocks, gil_enabled
from .window import HAIR, mark_seconds, run_window
from .window_result import Window
from .workload import FunctionWorkload, MakeRun, Workload

RANDOM = Random()
"""The rounds' own: a workload that seeds must not order its windows, nor they change what it draws."""

DISTURBED_QUEUE_SHARE = 0.03
"""A window whose threads stood in the run queue for more than this share was disturbed."""

WINDOW_SECONDS = 0.03
"""Least length of a window: several of CPython's switch intervals of 5 ms."""

CALLS_PER_WINDOW = 4
"""Least number of calls of each thread in a window."""

CALLS_BEFORE = 2
"""A call to warm up, and one to let all threads start."""


@dataclass(frozen=True)
class Round:
    """Windows of one round by thread count; the one with a single thread is the baseline."""

    windows: Mapping[int, Window]
    cpus_allowed: int
    shortened: bool = False
    """Whether its windows hold fewer than `CALLS_PER_WINDOW` calls, for want of time."""
    others: Mapping[tuple[str, int], Window] = field(default_factory=dict)
    """Windows of what else was measured, see `Others`."""
    crowded: bool = False
    """Whether other programs took what the workload left of the CPUs, all rounds together."""

    def speedup(self, n: int) -> float:
        """Return S(n), the raw speedup."""
        return self.windows[n].rate / self.windows[1].rate

    def queue_free_speedup(self, n: int) -> float:
        """Return S*(n): the speedup with the time taken by other programs given back.

        It is S(n) where n exceeds the CPUs allowed, or the system does not report queueing.
        """
        if n > self.cpus_allowed or self.windows[n].queued is None:
            return self.speedup(n)
        return self.speedup(n) * self._kept(1) / self._kept(n)

    def _kept(self, n: int) -> float:
        """Return 1 - lost(n); a thread keeps at least the time in which it ran."""
        window = self.windows[n]
        if not window.queued:
            return 1.0
        waits = max(0.0, window.waiting - self.windows[1].waiting * self.speedup(n) / n)
        by_others = window.by_others(self.cpus_allowed)
        return max(1.0 - window.queued * by_others / (1.0 - waits), window.on_cpu)

    def inflation(self, n: int) -> float:
        """Return c(n) / c(1): how many times one thread's CPU time a call took; NaN where none was seen."""
        one = self.windows[1].cpu_seconds_per_call
        return self.windows[n].cpu_seconds_per_call / one if one > 0.0 else nan

    @property
    def disturbed(self) -> bool:
        """Whether other programs took CPUs from a window that had enough of them."""
        cpus = self.cpus_allowed
        windows = [*self.windows.items(), *((n, one) for (_, n), one in self.others.items())]
        return any(
            (self.crowded and one.has_own_work)
            or (one.queued or 0.0) * one.by_others(cpus) > DISTURBED_QUEUE_SHARE
            for n, one in windows
            if n <= cpus
        )


def counts_served(thread_counts: Iterable[int], cpus: int) -> tuple[int, ...]:
    """Return the counts above one that so many CPUs can serve; where they serve none, the least of them."""
    several = [n for n in thread_counts if n > 1]
    return tuple(n for n in several if n <= cpus) or tuple(several[:1])


@dataclass(frozen=True)
class Plan:
    """How to measure rounds.

    Attributes
    ----------
    thread_counts
        Thread counts in ascending order; a window with 1 thread is always measured.
    budget
        Seconds for all rounds; the first round is measured whatever it takes.
    rounds
        Undisturbed rounds to aim at. Disturbed ones are taken again while the budget lasts.
    pin
        Whether to pin each thread to a CPU of its own while there are CPUs enough, and no threads or
        processes that the workload starts itself are seen at work: they inherit the pin.
    time_limit
        Seconds after which one window is taken to hang.
    shorten
        Whether windows may hold fewer calls where calls are so long that a round exceeds the budget.
    in_processes
        Whether processes are measured beside threads.
    window_seconds
        Least length of a window.
    """

    thread_counts: tuple[int, ...] = (1, 2)
    budget: float = 2.0
    rounds: int = 5
    pin: bool = True
    time_limit: float = 60.0
    shorten: bool = False
    window_seconds: float = WINDOW_SECONDS
    in_processes: bool = False

    def __post_init__(self) -> None:
        counts = self.thread_counts
        if not counts or any(n < 1 for n in counts) or list(counts) != sorted(set(counts)):
            raise ValueError(f"thread counts must be positive, ascending and different, not {counts}")
        if self.budget <= 0 or self.rounds < 1 or self.time_limit <= 0:
            raise ValueError("budget, rounds and time limit must be positive")


class MeasureWindow(Protocol):
    """Measures a window of so many threads; the parameters are those of `run_window`."""

    def __call__(
        self,
        threads: int,
        seconds: float,
        *,
        calls_per_mark: int = 1,
        cpus: Sequence[int] | None = None,
        call_seconds: float | None = None,
    ) -> Window:
        """Measure one window."""


Kind = int | tuple[str, int]
"""What a window of a round is of: so many threads of the workload, or one of `Others`."""


@dataclass(frozen=True)
class Others:
    """What else is measured in the same rounds.

    Attributes
    ----------
    windows
        What measures a window, by what it is of and the number of threads or processes.
    call_seconds
        How long their longest call takes, as far as that is not one of the statement's.
    """

    windows: Mapping[tuple[str, int], MeasureWindow] = field(default_factory=dict)
    call_seconds: float = 0.0


@noticing_stops
def measure_rounds(
    workload: Workload | FunctionWorkload | MakeRun,
    plan: Plan,
    clocks: Clocks = SYSTEM_CLOCKS,
    before_window: Callable[[], None] = lambda: None,
    others: Others = Others(),
) -> tuple[Round, ...]:
    """Measure rounds of a workload in this process.

    It ends with so many undisturbed rounds as the plan asks for, or with its budget. Before each
    window it calls ``before_window``. A round in which the process was stopped is measured anew.

    Raises
    ------
    Exception
        Whatever the workload raises, with the traceback of its thread.
    WorkloadTimeout, MeasurementError
        If a window does not end in time, the process is stopped again and again, or its CPUs change.
    """
    before = ids_alive()
    make_run = workload if callable(workload) else workload.prepare()
    measure_window: MeasureWindow = partial(run_window, make_run, clocks=clocks, time_limit=plan.time_limit)
    allowed = cpus_allowed()
    shift = RANDOM.randrange(len(affinity()))
    start = monotonic()
    before_window()
    call_seconds, own = unstopped(lambda: time_calls(make_run, measure_window, plan.time_limit))
    places, gil = placement() if plan.pin and not own else None, gil_enabled()
    kinds: dict[Kind, MeasureWindow] = dict.fromkeys((1, *plan.thread_counts), measure_window)
    kinds.update(others.windows.items())
    seconds, long_call = window_size(plan, max(call_seconds, others.call_seconds), len(kinds))
    rounds: list[Round] = []
    crowding = Crowding(affinity())
    crowded: bool | None = False
    last = 0.0

    def windows_of_a_round() -> dict[Kind, Window]:
        windows: dict[Kind, Window] = {}
        for key in RANDOM.sample(list(kinds), len(kinds)):
            n = key if isinstance(key, int) else key[1]
            cpus = places.of(n, shift + len(rounds)) if places and n <= allowed else None
            before_window()
            per_mark = max(1, round(mark_seconds(n) / call_seconds))
            windows[key] = kinds[key](n, seconds, cpus=cpus, calls_per_mark=per_mark, call_seconds=long_call)
        return windows

    while crowded is None or sum(not done.disturbed for done in rounds) < plan.rounds:
        began = monotonic()
        if rounds and crowded is not None and began + last > start + plan.budget:
            break
        windows = unstopped(windows_of_a_round)
        require_cpus(allowed)
        require_gil(gil)
        if places and any(window.has_own_work for window in windows.values()):
            # What the workload starts inherits the pin of who started it: begin again without one.
            places = None
            unpin_threads(before, affinity())
            rounds, crowding, crowded = [], Crowding(affinity()), False
            continue
        rounds.append(_round_of(windows, allowed, long_call is not None))
        crowded = crowding.is_seen(windows.values(), allowed)
        rounds = [replace(one, crowded=bool(crowded)) for one in rounds]
        last = monotonic() - began
    return tuple(rounds)


def _round_of(windows: Mapping[Kind, Window], allowed: int, shortened: bool) -> Round:
    threads = {key: one for key, one in windows.items() if isinstance(key, int)}
    others = {key: one for key, one in windows.items() if isinstance(key, tuple)}
    return Round(MappingProxyType(threads), allowed, shortened, MappingProxyType(others))


def window_size(plan: Plan, longest_call: float, windows: int) -> tuple[float, float | None]:
    """Return how long the windows of a round are, and a call if that is for fewer, else None, in seconds."""
    calls = calls_that_fit(longest_call, windows, plan.budget) if plan.shorten else CALLS_PER_WINDOW
    if calls < CALLS_PER_WINDOW:
        return (calls - HAIR) * longest_call, longest_call
    return max(plan.window_seconds, CALLS_PER_WINDOW * longest_call), None


def calls_that_fit(call_seconds: float, windows: int, budget: float) -> int:
    """Return how many calls of a thread a window is to hold.

    They are `CALLS_PER_WINDOW` as long as a round of so many windows takes no longer than the
    budget, and for calls that are shorter than a window in any case. Else they are as many as
    fit, and one at least: then without a call to warm up. Threads that wait for each other take
    longer, which is not known beforehand.
    """
    if call_seconds <= WINDOW_SECONDS or windows * (CALLS_PER_WINDOW + CALLS_BEFORE) * call_seconds <= budget:
        return CALLS_PER_WINDOW
    fitting = int(budget / (windows * call_seconds)) - (CALLS_BEFORE - 1)
    return min(max(fitting, 1), CALLS_PER_WINDOW - 1)
