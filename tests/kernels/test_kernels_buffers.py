"""Buffers that change hands during a call, or that lie in memory in some way: right, or a clear error."""

import ctypes
import io
import mmap
import struct
import sys
import tempfile
import threading
from array import array
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from antigil import kernels

MIB = 1 << 20
LARGE = 8 * MIB


@pytest.fixture(params=["stream_holding", "stream_releasing"])
def stream(request):
    return getattr(kernels, request.param)


def mapping():
    """Return memory of a mapping that can be closed."""
    return mmap.mmap(-1, LARGE)


def mapped_file():
    """Return memory of a file, which can be made longer."""
    with tempfile.TemporaryFile() as file:
        file.truncate(LARGE)
        return mmap.mmap(file.fileno(), LARGE)


def shared_memory():
    """Return shared memory that is gone when it is closed."""
    memory = SharedMemory(create=True, size=LARGE)
    memory.unlink()
    return memory


#: What makes memory, what gives it to a stream, and what would move it or give it back.
OWNERS = {
    "a bytearray that grows": (lambda: bytearray(LARGE), lambda it: it, lambda it: it.append(0)),
    "a bytearray that is emptied": (lambda: bytearray(LARGE), lambda it: it, lambda it: it.clear()),
    "an array that grows": (lambda: array("b", bytes(LARGE)), lambda it: it, lambda it: it.append(0)),
    "an array that shrinks": (lambda: array("q", bytes(LARGE)), lambda it: it, lambda it: it.pop()),
    "a file that is cut short": (
        lambda: io.BytesIO(bytes(LARGE)),
        io.BytesIO.getbuffer,
        lambda it: it.truncate(9),
    ),
    "a view that is released": (lambda: memoryview(bytes(LARGE)), lambda it: it, lambda it: it.release()),
    "a mapping that is closed": (mapping, lambda it: it, lambda it: it.close()),
    "shared memory that is closed": (shared_memory, lambda it: it.buf, lambda it: it.close()),
}
if sys.platform == "linux":  # macOS cannot make a mapping larger
    OWNERS["a mapping that grows"] = (mapped_file, lambda it: it, lambda it: it.resize(2 * LARGE))


@pytest.mark.parametrize("owner", OWNERS)
def test_memory_is_not_taken_from_a_call_that_has_released_the_gil(owner):
    """Whoever comes first has it: the owner is refused while it is read, or the call finds it gone."""
    make, give, take = OWNERS[owner]
    refused = 0
    for _ in range(100):
        it, answers, over, begun = make(), set(), threading.Event(), threading.Event()
        reader = threading.Thread(target=read, args=(it, give, begun, over, answers))
        reader.start()
        begun.wait()
        try:
            take(it)
        except BufferError:
            refused += 1
        over.set()
        reader.join()
        assert answers <= {0, ValueError}
        if refused == 2:
            break
    assert refused == 2


def read(it, give, begun, over, answers):
    """Read what an owner gives again and again until it is refused that, or told to end."""
    while not over.is_set():
        begun.set()
        try:
            answers.add(kernels.stream_releasing(give(it)))
        except ValueError:  # it is closed, or released
            answers.add(ValueError)
            return


@pytest.mark.parametrize("offset", range(1, 9))
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 63, 64, 65, 1001])
def test_memory_at_any_address_is_read(stream, offset, length):
    data = np.random.default_rng(offset).bytes(length)
    words = length // 8
    expected = sum(struct.unpack_from(f"={words}Q", data)) + sum(data[8 * words :])
    around = bytearray(b"\xff" * offset + data + b"\xff" * 8)
    assert stream(memoryview(around)[offset : offset + length]) == expected % 2**64


READ_ONLY = {
    "bytes": lambda data: data,
    "a view": lambda data: memoryview(bytearray(data)).toreadonly(),
    "an array": lambda data: read_only_array(data),
}


def read_only_array(data):
    """Return an array that nobody may write to."""
    words = np.frombuffer(bytearray(data), dtype=np.uint8)
    words.flags.writeable = False
    return words


@pytest.mark.parametrize("kind", READ_ONLY)
def test_memory_that_may_not_be_written_is_read(stream, kind):
    assert stream(READ_ONLY[kind](b"\x01" * 9)) == 0x0101010101010101 + 1


def test_a_file_that_is_mapped_for_reading_is_read(stream, tmp_path):
    (tmp_path / "file").write_bytes(b"\x02" * 8)
    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        assert stream(data) == 0x0202020202020202


EMPTY = {
    "bytes": b"",
    "a bytearray": bytearray(),
    "a view": memoryview(b"data")[4:],
    "no rows": np.zeros((0, 5)),
    "no columns": np.zeros((5, 0)),
    "a view of no element with gaps": memoryview(bytes(8))[8::3],
    "a ctypes array": (ctypes.c_int * 0)(),
}


@pytest.mark.parametrize("kind", EMPTY)
def test_nothing_adds_up_to_nothing(stream, kind):
    assert stream(EMPTY[kind]) == 0


WITH_GAPS = {
    "every second": memoryview(bytes(10))[::2],
    "backwards": memoryview(bytes(10))[::-1],
    "columns": np.ones((3, 4))[:, 1:3],
    "a diagonal": np.ones((4, 4)).diagonal(),
    "one value everywhere": np.broadcast_to(np.ones(1), (7,)),
    "a field of records": np.zeros(5, dtype="i4,f8")["f1"],
    "neither C's order nor Fortran's": np.zeros((2, 3, 4)).transpose(1, 0, 2),
}


@pytest.mark.parametrize("kind", WITH_GAPS)
def test_memory_with_gaps_is_refused(stream, kind):
    with pytest.raises(BufferError, match=r"^buffer must be contiguous$"):
        stream(WITH_GAPS[kind])


def test_what_has_been_released_is_refused(stream):
    view = memoryview(b"data")
    view.release()
    with pytest.raises(ValueError, match="released"):
        stream(view)


def test_a_refused_buffer_is_let_go(stream):
    """Else its owner could never be resized again."""
    owner = bytearray(10)
    with pytest.raises(BufferError):
        stream(memoryview(owner)[::2])
    owner.append(0)
