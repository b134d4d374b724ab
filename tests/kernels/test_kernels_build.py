"""The C extension compiles without a warning, and leaves a free-threaded Python free."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "antigil" / "kernels"
SOURCES = sorted(ROOM.glob("*.c"))
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
    files = [*SOURCES, *ROOM.glob("*.h")]
    command = ["clang-format", "--dry-run", "--Werror", *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOM)
    assert (run.returncode, run.stderr) == (0, "")


FREE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
assert not sys._is_gil_enabled()
import antigil
from antigil.kernels import _native
assert not sys._is_gil_enabled(), "importing the extension enabled the GIL"
assert _native.__file__.startswith(sys.argv[1]), _native.__file__
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
    from antigil.kernels import _native

    assert Path(_native.__file__).name.endswith(sysconfig.get_config_var("EXT_SUFFIX"))
    assert sys.modules["antigil.kernels._native"] is _native


@pytest.fixture
def sources(tmp_path):
    """Return a copy of what the package is built from."""
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    built = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
    shutil.copytree(ROOT / "antigil", tmp_path / "antigil", ignore=built)
    return tmp_path


def test_a_source_archive_holds_the_c_sources_and_a_wheel_the_extension_in_their_place(sources):
    archive = [sys.executable, "setup.py", "-q", "sdist"]
    wheel = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        "dist",
        ".",
    ]
    for command in (archive, wheel):
        run = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
    (built,) = (sources / "dist").glob("*.whl")
    (packed,) = (sources / "dist").glob("*.tar.gz")
    room = "antigil/kernels/"
    in_wheel = {name for name in zipfile.ZipFile(built).namelist() if name.startswith(room)}
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert in_wheel == {f"{room}__init__.py", f"{room}_native.pyi", f"{room}_native{suffix}"}
    with tarfile.open(packed) as tar:
        in_archive = {name.partition("/")[2] for name in tar.getnames()}
    assert {room + path.name for path in (*SOURCES, *ROOM.glob("*.h"))} <= in_archive
