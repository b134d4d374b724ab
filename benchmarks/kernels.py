"""The kernels with known answers: what their scaling ought to be stands beside each.

They are measured shortly, since their scaling is known; a commit that changes it is what
they are here for.
"""

from . import import_kernel
from .checkout.suite import Scaling, Workload


class Known(
    Scaling,
    thread_counts=(1, 2, 4),
    budget=1.2,
    processes=2,
    rounds=2,
    only=("slowdown", "gil_held", "gil_enabled"),
):
    """A workload whose scaling is known beforehand: the rest would double the time for each commit."""


class SerialTenth(Known, title="serial fraction 0.1", expected="at most 10 with a GIL"):
    """Holds the GIL for a tenth of its work, in slices of 10 us; a call takes about 3 ms."""

    workload = Workload("serial_fraction(300_000, 0.1, 1000)", import_kernel("serial_fraction"))


class SerialHalf(Known, title="serial fraction 0.5", expected="at most 2 with a GIL"):
    """Holds the GIL for half of its work, in slices of 10 us; a call takes about 3 ms."""

    workload = Workload("serial_fraction(300_000, 0.5, 1000)", import_kernel("serial_fraction"))


LARGE_BUFFER = "data = bytearray(b'1') * (128 << 20)  # larger than the caches\n"


class StreamHolding(Known, title="memory, GIL held", expected="1 with a GIL"):
    """Reads 128 MiB, the GIL held."""

    workload = Workload("stream_holding(data)", LARGE_BUFFER + import_kernel("stream_holding"))


class StreamReleasing(Known, title="memory, GIL released", expected="n, up to the bandwidth"):
    """Reads 128 MiB, the GIL released."""

    workload = Workload("stream_releasing(data)", LARGE_BUFFER + import_kernel("stream_releasing"))


class SleepHolding(Known, title="sleep, GIL held", expected="1 with a GIL"):
    """Sleeps for 2 ms, the GIL held."""

    workload = Workload("sleep_holding(0.002)", import_kernel("sleep_holding"))


class SleepReleasing(Known, title="sleep, GIL released", expected="n, whatever the CPUs"):
    """Sleeps for 2 ms, the GIL released."""

    workload = Workload("sleep_releasing(0.002)", import_kernel("sleep_releasing"))


ZEROS = "import os\nfd = os.open('/dev/zero', os.O_RDONLY)\n"


class ReadHolding(Known, title="read, GIL held", expected="1 with a GIL"):
    """Reads 256 KiB that the kernel has at hand, the GIL held."""

    workload = Workload("read_holding(fd, 1 << 18)", ZEROS + import_kernel("read_holding"))


class ReadReleasing(Known, title="read, GIL released", expected="n, up to the CPUs"):
    """Reads 256 KiB that the kernel has at hand, the GIL released."""

    workload = Workload("read_releasing(fd, 1 << 18)", ZEROS + import_kernel("read_releasing"))


def _counting(place: str, form: str) -> Workload:
    setup = import_kernel("SharedCounter") + f"add = SharedCounter({place!r}, 8).add_{form}"
    return Workload("add(200_000, thread)", setup)


class LockHolding(Known, title="count under one lock, GIL held", expected="1 with a GIL"):
    """Adds one 200,000 times, the GIL held: the lock is always free."""

    workload = _counting("lock", "holding")


class LockReleasing(Known, title="count under one lock, GIL released", expected="below 1"):
    """Adds one 200,000 times, the GIL released: the threads queue for the lock."""

    workload = _counting("lock", "releasing")


class AtomicHolding(Known, title="count in one atomic place, GIL held", expected="1 with a GIL"):
    """Adds one 200,000 times, the GIL held: the cache line stays where the GIL is."""

    workload = _counting("atomic", "holding")


class AtomicReleasing(Known, title="count in one atomic place, GIL released", expected="below 1"):
    """Adds one 200,000 times, the GIL released: the threads' CPUs pass one cache line around."""

    workload = _counting("atomic", "releasing")


class SlotsHolding(Known, title="count in one place per thread, GIL held", expected="1 with a GIL"):
    """Adds one 200,000 times, the GIL held: places of their own bring nothing while only one thread runs."""

    workload = _counting("slots", "holding")


class SlotsReleasing(
    Known, title="count in one place per thread, GIL released", expected="n, up to the CPUs"
):
    """Adds one 200,000 times, the GIL released: each thread's place has a cache line of its own."""

    workload = _counting("slots", "releasing")
