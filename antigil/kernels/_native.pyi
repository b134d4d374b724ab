"""Kernels with a known way of scaling across Python threads.

Of each pair one holds the GIL and one releases it; nothing else differs. On a
free-threaded build there is no GIL to hold, and both scale.

Signal handlers run within a long call in the main thread, so that Ctrl-C ends it within about
50 ms; on Windows a sleep comes to its end first. One that holds the GIL while it waits, as
``read_holding`` of an empty pipe does, keeps every other Python thread from running.
"""

from typing import Literal, SupportsFloat, SupportsIndex, final

from typing_extensions import Buffer

def calcular_com_gil(max: SupportsIndex = 100_000) -> str:
    """Reduce over 0 ... max - 1 while holding the GIL; return the sum as decimal text."""

def calcular_sem_gil(max: SupportsIndex = 100_000) -> str:
    """Reduce over 0 ... max - 1 with the GIL released; return the sum as decimal text."""

def serial_fraction(
    steps: SupportsIndex, held_share: SupportsFloat | SupportsIndex, slice_steps: SupportsIndex = 1000
) -> int:
    """Do steps of work, the GIL held for a share of them in slices and released for the rest.

    Parameters
    ----------
    steps
        The work of the call. A step is a fixed integer calculation of about 10
        nanoseconds; time ``serial_fraction(10**6, 1)`` for that of this machine.
    held_share
        The share of the steps for which the GIL is held, from 0 to 1: exact to one step.
        It is a share of the work, so a busy machine does not change it.
    slice_steps
        The steps for which the GIL is held at once. The call starts with such a slice.

    Returns
    -------
    int
        The result of the calculation; it depends on the steps only.
    """

def stream_holding(buffer: Buffer) -> int:
    """Read a contiguous buffer, in C or Fortran order, once while holding the GIL.

    Parameters
    ----------
    buffer
        Any object with the buffer protocol. It is not copied, and cannot be resized
        while it is read. Not to be written to by another thread meanwhile: that is a
        data race, and the sum is then undefined.

    Returns
    -------
    int
        The sum of its 8-byte words, in the machine's byte order, and of the bytes left
        after the last whole word, modulo 2**64.
    """

def stream_releasing(buffer: Buffer) -> int:
    """Read a contiguous buffer, in C or Fortran order, once, the GIL released; else as `stream_holding`."""

def sleep_holding(seconds: SupportsFloat | SupportsIndex) -> None:
    """Sleep for at most a day while holding the GIL.

    A signal's handler runs at once, in the main thread, and what is left is slept then, unless
    the handler raises. On Windows it runs when the call has ended.
    """

def sleep_releasing(seconds: SupportsFloat | SupportsIndex) -> None:
    """Sleep for at most a day with the GIL released; else as `sleep_holding`."""

def read_holding(fd: SupportsIndex, size: SupportsIndex) -> bytes:
    """Read at most size bytes from a file descriptor while holding the GIL.

    One read of the operating system, into the memory of the result: fewer bytes than
    asked for are no error, and none at all mean the end. A signal's handler runs before
    the read is taken up again.
    """

def read_releasing(fd: SupportsIndex, size: SupportsIndex) -> bytes:
    """Read at most size bytes from a file descriptor with the GIL released; else as `read_holding`."""

@final
class SharedCounter:
    """A counter for many threads, whose count is always exact.

    Parameters
    ----------
    place
        Where the count is kept: ``"lock"``, one place under a lock; ``"atomic"``, one
        place that is incremented atomically; ``"slots"``, a place for each slot, each on
        a cache line of its own.
    slots
        The number of slots, at most 4096; each thread takes one of its own.
    """

    def __new__(
        cls, place: Literal["lock", "atomic", "slots"], slots: SupportsIndex = 1
    ) -> SharedCounter: ...
    def add_holding(self, times: SupportsIndex, slot: SupportsIndex = 0) -> None:
        """Add one so many times while holding the GIL."""

    def add_releasing(self, times: SupportsIndex, slot: SupportsIndex = 0) -> None:
        """Add one so many times with the GIL released."""

    @property
    def count(self) -> int:
        """The sum of all additions so far."""
