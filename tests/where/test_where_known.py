"""Shares by function are what the functions were made to take.

A share may be off by 0.02 and three standard errors: one standard error is the 99 % margin over 2.58 at most.
"""

import functools
import math
from time import perf_counter, sleep, thread_time

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more

from antigil.doctor.readers import short_turns
from antigil.scaling import ThreadMeter, gil_enabled
from antigil.where import where

TOLERANCE = 0.02
Z99 = 2.5758

#: Nothing grows where a busy program hardly lets two threads run at once; what holds the GIL does so anyhow.
alone_without_gil = (lambda test: test) if gil_enabled() else pytest.mark.timing


def part(loss, name):
    """Return a function's share of a loss, and its standard error."""
    found = [one for one in loss.parts if one.function.name == name]
    value = sum(one.share.value for one in found)
    error = math.sqrt(value * (1.0 - value) / max(1, loss.samples))
    margins = [(one.share.ci99[1] - one.share.value) / Z99 for one in found]
    return value, max([error, *margins])


def assert_near(loss, name, expected):
    value, error = part(loss, name)
    assert abs(value - expected) <= TOLERANCE + 3 * error, (name, value, error)


def first_of(loss):
    """Return the largest part; that there is none fails, and may be tried again."""
    assert loss.parts
    return loss.parts[0]


def add_up(loss):
    return sum(one.share.value for one in loss.parts)


@functools.cache
def sampled_split(known):
    return where("_known.split(75, 20, 5, 300)", known, 2, budget=6)


@pytest.fixture
def split(known):
    return sampled_split(known)


@pytest.mark.timing
@needs_gil
@once_more
def test_the_held_share_divides_as_the_work_does(known):
    """Of 400 units of work, 75, 20 and 5 are done with the GIL held."""
    sampled_split.cache_clear()

    held = sampled_split(known).held

    assert_near(held, "parse_header", 75 / 400)
    assert_near(held, "build_result", 20 / 400)
    assert_near(held, "check_sum", 5 / 400)


@pytest.mark.timing
@needs_gil
def test_a_function_that_runs_with_the_gil_released_never_holds_it(split):
    assert part(split.held, "decode")[0] == 0.0


@pytest.mark.timing
@needs_gil
def test_the_parts_name_source_and_caller(split):
    first = split.held.parts[0]

    assert str(first.function) == "parse_header"
    assert first.entry_point == "_known.split"
    assert (first.python.file, first.python.line) == ("<statement>", 1)
    file, line = first.source
    assert file.endswith("_known.c")
    assert 0 < line < 60


@pytest.mark.timing
def test_the_parts_of_each_loss_add_up(split):
    for loss in (split.held, split.waiting, split.inflation):
        assert add_up(loss) == pytest.approx(loss.total.value, abs=1e-6)


@alone_without_gil
@needs_two_cpus
@once_more
def test_a_library_without_names_is_told_by_what_python_calls(build_known):
    """Its functions are told by where they begin, or as near to the exported one before them."""
    stripped = build_known("-s", "-fvisibility=hidden")
    holds, grows = ("split", "75, 20, 5, 300"), ("count", "'hits', 20000")
    name, arguments = holds if gil_enabled() else grows

    found = where(f"_known.{name}({arguments})", stripped, 2, budget=3, processes=2)

    loss = found.held if found.host.gil else found.inflation
    told = [one for one in loss.parts if one.function.library == "_known.so" and one.samples > 5]
    assert {one.entry_point for one in told} == {f"_known.{name}"}
    assert all(one.function.nearest or "function at 0x" in one.function.name for one in told)
    assert any("without strip" in hint for hint in found.hints)


@pytest.mark.timing
@once_more
def test_waiting_for_a_mutex_is_told_with_the_function_that_waits(known):
    found = where("_known.under_mutex(100)", known, 2, budget=2, processes=4)

    first = first_of(found.waiting)
    assert (str(first.function), first.reason) == ("update_index", "a C or C++ mutex")
    assert first.share.value > 0.9 * found.waiting.total.value


@needs_gil
@once_more
def test_waiting_for_the_gil_is_told_as_that(known):
    found = where("_known.split(300, 0, 0, 100)", known, 2, budget=4)

    assert first_of(found.waiting).reason == "the GIL"


if not gil_enabled():

    @once_more
    def test_waiting_for_an_objects_lock_is_told_as_a_critical_section(known):
        found = where("_known.under_object(100)", known, 2, budget=4)

        first = first_of(found.waiting)
        assert (str(first.function), first.reason) == ("under_object", "a critical section")


@once_more
def test_sleep_is_told_as_sleep(sampler):
    found = where("time.sleep(0.002)", "import time", 2, budget=2, processes=2)

    first = first_of(found.waiting)
    assert first.reason == "sleep"
    assert first.share.value > 0.9 * found.waiting.total.value > 0.3


def unqueued_seconds(meter):
    """Return the time, less what this thread stood in the run queue."""
    return perf_counter() - (meter.read().queued or 0.0)


if short_turns():  # elsewhere who wakes up waits until who has the CPU sleeps

    @needs_gil
    @once_more
    def test_what_is_held_between_sleeps_is_seen(sampler):
        setup = "import time\ndef spin():\n    for i in range(20000): pass"
        names = {}
        exec(setup, names)
        spent = {"spin": 0.0, "sleep": 0.0}
        with ThreadMeter() as meter:
            for _ in range(300):
                before = thread_time()  # whoever takes the CPU meanwhile does not count
                names["spin"]()
                spent["spin"] += thread_time() - before
                between = unqueued_seconds(meter)
                sleep(0.001)
                spent["sleep"] += unqueued_seconds(meter) - between

        found = where("spin(); time.sleep(0.001)", setup, 2, budget=4)

        expected = spent["spin"] / sum(spent.values())
        value, error = part(found.held, "spin")
        assert abs(value - expected) <= 0.25 * expected + TOLERANCE + 3 * error


@pytest.mark.timing
@needs_two_cpus
@once_more
def test_a_shared_count_is_what_grows_with_threads(known):
    found = where("_known.count('hits', 20000)", known, 2, budget=3, processes=4)

    grown = [one for one in found.inflation.parts if one.function.library]
    assert grown
    assert str(grown[0].function) == "count_hits"
    assert grown[0].reason == "atomics"


@needs_gil
@once_more
def test_functions_that_a_threads_set_up_defines_are_told_with_its_lines(sampler):
    thread_setup = "n = 5_000\ntotal = lambda: sum(i * i for i in range(n))"

    found = where("total()", thread_setup=thread_setup, threads=2, budget=1, processes=1)

    line = found.held.parts[0].python
    assert found.held.total.value > 0.8
    assert (line.file, line.line) == ("<thread setup>", 2)
    assert line.name.startswith("<lambda>")


@alone_without_gil
@needs_two_cpus
@once_more
def test_python_code_is_told_as_python(sampler):
    setup = "shared = [1, 2, 3]\ndef spin():\n    for i in range(20000): shared[0]"

    found = where("spin()", setup, 2, budget=2, processes=2)

    if found.host.gil:
        assert part(found.held, "spin")[0] > 0.8
    else:  # two threads count references to one object
        assert str(first_of(found.inflation).function) == "spin"
