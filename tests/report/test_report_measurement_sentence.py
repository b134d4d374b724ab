"""The verdicts in words."""

from dataclasses import replace

import pytest
from fakes import measurement

from antigil.report.measurement.sentence import sentence
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
            "Two threads are 1.8 to 4.0 times slower than one: each call takes 5.0 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.04, 0.04), width=0.02, inflation=50.0),
            "Two threads are 20 to 33 times slower than one: each call takes 50 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.4, 0.4), width=0.79, inflation=5.0),
            "Two threads are at least 1.3 times slower than one: each call takes 5.0 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.8, 0.8), width=0.5, inflation=2.5),
            "Two threads are up to 1.8 times slower than one: each call takes 2.5 times the CPU time",
        ),
        (
            measurement(0.0, gil=False, speedup=(1.0, 0.5, 0.52), width=0.98, cpus_allowed=16),
            "Four threads do not help, but whether they hurt cannot be told: they get 0.0 to 1.0 times",
        ),
        (
            measurement(1.0, 0.004, waiting=(0.0, 0.5, 0.7)),
            "Two threads get no more done than one (1.00 times as much): they wait for the GIL (in C, "
            "release it around what needs no Python objects; in Python, use processes, or a build without a "
            "GIL). It holds the GIL for 99% to 100% of its time: more",
        ),
        (
            measurement(0.0, waiting=(0.0, 0.3, 0.6), speedup=(1.0, 1.4, 1.4)),
            "Two threads get 1.40 times as much done as one, of a possible 2: threads wait for 30% of their "
            "time for what serves one at a time (a lock, or I/O; hold it for less",
        ),
        (
            measurement(0.7, waiting=(0.0, 0.3, 0.6), speedup=(1.0, 1.2, 1.3)),
            "Two threads get 1.20 times as much done as one, of a possible 1.5: they wait for the GIL",
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
            "time, and getting it back costs about 7 µs (release it around more work, or only above a size: "
            "below 8 µs a call, so many threads are slower than one)",
        ),
        (
            measurement(0.1, rate=50_000.0, speedup=(1.0, 1.4, 1.4), inflation=1.4, kernel=(0.0, 0.2, 0.2)),
            "Two threads get 1.40 times as much done as one, of a possible 2: each call releases the GIL "
            "for 18 µs or less at a time, and getting it back costs about 7 µs (release it around more "
            "work). It",
        ),
        (
            measurement(0.95, gil=False),
            "Two threads get no more done than one (1.00 times as much). The GIL is disabled, but calls stop "
            "all other threads for 94% to 96% of the time, as garbage collection does, which limits any "
            "number of threads to 1.0 to 1.1 times.",
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
            "Two threads are 1.7 times slower than one: one call alone keeps 2.0 of 2 CPUs busy with other "
            "threads (3 seen), and several compete for them (call it from one thread, or do the work in the",
        ),
        (
            measurement(0.0, own=(1, 0.015, 2), waiting=(0.2, 0.5, 0.5)),
            "Two threads get no more done than one (1.00 times as much): one call alone keeps 2.0 of 2 CPUs "
            "busy with other threads and processes, and several compete for them",
        ),
        (
            measurement(0.0, own=(0, 0.015, 2), waiting=(0.2, 0.5, 0.5)),
            "Two threads get no more done than one (1.00 times as much): one call alone keeps 2.0 of 2 CPUs "
            "busy with other processes, and several compete for them",
        ),
        (
            measurement(0.0, waiting=(0.0, 0.5, 0.6), least=0.01),
            "Two threads get no more done than one (1.00 times as much): threads wait for 50% of their time "
            "for what serves one at a time (a lock, or I/O; hold it for less, or give each thread its own); "
            "one thread does 99% of the work and another, which starves, 1.0%: whoever has",
        ),
        (
            measurement(
                0.0, waiting=(0.0, 0.5, 0.6), states=ThreadStates(2, 50, 0, 40, {"read": 5, "fsync": 20})
            ),
            "Two threads get no more done than one (1.00 times as much): threads wait for 50% of their time "
            "for what serves one at a time (a lock, fsync; hold it for less, or give each thread its own)",
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
        (measurement(0.05), "It releases the GIL (held for 3.7% to 6.3% of its time)."),
        (measurement(0.0, waiting=(0.0, 0.4, 0.6)), "threads wait for 40% of their time for what serves one"),
        (
            measurement(0.3, waiting=(0.0, 0.5, 0.7)),
            "of its time, which limits any number of threads to 3.2 to 3.5 times.",
        ),
        (
            measurement(0.0, waiting=ALONE, speedup=SCALES),
            "(held for 0% to 1.3% of its time); a call in one thread waits for 98% of its time (I/O, a "
            "sleep, or a lock).",
        ),
        (
            measurement(0.0, gil=False, waiting=ALONE, speedup=SCALES),
            "waits for it; a call in one thread waits for 98%",
        ),
        (
            measurement(1.0, waiting=ALONE),
            "will not get more done; a call in one thread waits for 98% of its time",
        ),
        (
            measurement(0.5, 0.2, waiting=ALONE),
            "or on a quieter machine; a call in one thread waits for 98% of its time",
        ),
        (measurement(1.0), "It holds the GIL for 99% to 100% of its time: more threads will not get"),
        (
            measurement(0.5),
            "for 49% to 51% of its time, which limits any number of threads to 1.9 to 2.1 times",
        ),
        (measurement(0.0, gil=False), "The GIL is disabled: no thread waits for it."),
        (measurement(0.5, 0.2), "too uncertain to judge"),
        (
            replace(measurement(0.4), gil_held=replace(measurement(0.4).gil_held, quantile99=63.7)),
            "The GIL-held share (8.2% to 72%) is too uncertain to judge",
        ),
        (measurement(0.105, 0.036), "for 1.2% to 20% of its time."),
    ],
)
def test_the_sentence_says_what_follows_from_the_held_share(measured, words):
    assert words in sentence(measured)


def test_of_many_things_that_are_waited_for_the_first_is_named():
    calls = {"read": 15, "write": 14, "fsync": 14, "poll": 14, "wait4": 14, "futex": 14}
    found = measurement(0.0, waiting=(0.0, 0.5, 0.6), states=ThreadStates(2, 85, calls=calls))
    assert "serves one at a time (read)" in sentence(found)
