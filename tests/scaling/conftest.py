"""What the tests of the instrument share."""

import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "antigil"


@pytest.fixture(scope="session")
def free_threaded(tmp_path_factory):
    """Return a free-threaded interpreter and a folder with antigil built for it."""
    python = shutil.which("python3.14t")
    if python is None:
        pytest.skip("python3.14t is not on the PATH")
    query = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'), sep='\\n')"
    answer = subprocess.run([python, "-c", query], capture_output=True, text=True, check=True).stdout
    include, suffix = answer.splitlines()
    folder = tmp_path_factory.mktemp("free-threaded")
    ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
    shutil.copytree(PACKAGE, folder / "antigil", ignore=ignored)
    sources = [str(source) for source in sorted(PACKAGE.glob("_kernels*.c"))]
    output = str(folder / "antigil" / f"_kernels{suffix}")
    subprocess.run(["cc", "-O2", "-fPIC", "-shared", f"-I{include}", *sources, "-o", output], check=True)
    return python, folder
