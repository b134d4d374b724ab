"""What else the rounds of one process measure, and what it tells of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, cast

from ..host import cpus_allowed
from ..measurement_json import sample_from_json, sample_to_json
from ..process import plan_of
from ..rounds import MeasureWindow, Others, Round
from ..workload import MakeRun
from .fleet import fleet
from .mixes import MIX_KIND, Mix, mix_of, mix_samples, mix_windows, samples_from_json
from .processes import PROCESSES_KIND, Processes, process_counts, process_sample, processes_of


@contextmanager
def others_asked(make_run: MakeRun, asked: dict[str, Any]) -> Iterator[Others]:
    """Give what a request asks for besides; processes that it starts end with it."""
    plan = plan_of(asked)
    windows: dict[tuple[str, int], MeasureWindow] = {}
    longest = 0.0
    with ExitStack() as started:
        if asked["workload"]["beside"] is not None:
            writer = partial(cast(Any, make_run), beside=True)
            of_mix, longest = mix_windows(make_run, writer, plan.thread_counts, plan.time_limit)
            windows |= of_mix
        if plan.in_processes:
            counts = process_counts(plan.thread_counts, cpus_allowed())
            measure_window = started.enter_context(fleet(asked, counts[-1]))
            windows |= {(PROCESSES_KIND, n): measure_window for n in counts}
        yield Others(windows, longest)


def others_found(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return what one process tells of what it measured besides, in a form that JSON can hold."""
    kinds = {kind for kind, _ in rounds[0].others}
    found: dict[str, Any] = {}
    if MIX_KIND in kinds:
        found[MIX_KIND] = {str(n): vars(one) for n, one in mix_samples(rounds).items()}
    if PROCESSES_KIND in kinds:
        found[PROCESSES_KIND] = sample_to_json(process_sample(rounds))
    return found


def combined(found: Sequence[Mapping[str, Any]]) -> tuple[Mix | None, Processes | None]:
    """Combine what several processes told."""
    mix = mix_of([samples_from_json(one[MIX_KIND]) for one in found]) if MIX_KIND in found[0] else None
    if PROCESSES_KIND not in found[0]:
        return mix, None
    return mix, processes_of([sample_from_json(one[PROCESSES_KIND]) for one in found])
