"""A loss divides among functions so that the parts add up, and chance is told in the intervals."""

import pytest

from antigil.where.divide import Visit, alone, held, inflation, loss_stacks, nothing_held, waiting
from antigil.where.result import Loss, PythonLine, Share
from antigil.where.stacks import NamedStack, Native
from antigil.where.symbols import Function, Names

NAMES = Names({}, "/python")
LINE = ((PythonLine("<statement>", 1, "statement"), True),)


def native(name, file="/codec.so"):
    return Native(Function(name, file[1:]), file, 0, file == "/python", file == "/libc.so.6")


LOOP = native("_PyEval_EvalFrameDefault", "/python")


def stack(name, count, *, threads=1, state="running", attached=False, below=()):
    frames = (*below, native(name), LOOP) if name else ()
    return NamedStack(threads, state, attached, frames, LINE, count)


def visit(*stacks, waiting=0.0, inflation=1.0):
    return Visit(stacks, waiting, inflation)


def shares(loss):
    return {part.function.name: pytest.approx(part.share.value) for part in loss.parts}


def test_held_is_the_share_of_samples_that_were_attached():
    loss = held(
        [visit(stack("parse", 20, attached=True), stack("decode", 60), stack("build", 20, attached=True))],
        NAMES,
    )

    assert shares(loss) == {"parse": 0.2, "build": 0.2}
    assert loss.total.value == pytest.approx(0.4)


def test_samples_from_the_run_queue_do_not_count():
    loss = held(
        [visit(stack("parse", 10, attached=True), stack("decode", 10), stack("x", 80, state="queued"))], NAMES
    )

    assert loss.total.value == pytest.approx(0.5)


def test_interrupted_sleepers_stand_for_those_that_were_left_alone():
    """A call that sleeps with the GIL held holds it for all of its sleep."""
    one = visit(
        stack("nap", 10, state="waiting", attached=True), stack("", 30, state="waiting"), stack("decode", 60)
    )

    assert held([one], NAMES).total.value == pytest.approx(0.4)
    assert sum(seen.count for seen in alone(one)) == pytest.approx(100)


def test_that_nothing_is_held_rests_on_as_many_samples_as_what_is():
    """Also where each stands for others: sleepers that were left alone."""
    seen = (stack("nap", 10, state="waiting"), stack("", 30, state="waiting"), stack("decode", 60))
    visits = [visit(*seen, stack("x", 80, state="queued"), stack("y", 7, threads=2)), visit(*seen), visit()]

    assert nothing_held(visits) == Loss(Share(0.0, (0.0, 0.0)), (), held(visits, NAMES).samples)
    assert nothing_held(visits).samples == 200


def test_waiting_is_what_clocks_tell_divided_by_samples():
    lock = native("pthread_mutex_lock", "/libc.so.6")
    one = visit(
        stack("update", 30, threads=2, state="waiting", below=(lock,)),
        stack("insert", 10, threads=2, state="waiting", below=(lock,)),
        waiting=0.2,
    )

    loss = waiting([one], NAMES, 2, has_gil=True)

    assert shares(loss) == {"update": 0.15, "insert": 0.05}
    assert {part.reason for part in loss.parts} == {"a C or C++ mutex"}


def test_a_process_that_saw_nobody_wait_is_divided_as_the_others_are():
    one = visit(stack("update", 40, threads=2, state="waiting"), waiting=0.2)

    loss = waiting([one, visit(waiting=0.1)], NAMES, 2, has_gil=True)

    assert shares(loss) == {"update": 0.15}


def test_inflation_adds_up_to_what_a_call_has_grown_by():
    one = visit(
        stack("count", 50),
        stack("work", 50),
        stack("count", 75, threads=2),
        stack("work", 25, threads=2),
        inflation=2.0,
    )

    loss = inflation([one], NAMES, 2)

    assert shares(loss) == {"count": 1.0, "work": 0.0} or shares(loss) == {"count": 1.0}
    assert loss.total.value == pytest.approx(1.0)


def test_growth_is_what_clocks_tell_where_a_process_saw_nobody_run():
    """As of a call that mostly waits: few samples find it on a CPU, and none at all in one process."""
    seen = visit(stack("count", 40), stack("work", 60), stack("count", 3, threads=2), inflation=1.02)
    one_only, many_only = visit(stack("work", 5), inflation=1.06), visit(stack("work", 1, threads=2))

    for visits, clocks in (([seen, one_only], 1.04), ([seen, many_only], 1.01), ([one_only, visit()], 1.03)):
        loss = inflation(visits, NAMES, 2)
        stacks = loss_stacks(visits, 2)["inflation"]
        assert loss.total.value == pytest.approx(clocks - 1.0)
        assert sum(part.share.value for part in loss.parts) == pytest.approx(clocks - 1.0)
        assert sum(one.loss for one in stacks) == pytest.approx(clocks - 1.0 if stacks else 0.0)


def test_a_process_that_saw_nobody_run_is_divided_as_the_others_are():
    seen = visit(stack("count", 50), stack("count", 75, threads=2), stack("work", 25, threads=2))

    loss = inflation([seen, visit(inflation=2.0)], NAMES, 2)

    assert shares(loss) == {"count": (0.75 + 1.5) / 2 - 1.0, "work": (0.25 + 0.5) / 2}


def test_a_process_that_saw_one_thread_only_in_the_run_queue_tells_nothing_of_what_is_held():
    seen = visit(stack("parse", 30, attached=True), stack("decode", 70))
    visits = [seen, visit(stack("decode", 9, state="queued"))]

    loss = held(visits, NAMES)

    assert (shares(loss), loss.total.value) == ({"parse": 0.3}, pytest.approx(0.3))
    assert sum(one.value for one in loss_stacks(visits, 2)["held"]) == pytest.approx(0.3)


def test_the_parts_add_up_where_many_are_small():
    stacks = [stack(f"f{i}", 1, attached=True) for i in range(3000)]

    loss = held([visit(*stacks)], NAMES)

    assert sum(part.share.value for part in loss.parts) == pytest.approx(loss.total.value)
    assert len(loss.parts) == 1


def test_processes_that_differ_widen_the_interval():
    alike = [visit(stack("parse", 50, attached=True), stack("decode", 50)) for _ in range(4)]
    differ = [
        visit(stack("parse", 50 + d, attached=True), stack("decode", 50 - d)) for d in (-40, 40, -40, 40)
    ]

    def width(loss):
        return loss.total.ci99[1] - loss.total.ci99[0]

    assert width(held(differ, NAMES)) > 3 * width(held(alike, NAMES))


def test_the_stacks_of_each_loss_add_up_to_it():
    one = visit(
        stack("parse", 25, attached=True), stack("decode", 75), stack("decode", 90, threads=2),
        stack("update", 10, threads=2, state="waiting"), waiting=0.1, inflation=1.5,
    )  # fmt: skip

    sums = {name: sum(found.loss for found in stacks) for name, stacks in loss_stacks([one], 2).items()}

    assert sums == pytest.approx({"held": 0.25, "waiting": 0.1, "inflation": 0.5})
