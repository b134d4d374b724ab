"""Measure a workload in several fresh processes, or a function in this one."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import index
from typing import Any

from .held_share.probe import probe_gil
from .host import Host, StealMeter, cores_allowed, cpus_allowed, require_alike
from .measurement import Cut, Measurement, combine
from .measurement_json import sample_from_json
from .mixes_and_processes.other_windows import combined
from .process import START_SECONDS, Interpreter, ask_fresh_process
from .rounds import Plan, measure_rounds
from .sample import GilHeld, Sample, pool, sample_of, select, starts_work, under_ceiling
from .thread_states import ThreadStates, Watcher, pool_states
from .workload import FunctionWorkload, Workload

PROCESSES = 8
"""The fewest whose medians give a 99 % interval (see :mod:`.measurement`)."""

OVERRUN = 1.5
"""So many times the budget may be spent where that is enough for all processes."""

LEAST_PROCESS_SECONDS = 1.25
"""With short calls no process is cut off where each takes less than `OVERRUN` times this."""

FEWEST_PROCESSES = 2
"""One tells nothing of how processes differ."""

ENOUGH_LOOKS = 10_000
"""So many looks tell what threads wait for. To watch one more process would cost a window for nothing."""

MOST_BEYOND = 8
"""CPUs allowed up to which a thread count beyond them is measured by default."""

PROBE_SHARE = 0.4
"""Share of the budget that goes to the GIL probe."""


def default_thread_counts(allowed: int | None = None, cores: int | None = None) -> tuple[int, ...]:
    """Return 1, 2, 4, ... up to the CPUs allowed, their number, that of their cores, and one step beyond.

    Beyond more than `MOST_BEYOND` CPUs there is none: threads that want the GIL take turns of 5 ms in no
    order, and a window of 32 such threads takes four seconds.
    """
    if allowed is None:
        allowed, cores = cpus_allowed(), cores_allowed()
    counts = {1, allowed, cores or allowed}
    n = 1
    while n <= allowed and (2 * n <= allowed or allowed <= MOST_BEYOND):
        n *= 2
        counts.add(n)
    return tuple(sorted(counts))


def measure(workload: Workload, thread_counts: Sequence[int] | None = None, **settings: Any) -> Measurement:
    """Measure how a statement scales over threads, in several fresh processes.

    The settings are those of :func:`measure_in_turn`.
    """
    return measure_in_turn(workload, [None], thread_counts, **settings)[0]


def measure_in_turn(
    workload: Workload,
    interpreters: Sequence[Interpreter | None],
    thread_counts: Sequence[int] | None = None,
    *,
    budget: float = 12.0,
    processes: int = PROCESSES,
    rounds: int = 5,
    pin: bool = True,
    time_limit: float = 60.0,
    in_processes: bool = False,
    on_process: Callable[[int, int], None] = lambda done, processes: None,
) -> list[Measurement]:
    """Measure a statement under several Pythons, a fresh process of each in turn: drift meets all of them.

    Parameters
    ----------
    workload
        What to measure.
    interpreters
        The Pythons, None for this one. Another one sees its own packages, and of this one's modules only
        those in the workload's path.
    thread_counts
        Ascending thread counts; :func:`default_thread_counts` if None.
    budget
        Seconds to spend on measuring, for each Python. With long calls there are fewer of them in a
        window, and with those or many threads that wait for turns fewer processes, so as to keep to it as
        far as can be.
    processes
        Fresh processes; below eight there are no 99 % intervals.
    rounds
        Undisturbed rounds to aim at in each process.
    pin
        Whether to pin threads to CPUs of their own. Where threads or processes that the workload itself
        starts are seen at work, which would inherit it, none is pinned.
    time_limit
        Seconds after which one window is taken to hang.
    in_processes
        Whether to measure the statement in as many single-threaded processes as well, in the same rounds.
    on_process
        Called with the number of processes done, and of all, after each.

    Raises
    ------
    Exception
        Whatever the workload raises.
    WorkloadTimeout, MeasurementError
        If it hangs, or its process dies; if that is stopped again and again, the CPUs allowed change, or only
        some processes have a GIL.
    ValueError
        If an argument makes no sense.
    """
    if processes < 1:
        raise ValueError("a measurement needs at least one process")
    counts = default_thread_counts() if thread_counts is None else tuple(map(index, thread_counts))
    plan = Plan(
        thread_counts=counts,
        budget=budget / processes * (1 - PROBE_SHARE),
        rounds=rounds,
        pin=pin,
        time_limit=time_limit,
        shorten=True,
        in_processes=in_processes,
    )
    if max(counts, default=1) < 2 and (in_processes or workload.beside is not None):
        raise ValueError("what is measured beside one thread needs a thread count of two or more")
    steal = StealMeter()
    results = _in_fresh_processes(workload, interpreters, plan, budget, processes, on_process)
    return [_measurement(workload, found, processes, steal) for found in results]


def _measurement(
    workload: Workload, results: Sequence[ProcessResult], processes: int, steal: StealMeter
) -> Measurement:
    require_alike([result.host for result in results])
    held = pool(result.gil_held for result in results)
    samples = tuple(under_ceiling(result.sample, held.ceilings) for result in results)
    mix, beside = combined([result.others for result in results])
    is_cut = results[0].sample.shortened or len(results) < processes
    return Measurement(
        workload=workload,
        host=results[0].host,
        points=combine(samples, held.ceilings),
        samples=samples,
        gil_held=held,
        gil_samples=tuple(result.gil_held for result in results),
        steal=steal.share(),
        states=pool_states(result.states for result in results),
        cut=Cut(processes, processes * min(result.seconds for result in results)) if is_cut else None,
        mix=mix,
        processes=beside,
    )


def as_imported_here(workload: Workload) -> Workload:
    """Return a workload that finds the modules that this process finds, those beside a script among them."""
    path = [*workload.path]
    for entry in sys.path:
        with contextlib.suppress(OSError):  # the current directory has gone
            path.append(os.path.abspath(entry))
    return replace(workload, path=tuple(dict.fromkeys(path)))


def _in_fresh_processes(
    workload: Workload,
    interpreters: Sequence[Interpreter | None],
    plan: Plan,
    budget: float,
    processes: int,
    on_process: Callable[[int, int], None],
) -> list[list[ProcessResult]]:
    """Measure in one process after the other: in all, or in as many as fit."""
    results: list[list[ProcessResult]] = [[] for _ in interpreters]
    wanted = [processes for _ in interpreters]
    here = as_imported_here(workload)
    while sum(map(len, results)) < sum(wanted):
        for i, interpreter in enumerate(interpreters):
            if len(results[i]) == wanted[i]:
                continue
            asked = here if interpreter is None else workload
            seconds = budget / processes * PROBE_SHARE
            watch = sum(one.states.looks for one in results[i] if one.states) < ENOUGH_LOOKS
            results[i].append(measure_in_fresh_process(asked, plan, seconds, interpreter, watch))
            wanted[i] = processes_wanted(processes, results[i], budget)
            on_process(sum(map(len, results)), sum(wanted))
    return results


def processes_wanted(asked: int, results: Sequence[ProcessResult], budget: float) -> int:
    """Return in how many processes to measure, given those that have been: all, or as many as fit.

    Short calls, too, take more than their budget where many threads wait for their turns. Then the quickest
    process tells what one takes: a disturbed one does not cut the others off.
    """
    if results[0].sample.shortened:
        return processes_that_fit(asked, results[0].seconds, budget)
    seconds = [result.seconds for result in results]
    budget = max(budget, asked * LEAST_PROCESS_SECONDS)
    if asked * min(seconds) <= OVERRUN * budget:
        return asked
    fitting = max(0, int((budget - sum(seconds)) / min(seconds)))
    return min(asked, max(FEWEST_PROCESSES, len(results) + fitting))


def processes_that_fit(asked: int, seconds: float, budget: float) -> int:
    """Return how many processes of so many seconds to measure in: all, or as many as fit, but one."""
    if asked * seconds <= OVERRUN * budget:
        return asked
    return max(1, int(budget / seconds))


def measure_function(
    function: Callable[[], object] | FunctionWorkload,
    thread_counts: Sequence[int] | None = None,
    *,
    budget: float = 3.0,
    rounds: int = 9,
    pin: bool = True,
    time_limit: float = 60.0,
) -> Measurement:
    """Measure how a function scales over threads, in this process; each round is a sample.

    The parameters are those of :func:`measure_in_turn`. One process can be an unlucky one: prefer
    :func:`measure` where the workload can be written as a statement.
    """
    counts = default_thread_counts() if thread_counts is None else tuple(map(index, thread_counts))
    workload = function if isinstance(function, FunctionWorkload) else FunctionWorkload(function)
    steal = StealMeter()
    plan = Plan(counts, budget * (1 - PROBE_SHARE), rounds, pin, time_limit, shorten=True)
    done = measure_rounds(workload, plan)
    used, disturbed = select(done)
    samples = [sample_of([one]) for one in used]
    pin = pin and not any(map(starts_work, samples))
    held = probe_gil(workload, budget * PROBE_SHARE, pin=pin, time_limit=time_limit)
    samples = [under_ceiling(sample, held.ceilings) for sample in samples]
    dropped = len(done) - len(used)
    # Rounds left out belong to the measurement as a whole; the first sample carries them.
    first = Sample(samples[0].points, rounds=1, dropped=dropped, disturbed=disturbed)
    samples = [first, *samples[1:]]
    return Measurement(
        workload=workload,
        host=Host.here(),
        points=combine(samples, held.ceilings),
        samples=tuple(samples),
        gil_held=held,
        gil_samples=(held,),
        steal=steal.share(),
    )


@dataclass(frozen=True)
class ProcessResult:
    """What one fresh process found, and the seconds that it measured for."""

    sample: Sample
    gil_held: GilHeld
    host: Host
    seconds: float
    states: ThreadStates | None = None
    others: Mapping[str, Any] = field(default_factory=dict)


def measure_in_fresh_process(
    workload: Workload,
    plan: Plan,
    probe_seconds: float,
    interpreter: Interpreter | None = None,
    watch: bool = True,
) -> ProcessResult:
    """Measure rounds and probe the GIL in a process of their own; raise what `ask_fresh_process` does.

    Unless told not to, it watches threads there, to see what they wait for.
    """
    limit = START_SECONDS + plan.budget + probe_seconds + plan.time_limit
    with Watcher(watch) as watcher:
        more = {"probe": probe_seconds, "watch": watcher.pipe}
        answer = ask_fresh_process(workload, plan, limit, more, interpreter=interpreter)
    return replace(_result(answer), states=watcher.states(answer["watched"]))


def _result(answer: dict[str, Any]) -> ProcessResult:
    return ProcessResult(
        sample_from_json(answer["sample"]),
        GilHeld(**answer["gil_held"]),
        Host(**answer["host"]),
        answer["seconds"],
        others=answer["others"],
    )
