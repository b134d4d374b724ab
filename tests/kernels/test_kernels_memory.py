"""The read streams: right for every buffer, and never a copy of one."""

import re
import threading
import time
from array import array

import models
import numpy as np
import pytest

from antigil import kernels


@pytest.fixture(params=["stream_holding", "stream_releasing"])
def stream(request):
    return getattr(kernels, request.param)


@pytest.mark.parametrize("length", [*range(70), 1000, 4099])
def test_the_sum_is_right_for_every_length_and_alignment(stream, length):
    data = np.random.default_rng(length).bytes(length + 1)
    assert models.stream(data) == stream(data)
    assert models.stream(data[1:]) == stream(buffer=memoryview(data)[1:])


@pytest.mark.parametrize(
    "buffer",
    [
        b"",
        bytearray(b"bytes to count"),
        array("d", [0.5, -1.0, 3.25]),
        memoryview(array("H", range(1000))),
        np.arange(-500, 500),
        np.linspace(0, 1, 999, dtype=np.float32).reshape(27, 37),
        np.zeros((0, 3)),
        np.array(7),
        np.arange("2026-01-01", "2026-02-01", dtype="datetime64[D]"),
    ],
    ids=lambda buffer: type(buffer).__name__,
)
def test_the_sum_is_right_for_every_contiguous_buffer(stream, buffer):
    expected = models.stream(buffer.tobytes() if isinstance(buffer, np.ndarray) else bytes(buffer))
    assert expected == stream(buffer)


def test_an_array_of_words_is_summed_as_numpy_sums_it(stream):
    words = np.random.default_rng(1).integers(0, 2**64, size=10_001, dtype=np.uint64)
    assert int(words.sum()) == stream(words)


@pytest.mark.parametrize("beyond", [-1, 0, 1, 13])
def test_the_sum_of_portions_is_the_sum_of_all(stream, beyond):
    """A stream looks for signals after each portion of 64 MiB."""
    data = np.resize(np.arange(251, dtype=np.uint8), (64 << 20) + beyond)
    words = data.size // 8 * 8
    assert stream(data) == (int(data[:words].view(np.uint64).sum()) + int(data[words:].sum())) % 2**64


def test_a_buffer_in_fortran_order_is_read_as_it_lies(stream):
    table = np.asfortranarray(np.arange(12, dtype=np.uint64).reshape(3, 4))
    assert int(table.sum()) == stream(table)


@pytest.mark.parametrize(
    "buffer",
    [np.arange(10)[::2], np.ones((3, 4))[:, :2], memoryview(bytes(10))[::-1]],
    ids=["every second", "columns", "backwards"],
)
def test_a_buffer_with_gaps_is_refused(stream, buffer):
    with pytest.raises(BufferError, match=r"^buffer must be contiguous$"):
        stream(buffer)


@pytest.mark.parametrize(("other", "name"), [("text", "str"), (None, "NoneType"), ([1], "list"), (7, "int")])
def test_an_object_without_a_buffer_is_refused(stream, other, name):
    message = f"buffer must support the buffer protocol, not {name}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        stream(other)


def test_the_buffer_is_let_go_afterwards(stream):
    data = bytearray(100)
    stream(data)
    data.append(1)
    assert stream(data) == 1


def test_the_buffer_is_held_while_the_gil_is_released():
    """Another thread cannot resize it, which would free the memory that is being read."""
    data = bytearray(1 << 22)
    running, reads = True, threading.Event()

    def read():
        while running:
            kernels.stream_releasing(data)
            reads.set()

    reader = threading.Thread(target=read)
    reader.start()
    reads.wait()
    refused = resize_until_refused(data, seconds=60.0)
    running = False
    reader.join()
    assert refused
    data.append(0)


def resize_until_refused(data, seconds):
    """Return whether a bytearray that was made longer and shorter for so long was refused that once."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            data.append(0)
            data.pop()
        except BufferError:
            return True
    return False
