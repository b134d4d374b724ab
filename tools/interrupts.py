"""How soon a signal ends a long call, and what it costs that the calls look for signals.

Usage: python tools/interrupts.py [--times 20] [--rounds 30]

Of every long call: the longest time from the signal to the KeyboardInterrupt in Python. Of each pair's
twins: the speed and the scaling over two threads beside a build whose calls do all their work in one portion.
"""

import argparse
import importlib.machinery
import importlib.util
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable
from mmap import MAP_PRIVATE, PROT_READ, mmap
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

from support import machine, markdown_table, positive

from antigil import kernels

ROOM = Path(kernels.__file__).parent
FOREVER = 2**62
PORTION = re.compile(r"^#define (\w+_AT_ONCE) .*$", re.MULTILINE)
PORTIONS = 4
"""So many sizes of portions are defined in the C files."""

LONG = {
    "calcular_com_gil": lambda k: k.calcular_com_gil(FOREVER),
    "calcular_sem_gil": lambda k: k.calcular_sem_gil(FOREVER),
    "serial_fraction, all held": lambda k: k.serial_fraction(FOREVER, 1.0, FOREVER),
    "serial_fraction, none held": lambda k: k.serial_fraction(FOREVER, 0.0),
    "stream_holding": lambda k: k.stream_holding(mmap(-1, 1 << 40, MAP_PRIVATE, PROT_READ)),
    "stream_releasing": lambda k: k.stream_releasing(mmap(-1, 1 << 40, MAP_PRIVATE, PROT_READ)),
    "SharedCounter('lock').add_holding": lambda k: k.SharedCounter("lock").add_holding(FOREVER),
    "SharedCounter('atomic').add_releasing": lambda k: k.SharedCounter("atomic").add_releasing(FOREVER),
    "sleep_holding": lambda k: k.sleep_holding(86400),
    "sleep_releasing": lambda k: k.sleep_releasing(86400),
}

SHORT = {
    "calcular_com_gil": lambda k, _: k.calcular_com_gil(20_000),
    "calcular_sem_gil": lambda k, _: k.calcular_sem_gil(20_000),
    "serial_fraction, none held": lambda k, _: k.serial_fraction(10_000_000, 0.0),
    "stream_holding": lambda k, data: k.stream_holding(data),
    "stream_releasing": lambda k, data: k.stream_releasing(data),
}


def without_portions(folder: Path) -> ModuleType:
    """Build the kernels so that a call does all its work in one portion, and load them."""
    sources, found = [], 0
    for source in sorted(ROOM.glob("*.c")):
        text, count = PORTION.subn(r"#define \1 ((uint64_t)1 << 62)", source.read_text())
        found += count
        sources.append(folder / source.name)
        sources[-1].write_text(text)
    assert found == PORTIONS, f"{found} sizes of portions in {ROOM}, and not {PORTIONS}"
    for header in ROOM.glob("*.h"):
        shutil.copy(header, folder)
    built = folder / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = f"-I{sysconfig.get_path('include')}"
    command = ["cc", "-O2", "-std=c11", "-fPIC", "-shared", include, *map(str, sources), "-o", str(built)]
    subprocess.run(command, check=True)
    loader = importlib.machinery.ExtensionFileLoader("_native", str(built))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_native", loader))  # type: ignore
    loader.exec_module(module)
    return module


def latency(call: Callable[[Any], object]) -> float:
    """Return the seconds from a signal to the exception in Python that it raises."""
    sent = time.perf_counter() + 0.1
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        call(kernels)
    except KeyboardInterrupt:
        return time.perf_counter() - sent
    raise AssertionError("a call for ever came to an end")


def seconds(
    call: Callable[[Any, bytearray], object], module: ModuleType, data: bytearray, n_threads: int
) -> float:
    """Return the time of one call in each of so many threads at once."""
    start = threading.Barrier(n_threads + 1)

    def run() -> None:
        start.wait()
        call(module, data)

    threads = [threading.Thread(target=run) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def ratios(
    call: Callable[[Any, bytearray], object], whole: ModuleType, data: bytearray, n_threads: int, rounds: int
) -> tuple[float, float, float]:
    """Return the median time of a call, over that without portions, and the middle half of the ratios."""
    found = []
    for index in range(rounds):
        order = (kernels, whole) if index % 2 else (whole, kernels)
        by_module = {one: seconds(call, one, data, n_threads) for one in order}
        found.append(by_module[kernels] / by_module[whole])
    found.sort()
    return median(found), found[rounds // 4], found[3 * rounds // 4]


def main() -> None:
    """Measure both and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=positive, default=20, help="signals to each call")
    parser.add_argument("--rounds", type=positive, default=30, help="rounds of each ratio")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    print(machine())
    longest = {name: max(latency(call) for _ in range(options.times)) for name, call in LONG.items()}
    rows = [[name, f"{1e3 * value:.1f} ms"] for name, value in longest.items()]
    print("\n" + markdown_table(["call", f"longest of {options.times}"], rows))
    data = bytearray(b"12345678" * (32 << 20))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        whole = without_portions(Path(folder))
        for name, call in SHORT.items():
            cells = [ratios(call, whole, data, n, options.rounds) for n in (1, 2)]
            rows.append([name, *(f"{middle:.3f} ({low:.3f} to {high:.3f})" for middle, low, high in cells)])
    print("\n" + markdown_table(["time with portions ÷ without", "1 thread", "2 threads"], rows))
    if max(longest.values()) > 0.2:
        sys.exit("antigil: error: a call took longer than 0.2 s to end")


if __name__ == "__main__":
    main()
