"""What threads are seen waiting for from outside."""

import math
import os
import sys
import threading
import time

import pytest
from marks import needs_gil

from antigil.scaling import ThreadStates
from antigil.scaling.thread_states import (
    GIL_BYTES,
    SYSTEM_CALLS,
    Look,
    Watched,
    Watcher,
    gil_place,
    pool_states,
    states_of,
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
