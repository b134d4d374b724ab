"""What threads are seen waiting for from outside."""

import math
import os
import sys
import threading
import time

import pytest
from marks import needs_gil

from antigil.scaling import Plan, PointSample, Sample, ThreadStates
from antigil.scaling import thread_states as thread_states_module
from antigil.scaling.thread_states import (
    GIL_BYTES,
    SYSTEM_CALLS,
    Look,
    Watched,
    Watcher,
    gil_place,
    pool_states,
    states_of,
    watched_window,
)

GIL = 0x7F0000001000
SPANS = {7: (1.0, 2.0), 8: (1.5, 2.5)}


def seen(*looks):
    return states_of([Look(*look) for look in looks], Watched(SPANS, GIL), "x86_64")


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("running\n", ThreadStates(2, running=1)),
        ("202 0x7f0000001010 0x80 0x0 0x0 0x0 0x0 0x7ffe 0x7f00\n", ThreadStates(2, gil=1)),
        ("202 0x55aa00001010 0x80 0x0 0x0 0x0 0x0 0x7ffe 0x7f00\n", ThreadStates(2, lock=1)),
        ("0 0x3 0x7f00 0x10 0x0 0x0 0x0 0x7ffe 0x7f00\n", ThreadStates(2, calls={"read": 1})),
        ("-1 0x7ffe 0x7f00\n", ThreadStates(2, calls={"page fault": 1})),
        ("999 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f00\n", ThreadStates(2, calls={"system call 999": 1})),
    ],
)
def test_the_kernels_words_tell_what_a_thread_waits_for(words, state):
    assert seen((1.2, 7, words)) == state


def test_only_looks_within_a_threads_window_count():
    words = "running\n"
    assert seen((0.9, 7, words), (2.0, 7, words), (1.2, 8, words), (1.2, 9, words)).looks == 0
    assert seen((1.0, 7, words), (2.4, 8, words)).looks == 2


def test_what_several_processes_saw_adds_up():
    one = ThreadStates(2, 20, 3, 1, {"read": 2})
    assert pool_states([one, None, one]) == ThreadStates(2, 40, 6, 2, {"read": 4})


def test_a_few_looks_tell_nothing():
    assert pool_states([ThreadStates(2, 20), None]) is None
    assert pool_states([None]) is None


@pytest.fixture
def watched(monkeypatch, tmp_path):
    """Return what watches a window for a parent that looks, on two CPUs, and the windows that were run."""
    module, pipe, ran = thread_states_module, tmp_path / "watch", []
    pipe.touch()
    for name in ("cpus_allowed", "cores_allowed"):
        monkeypatch.setattr(module, name, lambda: 2)
    monkeypatch.setattr(module, "gil_enabled", lambda: True)
    monkeypatch.setattr(module, "gil_place", lambda: GIL)
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(module, "run_window", lambda *window, **options: ran.append((window, options)))

    def watch(*counts):
        points = {n: PointSample(100.0 * n, float(n), float(n), 0.0, 0.0) for n in (1, *counts)}
        return watched_window(None, Sample(points, 3, 0, disturbed=False), Plan(), pipe)

    watch.ran = ran
    return watch


@pytest.mark.parametrize(("counts", "threads", "is_pinned"), [((2, 4), 2, True), ((4, 8), 4, False)])
def test_the_threads_that_are_watched_have_a_cpu_of_their_own_if_there_are_enough(
    watched, counts, threads, is_pinned
):
    assert watched(*counts).gil == GIL
    ((_, run, *_), options) = watched.ran[0]
    assert run == threads
    assert (options["cpus"] is not None) is is_pinned


@pytest.mark.parametrize(
    ("machine", "place", "has_gil", "is_told"),
    [
        ("x86_64", GIL, True, True),
        ("aarch64", None, False, True),
        ("x86_64", None, True, False),
        ("riscv64", None, True, False),
        ("riscv64", None, False, False),
    ],
)
def test_nothing_is_told_of_waiting_where_the_gil_cannot_be_told_from_locks(
    monkeypatch, watched, machine, place, has_gil, is_told
):
    monkeypatch.setattr(thread_states_module.platform, "machine", lambda: machine)
    monkeypatch.setattr(thread_states_module, "gil_place", lambda: place)
    monkeypatch.setattr(thread_states_module, "gil_enabled", lambda: has_gil)
    assert (watched(2) is not None) is is_told
    assert len(watched.ran) == is_told


@pytest.mark.parametrize(
    ("places", "told"),
    [((GIL, GIL + 32), GIL), ((GIL, GIL + (1 << 20)), None), ((GIL, None), None), ((None, None), None)],
    ids=["glibc", "musl: each on its own stack", "one was not seen", "none was"],
)
def test_the_gil_has_a_place_where_two_threads_wait_for_it_at_one(monkeypatch, places, told):
    left = list(places)
    monkeypatch.setattr(thread_states_module.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(thread_states_module, "gil_enabled", lambda: True)
    monkeypatch.setattr(thread_states_module, "_futex_of", lambda thread, number: left.pop(0))
    assert gil_place() == told


if sys.platform == "linux":

    def test_every_known_machine_has_its_futex():
        assert all("futex" in names.values() for names in SYSTEM_CALLS.values())

    @needs_gil
    def test_the_gil_has_its_place_and_keeps_it():
        found, again = gil_place(), gil_place()
        assert found is not None
        assert again is not None
        assert abs(found - again) < GIL_BYTES

    def test_a_process_is_looked_at_as_long_as_it_asks():
        over = threading.Event()
        thread = threading.Thread(target=over.wait)
        thread.start()
        watched = {"spans": {str(thread.native_id): [0.0, math.inf]}, "gil": None}
        with Watcher() as watcher, open(watcher.pipe, "wb", buffering=0) as end:
            end.write(f"{os.getpid()}\n".encode())
            patience = time.monotonic() + 60
            while not watcher.states(watched).lock and time.monotonic() < patience:
                time.sleep(0.01)
            end.write(b"\n")
        over.set()
        thread.join()
        assert watcher.states(watched).lock > 0

    def test_a_process_that_never_asks_is_not_waited_for():
        with Watcher() as watcher:
            pass
        assert watcher.looks == []
