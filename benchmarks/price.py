"""The price of releasing the GIL: time per call against work per call, with and without contention.

A call that releases pays for it twice: a few tens of nanoseconds always, and a wait for the
GIL where another thread has taken it meanwhile. `python -m benchmarks.price` prints the table.
"""

from operator import sub, truediv
from statistics import median
from typing import Any

from . import HELD_SHARES, import_kernel, instrument
from .checkout.suite import lacks_its_own_name

STEPS = (5, 100, 2_000, 100_000)
"""Work per call: a step takes about 10 ns."""

TABLE_STEPS = (5, 20, 50, 100, 200, 1_000, 10_000, 100_000)

THREADS = (1, 2)


def call_seconds(steps: int, rounds: int = 2) -> dict[tuple[str, int], list[float]]:
    """Measure the time of one call, in seconds, by form and number of threads that call.

    The forms take turns, so that a drift of the machine's speed cancels between them.
    """
    seconds: dict[tuple[str, int], list[float]] = {(form, n): [] for form in HELD_SHARES for n in THREADS}
    for _ in range(rounds):
        for form, share in HELD_SHARES.items():
            statement = f"serial_fraction({steps}, {share})"
            workload = instrument.Workload(statement, import_kernel("serial_fraction"))
            plan = instrument.Plan(THREADS, budget=0.3, rounds=1)
            *_, undisturbed = instrument.measure_rounds(workload, plan)  # if any was, it is the last
            for n in THREADS:
                seconds[form, n].append(n / undisturbed.windows[n].rate)
    return seconds


class Price:
    """Seconds per call of a thread."""

    params = (list(HELD_SHARES), list(STEPS))
    param_names = ("form", "steps")
    unit = "seconds"
    version = instrument.INSTRUMENT_VERSION
    timeout = 180

    def setup_cache(self) -> dict[int, Any]:
        """Measure all at once; nothing, where the commit lacks the kernel."""
        try:
            return {steps: call_seconds(steps) for steps in STEPS}
        except ImportError as error:
            if not lacks_its_own_name(error):
                raise
            return {}

    def setup(self, measured, form, steps):
        """Skip what the commit lacks."""
        if not measured:
            raise NotImplementedError

    def track_call_alone(self, measured, form, steps):
        """With one thread."""
        return median(measured[steps][form, 1])

    def track_call_contended(self, measured, form, steps):
        """With two threads that call the same."""
        return median(measured[steps][form, 2])


def main() -> None:
    """Print the table, in Markdown."""
    print("| steps | 1 thread: holding | releasing | price | 2 threads: holding | releasing | gain |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for steps in TABLE_STEPS:
        measured = call_seconds(steps, rounds=15)
        keep, release, keep_two, release_two = (
            measured[form, n] for n in THREADS for form in ("holding", "releasing")
        )
        price = median(map(sub, release, keep))
        gain = median(map(truediv, keep_two, release_two))
        cells = [median(keep), median(release), price, median(keep_two), median(release_two)]
        print(f"| {steps:,} | {' | '.join(map(_readable, cells))} | {gain:.2f} |")


def _readable(seconds: float) -> str:
    for size, unit in ((1e-3, "ms"), (1e-6, "us")):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


if __name__ == "__main__":
    main()
