"""The C extension compiles without a warning, and leaves a free-threaded Python free."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "antigil"
SOURCES = sorted(PACKAGE.glob("_kernels*.c"))
STRICT = ["-std=c11", "-O2", "-fPIC", "-Wall", "-Wextra", "-Werror"]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_the_sources_compile_without_a_warning(compiler, source, tmp_path):
    if sys.platform == "win32" or shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler} that takes this Python's headers")
    include = f"-I{sysconfig.get_path('include')}"
    command = [compiler, *STRICT, "-Wshadow", "-Wstrict-prototypes", include, "-c", str(source)]
    run = subprocess.run([*command, "-o", tmp_path / "out.o"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_the_sources_keep_to_the_format():
    if shutil.which("clang-format") is None:
        pytest.skip("clang-format is not installed")
    files = [*SOURCES, *PACKAGE.glob("_kernels*.h")]
    command = ["clang-format", "--dry-run", "--Werror", *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PACKAGE)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.fixture
def free_threaded(tmp_path):
    """Return (interpreter, folder with antigil built for it), free-threaded."""
    python = shutil.which("python3.14t")
    if python is None:
        pytest.skip("python3.14t is not on the PATH")
    query = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'), sep='\\n')"
    answer = subprocess.run([python, "-c", query], capture_output=True, text=True, check=True).stdout
    include, suffix = answer.splitlines()
    target = tmp_path / "antigil"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "*.c"))
    command = [
        "cc",
        *STRICT,
        "-shared",
        f"-I{include}",
        *map(str, SOURCES),
        "-o",
        f"{target}/_kernels{suffix}",
    ]
    subprocess.run(command, check=True)
    return python, tmp_path


FREE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
assert not sys._is_gil_enabled()
import antigil
from antigil import _kernels
assert not sys._is_gil_enabled(), "importing the extension enabled the GIL"
assert _kernels.__file__.startswith(sys.argv[1]), _kernels.__file__
sums = []
threads = [threading.Thread(target=lambda: sums.append(antigil.calcular_com_gil(1000))) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert sums == ["13047591973928657536"] * 8, sums
print("free")
"""


def test_a_free_threaded_python_stays_free(free_threaded):
    """With warnings as errors: Python warns when an extension makes it enable the GIL."""
    python, folder = free_threaded
    command = [python, "-I", "-W", "error", "-c", FREE, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("free\n", "")


def test_this_interpreter_runs_the_extension_built_for_it():
    from antigil import _kernels

    assert Path(_kernels.__file__).name.endswith(sysconfig.get_config_var("EXT_SUFFIX"))
    assert sys.modules["antigil._kernels"] is _kernels
