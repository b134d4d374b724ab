"""An extension whose losses are known, built by the test."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from antigil.where import why_unavailable

SOURCE = Path(__file__).parent / "known" / "_known.c"


def pytest_collection_modifyitems(items):
    """Leave out what can never run here: elsewhere than on Linux there is no sampler."""
    here = Path(__file__).parent
    if sys.platform != "linux" or sys.implementation.name != "cpython":
        items[:] = [item for item in items if here not in item.path.parents]


@pytest.fixture(scope="session")
def sampler():
    """Skip where the sampler is not built: without a compiler the rest installs all the same."""
    if (reason := why_unavailable()) is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def build_known(tmp_path_factory, sampler):
    """Return what builds the extension with some options, and returns the set-up that imports it."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("there is no C compiler")

    def build(*options):
        folder = tmp_path_factory.mktemp("known")
        include = f"-I{sysconfig.get_path('include')}"
        command = [compiler, "-O2", "-shared", "-fPIC", include, *options, str(SOURCE), "-o"]
        subprocess.run([*command, str(folder / "_known.so")], check=True)
        return f"import sys; sys.path.insert(0, {str(folder)!r}); import _known"

    return build


@pytest.fixture(scope="session")
def known(build_known):
    """Return the set-up that imports the extension, built with names and lines."""
    return build_known("-g")
