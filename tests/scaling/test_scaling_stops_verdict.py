"""Without a GIL: what threads wait for while another one stops all of them, as garbage collection does.

`[[i] for i in range(100_000)]` stops others for 0.36 of its time under 3.14t, and two threads of it wait for
0.25 of theirs; json.loads of 30,000 records 0.125 and 0.135. They sleep as at a lock.
"""

from dataclasses import replace

import pytest
from fakes import measurement
from marks import needs_two_cpus
from once_more import once_more

from antigil.report.measurement.sentence import sentence
from antigil.scaling import (
    ThreadStates,
    Workload,
    cause,
    extra_waiting,
    gil_enabled,
    measure,
    missing,
    waiting_for_gil,
    waits,
)

LISTS = measurement(0.38, gil=False, waiting=(0.0, 0.3, 0.3), speedup=(1.0, 1.4, 1.4))
RECORDS = measurement(0.125, 0.01, gil=False, waiting=(0.0, 0.135, 0.2), speedup=(1.0, 1.73, 1.8))
AT_LOCKS = ThreadStates(2, running=1800, lock=700)


@pytest.mark.parametrize("states", [None, AT_LOCKS], ids=["nobody looked", "seen as at a lock"])
@pytest.mark.parametrize("found", [LISTS, RECORDS], ids=["lists", "records"])
def test_stops_of_all_threads_are_the_cause_and_no_lock(found, states):
    found = replace(found, states=states)
    assert cause(found, 2) == "stops"
    assert next(iter(missing(found, 2))) == "stops"
    assert waits(found) is None
    told = sentence(found)
    assert "mostly for garbage collection (a higher gc.set_threshold" in told
    assert "a lock" not in told


@pytest.mark.parametrize(
    ("share", "states"),
    [
        (0.0, AT_LOCKS),
        (0.02, AT_LOCKS),
        (0.3, ThreadStates(2, running=1800, calls={"read": 700})),
    ],
    ids=["no stops", "few stops", "I/O beside stops"],
)
def test_waiting_that_stops_do_not_explain_is_not_theirs(share, states):
    found = measurement(share, gil=False, waiting=(0.0, 0.5, 0.5), states=states)
    assert cause(found, 2) == "waiting"
    assert waits(found) == "each other"
    assert "garbage" not in sentence(found)


def test_a_lock_beside_stops_keeps_the_rest():
    """Two threads that get no more done than one make half the calls each, which stop for half as long."""
    found = measurement(0.2, gil=False, waiting=(0.0, 0.5, 0.5), states=AT_LOCKS)
    assert waiting_for_gil(found) == pytest.approx(0.1)
    assert extra_waiting(found) == 0.5
    assert (cause(found, 2), waits(found)) == ("waiting", "each other")
    assert 1.0 < missing(found, 2)["stops"] < missing(found, 2)["waiting"]
    assert "threads wait for 40% of their time for what serves one at a time (a lock; " in sentence(found)


@pytest.mark.parametrize("states", [None, AT_LOCKS], ids=["nobody looked", "seen as at a lock"])
@pytest.mark.parametrize(("held", "stopped"), [(0.36, 0.18), (0.45, 0.225)])
def test_a_lock_round_calls_that_stop_others_is_the_cause(held, stopped, states):
    found = measurement(held, gil=False, waiting=(0.0, 0.5, 0.5), states=states)
    assert waiting_for_gil(found) == pytest.approx(stopped)
    assert (cause(found, 2), waits(found)) == ("waiting", "each other")


def test_many_threads_hide_no_lock_where_no_stops_were_seen():
    """The upper end of a share of nothing, times fifteen others, would explain all of it."""
    found = measurement(0.0, gil=False, waiting=(0.0, 0.3, 0.2), speedup=(1.0, 1.4, 3.2), cpus_allowed=16)
    assert found.gil_held.ci99[1] > 0.0
    assert (cause(found, 4), waits(found)) == ("waiting", "each other")


def test_with_a_gil_no_stops_are_told():
    assert "stops" not in missing(measurement(0.38, waiting=(0.0, 0.3, 0.3)), 2)


def test_the_share_told_is_no_more_than_what_threads_wait_for():
    found = measurement(0.9, gil=False, waiting=(0.0, 0.2, 0.2), speedup=(1.0, 1.05, 1.05))
    assert "threads wait for 20% of their time while another one stops all others" in sentence(found)


if not gil_enabled():

    @pytest.mark.timing
    @needs_two_cpus
    @once_more
    def test_a_collection_in_each_call_is_measured_to_stop_the_others():
        heap = "import gc\nheap = [[i] for i in range(20_000)]"
        found = measure(Workload("sum(range(200_000)); gc.collect()", heap), (1, 2), budget=2.0)
        assert found.gil_held.ci99[0] > 0.1
        assert (cause(found, 2), waits(found)) == ("stops", None)
