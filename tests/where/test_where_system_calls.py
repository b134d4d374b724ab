"""What a thread does in one long call into the kernel counts for as long as it takes.

A signal reaches its handler only where such a call returns.
"""

import math
from time import perf_counter, thread_time

import pytest
from marks import needs_gil
from once_more import once_more
from raw import told

from antigil.where import where

TOLERANCE = 0.03
Z99 = 2.5758

SPIN = """
def spin():
    for i in range({steps}): pass
"""
READING = """
import ctypes, os
size = 96 << 20
file = os.memfd_create("long")
os.ftruncate(file, size)
buffer = bytearray(size)
read_keeping = ctypes.PyDLL(None).pread
read_keeping.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
address = ctypes.addressof((ctypes.c_char * size).from_buffer(buffer))
"""


def sampled(first, then, setup, clock):
    """Return what is found of a workload, and its first half's share by clocks, before and afterwards."""
    names = {}
    exec(setup, names)
    eval(then, names)  # memory is given when it is first written to
    before = share_of(first, then, names, clock)
    found = where(f"{first}; {then}", setup, 1, budget=3, processes=4)
    return found, [before, share_of(first, then, names, clock)]


def share_of(first, then, names, clock):
    """Return how much of its time a workload spends in the first of two expressions, by clocks."""
    spent = [0.0, 0.0]
    for _ in range(6):
        before = thread_time()  # whoever takes the CPU meanwhile does not count
        eval(first, names)
        spent[0] += thread_time() - before
        before = clock()
        eval(then, names)
        spent[1] += clock() - before
    return spent[0] / sum(spent)


def assert_between(share, bounds, samples):
    errors = [(share.ci99[1] - share.value) / Z99, *(math.sqrt(one * (1 - one) / samples) for one in bounds)]
    margin = TOLERANCE + 3 * max(errors)
    assert min(bounds) - margin <= share.value <= max(bounds) + margin, (share, bounds)


@pytest.mark.timing
@needs_gil
@once_more
def test_a_long_system_call_that_releases_the_gil_counts_as_released(sampler):
    setup, call = READING + SPIN.format(steps=800_000), "os.preadv(file, [buffer], 0)"

    found, shares = sampled("spin()", call, setup, thread_time)

    assert_between(found.held.total, shares, found.held.samples)


@pytest.mark.timing
@needs_gil
@once_more
def test_a_long_system_call_that_keeps_the_gil_counts_as_held(sampler):
    setup, call = READING + SPIN.format(steps=400_000), "read_keeping(file, address, size, 0)"

    found, shares = sampled("spin()", call, setup, thread_time)

    (spun,) = [one for one in found.held.parts if one.function.name == "spin"]
    assert found.held.total.value > 0.95
    assert_between(spun.share, shares, found.held.samples)


@pytest.mark.timing
@needs_gil
@once_more
def test_a_sleep_that_no_signal_ends_counts_for_all_of_its_time(known):
    setup, call = known + SPIN.format(steps=400_000), "_known.deep(50_000)"

    found, shares = sampled("spin()", call, setup, perf_counter)

    assert_between(found.held.total, shares, found.held.samples)
    assert found.waiting.samples > 50


BLOCKING = """
import signal, time
from antigil.where.records import QUEUED

_sampler.enrol()
_sampler.start(signal.SIGPROF, 1e-3, 7, 1.0, 1 << 28)
for _ in range(8):
    signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGPROF}})
    {sleep}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {{signal.SIGPROF}})
_sampler.stop()
samples = list(read_records(_sampler.drain(), _sampler.REGISTERS, codes))
tell([sum(one.slept for one in samples), sum(one.kind == QUEUED for one in samples)])
"""


@pytest.mark.parametrize(("sleep", "counts"), [("time.sleep(0.05)", False), ("_known.deep(50_000)", True)])
def test_a_thread_that_blocks_the_signal_counts_only_in_a_sleep_that_nothing_ends(known, sleep, counts):
    slept, left_out = told(f"{known}\n{BLOCKING.format(sleep=sleep)}")

    assert slept + left_out > 10
    assert (slept > left_out) == counts
