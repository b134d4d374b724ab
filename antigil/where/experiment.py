"""Sample a statement in several fresh processes, and divide what it loses among functions."""

from __future__ import annotations

import signal as signals
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..scaling import (
    START_SECONDS,
    Host,
    Interpreter,
    MeasurementError,
    Plan,
    Workload,
    as_imported_here,
    ask_fresh_process,
    combine,
    cpus_allowed,
    require_alike,
    sample_from_json,
    starts_work,
)
from .build import sampler_for
from .divide import Visit, held, inflation, loss_stacks, nothing_held, waiting
from .hints import hints
from .result import Where
from .stacks import named_stacks, were_sampled
from .symbols import Names

PROCESSES = 6
SAMPLES = 20_000
"""So many samples are aimed at: they tell a share of one half to within 0.9 % with 99 % confidence."""

LEAST_MEAN_SECONDS = 2.5e-3
"""Mean time between samples, at least. One sample takes 50 us of its thread where interrupts are slow."""

WAKES = 0.25
"""Of sleeping threads, this share of the samples interrupts them; else only their sleep is noted."""

WINDOW_SECONDS = 0.15
"""Longer than those of a measurement: fewer samples are lost while threads start and end."""

NO_WAITING = "sleeping threads are left alone: what they wait for, and what they hold, is not known"

OWN_WORK = (
    "threads and processes that the workload starts itself were at work: they are not sampled, and what they "
    "hold is not told (antigil measure counts it)"
)

NOT_SAMPLED = "no thread could be sampled: does the workload block the signal? Choose another with --signal"

_FAULTS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS", "SIGABRT")
NO_SIGNALS = (*_FAULTS, "SIGKILL", "SIGSTOP", "SIGCONT")

MOST_THREADS = 512
"""As many as the sampler has room for."""

MOST_TIMES = 6
"""So many times the processes that were asked for are started where there are too few samples."""

ROUNDS = 1_000_000
"""As many as fit into the budget."""


def why_unavailable() -> str | None:
    """Return why threads cannot be sampled here, in one line, or None where they can."""
    if sys.platform != "linux":
        return f"antigil where samples threads on Linux only, and this is {sys.platform}"
    if sys.implementation.name != "cpython":
        return f"antigil where needs CPython, and this is {sys.implementation.name}"
    if find_spec(f"{__package__}._sampler") is None:
        return (
            "antigil where needs its compiled part, which was not built: "
            "install antigil again where there is a C compiler, on x86-64 or aarch64"
        )
    return None


def where(
    statement: str,
    setup: str = "pass",
    threads: int | None = None,
    *,
    thread_setup: str = "pass",
    teardown: str = "pass",
    path: tuple[str, ...] = (),
    budget: float = 10.0,
    processes: int = PROCESSES,
    pin: bool = True,
    time_limit: float = 60.0,
    wake_sleeping: bool = True,
    signal: str = "SIGPROF",
    on_process: Callable[[int, int], None] = lambda done, processes: None,
) -> Where:
    """Find which native function holds the GIL, waits, or takes more CPU time beside others.

    Parameters
    ----------
    statement, setup, thread_setup, teardown, path
        What to sample; see `Workload`.
    threads
        The thread count n that waiting and inflation are looked at with; the CPUs allowed if None, but
        two at least and `MOST_THREADS` at most.
    budget
        Seconds to sample for.
    processes
        Fresh processes to sample in.
    pin
        Whether to pin threads to CPUs of their own.
    time_limit
        Seconds after which the workload is taken to hang.
    wake_sleeping
        Whether to interrupt threads that sleep in a system call, too: it may end early then. Else what is
        waited for is not known, and the held share is the least that it can be.
    signal
        Name of the signal to interrupt threads with.
    on_process
        Called with the number of processes done, and of all, after each.

    Raises
    ------
    Exception
        Whatever the workload raises.
    MeasurementError
        If threads cannot be sampled here, the workload handles that signal itself, or its process dies.
    ValueError
        If an argument makes no sense.
    """
    n = min(max(2, cpus_allowed()), MOST_THREADS) if threads is None else threads
    workload = as_imported_here(Workload(statement, setup, thread_setup, path, teardown))
    return sample_in_turn(
        workload,
        [None],
        n,
        budget=budget,
        processes=processes,
        pin=pin,
        time_limit=time_limit,
        wake_sleeping=wake_sleeping,
        signal=signal,
        on_process=on_process,
    )[0]


def sample_in_turn(
    workload: Workload,
    interpreters: Sequence[Interpreter | None],
    threads: int,
    *,
    budget: float,
    processes: int,
    pin: bool = True,
    time_limit: float = 60.0,
    wake_sleeping: bool = True,
    signal: str = "SIGPROF",
    mean_seconds: float = LEAST_MEAN_SECONDS,
    least_samples: int = 0,
    on_process: Callable[[int, int], None] = lambda done, processes: None,
) -> list[Where]:
    """Sample a workload under several Pythons, a fresh process of each in turn; None is this one.

    The budget and the number of processes are for each of them; otherwise the parameters, and what is raised,
    are those of :func:`where`.

    Parameters
    ----------
    mean_seconds
        Mean time between samples, at least.
    least_samples
        Of one thread that is not in the run queue, under each Python: beside busy programs it takes more
        processes to have them, up to `MOST_TIMES` as many.
    """
    if (reason := why_unavailable()) is not None:
        raise MeasurementError(reason)
    if processes < 1:
        raise ValueError("sampling needs at least one process")
    if threads > MOST_THREADS:
        raise MeasurementError(f"at most {MOST_THREADS} threads can be sampled, and not {threads}")
    plan = Plan(
        (threads,), budget / processes, ROUNDS, pin, time_limit, shorten=True, window_seconds=WINDOW_SECONDS
    )
    asked = {
        "signal": int(_signal(signal)),
        "signal_name": signal,
        "mean_seconds": max(mean_seconds, budget / SAMPLES),
        "wakes": WAKES if wake_sleeping else 0.0,
    }
    answers: list[list[dict[str, Any]]] = [[] for _ in interpreters]
    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        samplers = [sampler_for(one, Path(folder)) for one in interpreters]
        for process in range(MOST_TIMES * processes):
            if process >= processes and min(map(_samples_alone, answers)) >= least_samples:
                break
            for i in range(len(interpreters)) if process % 2 == 0 else reversed(range(len(interpreters))):
                answers[i].append(_ask(workload, plan, {**asked, "sampler": samplers[i]}, interpreters[i]))
                on_process(len(answers[i]), max(processes, process + 1))
    return [_divided(workload, one, threads, wake_sleeping=wake_sleeping) for one in answers]


def _samples_alone(answers: list[dict[str, Any]]) -> int:
    """Return how many samples there are of one thread that did not stand in the run queue."""
    stacks = (stack for answer in answers for stack in answer["stacks"])
    return sum(count for threads, state, *_, count in stacks if threads == 1 and state != "queued")


def _signal(name: str) -> signals.Signals:
    if (found := signals.Signals.__members__.get(name)) is None:
        raise ValueError(f"there is no signal {name}")
    if found.name in NO_SIGNALS:
        raise ValueError(f"threads cannot be sampled with {name}, which means something else: choose another")
    return found


def _ask(
    workload: Workload, plan: Plan, asked: dict[str, Any], interpreter: Interpreter | None
) -> dict[str, Any]:
    limit = START_SECONDS + plan.budget + plan.time_limit
    package = Path(__file__).parents[1]
    return ask_fresh_process(
        workload,
        plan,
        limit,
        asked,
        interpreter=interpreter,
        package=package,
        name="_antigil",
        server="where.child",
    )


def _divided(
    workload: Workload, answers: list[dict[str, Any]], threads: int, *, wake_sleeping: bool
) -> Where:
    hosts = [Host(**answer["host"]) for answer in answers]
    require_alike(hosts)
    host = hosts[0]
    names = Names(
        {(file, start): name for answer in answers for file, start, name in answer["entry_points"]},
        answers[0]["interpreter"],
    )
    lines = workload.statement.count("\n") + 1
    visits = [_visit(answer, names, threads, lines) for answer in answers]
    stacks = [stack for visit in visits for stack in visit.stacks]
    if not were_sampled(stacks, wake_sleeping=wake_sleeping):
        raise MeasurementError(NOT_SAMPLED)
    samples = [sample_from_json(answer["sample"]) for answer in answers]
    left_alone = not wake_sleeping and any(one.threads == 1 and one.state == "waiting" for one in stacks)
    return Where(
        workload=workload,
        host=host,
        threads=threads,
        held=replace(held(visits, names), at_least=left_alone) if host.gil else nothing_held(visits),
        waiting=waiting(visits, names, threads, has_gil=host.gil),
        inflation=inflation(visits, names, threads),
        stacks=loss_stacks(visits, threads),
        hints=(
            *([OWN_WORK] if any(map(starts_work, samples)) else []),
            *hints(visits, names, [answer["faults"] for answer in answers]),
            *([] if wake_sleeping else [NO_WAITING]),
        ),
        disturbed=any(sample.disturbed for sample in samples),
    )


def _visit(answer: dict[str, Any], names: Names, threads: int, lines: int) -> Visit:
    points = combine([sample_from_json(answer["sample"])])
    point = next(point for point in points if point.threads == threads)
    inflation = 1.0 if point.inflation != point.inflation else point.inflation  # no CPU time: not a number
    return Visit(tuple(named_stacks(answer, names, lines)), point.waiting, inflation)
