"""What the tests of the kernels and of the sampler reach of the C code, by gcov.

The sampler works in processes that end by `os._exit`, at which nothing is written: a module that Python loads
at its start has each extension write its counts first. Tests that measure run as well, and may fail, since
nothing is optimised here.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from under import ROOT, build_for

FLAGS = ("-O0", "-g", "--coverage", "-fprofile-update=atomic")
DUMP = "void __gcov_dump(void);\nvoid write_counts(void) { __gcov_dump(); }\n"
AT_START = """
import ctypes, os, sys
leave = os._exit
def write_counts_and_leave(status):
    for name, module in list(sys.modules.items()):  # a fresh process has the package under another name
        if name.endswith((".kernels._native", ".where._sampler")):
            ctypes.CDLL(module.__file__).write_counts()
    leave(status)
os._exit = write_counts_and_leave
"""
ROOMS = ("kernels", "where")
BUILD_ANEW = (
    "tests/kernels/test_kernels_build.py",
    "tests/kernels/test_kernels_under_fire.py",
    "tests/where/test_where_build.py",
)
TESTS = (*(f"tests/{room}" for room in ROOMS), *(f"--ignore={one}" for one in BUILD_ANEW))


def c_files(tests: Sequence[str] = TESTS) -> dict[str, tuple[int, int, int, int]]:
    """Return of each C file its lines, those that tests reach, its branches, and those reached."""
    with tempfile.TemporaryDirectory(prefix="antigil-") as name:
        folder = Path(name)
        for part in ("tests", "tools"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "setup.py", "README.md"):
            shutil.copy(ROOT / part, folder)
        (folder / "sitecustomize.py").write_text(AT_START)
        dump = folder / "dump.o"
        subprocess.run(["gcc", "-fPIC", "-xc", "-c", "-", "-o", dump], input=DUMP, text=True, check=True)
        build_for(sys.executable, folder, (*FLAGS, str(dump)))
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            check=False,
        )
        return {f"antigil/{room}/{file}": counts for room in ROOMS for file, counts in counted(folder, room)}


def counted(folder: Path, room: str) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Return the counts of a room's C files."""
    inside = folder / "antigil" / room
    notes = [file.name for file in inside.glob("*.gcno")]
    command = ["gcov", "--json-format", "--branch-probabilities", *notes]
    subprocess.run(command, cwd=inside, stdout=subprocess.DEVNULL, check=True)
    lines: dict[tuple[str, int], int] = defaultdict(int)
    branches: dict[tuple[str, int, int], int] = defaultdict(int)
    for report in inside.glob("*.gcov.json.gz"):
        for file in json.loads(gzip.decompress(report.read_bytes()))["files"]:
            own = Path(file["file"]).name
            for line in file["lines"]:
                lines[own, line["line_number"]] += line["count"]
                for number, branch in enumerate(line["branches"]):
                    branches[own, line["line_number"], number] += branch["count"]
    found = []
    for own in sorted(file.name for file in inside.glob("*.c")):
        reached = [count > 0 for (file, _), count in lines.items() if file == own]
        taken = [count > 0 for (file, _, _), count in branches.items() if file == own]
        found.append((own, (len(reached), sum(reached), len(taken), sum(taken))))
    return found
