"""Extensions of which something is known, built by the test."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from antigil.where import why_unavailable

KNOWN = Path(__file__).parent / "known"


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
def build(tmp_path_factory, sampler):
    """Return what builds an extension of `known/` with some options, and returns its folder."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("there is no C compiler")

    def build(name, *options):
        folder = tmp_path_factory.mktemp("known")
        include = f"-I{sysconfig.get_path('include')}"
        command = [compiler, "-O2", "-shared", "-fPIC", include, *options, str(KNOWN / f"{name}.c"), "-o"]
        subprocess.run([*command, str(folder / f"{name}.so")], check=True)
        return folder

    return build


@pytest.fixture(scope="session")
def build_known(build):
    """Return what builds the extension with some options, and returns the set-up that imports it."""

    def build_known(*options):
        return f"import sys; sys.path.insert(0, {str(build('_known', *options))!r}); import _known"

    return build_known


@pytest.fixture(scope="session")
def known(build_known):
    """Return the set-up that imports the extension, built with names and lines."""
    return build_known("-g")
