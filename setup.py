"""Build the C extensions; everything else stands in pyproject.toml."""

import platform
import sys
from glob import glob

from setuptools import Extension, setup

OPTIONS = ["/O2", "/W4", "/std:c11"] if sys.platform == "win32" else ["-O2", "-std=c11", "-Wall", "-Wextra"]

KERNELS = Extension(
    "antigil.kernels._native",
    sources=sorted(glob("antigil/kernels/*.c")),
    depends=["antigil/kernels/kernels.h", "antigil/kernels/locks.h"],
    extra_compile_args=OPTIONS,
)

# For `antigil where` alone: where it cannot be built, the rest installs, and the command says so.
SAMPLER = Extension(
    "antigil.where._sampler",
    sources=sorted(glob("antigil/where/*.c")),
    depends=["antigil/where/sampler.h"],
    extra_compile_args=["-O2", "-std=gnu11", "-Wall", "-Wextra"],
    libraries=["m"],
    optional=True,
)
HAS_SAMPLER = sys.platform == "linux" and platform.python_implementation() == "CPython"

setup(ext_modules=[KERNELS, SAMPLER] if HAS_SAMPLER else [KERNELS])
