"""Build the C extension; everything else stands in pyproject.toml."""

import sys
from glob import glob

from setuptools import Extension, setup

OPTIONS = ["/O2", "/W4", "/std:c11"] if sys.platform == "win32" else ["-O2", "-std=c11", "-Wall", "-Wextra"]

KERNELS = Extension(
    "antigil.kernels._native",
    sources=sorted(glob("antigil/kernels/*.c")),
    depends=["antigil/kernels/kernels.h"],
    extra_compile_args=OPTIONS,
)

setup(ext_modules=[KERNELS])
