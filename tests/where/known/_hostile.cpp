/* What is hard on a sampler: C++ exceptions through many frames, memory taken and given back, system calls. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

static __attribute__((noinline)) long
descend(long depth, std::vector<std::string> &seen)
{
    seen.emplace_back(static_cast<size_t>(depth) + 20, 'x'); /* destroyed on the way up */
    if (depth == 0) {
        throw std::runtime_error("the bottom");
    }
    std::string own(static_cast<size_t>(depth) * 7 + 30, 'y');
    return descend(depth - 1, seen) + static_cast<long>(own.size());
}

static PyObject *
throw_often(PyObject *, PyObject *args)
{
    long times, depth, caught = 0;
    if (!PyArg_ParseTuple(args, "ll", &times, &depth)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (long i = 0; i < times; i++) {
        std::vector<std::string> seen;
        try {
            descend(depth, seen);
        } catch (const std::runtime_error &) {
            caught += static_cast<long>(seen.size()) == depth + 1;
        }
    }
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(caught);
}

static PyObject *
through_pipe(PyObject *, PyObject *args)
{
    long bytes, sum = 0;
    int ends[2];
    if (!PyArg_ParseTuple(args, "l", &bytes) || pipe(ends) != 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (long i = 0; i < bytes; i++) {
        unsigned char byte = static_cast<unsigned char>(i), got = 0;
        sum += write(ends[1], &byte, 1) == 1 && read(ends[0], &got, 1) == 1 && got == byte;
    }
    Py_END_ALLOW_THREADS
    close(ends[0]);
    close(ends[1]);
    return PyLong_FromLong(sum);
}

static PyMethodDef methods[] = {
    {"throw_often", throw_often, METH_VARARGS, NULL},
    {"through_pipe", through_pipe, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_hostile", NULL, 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit__hostile(void)
{
    return PyModuleDef_Init(&definition);
}
