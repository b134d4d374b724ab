"""Any argument of any kernel: the answer of a model in Python, or the error that names what is wrong."""

import array
import errno
import os
import re
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path

import models
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from models import MOST, Anything, Integer, Memory, Real

from antigil import kernels

TIMES = int(os.environ.get("ANTIGIL_EXAMPLES", "1"))
EXAMPLES = settings(
    max_examples=100 * TIMES, deadline=None, derandomize=TIMES == 1, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip

DATA = bytes(range(256)) * 20
REFUSALS = (TypeError, ValueError, OverflowError, BufferError, LookupError)


class Index:
    """An integer by its __index__ alone."""

    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


class Broken:
    """A number whose conversions raise what no kernel expects."""

    def __index__(self):
        raise LookupError("no such number")

    __float__ = __index__


class Text(str):
    """A str of a class of its own."""


def memory():
    """Return bytes-like objects of every kind: read-only, with gaps, misaligned, of several dimensions."""
    raw = st.binary(max_size=400)
    views = st.builds(
        lambda data, start, step: memoryview(data)[start::step],
        raw,
        st.integers(0, 9),
        st.sampled_from([1, 2, -1]),
    )
    words = st.lists(st.integers(0, 2**64 - 1), max_size=24)
    tables = st.builds(
        lambda shape, order, swap: np.ones(shape, order=order).transpose(swap),
        st.tuples(*[st.integers(0, 4)] * 3), st.sampled_from("CF"), st.permutations(range(3)),
    )  # fmt: skip
    arrays = st.builds(lambda given, step: np.array(given, dtype=np.uint64)[::step], words, st.integers(1, 3))
    return st.one_of(
        raw, raw.map(bytearray), views, words.map(lambda given: array.array("Q", given)), arrays, tables
    )


OTHERS = st.one_of(
    st.none(),
    st.text(max_size=9),
    st.sampled_from(["lock", "atomic", "slots", Text("lock"), b"lock", "\ud800"]),
    st.complex_numbers(),
    st.lists(st.integers(), max_size=2),
    st.fractions(),
    st.sampled_from(
        [Decimal("0.25"), Decimal("sNaN"), Decimal("1e999"), Fraction(10**400), Broken(), int, print]
    ),
    st.sampled_from([np.float32(0.5), np.float64("nan"), np.int8(-3), np.uint64(2**64 - 1), np.bool_(True)]),
    memory(),
)


def integers(least, most):
    """Return integers that a call may work for, and those that it has to refuse."""
    few = st.integers(0, most)
    return st.one_of(
        few, st.integers(max_value=-1), st.integers(min_value=least), st.booleans(), few.map(Index)
    )


def floats(most):
    """Return numbers up to one that a call may wait for, and those that it has to refuse."""
    below = st.floats(0, most, exclude_min=False)
    return st.one_of(below, st.floats(max_value=-1e-300), st.floats(min_value=1e5), st.just(float("nan")))


def anything(values):
    """Return values that may be right, three times in four, or anything else."""
    return st.one_of(values, values, values, OTHERS)


def outcome(call, arguments):
    """Return what a call answers, or the kind and the words of what it raises."""
    try:
        return call(*arguments)
    except TypeError as error:  # C may know a class by its module, too
        return TypeError, re.sub(r"not [\w.]*\.(\w+)$", r"not \1", str(error))
    except REFUSALS as error:
        return type(error), str(error)


def by_model(parameters, answer, arguments):
    """Return what a call has to answer, or to raise: for the first argument that is wrong."""
    given = [*arguments, *(one.default for one in parameters[len(arguments) :])]
    return answer(*(one.take(value) for one, value in zip(parameters, given, strict=True)))


def check(functions, parameters, answer, arguments):
    """Compare calls of kernels, by position and by name, with their model."""
    expected = outcome(partial(by_model, parameters, answer), [arguments])
    named = {one.name: value for one, value in zip(parameters, arguments, strict=False)}
    for function in functions:
        assert outcome(function, arguments) == expected
        assert outcome(partial(function, **named), ()) == expected


@EXAMPLES
@given(st.tuples(anything(integers(2**63, 40))))
def test_the_pair_of_the_article(arguments):
    pair = (kernels.calcular_com_gil, kernels.calcular_sem_gil)
    check(pair, [Integer("max")], models.calcular, arguments)


@EXAMPLES
@given(
    st.tuples(anything(integers(2**63, 3000)), anything(floats(1.0)), anything(integers(2**63, MOST)))
    | st.tuples(anything(integers(2**63, 3000)), anything(floats(1.0)))
)
def test_the_serial_fraction(arguments):
    parameters = [Integer("steps"), Real("held_share", 1), Integer("slice_steps", default=1000)]
    check([kernels.serial_fraction], parameters, models.serial_fraction, arguments)


@EXAMPLES
@given(st.tuples(anything(memory())))
def test_the_streams(arguments):
    check((kernels.stream_holding, kernels.stream_releasing), [Memory()], models.stream, arguments)


@EXAMPLES
@given(st.tuples(anything(floats(1e-6))))
def test_the_sleeps(arguments):
    seconds = Real("seconds", 86400)
    short = [
        one for one in arguments if not hasattr(type(one), "__float__") or not 1e-3 < as_float(one) <= 86400
    ]
    if short:
        check((kernels.sleep_holding, kernels.sleep_releasing), [seconds], lambda seconds: None, arguments)


def as_float(value):
    """Return a number as a float, nan where it has none."""
    try:
        return float(value)
    except (*REFUSALS, ArithmeticError):
        return float("nan")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return a descriptor of a file of `DATA`."""
    path = Path(tmp_path_factory.mktemp("arguments"), "file")
    path.write_bytes(DATA)
    with path.open("rb", buffering=0) as opened:
        yield opened.fileno()


@EXAMPLES
@given(st.booleans(), anything(integers(2**31, 0)), anything(integers(2**31, 9000)))
def test_the_reads(file, is_right, descriptor, size):
    """Of integers only the file's own descriptor is tried, and those that no process has."""
    if is_right or not is_refused(descriptor):
        descriptor = file

    def answer(fd, size):
        return DATA[:size]

    def from_the_start(function):
        def read(*given, **named):
            os.lseek(file, 0, os.SEEK_SET)
            return function(*given, **named)

        return read

    functions = [from_the_start(one) for one in (kernels.read_holding, kernels.read_releasing)]
    check(functions, [Integer("fd", 2**31 - 1), Integer("size", 2**31 - 1)], answer, (descriptor, size))


def is_refused(descriptor):
    """Tell whether a number cannot be one of a descriptor."""
    return isinstance(outcome(Integer("fd", 2**31 - 1).take, (descriptor,)), tuple)


@pytest.mark.parametrize("read", [kernels.read_holding, kernels.read_releasing])
def test_a_descriptor_that_nobody_has_is_an_os_error(read):
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        read(2**31 - 1, 10)


@EXAMPLES
@given(st.tuples(anything(st.sampled_from(["lock", "atomic", "slots"])), anything(integers(4097, 4096))))
def test_the_making_of_counters(arguments):
    def made(*given, **named):
        return kernels.SharedCounter(*given, **named).count

    parameters = [Anything("place"), Integer("slots", 4096, 1)]
    check([made], parameters, models.new_counter, arguments)


@EXAMPLES
@given(
    st.sampled_from(["lock", "atomic", "slots"]),
    st.integers(1, 4096),
    st.lists(st.tuples(anything(integers(2**63, 300)), anything(integers(4097, 4096))), max_size=4),
)
def test_what_counters_add(place, slots, additions):
    counter = kernels.SharedCounter(place, slots)
    parameters, added = [Integer("times"), Integer("slot", slots - 1, 0)], []

    def add(times, slot):
        added.append(times)

    for arguments in additions:
        check((counter.add_holding, counter.add_releasing), parameters, add, arguments)
    assert counter.count == 4 * sum(added)  # both kinds, by position and by name


@EXAMPLES
@given(st.sampled_from(kernels.__all__), OTHERS)
def test_a_name_that_no_argument_has_is_refused(name, value):
    with pytest.raises(TypeError):
        getattr(kernels, name)(unknown=value)


@EXAMPLES
@given(st.sampled_from(kernels.__all__), st.lists(OTHERS, min_size=4, max_size=6))
def test_too_many_arguments_are_refused(name, arguments):
    with pytest.raises(TypeError):
        getattr(kernels, name)(*arguments)
