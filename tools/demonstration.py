"""Measure a small project whose third commit loses the release of the GIL, and whose fifth repairs it.

    python tools/demonstration.py --machine NAME FOLDER HTML

FOLDER gets the project, with one function in C and six commits, and asv's results, which a later run keeps.
HTML, where asv has published this project's own pages, gets the demonstration's in a folder of their own, and
a picture on the overview that leads there: a history of one's own may hold no loss to look at.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "demonstration"

SOURCE = """\
/* A function that could run beside others. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static unsigned long long
sum_up(unsigned long long steps)
{
    unsigned long long sum = 0;
    for (unsigned long long step = 0; step < steps; step++) {
        sum = (sum ^ (sum >> 29)) * 6364136223846793005ULL + step;
    }
    return sum;
}

static PyObject *
total(PyObject *module, PyObject *argument)
{
    unsigned long long sum, steps = PyLong_AsUnsignedLongLong(argument);
    if (PyErr_Occurred()) {
        return NULL;
    }
BODY    return PyLong_FromUnsignedLongLong(sum);
}

static PyMethodDef methods[] = {{"total", total, METH_O, "total(steps)"}, {NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "demonstration", NULL, -1, methods};

PyMODINIT_FUNC
PyInit_demonstration(void)
{
    return PyModule_Create(&definition);
}
"""
RELEASED = """\
    Py_BEGIN_ALLOW_THREADS
    sum = sum_up(steps);
    Py_END_ALLOW_THREADS
"""
HELD = """\
    sum = sum_up(steps);
"""
#: Subject line, what stands in place of BODY, and the README.
COMMITS = (
    ("total: sum up, with the GIL released", RELEASED, "Sums up.\n"),
    ("docs: say what total takes", RELEASED, "total(steps) sums up.\n"),
    ("total: sum up without the macros", HELD, "total(steps) sums up.\n"),
    ("docs: say what total returns", HELD, "total(steps) returns a sum.\n"),
    ("total: sum up between the macros again", RELEASED, "total(steps) returns a sum.\n"),
    ("docs: name the type", RELEASED, "total(steps: int) returns a sum.\n"),
)
FIRST_DATE, DAY = 1_767_225_600, 86_400

FILES = {
    "setup.py": """\
from setuptools import Extension, setup

setup(name="demonstration", version="1", ext_modules=[Extension("demonstration", ["demonstration.c"])])
""",
    "pyproject.toml": """\
[build-system]
requires = ["setuptools>=77", "wheel"]
build-backend = "setuptools.build_meta"
""",
}
SUITE = '''\
"""The suite, short: eight fresh processes of a quarter of a second each."""

from .checkout.suite import Scaling, Surroundings, Workload

__all__ = ["Surroundings"]


class Total(
    Scaling,
    title="total: sums up in C",
    expected="n, up to the CPUs",
    thread_counts=(1, 2, 4),
    budget=2.0,
    rounds=2,
    only=("slowdown", "waiting", "queued", "inflation", "gil_held", "gil_enabled"),
):
    """About 2 ms."""

    workload = Workload("total(1_000_000)", "from demonstration import total")
'''
FIGURE = """\
<figure class="card" style="margin: 18px 0"><figcaption><b>What a loss looks like</b>
  <span class="muted">A <a href="../demonstration/speedup/index.html">demonstration project</a>, measured on
  this machine: its third commit takes out the macros that release the GIL, its fifth puts them back.</span>
</figcaption>
<a href="../demonstration/speedup/index.html"><img src="../demonstration/speedup/history.svg"
  style="display: block; width: min(100%, 720px)"
  alt="The speedup of a function over six commits: it falls at the third and recovers at the fifth"></a>
</figure>
"""
#: Before which of these, as far as a page has them, the figure stands.
PLACES = ('<section aria-labelledby="workloads">', "</main>")


def main() -> int:
    """Write what is missing, measure it, publish it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--machine", required=True, help="the name by which asv knows this machine")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("html", metavar="HTML", type=Path)
    asked = parser.parse_args()
    folder, html = asked.folder.absolute(), asked.html.absolute()
    write_project(folder, html / NAME)
    measuring = ["run", "--machine", asked.machine, "--record-samples", "--skip-existing-successful", "ALL"]
    for words in (measuring, ["publish"]):
        done = subprocess.run([sys.executable, "-m", "asv", *words], cwd=folder, check=False)
        if done.returncode:
            print("antigil: error: the demonstration could not be measured, see above", file=sys.stderr)
            return done.returncode
    show(html / "speedup/index.html")
    return 0


def write_project(folder: Path, html: Path) -> None:
    """Write the project with its commits, if it is not there, and how it is measured."""
    if not is_whole(folder):
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch=main")
        stream = "".join(commit(number, *told) for number, told in enumerate(COMMITS))
        git(folder, "fast-import", "--quiet", text=stream)
        git(folder, "reset", "--quiet", "--hard")  # asv reads what a build requires from the files here
    suite = folder / "benchmarks"
    suite.mkdir(exist_ok=True)
    # A link, so that the instrument is this checkout's.
    (suite / "__init__.py").unlink(missing_ok=True)
    (suite / "__init__.py").symlink_to(ROOT / "benchmarks/__init__.py")
    (suite / "work.py").write_text(SUITE, encoding="utf-8")
    own = json.loads((ROOT / "asv.conf.json").read_text(encoding="utf-8"))
    own |= {"project": NAME, "html_dir": str(html), "env_dir": "env", "results_dir": "results", "antigil": {}}
    (folder / "asv.conf.json").write_text(json.dumps(own, indent=4), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Tell whether the commits and the files of the last one are there: a run may have been broken off."""
    if not (folder / ".git").exists():
        return False
    command = ["git", "-C", str(folder), "diff", "--quiet", "HEAD"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def commit(number: int, subject: str, body: str, readme: str) -> str:
    """Return a commit as ``git fast-import`` reads it; authors and dates, and so the hashes, are fixed."""
    who = f"A. Maintainer <maintainer@example.org> {FIRST_DATE + number * DAY} +0000"
    files = {**FILES, "demonstration.c": SOURCE.replace("BODY", body), "README": readme}
    written = [f"commit refs/heads/main\nauthor {who}\ncommitter {who}\n{data(subject)}"]
    written += [f"M 100644 inline {name}\n{data(text)}" for name, text in files.items()]
    return "".join(written)


def data(text: str) -> str:
    """Return a text as ``git fast-import`` reads it."""
    return f"data {len(text.encode())}\n{text}\n"


def git(folder: Path, *words: str, text: str = "") -> str:
    """Run git in a folder, whatever the user has configured."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(command, input=text.encode(), env=environment, check=True, capture_output=True)
    return done.stdout.decode()


def show(overview: Path) -> None:
    """Put the picture on an overview that was just published."""
    text = overview.read_text(encoding="utf-8")
    place = next(place for place in PLACES if place in text)
    overview.write_text(text.replace(place, FIGURE + place, 1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
