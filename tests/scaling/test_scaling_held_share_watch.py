"""The watch over a worker: what counts as a look is what is told of as one."""

import itertools
import threading
import time

from antigil.scaling.held_share.probe import Calls
from antigil.scaling.held_share.watch import Watch


def test_looks_are_counted_between_the_moments_that_they_are_told_of():
    """A look from which nobody had woken up by the end is none, though its sleep began before."""
    moments = [time.perf_counter()]
    with Watch(threading.current_thread()) as watch:
        for sleep in (0.001, 0.003, 0.002, 0.004):
            watch.look(sleep)
            now = time.perf_counter()
            moments += [now - sleep / 2, now, now + sleep / 2]

        for start, end in itertools.combinations(sorted(moments), 2):
            looked = sum(probe.looked for probe in watch.probes(start, end))
            assert watch.count(start, end) == looked


def test_short_calls_are_made_in_batches_beside_which_our_own_steps_are_short():
    """What we do between two batches holds the GIL, and would count as the workload's."""
    batches = []

    def run(times):
        batches.append(times)
        time.sleep(times * 4e-5)

    Calls().make(run, 0.2, lambda *_: 2, threading.Event())

    assert len(batches) <= 100
