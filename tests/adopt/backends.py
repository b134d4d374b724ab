"""Small projects that do the same work, each built by another backend, and laid out otherwise."""

import json
import os
import subprocess
import sys
from typing import NamedTuple

WHO = (
    "-c",
    "user.name=a tester",
    "-c",
    "user.email=tester@example.org",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "maintenance.auto=false",
)

#: What every project offers: folds bytes with the GIL released.
SETUP = "from crumple import crumple; data = bytes(1 << 20)"
STATEMENT = "crumple(data)"

FOLD = """
unsigned long fold(const unsigned char *bytes, long size)
{
    unsigned long folded = 5381;
    for (long i = 0; i < size; i++) {
        folded = folded * 33 + bytes[i];
    }
    return folded;
}
"""

MODULE = """
#include <Python.h>
#include "fold.h"

static PyObject *crumple(PyObject *self, PyObject *data)
{
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    unsigned long folded;
    Py_BEGIN_ALLOW_THREADS
    folded = fold(view.buf, view.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLong(folded);
}

static PyMethodDef methods[] = {{"crumple", crumple, METH_O, "Fold bytes."}, {0}};
static struct PyModuleDef crumple_module = {PyModuleDef_HEAD_INIT, "crumple", NULL, 0, methods};

PyMODINIT_FUNC PyInit_crumple(void)
{
    return PyModuleDef_Init(&crumple_module);
}
"""

C = {"crumple.c": MODULE, "fold.h": FOLD}
PROJECT = '\n[project]\nname = "crumple"\nversion = "1.0"\n'


def pyproject(backend, *requires, more=""):
    """Return a pyproject.toml."""
    listed = ", ".join(f'"{one}"' for one in requires)
    return f'[build-system]\nrequires = [{listed}]\nbuild-backend = "{backend}"\n{PROJECT}{more}'


SETUPTOOLS = {
    **C,
    "pyproject.toml": pyproject(
        "setuptools.build_meta",
        "setuptools>=77",
        more='\n[[tool.setuptools.ext-modules]]\nname = "crumple"\nsources = ["crumple.c"]\n',
    ),
    "MANIFEST.in": "include fold.h\n",
}

CYTHON = {
    "fold.h": FOLD,
    "crumple.pyx": """# cython: language_level=3
cdef extern from "fold.h" nogil:
    unsigned long fold(const unsigned char *bytes, long size)


def crumple(const unsigned char[::1] data):
    cdef unsigned long folded
    with nogil:
        folded = fold(&data[0], data.shape[0])
    return folded
""",
    "setup.py": """from Cython.Build import cythonize
from setuptools import Extension, setup
setup(ext_modules=cythonize([Extension("crumple", ["crumple.pyx"], include_dirs=["."])]))
""",
    "pyproject.toml": pyproject("setuptools.build_meta", "setuptools>=77", "cython>=3.0"),
}

MESON = {
    **C,
    "meson.build": """project('crumple', 'c', version: '1.0')
import('python').find_installation().extension_module('crumple', 'crumple.c', install: true)
""",
    "pyproject.toml": pyproject("mesonpy", "meson-python>=0.15"),
}

SCIKIT_BUILD = {
    **C,
    "CMakeLists.txt": """cmake_minimum_required(VERSION 3.18)
project(${SKBUILD_PROJECT_NAME} LANGUAGES C)
find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
Python_add_library(crumple MODULE crumple.c WITH_SOABI)
install(TARGETS crumple LIBRARY DESTINATION .)
""",
    "pyproject.toml": pyproject("scikit_build_core.build", "scikit-build-core>=0.9"),
}

#: Called through cffi, which gives up the GIL around each call: of Rust it takes no crate at all.
MATURIN = {
    "Cargo.toml": """[package]
name = "crumple"
version = "1.0.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]
""",
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "crumple"\nversion = "1.0.0"\n',
    "src/lib.rs": """/// # Safety
/// `bytes` points to `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn fold(bytes: *const u8, size: usize) -> u64 {
    std::slice::from_raw_parts(bytes, size)
        .iter()
        .fold(5381u64, |folded, byte| folded.wrapping_mul(33).wrapping_add(u64::from(*byte)))
}
""",
    "python/crumple/__init__.py": '''"""Fold bytes."""

from ._fold import ffi, lib


def crumple(data):
    """Fold bytes."""
    return lib.fold(ffi.from_buffer("uint8_t[]", data), len(data))
''',
    "pyproject.toml": pyproject(
        "maturin",
        "maturin>=1.5",
        "cffi",
        more='dependencies = ["cffi"]\n\n[tool.maturin]\nbindings = "cffi"\npython-source = "python"\n'
        'module-name = "crumple._fold"\n',
    ),
}

BACKENDS = {
    "setuptools": SETUPTOOLS,
    "cython": CYTHON,
    "meson-python": MESON,
    "scikit-build-core": SCIKIT_BUILD,
    "maturin": MATURIN,
}


def git(folder, *words):
    """Run git as somebody; return what it said."""
    done = subprocess.run(
        ["git", *WHO, "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def write(root, files):
    """Write files beneath a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def make_project(root, files, branch="main", submodule=None):
    """Write a project and commit it twice.

    Parameters
    ----------
    submodule
        A file of it that comes from a repository of its own, which is written beside the project.
    """
    files = dict(files)
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", branch)
    if submodule is not None:
        other = root.with_name(f"{root.name}-vendored")
        other.mkdir()
        write(other, {submodule: files.pop(submodule)})
        git(other, "init", "-q", "-b", "main")
        git(other, "add", ".")
        git(other, "commit", "-q", "-m", "all of it")
        git(root, "submodule", "--quiet", "add", str(other), "vendored")
    write(root, files)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "all of it")
    write(root, {"README": "Folds bytes.\n"})
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "say what it does")


class Case(NamedTuple):
    """A project: its backend, its asv suite if it has one, its branch, whether it has a submodule.

    `folder` is where in the repository it lies, and `environments` how many asv measures in.
    """

    backend: str
    suite: dict | None = None
    branch: str = "main"
    submodule: bool = False
    environments: int = 1
    folder: str = "."


HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SIX = {"matrix": {"req": {"six": ["1.16", "1.17"]}}}
CYTHONS = {"matrix": {"req": {"cython": ["3.0.12", "3.1.4"]}}}
VARIABLE = {"matrix": {"env": {"FOLDED": ["a", "b"]}}}
CASES = {
    **{name: Case(name) for name in BACKENDS},
    "suite in a folder": Case("scikit-build-core", {}),
    "branch master": Case("meson-python", branch="master"),
    "submodule": Case("setuptools", submodule=True),
    "below the top": Case("maturin", folder="bindings/python"),
    "requirement matrix": Case("setuptools", SIX, environments=2),
    "build requirement in the matrix": Case("cython", CYTHONS, environments=2),
    "environment variables": Case("meson-python", VARIABLE, environments=2),
    "two Pythons": Case("maturin", {"pythons": [HERE, "3.14t"]}, environments=2),
}


def make_case(root, case):
    """Write the project of a case."""
    files = dict(BACKENDS[case.backend])
    if case.suite is not None:
        plain = {"version": 1, "project": "crumple", "repo": "..", "branches": [case.branch]}
        suite = {**plain, "environment_type": "virtualenv", **case.suite}
        files |= {"asv_bench/asv.conf.json": json.dumps(suite, indent=4)}
        files |= {"asv_bench/benchmarks/__init__.py": ""}
    if case.submodule:
        fold = files.pop("fold.h")
        files = {name: text.replace("fold.h", "vendored/fold.h") for name, text in files.items()}
        files["fold.h"] = fold
    if case.folder != ".":
        files = {f"{case.folder}/{name}": text for name, text in files.items()}
        files["pyproject.toml"] = "[tool.ruff]\n"
    make_project(root, files, case.branch, "fold.h" if case.submodule else None)
