"""The sampler compiles without a warning, and only the processes of `antigil where` load it."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOM = Path(__file__).parents[2] / "antigil" / "where"
SOURCES = sorted(ROOM.glob("*.c"))
STRICT = ["-std=gnu11", "-O2", "-fPIC", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes"]


CROSS = "aarch64-linux-gnu-gcc"
"""Of Debian's gcc-aarch64-linux-gnu; left out where it is not there, as no system is bound to have it."""


@pytest.mark.parametrize("compiler", ["gcc", "clang", *([CROSS] if shutil.which(CROSS) else [])])
@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_the_sources_compile_without_a_warning(compiler, source, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    include = f"-isystem{sysconfig.get_path('include')}"
    command = [compiler, *STRICT, include, "-c", str(source), "-o", tmp_path / "out.o"]

    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")


ELSEWHERE = """
#include <Python.h>
#include <sys/auxv.h>
#undef AT_MINSIGSTKSZ
#undef __GLIBC__
"""


def test_it_needs_neither_new_headers_nor_the_room_that_glibc_has_for_variables_of_threads(tmp_path):
    """Of a library that is loaded late, musl refuses such variables; headers of old systems lack a name."""
    if shutil.which("gcc") is None or shutil.which("readelf") is None:
        pytest.skip("there is no gcc, or no readelf")
    (tmp_path / "elsewhere.h").write_text(ELSEWHERE)
    include = f"-isystem{sysconfig.get_path('include')}"
    options = ["-std=gnu11", "-O2", "-fPIC", "-shared", "-D_GNU_SOURCE", "-include", "elsewhere.h", include]
    command = ["gcc", *options, *map(str, SOURCES), "-lm", "-o", "elsewhere.so"]

    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (run.returncode, run.stderr) == (0, "")
    dynamic = subprocess.run(
        ["readelf", "-dW", "elsewhere.so"], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    assert "NEEDED" in dynamic
    assert "STATIC_TLS" not in dynamic


def test_the_sources_keep_to_the_format():
    if shutil.which("clang-format") is None:
        pytest.skip("clang-format is not installed")
    files = [*SOURCES, *ROOM.glob("*.h")]
    command = ["clang-format", "--dry-run", "--Werror", *map(str, files)]

    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOM)

    assert (run.returncode, run.stderr) == (0, "")


def test_nothing_else_loads_the_sampler():
    """Neither does what imports it without asking, nor a process that measures."""
    statement = "assert '_sampler' not in open('/proc/self/maps').read()"
    script = f"""if True:
        import sys
        import antigil.commands.main, antigil.suite, antigil.testing, antigil.where
        from antigil import Workload, measure
        measure(Workload({statement!r}), (1,), budget=0.2, processes=1)
        print([name for name in sys.modules if name.endswith("_sampler")])
    """

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[]\n", "")
