/* Functions such as Cython makes: a type of that name, in which a C function stands, or its fields. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *function; /* as in what Cython builds for the limited API */
    PyObject *fields[8];
    PyObject *signatures;
} wrapper;

static PyObject *
signatures(PyObject *object, void *Py_UNUSED(closure))
{
    return Py_NewRef(((wrapper *)object)->signatures);
}

static void
forget(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_DECREF(((wrapper *)object)->function);
    Py_DECREF(((wrapper *)object)->signatures);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyGetSetDef getset[] = {{"__signatures__", signatures, NULL, NULL, NULL},
                               {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot type_slots[] = {{Py_tp_dealloc, forget}, {Py_tp_getset, getset}, {0, NULL}};

static PyType_Spec spec = {.name = "_cython_9_9.fused_cython_function",
                           .basicsize = sizeof(wrapper),
                           .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           .slots = type_slots};

/* Return a function around one of C, with a dict of its forms by their types. */
static PyObject *
wrap(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *function, *forms;
    if (!PyArg_ParseTuple(args, "OO", &function, &forms)) {
        return NULL;
    }
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL) {
        return NULL;
    }
    wrapper *made = (wrapper *)((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 0);
    Py_DECREF(type);
    if (made != NULL) {
        made->function = Py_NewRef(function);
        made->signatures = Py_NewRef(forms);
    }
    return (PyObject *)made;
}

static PyMethodDef methods[] = {{"wrap", wrap, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef functions = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "_functions", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC
PyInit__functions(void)
{
    return PyModuleDef_Init(&functions);
}
