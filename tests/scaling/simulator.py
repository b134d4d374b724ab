"""A worker that holds the GIL in slices, a prober that looks at it, in virtual time.

The worker's running time divides into periods: it holds the GIL for a slice, then runs without
it so long that the slice is the share asked for. It may be preempted: then time passes and it
does not run. As the kernel does, the simulator books the time in the run queue when that ends.
"""

import math
from dataclasses import dataclass, field
from random import Random

from antigil.scaling.held_share.estimate import Probe

EPSILON = 1e-12
"""Seconds: so near to the end of a slice is at its end."""


@dataclass
class Worker:
    """What the worker has done up to a moment of virtual time; all times in seconds."""

    share: float
    slice_seconds: float
    now: float = 0.0
    running: float = 0.0
    booked: float = 0.0
    _back_at: float = field(default=0.0, repr=False)
    _queued_since: float | None = field(default=None, repr=False)

    @property
    def _into_period(self):
        period = self.slice_seconds / self.share if self.share else math.inf
        into = self.running % period
        return 0.0 if period - into < EPSILON else into

    @property
    def holds(self):
        """Whether it holds the GIL now. At the end of a slice it gives the GIL to who waits."""
        return self.share > 0.0 and EPSILON < self._into_period < self.slice_seconds - EPSILON

    @property
    def time_queued(self):
        """For how long it will still be queued."""
        return 0.0 if self._queued_since is None else self._back_at - self.now

    def preempt(self, seconds):
        """Take the CPU away for so long."""
        if self._queued_since is None:
            self._queued_since = self.now
            self._back_at = self.now
        self._back_at += seconds

    def pass_time(self, seconds):
        """Let time pass: it runs, but for the time for which it is queued."""
        end = self.now + seconds
        if self._queued_since is not None:
            if self._back_at > end:
                self.now = end
                return
            self.booked += self._back_at - self._queued_since
            self.now, self._queued_since = self._back_at, None
        self.running += end - self.now
        self.now = end

    def run_to_end_of_slice(self):
        """Let time pass until it gives up the GIL that it holds."""
        self.pass_time(self.time_queued + self.slice_seconds - self._into_period)


def simulate(
    share,
    slice_seconds,
    seconds,
    random,
    *,
    mean_sleep=0.002,
    wake_up=30e-6,
    preempted=0.0,
    midway=0.0,
    queue_seconds=0.004,
):
    """Return what a prober sees of such a worker.

    Parameters
    ----------
    wake_up
        Mean time from the end of a sleep, or of a wait for the GIL, to the prober's running. The
        worker gives way to a prober that has waited for the GIL: they share a CPU.
    preempted
        Probability that a neighbour gets the CPU when the prober has gone back to sleep: the
        worker then stands in the run queue before it can go on, and take the GIL back.
    midway
        Probability that one gets it while the prober sleeps.
    queue_seconds
        Mean time for which it stands there.
    """
    period = slice_seconds / share if share else slice_seconds
    worker = Worker(share, slice_seconds, running=random.uniform(0.0, period))
    probes = []
    while worker.now < seconds:
        before = (worker.now, worker.running, worker.booked)
        if random.random() < preempted:
            worker.preempt(random.expovariate(1.0 / queue_seconds))
        sleep = random.expovariate(1.0 / mean_sleep)
        if midway and random.random() < midway:
            undisturbed = random.uniform(0.0, sleep)
            worker.pass_time(undisturbed)
            worker.preempt(random.expovariate(1.0 / queue_seconds))
            worker.pass_time(sleep - undisturbed)
        else:
            worker.pass_time(sleep)
        worker.pass_time(wake_up * random.uniform(0.5, 1.5))
        taken = worker.holds
        if taken:
            worker.run_to_end_of_slice()
            worker.preempt(wake_up * random.uniform(0.5, 1.5))
            worker.pass_time(worker.time_queued)
        probes.append(
            Probe(
                sleep=sleep,
                elapsed=worker.now - before[0],
                taken=taken,
                worker_cpu=worker.running - before[1],
                worker_queued=worker.booked - before[2],
                own_queued=0.0,
            )
        )
    return probes


def seeded(*key):
    """Return a source of random numbers that is the same in each test run."""
    return Random(repr(key))


def simulate_calls(phases, budget, random, *, mean_sleep=0.002, wake_up=30e-6, switch=0.005):
    """Return what a prober sees of whole calls with phases, as many as the budget needs.

    Parameters
    ----------
    phases
        Of each call: whether it holds the GIL, and for how many seconds. While it holds it, it gives
        it to who has waited for ``switch`` seconds, as pure Python does, and takes it back.
    """
    call = sum(seconds for _, seconds in phases)
    end = call * math.ceil(budget / call - EPSILON)
    now, probes = 0.0, []
    while now < end:
        sleep = random.expovariate(1.0 / mean_sleep)
        woken = now + sleep + wake_up * random.uniform(0.5, 1.5)
        held_until = _held_until(phases, call, woken)
        back = woken if held_until is None else min(held_until, woken + switch) + wake_up
        elapsed = min(back, end) - now
        probes.append(
            Probe(
                sleep=sleep,
                elapsed=elapsed,
                taken=held_until is not None,
                worker_cpu=elapsed,
                worker_queued=0.0,
                own_queued=0.0,
                is_last=back >= end,
            )
        )
        now = back
    return probes


def _held_until(phases, call, moment):
    """Return until when the GIL is held without a break, or None where it is free."""
    into = moment % call
    start = moment - into
    for held, seconds in phases:
        start += seconds
        if into < seconds:
            return start if held else None
        into -= seconds
    return None


class PhasedWorker:
    """Calls with phases: it needs the CPU and the GIL in some, and sleeps in others.

    After each slice of CPU time it stands in the run queue, beside other programs, and keeps the GIL.
    """

    def __init__(self, phases, random, slice_seconds, queue_seconds):
        self.phases, self.random = phases, random
        self.slice_seconds, self.queue_seconds = slice_seconds, queue_seconds
        self.now = self.cpu = self.booked = 0.0
        self.calls, self.phase, self.left = 0, 0, phases[0][1]
        self.slice_left = slice_seconds
        self.queued_since = self.back_at = None
        self.has_gil = False

    @property
    def works(self):
        """Whether it is in a phase in which it holds the GIL."""
        return self.phases[self.phase][0]

    def lose_cpu(self):
        """Stand in the run queue from now on."""
        self.slice_left = self.slice_seconds
        if self.queued_since is None and self.queue_seconds:
            self.queued_since = self.now
            self.back_at = self.now + self.random.expovariate(1.0 / self.queue_seconds)

    def pass_time(self, seconds):
        """Let time pass."""
        end = self.now + seconds
        while self.now < end - EPSILON:
            if self.queued_since is not None:
                if self.back_at > end:
                    self.now = end
                    return
                self.booked += self.back_at - self.queued_since
                self.now, self.queued_since = self.back_at, None
            self._step(min(self.left, end - self.now, self.slice_left if self.works else math.inf))

    def _step(self, seconds):
        self.now += seconds
        self.left -= seconds
        if self.works:
            self.has_gil = True
            self.cpu += seconds
            self.slice_left -= seconds
            if self.slice_left < EPSILON:
                self.lose_cpu()
        if self.left < EPSILON:
            self.phase = (self.phase + 1) % len(self.phases)
            self.calls += self.phase == 0
            self.left = self.phases[self.phase][1]
            self.has_gil = self.has_gil and self.works


def simulate_preempted_calls(
    phases, budget, random, *, mean_sleep=0.002, wake_up=30e-6, switch=0.005, slice_seconds=0.003,
    queue_seconds=0.006,
):  # fmt: skip
    """Return what a prober sees of whole calls with phases, beside programs that want the same CPU."""
    worker = PhasedWorker(phases, random, slice_seconds, queue_seconds)
    probes = []
    while worker.now < budget or worker.calls * sum(seconds for _, seconds in phases) < EPSILON:
        before = (worker.now, worker.cpu, worker.booked)
        sleep = random.expovariate(1.0 / mean_sleep)
        worker.pass_time(sleep + wake_up * random.uniform(0.5, 1.5))
        taken, woken = worker.has_gil, worker.now
        while worker.has_gil and (worker.now < woken + switch or worker.queued_since is not None):
            worker.pass_time(50e-6)
        if worker.works:  # it gives up the GIL, or the CPU, to the prober
            worker.has_gil = False
            worker.lose_cpu()
        probes.append(
            Probe(
                sleep=sleep,
                elapsed=worker.now - before[0],
                taken=taken,
                worker_cpu=worker.cpu - before[1],
                worker_queued=worker.booked - before[2],
                own_queued=0.0,
                asleep=taken or not worker.works,
            )
        )
    return probes
