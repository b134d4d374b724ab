"""A project with one C file, whose second commit makes a named function hold the GIL: `parse_header`."""

from sample_project import commit, generate_project, git

HEADER, BODY = 120, 180
"""Units of work of both functions: two fifths of a call's time lie in `parse_header`."""

READER = """\
/* Reads: a header, which {how}, and a body. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

static __attribute__((noinline)) uint64_t
parse_header(uint64_t value, long units)
{{
    for (long i = 0; i < units * 1000; i++) {{
        value = (value ^ (value >> 29)) * UINT64_C(6364136223846793005) + 1;
    }}
    return value;
}}

static __attribute__((noinline)) uint64_t
decode_body(uint64_t value, long units)
{{
    for (long i = 0; i < units * 1000; i++) {{
        value = (value ^ (value >> 29)) * UINT64_C(6364136223846793005) + 3;
    }}
    return value;
}}

static PyObject *
read_all(PyObject *module, PyObject *args)
{{
    long header, body;
    if (!PyArg_ParseTuple(args, "ll", &header, &body)) {{
        return NULL;
    }}
    uint64_t value = 1;
{calls}
    return PyLong_FromUnsignedLongLong(value);
}}

static PyMethodDef methods[] = {{{{"read_all", read_all, METH_VARARGS, NULL}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef_Slot slots[] = {{
#ifdef Py_mod_gil
    {{Py_mod_gil, Py_MOD_GIL_NOT_USED}},
#endif
    {{0, NULL}},
}};
static struct PyModuleDef definition = {{
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "_native", .m_methods = methods, .m_slots = slots}};

PyMODINIT_FUNC
PyInit__native(void)
{{
    return PyModuleDef_Init(&definition);
}}
"""

RELEASES = """\
    Py_BEGIN_ALLOW_THREADS
    value = parse_header(value, header);
    value = decode_body(value, body);
    Py_END_ALLOW_THREADS"""

HOLDS = """\
    value = parse_header(value, header);
    Py_BEGIN_ALLOW_THREADS
    value = decode_body(value, body);
    Py_END_ALLOW_THREADS"""

BODIES = {"read": f"_native.read_all({HEADER}, {BODY})"}


def generate_reader(root, budget=2.0):
    """Write the project with its two commits; return their hashes, the good one first."""
    sources = root / "sample"
    generate_project(root, BODIES, (), dict.fromkeys(["read", "loop"], budget), "from . import _native\n")
    git(root, "rm", "-q", "-r", "--cached", "sample")
    for source in sources.glob("*.[ch]"):
        source.unlink()
    hashes = []
    for how, calls in (("releases the GIL", RELEASES), ("holds the GIL", HOLDS)):
        (sources / "reader.c").write_text(READER.format(how=how, calls=calls))
        commit(root, BODIES, f"reader: parse_header {how}", "from . import _native\n")
        hashes.append(git(root, "rev-parse", "HEAD"))
    return hashes
