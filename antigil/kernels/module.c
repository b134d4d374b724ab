/* The extension module: what the other files define, in one module for each interpreter. */

#include "kernels.h"

static int
native_exec(PyObject *module)
{
    if (PyModule_AddFunctions(module, antigil_article_methods) < 0 ||
        PyModule_AddFunctions(module, antigil_memory_methods) < 0 ||
        PyModule_AddFunctions(module, antigil_serial_methods) < 0 ||
        PyModule_AddFunctions(module, antigil_waiting_methods) < 0) {
        return -1;
    }
    return antigil_add_shared_counter(module);
}

static PyModuleDef_Slot native_slots[] = {
    {Py_mod_exec, native_exec},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

PyDoc_STRVAR(native_doc, "Kernels with a known way of scaling across Python threads.");

static struct PyModuleDef native_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "antigil.kernels._native",
    .m_doc = native_doc,
    .m_slots = native_slots,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&native_module);
}
