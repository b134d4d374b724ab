"""The verdicts in words."""

from dataclasses import replace

import pytest
from fakes import measurement

from antigil.report.sentence import sentence
from antigil.scaling import ThreadStates

ALONE = (0.98, 0.98, 0.98)
SCALES = (1.0, 2.0, 4.0)


@pytest.mark.parametrize(
    ("measured", "start"),
    [
        (measurement(0.0, speedup=SCALES), "Two threads get 2.00 times as much done as one. It releases"),
        (
            measurement(0.0, speedup=SCALES, cpus_allowed=8),
            "Four threads get 4.00 times as much done as one. It releases",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.27, 0.2), inflation=7.3),
            "Two threads are 3.7 times slower than one: each call takes 7.3 times the CPU time (threads "
            "write to the same memory: reference counts of shared objects, or a shared counter; give each",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.4, 0.4), width=0.3, inflation=5.0),
            "Two threads are 1.8 to 4.0 times slower than one: each call takes 5 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.04, 0.04), width=0.02, inflation=50.0),
            "Two threads are 20 to 33 times slower than one: each call takes 50 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.4, 0.4), width=0.79, inflation=5.0),
            "Two threads are at least 1.3 times slower than one: each call takes 5 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.8, 0.8), width=0.5, inflation=2.5),
            "Two threads are up to 1.8 times slower than one: each call takes 2.5 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.5, 0.52), width=0.98, cpus_allowed=16),
            "Four threads are slower than one: ",
        ),
        (
            measurement(1.0, 0.004, waiting=(0.0, 0.5, 0.7)),
            "Two threads get no more done than one (1.00 times as much): they wait for the GIL (release "
            "it around what needs no Python objects). It holds the GIL for 99% to 100% of its time: more",
        ),
        (
            measurement(0.0, waiting=(0.0, 0.3, 0.6), speedup=(1.0, 1.4, 1.4)),
            "Two threads get 1.40 times as much done as one, of a possible 2: its threads wait for each "
            "other for 30% of their time (a lock, or I/O)",
        ),
        (
            measurement(0.0, speedup=(1.0, 1.4, 1.4), inflation=1.43),
            "Two threads get 1.40 times as much done as one, of a possible 2: each call takes 1.4 times "
            "the CPU time (threads share the memory's bandwidth",
        ),
        (
            measurement(0.0, speedup=(1.0, 1.4, 1.4), width=1.1),
            "Whether threads help cannot be told: two threads get 0.8 to 1.9 times as much done as one (too",
        ),
        (
            measurement(0.0, speedup=(1.0, 1.6, 1.6), width=0.8),
            "Two threads help, but how much cannot be told: they get 1.2 to 2.0 times as much done as one (",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.8, 0.8), width=0.59, cpus_allowed=2),
            "Two threads do not help, but whether they hurt cannot be told: they get 0.5 to 1.1 times",
        ),
        (
            measurement(0.0, speedup=(1.0, 1.4, 1.4), queued=(0.5, 0.5, 0.6)),
            "Whether threads help cannot be told: two threads get 0.8 to 1.4 times as much done as one (",
        ),
        (
            measurement(0.25, rate=500_000.0, speedup=(1.0, 0.4, 0.4), inflation=4.5, kernel=(0.0, 0.6, 0.6)),
            "Two threads are 2.5 times slower than one: each call releases the GIL for 1.5 µs or less at a "
            "time, and getting it back costs about 8 µs (release it around more work, or only above a size: "
            "below 8 µs a call, so many threads are slower than one)",
        ),
        (
            measurement(0.1, rate=50_000.0, speedup=(1.0, 1.4, 1.4), inflation=1.4, kernel=(0.0, 0.2, 0.2)),
            "Two threads get 1.40 times as much done as one, of a possible 2: each call releases the GIL "
            "for 18 µs or less at a time, and getting it back costs about 9 µs (release it around more "
            "work). It",
        ),
        (
            measurement(0.95, gil=False),
            "Two threads get no more done than one (1.00 times as much). The GIL is disabled, but calls stop "
            "all other threads for 94% to 96% of the time, as garbage collection does: at best 1.0 to 1.1 "
            "times as fast on any machine.",
        ),
        (
            measurement(0.05, gil=False, speedup=(1.0, 1.95, 1.95)),
            "Two threads get 1.95 times as much done as one. The GIL is disabled: no thread waits for it.",
        ),
        (
            replace(measurement(0.0), host=replace(measurement(0.0).host, cores_alike=1)),
            "Whether threads help cannot be told with one core of a kind. ",
        ),
        (
            measurement(0.0, own=(3, 0.015), speedup=(1.0, 0.6, 0.5), waiting=(0.2, 0.5, 0.5)),
            "Two threads are 1.7 times slower than one: each call has threads of its own at work (3 seen): "
            "one call alone keeps 2.0 of 2 CPUs busy, and several compete for them",
        ),
        (
            measurement(0.0, own=(1, 0.015, 2), waiting=(0.2, 0.5, 0.5)),
            "Two threads get no more done than one (1.00 times as much): each call has threads and processes "
            "of its own at work: one call alone keeps 2.0 of 2 CPUs busy, and several compete for them "
            "(limit a call to one of them, or call it from one thread)",
        ),
        (
            measurement(0.0, own=(0, 0.015, 2), waiting=(0.2, 0.5, 0.5)),
            "Two threads get no more done than one (1.00 times as much): each call has processes of its own "
            "at work: one call alone keeps 2.0 of 2 CPUs busy, and several compete for them (limit a call to "
            "one of them, or call it from one thread)",
        ),
        (
            measurement(0.0, waiting=(0.0, 0.5, 0.6), least=0.01),
            "Two threads get no more done than one (1.00 times as much): one thread does 99% of the work and "
            "another 1.0%: it starves",
        ),
        (
            measurement(
                0.0, waiting=(0.0, 0.5, 0.6), states=ThreadStates(2, 50, 0, 40, {"read": 5, "fsync": 20})
            ),
            "Two threads get no more done than one (1.00 times as much): its threads wait for each other for "
            "50% of their time (a lock, fsync)",
        ),
        (measurement(0.0, cpus_allowed=1), "Whether threads help cannot be told with one CPU"),
    ],
)
def test_the_sentence_begins_with_whether_threads_help_and_what_stops_them(measured, start):
    assert sentence(measured).startswith(start)


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (measurement(0.0), "It releases the GIL (held for 0% to 1.3% of its time)."),
        (measurement(0.05), "3.7% to 6.3% of its time; at best 16 to 27 times as fast on any machine)"),
        (measurement(0.03, 0.01), "at best 18 or more times as fast on any machine"),
        (measurement(0.0, waiting=(0.0, 0.4, 0.6)), "its threads wait for each other for 40% of their time"),
        (
            measurement(0.3, waiting=(0.0, 0.5, 0.7)),
            "at best 3.2 to 3.5 times as fast, whatever the threads and the machine.",
        ),
        (
            measurement(0.0, waiting=ALONE, speedup=SCALES),
            "(held for 0% to 1.3% of its time); one thread alone waits for 98% of its time (I/O, or a lock).",
        ),
        (
            measurement(0.0, gil=False, waiting=ALONE, speedup=SCALES),
            "waits for it; one thread alone waits for 98%",
        ),
        (
            measurement(1.0, waiting=ALONE),
            "will not make it faster; one thread alone waits for 98% of its time",
        ),
        (
            measurement(0.5, 0.2, waiting=ALONE),
            "or on a quieter machine; one thread alone waits for 98% of its time",
        ),
        (measurement(1.0), "It holds the GIL for 99% to 100% of its time: more threads will not make it"),
        (
            measurement(0.5),
            "for 49% to 51% of its time: at best 1.9 to 2.1 times as fast, whatever",
        ),
        (measurement(0.0, gil=False), "The GIL is disabled: no thread waits for it."),
        (measurement(0.5, 0.2), "too uncertain to judge"),
        (measurement(0.105, 0.036), "for 1.2% to 20% of its time."),
    ],
)
def test_the_sentence_says_what_follows_from_the_held_share(measured, words):
    assert words in sentence(measured)
