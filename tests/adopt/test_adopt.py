"""docs/adopt.md, followed by somebody with a C extension of their own: its files, its commands."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("asv")
pytest.importorskip("bokeh")

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")

KERNEL = """
#include <Python.h>

static PyObject *crumple(PyObject *self, PyObject *data)
{
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    const unsigned char *bytes = view.buf;
    unsigned long folded = 5381;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < view.len; i++) {
        folded = folded * 33 + bytes[i];
    }
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

SETUP = """
from setuptools import Extension, setup
setup(name="crumple", version="1.0", ext_modules=[Extension("crumple", ["crumple.c"])])
"""


def snippet(kind, holding):
    """Return the one code block of the document that is of a kind and holds a text."""
    blocks = re.findall(rf"```{kind}\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Do the second and third step; return the folder, what runs commands there, and what init said."""
    root, home = tmp_path_factory.mktemp("adopt") / "crumple", tmp_path_factory.mktemp("home")
    for name in (".config", ".pip", ".cache"):
        if (Path.home() / name).exists():
            (home / name).symlink_to(Path.home() / name)
    root.mkdir()
    (root / "crumple.c").write_text(KERNEL)
    (root / "setup.py").write_text(SETUP)

    def run(*command, **variables):
        return subprocess.run(
            [sys.executable, "-P", "-m", *command],
            cwd=root,
            env={**os.environ, "HOME": str(home), "ANTIGIL_PROCESSES": "1", **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=3600,
        )

    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "all of it")):
        subprocess.run(["git", *words], cwd=root, check=True)
    (command,) = re.findall(r"^    antigil (init -s .*)", DOCUMENT, re.MULTILINE)
    began = run("antigil", *shlex.split(command))
    assert began.returncode == 0, began.stderr
    (add,) = re.findall(r"^    git (add .*)", began.stdout, re.MULTILINE)
    for words in (shlex.split(add), ("commit", "-q", "-m", "Track how it scales")):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root, run, began.stdout


@pytest.fixture(scope="module")
def published(project):
    """Do what the document's fourth section says; return the project's folder and what asv said."""
    root, run, began = project
    machine = run("antigil", "ci", "machine").stdout.strip()
    said = []
    for command in re.findall(r"^    asv (.*)", began, re.MULTILINE):
        words = [machine if word == "$(antigil ci machine)" else word for word in shlex.split(command)]
        done = run("asv", *words, *(("--bench", "First|Surroundings") if words[0] == "run" else ()))
        said.append(done.stdout + done.stderr)
        assert done.returncode == 0, said[-1]
    return root, said


@pytest.mark.long
def test_every_number_of_the_workload_is_measured(published):
    root, said = published
    (path,) = (root / ".asv/results").glob("*/*-virtualenv-*.json")
    results = {name: row[0] for name, row in json.loads(path.read_text())["results"].items()}
    assert sorted(results) == sorted(
        [
            *(
                f"thread_scaling.First.track_{name}"
                for name in ("slowdown", "waiting", "queued", "inflation")
            ),
            *(f"thread_scaling.First.track_{name}" for name in ("gil_held", "stall", "gil_enabled")),
            *(f"thread_scaling.First.{name}" for name in ("time_call", "peakmem_call")),
            *(
                f"thread_scaling.Surroundings.track_{name}"
                for name in ("gil_enabled", "cpus_allowed", "cores_alike")
            ),
        ]
    )
    assert all(isinstance(value, float | int) for row in results.values() for value in row), said[0]
    assert results["thread_scaling.First.track_gil_held"][0] < 0.5


@pytest.mark.long
def test_the_workload_has_its_page(published):
    root, said = published
    page = root / ".asv/html/speedup/thread_scaling.First.html"
    assert page.exists(), said[0]
    assert "crumple(data)" in page.read_text(encoding="utf-8")
    assert "speedup/" in (root / ".asv/html/index.html").read_text(encoding="utf-8")


@pytest.mark.long
def test_what_was_measured_lies_in_asvs_environment(published):
    """There lies the instrument, too: nothing else makes `antigil.suite` importable."""
    root, _ = published
    (installed,) = (root / ".asv/env").rglob("site-packages/antigil/suite.py")
    assert [path for path in installed.parents[1].glob("crumple.*") if path.suffix in (".so", ".pyd")]


def test_the_settings_that_are_shown_can_be_given(project):
    root, *_ = project
    code = f"from antigil.suite import Scaling, Workload\n{snippet('python', 'class Short(')}\n"
    (root / "settings.py").write_text(code + "print(CrumpleLittle.plan['budget'], CrumpleLittle.numbers)\n")
    done = subprocess.run(
        [sys.executable, "settings.py"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "2.0 ('slowdown', 'gil_held', 'gil_enabled')\n", done.stderr
