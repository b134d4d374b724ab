"""How long others are kept from running while threads work: a Python thread, an asyncio loop.

Each asks to be woken after a pause, again and again, and notes how much later it runs. The
workers call a kernel of about 5 ms, which holds the GIL or releases it.
`python -m benchmarks.responsiveness` prints the table.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import mean
from typing import Any

from . import HELD_SHARES, import_kernel, instrument
from .checkout.suite import lacks_its_own_name

PAUSE_SECONDS = 0.001
CALL_STEPS = 500_000

BUSY_THREADS = (0, 1, 4)


def thread_delays(seconds: float) -> list[float]:
    """Return by how many seconds each pause of this thread lasted too long."""
    delays = []
    end = time.perf_counter() + seconds
    while (due := time.perf_counter() + PAUSE_SECONDS) < end:
        time.sleep(PAUSE_SECONDS)
        delays.append(time.perf_counter() - due)
    return delays


def asyncio_delays(seconds: float) -> list[float]:
    """Return by how many seconds each pause of an asyncio task lasted too long."""

    async def pauses() -> list[float]:
        delays = []
        end = time.perf_counter() + seconds
        while (due := time.perf_counter() + PAUSE_SECONDS) < end:
            await asyncio.sleep(PAUSE_SECONDS)
            delays.append(time.perf_counter() - due)
        return delays

    return asyncio.run(pauses())


OBSERVERS: dict[str, Callable[[float], list[float]]] = {"thread": thread_delays, "asyncio": asyncio_delays}


@contextmanager
def busy(n_threads: int, held_share: float) -> Iterator[None]:
    """Keep threads busy with calls of a kernel."""
    statement = f"serial_fraction({CALL_STEPS}, {held_share}, {CALL_STEPS})"
    make_run = instrument.Workload(statement, import_kernel("serial_fraction")).prepare()
    stop = threading.Event()

    def work(call: Callable[[int], object]) -> None:
        while not stop.is_set():
            call(1)

    threads = [threading.Thread(target=work, args=[make_run(i, n_threads)]) for i in range(n_threads)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def observe(observer: str, form: str, n_threads: int, seconds: float) -> list[float]:
    """Return an observer's delays, in seconds, beside so many busy threads."""
    with busy(n_threads, HELD_SHARES[form]):
        return OBSERVERS[observer](seconds)


class Responsiveness:
    """Mean delay in seconds."""

    params = (list(HELD_SHARES), list(BUSY_THREADS))
    param_names = ("form", "busy_threads")
    unit = "seconds"
    version = instrument.INSTRUMENT_VERSION
    timeout = 180

    def setup_cache(self) -> dict[Any, float]:
        """Observe all at once; nothing, where the commit lacks the kernel."""
        try:
            return {
                (observer, form, n_threads): mean(observe(observer, form, n_threads, seconds=0.25))
                for observer in OBSERVERS
                for form in HELD_SHARES
                for n_threads in BUSY_THREADS
            }
        except ImportError as error:
            if not lacks_its_own_name(error):
                raise
            return {}

    def setup(self, measured, form, busy_threads):
        """Skip what the commit lacks."""
        if not measured:
            raise NotImplementedError

    def track_thread_delay(self, measured, form, busy_threads):
        """Of a Python thread."""
        return measured["thread", form, busy_threads]

    def track_asyncio_delay(self, measured, form, busy_threads):
        """Of an asyncio loop."""
        return measured["asyncio", form, busy_threads]


def main() -> None:
    """Print the table, in Markdown, delays in milliseconds."""
    print("| kept waiting | busy threads | holding: mean | longest | releasing: mean | longest |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for observer in OBSERVERS:
        for n_threads in BUSY_THREADS:
            cells = []
            for form in HELD_SHARES:
                delays = observe(observer, form, n_threads, seconds=2.0)
                cells += [mean(delays), max(delays)]
            texts = [f"{1e3 * cell:.2f}" for cell in cells]
            print(f"| {observer} | {n_threads} | {' | '.join(texts)} |")


if __name__ == "__main__":
    main()
