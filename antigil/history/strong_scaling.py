"""Strong scaling from benchmarks that were only timed: one fixed piece of work, given to n threads.

    speedup(n) = T(1) ÷ T(n),        slowdown(n) = n ÷ speedup(n) = n × T(n) ÷ T(1)

Its interval follows from asv's two stored intervals, taken as independent, with their half-widths added
in quadrature on a logarithmic scale:

    h² = h(T(1))² + h(T(n))²

Below and above the value apart, since asv's intervals are not symmetric. The samples of T(1) and T(n) come
from different processes at different times: such a line is noisier than one from antigil's instrument.

T(1) is the workload's single-thread time as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .series import Floats, Series, State


def strong_scaling(series: Iterable[Series]) -> list[Series]:
    """Return slowdown and time of every workload of which ``seconds`` at 1 thread are known."""
    timed: dict[tuple[str, object], dict[int, Series]] = {}
    for one in series:
        if one.quantity == "seconds" and one.threads is not None:
            timed.setdefault((one.workload, one.environment), {})[one.threads] = one
    found = []
    for by_threads in timed.values():
        if 1 in by_threads:
            single = by_threads[1]
            found += [_slowdown(single, by_threads[threads], threads) for threads in sorted(by_threads)]
            found.append(replace(single, quantity="time", threads=None))
    return found


def _slowdown(single: Series, several: Series, threads: int) -> Series:
    """Return the slowdown of n threads against one, on the same commits."""
    usable = single.present & several.present & (single.values > 0) & (several.values > 0)
    values = np.full(len(several.values), np.nan)
    low, high = values.copy(), values.copy()
    values[usable] = threads * several.values[usable] / single.values[usable]
    if threads > 1:
        upper = np.hypot(_log_ratio(several.high, several.values), _log_ratio(single.values, single.low))
        lower = np.hypot(_log_ratio(several.values, several.low), _log_ratio(single.high, single.values))
        low, high = values * np.exp(-lower), values * np.exp(upper)
    states = np.where(several.states != State.PRESENT, several.states, single.states).astype(np.uint8)
    states[~usable & (states == State.PRESENT)] = State.FAILED
    return Series(
        several.workload, "slowdown", threads, several.environment, several.revisions.copy(),
        values, low, high, states, benchmark=several.benchmark, parameter=None,
    )  # fmt: skip


def _log_ratio(above: Floats, below: Floats) -> Floats:
    """Return ln(above ÷ below) where both are positive, else NaN."""
    result = np.full(len(above), np.nan)
    usable = (above > 0) & (below > 0)
    result[usable] = np.log(above[usable] / below[usable])
    return result
