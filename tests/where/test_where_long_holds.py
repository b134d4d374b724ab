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
    exec("def call(): keep()", names)
    callers.append(names["call"])

watch = HoldWatch(0.02)
watch.start()
for _ in range(8):
    callers[-1]()
found = watch.stop()
print([hold.function.name for hold in found], flush=True)
"""


@pytest.mark.timing
@needs_gil
@pytest.mark.parametrize(
    "program", [AFTER_COLLECTING, AT_THE_START, ONE_AFTER_ANOTHER, CALLED_BY_CODE_THAT_SHARES_ITS_PLACE]
)
def test_a_hold_is_found_whatever_the_watch_did_when_it_began(sampler, program):
    # In a process of its own: the watch takes a signal, and keeps the main thread's place.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    # In one of the eight, another program may keep our thread from asking.
    assert done.stdout.count("sleep_for") >= 7
