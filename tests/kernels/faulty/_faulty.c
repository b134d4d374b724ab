/* Faults of each kind that a sanitizer is to see: that it says nothing elsewhere then means something. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <limits.h>

static long shared;

/* Count in memory that threads share, neither locked nor atomic. */
static PyObject *
race(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    for (int i = 0; i < 1000; i++) {
        shared++;
    }
    Py_RETURN_NONE;
}

/* Read the byte after the last one of a block. */
static PyObject *
beyond(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    volatile char *block = PyMem_RawCalloc(10, 1);
    long found = block[10];
    PyMem_RawFree((void *)block);
    return PyLong_FromLong(found);
}

/* Add one to the largest int. */
static PyObject *
overflow(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    volatile int largest = INT_MAX;
    return PyLong_FromLong(largest + 1);
}

static PyMethodDef methods[] = {
    {"race", race, METH_NOARGS, NULL},
    {"beyond", beyond, METH_NOARGS, NULL},
    {"overflow", overflow, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_faulty",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__faulty(void)
{
    return PyModuleDef_Init(&module);
}
