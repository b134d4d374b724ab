"""What the kernels do, in Python: how they take their arguments, and what they answer."""

import operator
import struct
from array import array
from functools import cache
from typing import NamedTuple

MODULO = 2**64
MULTIPLIER = 6364136223846793005
MOST = 2**63 - 1
TEXTS = (str, bytes, bytearray, memoryview, array)


class Integer(NamedTuple):
    """An argument from 0 to `most`."""

    name: str
    most: int = MOST
    default: int | None = None

    def take(self, value):
        """Return what the kernel reads, or raise what it raises."""
        try:
            number = operator.index(value)
        except TypeError:  # also where its __index__ raises that
            raise TypeError(f"{self.name} must be an integer, not {type(value).__name__}") from None
        if number < 0:
            raise ValueError(f"{self.name} must not be negative")
        if number > self.most:
            raise OverflowError(f"{self.name} must be at most {self.most}")
        return number


class Real(NamedTuple):
    """An argument from 0 to `most`, with a fraction."""

    name: str
    most: int
    default: float | None = None

    def take(self, value):
        """Return what the kernel reads, or raise what it raises."""
        try:
            if isinstance(value, TEXTS):  # of which float() reads the digits
                raise TypeError
            number = float(value)
        except TypeError:
            raise TypeError(f"{self.name} must be a real number, not {type(value).__name__}") from None
        except OverflowError:
            if getattr(type(value), "__float__", int.__float__) is not int.__float__:
                raise  # by a method of its own
            number = float("inf")
        if not 0.0 <= number <= self.most:
            raise ValueError(f"{self.name} must be between 0 and {self.most}")
        return number


class Anything(NamedTuple):
    """An argument that is looked at when the others have been taken."""

    name: str
    default: object = None

    def take(self, value):
        """Return it."""
        return value


class Memory(NamedTuple):
    """A contiguous buffer."""

    name: str = "buffer"
    default: bytes | None = None

    def take(self, value):
        """Return the bytes as they lie in memory, or raise what the kernel raises."""
        try:
            view = memoryview(value)
        except TypeError:
            raise TypeError(f"buffer must support the buffer protocol, not {type(value).__name__}") from None
        if view.nbytes and not view.contiguous:
            raise BufferError("buffer must be contiguous")
        return view.tobytes("A")


def article_step(step):
    """Return what one step of the article's pair adds."""
    value = step
    for round_ in range(3000):
        value = ((value ^ (value >> 29)) * MULTIPLIER + round_) % MODULO
    return value


@cache
def _article_steps(count):
    """Return the sum over so many steps of the article's pair."""
    return (_article_steps(count - 1) + article_step(count - 1)) % MODULO if count else 0


@cache
def _serial_steps(count):
    """Return the value after so many steps of work."""
    value = _serial_steps(count - 1) if count else 0
    for round_ in range(6 if count else 0):
        value = ((value ^ (value >> 29)) * MULTIPLIER + round_) % MODULO
    return value


def calcular(max):
    """Answer for the article's pair."""
    return str(_article_steps(max))


def serial_fraction(steps, held_share, slice_steps):
    """Answer for the serial fraction: it depends on the steps only."""
    if slice_steps == 0:
        raise ValueError("slice_steps must be at least 1")
    for count in range(0, steps, 200):
        _serial_steps(count)  # so that no recursion is deep
    return _serial_steps(steps)


def stream(data):
    """Answer for the streams."""
    words = len(data) // 8
    return (sum(struct.unpack_from(f"={words}Q", data)) + sum(data[8 * words :])) % MODULO


def new_counter(place, slots):
    """Answer for what a new counter has counted."""
    if not isinstance(place, str):
        raise TypeError(f"place must be a str, not {type(place).__name__}")
    if place not in ("lock", "atomic", "slots"):
        raise ValueError(f"place must be 'lock', 'atomic' or 'slots', not {place!r}")
    if slots == 0:
        raise ValueError("slots must be at least 1")
    return 0
