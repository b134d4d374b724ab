"""What the measuring scripts share: busy neighbours, what is noted of runs, arguments, and Markdown."""

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from antigil.files import append_lines
from antigil.scaling import cpu_model, cpus_allowed, gil_enabled
from antigil.scaling.own_work.processes import PROCESSES_BESIDE

Note = dict[str, Any]

#: Debian's, the quicker one first: it has no windows and menus to prepare for each page.
CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))

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


def read_notes(path: Path) -> list[Note]:
    """Return what runs have noted so far, a line of JSON each; nothing where none has begun."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def add_note(path: Path, note: Note) -> Note:
    """Add a line to what runs have noted, with the machine that it is from, and return it."""
    whole = {**note, "machine": machine()}
    append_lines(path, [json.dumps(whole)])
    return whole


def taken_under(notes: Iterable[Note], conditions: Note) -> list[Note]:
    """Return the notes that say of themselves that they were taken under such conditions."""
    return [note for note in notes if conditions.items() <= note.items()]


def made(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return a folder that is there, or is made now: beside its place first, so that it is whole."""
    if not folder.exists():
        beside = folder.with_name(f"{folder.name}.part")
        if beside.exists():
            shutil.rmtree(beside)
        beside.parent.mkdir(parents=True, exist_ok=True)
        make(beside)
        beside.rename(folder)
    return folder


def own_home(folder: Path) -> dict[str, str]:
    """Return variables with a home in a folder, for asv to note the machine in; pip keeps its settings."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    for name in (".config", ".pip", ".cache"):
        if (Path.home() / name).exists() and not (home / name).exists():
            (home / name).symlink_to(Path.home() / name)
    return {**os.environ, "HOME": str(home)}


def stop(message: str) -> NoReturn:
    """End with a message and status 2: 1 is for what was measured, and is wrong."""
    print(message.strip(), file=sys.stderr)
    sys.exit(2)


def at_least(least: int) -> Callable[[str], int]:
    """Return what reads a whole number from the command line, and refuses those below the least."""

    def number(text: str) -> int:
        found = int(text)
        if found < least:
            raise argparse.ArgumentTypeError(f"{found} is less than {least}")
        return found

    return number


positive = at_least(1)


def some_of(known: Collection[str]) -> Callable[[str], list[str]]:
    """Return what reads some of these names, separated by commas, from the command line."""

    def names(text: str) -> list[str]:
        found = text.split(",")
        if not set(found) <= set(known):
            raise argparse.ArgumentTypeError(f"{text!r} is not of {', '.join(known)}")
        return found

    return names


def chromium() -> str:
    """Return the path of the browser."""
    installed = [path for path in CHROMIUMS if path.exists()]
    if not installed:
        stop("antigil: error: there is no chromium: apt install chromium-headless-shell")
    return str(installed[0])


def machine() -> str:
    """Return one line that says where figures were measured."""
    return (
        f"{cpu_model()}, {cpus_allowed()} CPUs allowed; {platform.system()} {platform.release()}; "
        f"{this_python()}"
    )


def this_python() -> str:
    """Return name, version and build of the Python that runs."""
    build = "GIL enabled" if gil_enabled() else "free-threaded"
    return f"{platform.python_implementation()} {platform.python_version()} ({build})"


def machines(notes: Iterable[Note]) -> str:
    """Return a line for each machine on which notes were taken, and how many were."""
    counts = Counter(note.get("machine", "a machine that was not noted") for note in notes)
    return "\n".join(f"{count} on {name}" for name, count in counts.items())


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(map(markdown_row, [head, ["---"] * len(head), *rows]))


def markdown_row(cells: Sequence[str]) -> str:
    """Return a line of a table in Markdown."""
    return f"| {' | '.join(cells)} |"
