"""Calls that keep the GIL for long are found, whatever our thread did when they began."""

import subprocess
import sys

import pytest
from marks import needs_gil

AFTER_COLLECTING = """
import time
from antigil.kernels import sleep_holding
from antigil.where.long_holds import HoldWatch

watch = HoldWatch(0.02)
watch.start()
for i in range(8):
    sleep_holding(0.15)
    time.sleep(0.03)
    watch.collect()
    time.sleep(i / 1000)
found = watch.stop()
print([hold.function.name for hold in found], flush=True)
"""
AT_THE_START = """
from antigil.kernels import sleep_holding
from antigil.where.long_holds import HoldWatch

found = []
for _ in range(8):
    watch = HoldWatch(0.02)
    watch.start()
    sleep_holding(0.15)
    found += watch.stop()
print([hold.function.name for hold in found], flush=True)
"""
ONE_AFTER_ANOTHER = """
from antigil.kernels import sleep_holding
from antigil.where.long_holds import HoldWatch

watch = HoldWatch(0.02)
watch.start()
for _ in range(8):
    sleep_holding(0.15)
found = watch.stop()
print([hold.function.name for hold in found], flush=True)
"""
CALLED_BY_CODE_THAT_SHARES_ITS_PLACE = """
from antigil.kernels import sleep_holding
from antigil.where.long_holds import HoldWatch

def place(function):
    return id(function.__code__) >> 4 & 1023  # in the sampler's memory of code objects

def keep():
    sleep_holding(0.15)

callers = []
while not callers or place(callers[-1]) != place(keep):
    names = {"keep": keep}
    exec("def call():" + " a = 1;" * (len(callers) % 16) + " keep()", names)  # of all sizes
    callers.append(names["call"])

watch = HoldWatch(0.02)
watch.start()
for _ in range(8):
    callers[-1]()
found = watch.stop()
print([hold.function.name for hold in found], flush=True)
"""
SHORT = """
import time
from antigil.kernels import sleep_holding
from antigil.where.long_holds import HoldWatch

watch = HoldWatch(0.005)
watch.start()
for _ in range(8):
    sleep_holding(0.03)
    time.sleep(0.01)
found = watch.stop()
print([hold.function.name for hold in found], flush=True)
"""
NOW_AND_THEN_RELEASED = """
import time
from antigil.kernels import serial_fraction, sleep_holding
from antigil.where.long_holds import HoldWatch

start = time.monotonic()
serial_fraction(100_000, 0.9)
steps = int(100_000 * 0.3 / (time.monotonic() - start))
watch = HoldWatch(0.02)
watch.start()
for _ in range(4):
    serial_fraction(steps, 0.9, steps // 100)  # 2.7 ms held, and 0.3 ms released
sleep_holding(0.15)
found = watch.stop()
print([hold.function.name for hold in found], flush=True)
"""
COLLECTED = """
import gc
from antigil.where.long_holds import HoldWatch

kept = [[{i: i}] for i in range(400_000)]
watch = HoldWatch(0.02)
watch.start()
for _ in range(8):
    gc.set_threshold(700, 2, 2)
    more = [[{i: i}] for i in range(len(kept) // 2)]  # a whole collection comes after a quarter as many again
    gc.set_threshold(0)
    del more
gc.collect()
found = watch.stop()
print([(hold.function.name, hold.called_from.rpartition(":")[2]) for hold in found], flush=True)
"""


@pytest.mark.timing
@needs_gil
@pytest.mark.parametrize(
    "program",
    [AFTER_COLLECTING, AT_THE_START, ONE_AFTER_ANOTHER, SHORT, CALLED_BY_CODE_THAT_SHARES_ITS_PLACE],
)
def test_a_hold_is_found_whatever_the_watch_did_when_it_began(sampler, program):
    # In a process of its own: the watch takes a signal, and keeps the main thread's place.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    # In one of the eight, another program may keep our thread from asking.
    assert done.stdout.count("sleep_for") >= 7


@pytest.mark.timing
@needs_gil
def test_what_the_garbage_collector_takes_is_told_as_its_own(sampler):
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "('garbage collection', '10')" in done.stdout
    assert "('gc.collect', '13')" in done.stdout


@pytest.mark.timing
@needs_gil
def test_a_long_call_that_releases_the_gil_now_and_then_does_not_keep_it(sampler):
    done = subprocess.run(
        [sys.executable, "-c", NOW_AND_THEN_RELEASED], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout, done.stderr) == ("['sleep_for']\n", "")
