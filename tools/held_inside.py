"""The held share of calls that release the GIL: what a call notes itself, and what both instruments say.

Usage: held_inside.py [--seconds 3] [--times 4]

A function of C reads memory with the GIL released, and adds up the time from where it has the GIL again to
where it gives it up the next time: that of Python between two calls. What the interpreter does inside to
take the GIL and to give it back, about 0.1 us a call, it cannot see. Parts of more than 20 us are left out:
there the thread had no CPU.
"""

import argparse
import json
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from support import machine, markdown_table, positive

import antigil

SOURCE = r"""
#include <Python.h>
#include <stdint.h>
#include <time.h>

static char memory[1 << 22];
static size_t size;
static int64_t began, got, held;

static int64_t
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static PyObject *
begin(PyObject *module, PyObject *bytes)
{
    size = PyLong_AsSize_t(bytes);
    for (size_t i = 0; i < sizeof memory; i++) {
        memory[i] = (char)i; /* or all pages would be the same one */
    }
    began = now(), got = held = 0;
    Py_RETURN_NONE;
}

static PyObject *
call(PyObject *module, PyObject *nothing)
{
    uint64_t sum = 0;
    int64_t part = now() - got;
    held += got != 0 && part < 20000 ? part : 0;
    Py_BEGIN_ALLOW_THREADS
    for (size_t i = 0; i < size; i += sizeof sum) {
        sum += *(volatile uint64_t *)(memory + i);
    }
    Py_END_ALLOW_THREADS
    got = now();
    return PyLong_FromUnsignedLongLong(sum);
}

static PyObject *
share(PyObject *module, PyObject *nothing)
{
    return PyFloat_FromDouble((double)held / (double)(now() - began));
}

static PyMethodDef methods[] = {
    {"begin", begin, METH_O, NULL},
    {"call", call, METH_NOARGS, NULL},
    {"share", share, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "noting", NULL, -1, methods};
PyMODINIT_FUNC
PyInit_noting(void)
{
    return PyModule_Create(&definition);
}
"""
SIZES = {"128 KiB": 1 << 17, "1 MiB": 1 << 20, "4 MiB": 1 << 22}
SETUP = "import sys; sys.path.insert(0, {folder!r}); import noting; noting.begin({size}); call = noting.call"
ALONE = """
import json, time
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    for _ in range(1000): call()
print(noting.share())
"""
PROBED = """
import json
from antigil.scaling import Workload, probe_gil
setup = "import noting; noting.begin({size}); call = noting.call"
print(json.dumps((probe_gil(Workload("call()", setup), {seconds}).share, noting.share())))
"""


def compiled(folder: str) -> None:
    """Compile the extension into a folder."""
    Path(folder, "noting.c").write_text(SOURCE)
    include, suffix = sysconfig.get_path("include"), sysconfig.get_config_var("EXT_SUFFIX")
    files = [f"{folder}/noting.c", "-o", f"{folder}/noting{suffix}"]
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{include}", *files], check=True)


def said(program: str) -> list[float]:
    """Return the numbers that a program prints."""
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    numbers = json.loads(done.stdout)
    return numbers if isinstance(numbers, list) else [numbers]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--times", type=positive, default=4)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        compiled(folder)
        for name, size in SIZES.items():
            setup = SETUP.format(folder=folder, size=size)
            alone, probed, inside, sampled = list[float](), list[float](), list[float](), list[float]()
            for _ in range(args.times):
                alone += said(setup + ALONE.format(seconds=args.seconds))
                by_probe, noted = said(setup + PROBED.format(seconds=args.seconds, size=size))
                probed.append(by_probe)
                inside.append(noted)
                found = antigil.where("call()", setup=setup, threads=1, budget=args.seconds)
                sampled.append(found.held.total.value)
            rows.append([name, *(f"{statistics.mean(one):.4f}" for one in (alone, sampled, inside, probed))])
    print(f"{machine()}; {args.times} times {args.seconds:g} s each\n")
    head = ["memory read", "noted alone", "sampler", "noted while probed", "probe"]
    print(markdown_table(head, rows))


if __name__ == "__main__":
    main()
