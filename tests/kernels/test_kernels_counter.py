"""The shared counter: its count is exact, whoever adds to it, however."""

import gc
import re
import subprocess
import sys
import threading

import pytest

from antigil.kernels import SharedCounter

PLACES = ["lock", "atomic", "slots"]
FORMS = ["add_holding", "add_releasing"]
N_THREADS = 8


@pytest.fixture(params=PLACES)
def place(request):
    return request.param


def run_threads(targets):
    """Run each target in a thread of its own, all at the same time."""
    start = threading.Barrier(len(targets))

    def run(target):
        start.wait()
        target()

    threads = [threading.Thread(target=run, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread never came back"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_slots", [N_THREADS, 1])
def test_the_count_of_many_threads_is_exact(place, form, n_slots):
    """With a slot for each, and with all in one."""
    counter = SharedCounter(place, n_slots)
    add = getattr(counter, form)

    def adder(thread):
        def count():
            for _ in range(100):
                add(5000, slot=thread % n_slots)

        return count

    run_threads([adder(thread) for thread in range(N_THREADS)])
    assert counter.count == N_THREADS * 100 * 5000


def test_both_forms_at_once_neither_block_nor_lose(place):
    """A thread may wait for the lock while it holds the GIL: no one waits the other way round."""
    counter = SharedCounter(place, 2)

    def adder(form):
        def count():
            for _ in range(200):
                getattr(counter, form)(1000)
                assert counter.count >= 1000

        return count

    run_threads([adder(FORMS[thread % 2]) for thread in range(N_THREADS)])
    assert counter.count == N_THREADS * 200 * 1000


def test_a_count_is_the_sum_of_all_slots():
    counter = SharedCounter(place="slots", slots=4)
    for slot in range(4):
        counter.add_holding(times=10**slot, slot=slot)
    assert counter.count == 1111


def test_every_place_takes_the_same_slots(place):
    counter = SharedCounter(place, 3)
    assert counter.count == 0
    counter.add_releasing(0, 2)
    counter.add_releasing(5, 2)
    counter.add_holding(5)
    assert counter.count == 10


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("heap",), ValueError, "place must be 'lock', 'atomic' or 'slots', not 'heap'"),
        ((b"lock",), TypeError, "place must be a str, not bytes"),
        (("lock", 0), ValueError, "slots must be at least 1"),
        (("slots", -1), ValueError, "slots must not be negative"),
        (("slots", 4097), OverflowError, "slots must be at most 4096"),
        (("slots", 1.0), TypeError, "slots must be an integer, not float"),
    ],
)
def test_a_bad_counter_is_refused(arguments, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        SharedCounter(*arguments)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1,), ValueError, "times must not be negative"),
        ((2**63,), OverflowError, "times must be at most 9223372036854775807"),
        (("1",), TypeError, "times must be an integer, not str"),
        ((1, -1), ValueError, "slot must not be negative"),
        ((1, 2), OverflowError, "slot must be at most 1"),
        ((1, 0.0), TypeError, "slot must be an integer, not float"),
    ],
)
def test_a_bad_addition_is_refused_and_counts_nothing(place, form, arguments, error, message):
    counter = SharedCounter(place, 2)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        getattr(counter, form)(*arguments)
    assert counter.count == 0


def test_the_count_cannot_be_set(place):
    with pytest.raises(AttributeError):
        SharedCounter(place).count = 1


def test_the_type_is_final():
    with pytest.raises(TypeError):
        type("Sub", (SharedCounter,), {})
    with pytest.raises(TypeError):
        SharedCounter.add_holding = None


def test_the_garbage_collector_sees_a_counter_and_its_type():
    counter = SharedCounter("lock")
    assert gc.is_tracked(counter)
    assert SharedCounter in gc.get_referents(counter)


def test_a_counter_gives_its_type_back():
    before = sys.getrefcount(SharedCounter)
    for _ in range(1000):
        SharedCounter("atomic")
    assert sys.getrefcount(SharedCounter) - before < 100


MEMORY = """
import resource
from antigil.kernels import SharedCounter

def peak(times):
    for _ in range(times):
        SharedCounter("slots", 512).add_holding(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

peak(100)
print(peak(100), peak(5000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no getrusage")
def test_a_counter_gives_its_memory_back():
    """Five thousand counters of 64 KiB, one after the other, need no more memory than a hundred."""
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    few, many = map(int, run.stdout.split())
    assert many < 2 * few
