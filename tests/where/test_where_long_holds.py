"""Calls that keep the GIL for long are found, whatever our thread did when they began."""

import json
import subprocess
import sys

import pytest
from marks import needs_gil
from once_more import once_more

pytestmark = [pytest.mark.timing, needs_gil]

PROGRAM = """
import gc, json, time
from antigil.kernels import serial_fraction, sleep_holding
from antigil.where.long_holds import HoldWatch
{before}
watch = HoldWatch({limit})
watch.start()
{watched}
print(json.dumps([hold.function.name for hold in watch.stop()]), flush=True)
"""
COLLECTING = """
def collecting(watch):
    for i in range(8):
        sleep_holding(0.15)
        time.sleep(0.03)
        watch.collect()
        time.sleep(i / 1000)
"""
SHARING_A_PLACE = """
def place(function):
    return id(function.__code__) >> 4 & 1023  # in the sampler's memory of code objects

def keep():
    sleep_holding(0.15)

callers = []
while not callers or place(callers[-1]) != place(keep):
    names = {"keep": keep}
    exec("def call():" + " a = 1;" * (len(callers) % 16) + " keep()", names)  # of all sizes
    callers.append(names["call"])
"""
ALLOCATING = """
kept = [[{i: i}] for i in range(400_000)]

def allocate():
    gc.set_threshold(700, 2, 2)
    more = [[{i: i}] for i in range(len(kept) // 2)]  # a whole collection comes after a quarter as many again
    gc.set_threshold(0)
"""
RELEASING = """
start = time.monotonic()
serial_fraction(100_000, 0.9)
steps = int(100_000 * 0.3 / (time.monotonic() - start))

def release_now_and_then():
    serial_fraction(steps, 0.9, steps // 100)  # 2.7 ms held, and 0.3 ms released
"""


def found(watched, before="", *, limit=0.02):
    """Return the names that a watch finds, in a process of its own: it takes a signal."""
    program = PROGRAM.format(before=before, limit=limit, watched=watched)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "options",
    [
        {"watched": "for _ in range(8): sleep_holding(0.15)"},
        {"watched": "collecting(watch)", "before": COLLECTING},
        {"watched": "for _ in range(8): sleep_holding(0.03); time.sleep(0.01)", "limit": 0.005},
        {"watched": "for _ in range(8): callers[-1]()", "before": SHARING_A_PLACE},
    ],
    ids=["one after another", "after collecting", "short", "sharing a place"],
)
@once_more  # other programs may keep our thread from asking, for longer than one of the eight
def test_a_hold_is_found_whatever_the_watch_did_when_it_began(sampler, options):
    assert found(**options).count("sleep_for") >= 7


@once_more
def test_what_the_garbage_collector_takes_is_told_as_its_own(sampler):
    told = found("for _ in range(8): allocate(); gc.collect()", ALLOCATING)

    assert "garbage collection" in told  # beside the end of what was allocated, which takes long as well
    assert told.count("gc.collect") >= 7


@once_more
def test_a_long_call_that_releases_the_gil_now_and_then_does_not_keep_it(sampler):
    watched = "for _ in range(4): release_now_and_then()\nfor _ in range(8): sleep_holding(0.15)"

    told = found(watched, RELEASING)

    assert set(told) <= {"sleep_for", "serial_fraction"}
    assert told.count("sleep_for") >= 7
    # A machine that stands still makes one of the 400 times in which it is held as long as that.
    assert told.count("serial_fraction") <= 1


FRAMES = """
import json
from antigil.kernels import sleep_holding
from antigil.where.long_holds import HoldWatch

def keep():
    sleep_holding(0.15)

found = []
for _ in range(8):
    watch = HoldWatch(0.02)
    watch.start()
    keep()
    found.append([f"{hold.function.name} from {hold.called_from}" for hold in watch.stop()])
print(json.dumps(found))
"""


@once_more
def test_each_watch_in_a_process_tells_the_line_of_python(sampler, tmp_path):
    """The sampler describes code to the first one only. What each sees begins as soon as it watches."""
    file = tmp_path / "keeps.py"
    file.write_text(FRAMES)

    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert len(told) == 8
    alone = [one[0] for one in told if len(one) == 1]
    assert sum(one.startswith("sleep_for from ") and "keeps.py:7" in one for one in alone) >= 7, told


SHORTER = """
def shorter_than_the_limit(watch):
    while not watch.has_seen:
        sleep_holding(0.28)
    watch.collect()
    assert not watch.has_seen
"""


def test_what_was_sampled_is_to_be_collected_where_no_call_took_long_enough(sampler):
    """Else the memory for samples would be full at some time."""
    assert set(found("shorter_than_the_limit(watch)", SHORTER, limit=0.3)) <= {"sleep_for"}


STOPPING = """
import time
from antigil.where.long_holds import HoldWatch

watch = HoldWatch(60)
watch.start()
start = time.monotonic()
watch.stop()
print(time.monotonic() - start)
"""


def test_to_stop_takes_no_longer_where_calls_may_keep_the_gil_for_a_minute(sampler):
    done = subprocess.run([sys.executable, "-c", STOPPING], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) < 2.0
