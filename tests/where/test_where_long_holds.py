"""Calls that keep the GIL for long are found, whatever our thread did when they began."""

import subprocess
import sys

import pytest
from marks import needs_gil

HOLDS = """
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
"""In a process of its own: the watch takes a signal, and keeps the main thread's place."""


@pytest.mark.timing
@needs_gil
def test_a_hold_right_after_what_was_seen_is_collected_is_found_too(sampler):
    done = subprocess.run(
        [sys.executable, "-c", HOLDS], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.count("sleep_for") >= 7
    )  # in one of eight, another program may keep our thread from asking
