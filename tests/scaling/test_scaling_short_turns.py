"""Calls that sleep now and then: whoever looks at them has the CPU as soon as it wakes up, or another one."""

import itertools
import os
import platform
import threading
from time import perf_counter, sleep, thread_time

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more

from antigil.scaling import FunctionWorkload, ThreadMeter, probe_gil
from antigil.scaling import threads as threads_module
from antigil.scaling.held_share import watch as watch_module
from antigil.scaling.threads import take_short_turns

FIRST_RELEASE = (6, 12)  # of Linux with slices that a thread may choose


def in_a_thread(function):
    """Return what a function returns in a thread of its own, which ends with what it set."""
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


class Naps:
    """Holds the GIL for some work, then sleeps; knows for which share of its time it held it.

    It notes that seldom, as this takes the GIL, too.
    """

    def __init__(self, steps, seconds):
        self.steps, self.seconds = steps, seconds
        self.held, self.next, self.notes = 0.0, 0.0, []

    def __call__(self):
        """Work, and sleep."""
        if perf_counter() >= self.next:
            self.notes.append((self.held, unqueued_seconds()))
            self.next = perf_counter() + 0.05
        before = thread_time()
        for _ in range(self.steps):
            pass
        self.held += thread_time() - before
        sleep(self.seconds)

    @property
    def share(self):
        """The share of its time for which it had the GIL."""
        (held, start), (more, end) = self.notes[0], self.notes[-1]
        return (more - held) / (end - start)


def unqueued_seconds():
    """Return the time, less what this thread stood in the run queue."""
    with ThreadMeter() as meter:
        return perf_counter() - (meter.read().queued or 0.0)


NAPS = [(20_000, 0.001), (3_000, 1e-4)]


def assert_seen(naps):
    naps()
    found = probe_gil(FunctionWorkload(naps), 1.2)
    assert abs(found.share - naps.share) <= 0.2 * naps.share + 4 * found.standard_error


@pytest.mark.timing
@needs_gil
@pytest.mark.parametrize(("steps", "seconds"), NAPS)
@once_more
def test_the_probe_sees_holds_between_sleeps(steps, seconds):
    assert_seen(Naps(steps, seconds))


@pytest.mark.timing
@needs_gil
@needs_two_cpus
@pytest.mark.parametrize(("steps", "seconds"), NAPS)
@once_more
def test_where_turns_stay_long_the_probe_goes_to_another_cpu(steps, seconds, monkeypatch):
    monkeypatch.setattr(watch_module, "take_short_turns", lambda: False)
    assert_seen(Naps(steps, seconds))


if hasattr(os, "sched_setaffinity"):  # Linux

    @needs_two_cpus
    @pytest.mark.parametrize("short", [True, False])
    @pytest.mark.parametrize("sleeps", [0, 1, 1000])
    def test_it_leaves_its_cpu_only_to_a_worker_that_sleeps_and_for_want_of_short_turns(
        short, sleeps, monkeypatch
    ):
        monkeypatch.setattr(watch_module, "take_short_turns", lambda: short)
        cpus, over = sorted(os.sched_getaffinity(0)), threading.Event()

        def work():
            for done in itertools.count():
                if over.is_set():
                    return
                if done < sleeps:
                    sleep(0.005)

        def look():
            os.sched_setaffinity(0, cpus[:1])
            with watch_module.Watch(worker, cpus[1:]) as watch:
                for _ in range(15):
                    watch.look(0.003)
            return sorted(os.sched_getaffinity(0))

        worker = threading.Thread(target=work)
        worker.start()
        try:
            assert in_a_thread(look) == (cpus[1:] if sleeps > 1 and not short else cpus[:1])
        finally:
            over.set()
            worker.join()

    def release():
        """Return the kernel's version, as two numbers."""
        return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])

    def test_turns_are_short_where_the_kernel_can_and_nothing_else_changes(monkeypatch, tmp_path):
        monkeypatch.setattr(threads_module, "OTHER_SCHEDULER", tmp_path / "none")

        def take():
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + 3)
            before = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)
            taken = take_short_turns(), take_short_turns()
            return taken, before == (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0))

        known = platform.machine() in ("x86_64", "aarch64") and release() >= FIRST_RELEASE
        usual = os.sched_getscheduler(0) == os.SCHED_OTHER
        assert in_a_thread(take) == ((known and usual,) * 2, True)

    # Who has begun as SCHED_IDLE may not become another without a privilege.
    @pytest.mark.parametrize("policy", {os.SCHED_IDLE, os.sched_getscheduler(0) or os.SCHED_BATCH})
    def test_a_thread_of_another_policy_is_left_alone(policy):
        """Who wakes up with one of these takes the CPU from nobody."""

        def take():
            os.sched_setscheduler(0, policy, os.sched_param(0))
            return take_short_turns(), os.sched_getscheduler(0)

        assert in_a_thread(take) == (False, policy)

    def test_a_scheduler_that_was_loaded_need_not_know_of_slices(monkeypatch, tmp_path):
        state = tmp_path / "state"
        monkeypatch.setattr(threads_module, "OTHER_SCHEDULER", state)
        before = in_a_thread(take_short_turns)
        found = {}
        for word in ("enabled", "disabled"):
            state.write_text(f"{word}\n")
            found[word] = in_a_thread(take_short_turns)

        assert found == {"enabled": False, "disabled": before}


def test_elsewhere_turns_are_as_they_are(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert not take_short_turns()
