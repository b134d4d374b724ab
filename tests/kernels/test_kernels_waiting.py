"""Sleeping and reading: what they return, refuse, and do when a signal comes."""

import errno
import os
import re
import signal
import sys
import tempfile
import threading
import time

import pytest

from antigil import kernels


@pytest.fixture(params=["sleep_holding", "sleep_releasing"])
def sleep(request):
    return getattr(kernels, request.param)


@pytest.fixture(params=["read_holding", "read_releasing"])
def read(request):
    return getattr(kernels, request.param)


@pytest.fixture
def pipe():
    """Return (reading end, writing end)."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.05])
def test_a_sleep_is_not_cut_short(sleep, seconds):
    before = time.perf_counter()
    assert sleep(seconds=seconds) is None
    assert time.perf_counter() - before >= seconds


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (-1, ValueError, "seconds must be between 0 and 86400"),
        (86401, ValueError, "seconds must be between 0 and 86400"),
        (float("nan"), ValueError, "seconds must be between 0 and 86400"),
        (float("inf"), ValueError, "seconds must be between 0 and 86400"),
        ("1", TypeError, "seconds must be a real number, not str"),
        (None, TypeError, "seconds must be a real number, not NoneType"),
    ],
)
def test_a_bad_number_of_seconds_is_named(sleep, bad, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        sleep(bad)


def test_what_a_conversion_of_its_own_raises_is_told(sleep):
    class Length(int):
        def __float__(self):
            raise OverflowError("longer than a ruler")

    with pytest.raises(OverflowError, match=r"^longer than a ruler$"):
        sleep(Length(1))


def test_an_integer_beyond_all_doubles_is_out_of_range(sleep):
    with pytest.raises(ValueError, match=r"^seconds must be between 0 and 86400$"):
        sleep(10**400)


@pytest.fixture
def alarms():
    """Return a function that has a handler called by a signal every few milliseconds."""
    if sys.platform == "win32":
        pytest.skip("Windows has no interval timer")
    before = signal.getsignal(signal.SIGALRM)

    def start(handler):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_signal_does_not_cut_a_sleep_short(sleep, alarms):
    handled = []
    alarms(lambda *_: handled.append(time.perf_counter()))
    for _ in range(100):  # a busy machine may leave this process without a signal for a while
        handled.clear()
        before = time.perf_counter()
        sleep(0.05)
        assert time.perf_counter() - before >= 0.05
        if sum(one < before + 0.05 for one in handled) > 1:
            return
    pytest.fail("no two signals were handled within a sleep")


def test_a_read_returns_what_is_there(read, pipe):
    reading, writing = pipe
    os.write(writing, b"twelve bytes")
    assert read(reading, 6) == b"twelve"
    assert read(fd=reading, size=100) == b" bytes"


def test_a_read_of_nothing_reads_nothing(read, pipe):
    assert read(pipe[0], 0) == b""


def test_a_read_at_the_end_is_empty(read):
    with tempfile.TemporaryFile() as file:
        assert read(file.fileno(), 100) == b""


def test_a_large_file_is_read_as_it_is(read):
    data = bytes(range(256)) * 5000
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(data)
        file.seek(0)
        assert read(file.fileno(), 2 * len(data)) == data


def test_a_failed_read_is_an_os_error(read):
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    with pytest.raises(OSError, match=re.escape(os.strerror(errno.EBADF))) as caught:
        read(reading, 10)
    assert caught.value.errno == errno.EBADF


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 10), ValueError, "fd must not be negative"),
        ((2**31, 10), OverflowError, "fd must be at most 2147483647"),
        (("0", 10), TypeError, "fd must be an integer, not str"),
        ((0, -1), ValueError, "size must not be negative"),
        ((0, 2**31), OverflowError, "size must be at most 2147483647"),
        ((0, 1.5), TypeError, "size must be an integer, not float"),
    ],
)
def test_a_bad_argument_of_a_read_is_named(read, arguments, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        read(*arguments)


def test_a_read_that_waits_lets_the_writer_run(pipe):
    reading, writing = pipe
    answers = []
    reader = threading.Thread(target=lambda: answers.append(kernels.read_releasing(reading, 100)))
    reader.start()
    os.write(writing, b"answer")
    reader.join()
    assert answers == [b"answer"]


def test_a_signal_is_handled_while_a_read_waits(read, pipe, alarms):
    """The handler writes what the read waits for: without it the read would wait for ever."""
    reading, writing = pipe
    alarms(lambda *_: os.write(writing, b"!"))
    assert read(reading, 1) == b"!"


def test_an_exception_from_a_handler_ends_a_read_that_waits(read, pipe, alarms):
    def handler(*_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise LookupError("enough")

    def start_and_read():
        alarms(handler)
        read(pipe[0], 1)

    with pytest.raises(LookupError, match=r"^enough$"):
        start_and_read()
