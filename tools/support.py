"""What the measuring scripts share: neighbours that keep CPUs busy, what is noted of runs, and Markdown."""

import contextlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from antigil.scaling import cpu_model, cpus_allowed, gil_enabled
from antigil.scaling.own_work.processes import PROCESSES_BESIDE

_NEIGHBOUR = """\
import os, sys
while os.getppid() == int(sys.argv[1]):  # whoever started it may be killed
    for _ in range(10_000_000):
        pass
"""


@contextlib.contextmanager
def busy_neighbours(count: int) -> Iterator[None]:
    """Keep other programs busy beside the block, each wanting a whole CPU."""
    programs = [subprocess.Popen([sys.executable, "-c", _NEIGHBOUR, str(os.getpid())]) for _ in range(count)]
    PROCESSES_BESIDE.update(
        program.pid for program in programs
    )  # not the workload's, where this process measures
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()
            PROCESSES_BESIDE.discard(program.pid)


@contextlib.contextmanager
def only_cpus(cpus: Sequence[int]) -> Iterator[None]:
    """Restrict this thread, and the threads and processes it starts, to some CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def read_notes(path: Path) -> list[dict[str, Any]]:
    """Return what runs have noted so far, a line of JSON each; nothing where none has begun."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def machine() -> str:
    """Return one line that says where figures were measured."""
    build = "GIL enabled" if gil_enabled() else "free-threaded"
    return (
        f"{cpu_model()}, {cpus_allowed()} CPUs allowed; {platform.system()} {platform.release()}; "
        f"{platform.python_implementation()} {platform.python_version()} ({build})"
    )


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(map(markdown_row, [head, ["---"] * len(head), *rows]))


def markdown_row(cells: Sequence[str]) -> str:
    """Return a line of a table in Markdown."""
    return f"| {' | '.join(cells)} |"
