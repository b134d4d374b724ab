/* Where native code is entered from Python: the addresses behind a method, a function, a type's slots.
 *
 * They give a Python name to a C function, in a library without names too. */

#include "sampler.h"
#include <stddef.h>
#include <string.h>

typedef struct {
    const char *name;
    size_t part; /* of the pointer to a group of slots in the type; 0: the type itself */
    size_t slot;
} slot_place;

#define TYPE(field, name)                                                                                    \
    {                                                                                                        \
        name, 0, offsetof(PyTypeObject, field)                                                               \
    }
#define PART(group, struct, field, name)                                                                     \
    {                                                                                                        \
        name, offsetof(PyTypeObject, group), offsetof(struct, field)                                         \
    }
#define NUMBER(field, name) PART(tp_as_number, PyNumberMethods, field, name)
#define SEQUENCE(field, name) PART(tp_as_sequence, PySequenceMethods, field, name)
#define MAPPING(field, name) PART(tp_as_mapping, PyMappingMethods, field, name)

static const slot_place places[] = {
    TYPE(tp_new, "__new__"),
    TYPE(tp_init, "__init__"),
    TYPE(tp_dealloc, "__del__"),
    TYPE(tp_call, "__call__"),
    TYPE(tp_repr, "__repr__"),
    TYPE(tp_str, "__str__"),
    TYPE(tp_hash, "__hash__"),
    TYPE(tp_iter, "__iter__"),
    TYPE(tp_iternext, "__next__"),
    TYPE(tp_getattro, "__getattribute__"),
    TYPE(tp_setattro, "__setattr__"),
    TYPE(tp_richcompare, "__eq__"),
    TYPE(tp_descr_get, "__get__"),
    TYPE(tp_descr_set, "__set__"),
    NUMBER(nb_add, "__add__"),
    NUMBER(nb_subtract, "__sub__"),
    NUMBER(nb_multiply, "__mul__"),
    NUMBER(nb_remainder, "__mod__"),
    NUMBER(nb_divmod, "__divmod__"),
    NUMBER(nb_power, "__pow__"),
    NUMBER(nb_negative, "__neg__"),
    NUMBER(nb_absolute, "__abs__"),
    NUMBER(nb_bool, "__bool__"),
    NUMBER(nb_invert, "__invert__"),
    NUMBER(nb_lshift, "__lshift__"),
    NUMBER(nb_rshift, "__rshift__"),
    NUMBER(nb_and, "__and__"),
    NUMBER(nb_xor, "__xor__"),
    NUMBER(nb_or, "__or__"),
    NUMBER(nb_int, "__int__"),
    NUMBER(nb_float, "__float__"),
    NUMBER(nb_index, "__index__"),
    NUMBER(nb_inplace_add, "__iadd__"),
    NUMBER(nb_inplace_subtract, "__isub__"),
    NUMBER(nb_inplace_multiply, "__imul__"),
    NUMBER(nb_floor_divide, "__floordiv__"),
    NUMBER(nb_true_divide, "__truediv__"),
    NUMBER(nb_matrix_multiply, "__matmul__"),
    SEQUENCE(sq_length, "__len__"),
    SEQUENCE(sq_concat, "__add__"),
    SEQUENCE(sq_repeat, "__mul__"),
    SEQUENCE(sq_item, "__getitem__"),
    SEQUENCE(sq_ass_item, "__setitem__"),
    SEQUENCE(sq_contains, "__contains__"),
    MAPPING(mp_length, "__len__"),
    MAPPING(mp_subscript, "__getitem__"),
    MAPPING(mp_ass_subscript, "__setitem__"),
    PART(tp_as_buffer, PyBufferProcs, bf_getbuffer, "__buffer__"),
};

static uintptr_t
slot_of(const PyTypeObject *type, const slot_place *place)
{
    const char *base = (const char *)type;
    if (place->part != 0) {
        memcpy(&base, base + place->part, sizeof base);
    }
    uintptr_t address = 0;
    if (base != NULL) {
        memcpy(&address, base + place->slot, sizeof address);
    }
    return address;
}

static int
add(PyObject *found, const char *name, uintptr_t address)
{
    PyObject *key = PyUnicode_FromString(name);
    PyObject *value = PyLong_FromUnsignedLongLong(address);
    int status = key == NULL || value == NULL ? -1 : PyDict_SetItem(found, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    return status;
}

static int
add_slots(PyObject *found, const PyTypeObject *type)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uintptr_t address = slot_of(type, &places[i]);
        bool inherited = type->tp_base != NULL && slot_of(type->tp_base, &places[i]) == address;
        if (address != 0 && !inherited && add(found, places[i].name, address) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Whether a type has the name of Cython's functions, as each module that Cython made may have its own. */
static bool
has_name_of_cythons(const PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.'), *name = dot == NULL ? type->tp_name : dot + 1;
    return strcmp(name, "cython_function_or_method") == 0 || strcmp(name, "fused_cython_function") == 0;
}

/* Whether a type was made in C: 1 or 0, or -1 with an exception set. */
static int
is_made_in_c(const PyTypeObject *type)
{
    static _Atomic(destructor) of_python; /* of every type that was made in Python */
    if (atomic_load(&of_python) == NULL) {
        PyObject *made_in_python = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "Plain");
        if (made_in_python == NULL) {
            return -1;
        }
        atomic_store(&of_python, ((PyTypeObject *)made_in_python)->tp_dealloc);
        Py_DECREF(made_in_python);
    }
    return type->tp_dealloc != atomic_load(&of_python);
}

/* The object that begins with the fields of a C function; NULL, with an exception set or without one. */
static const PyCFunctionObject *
c_function_of(PyObject *object)
{
    if (PyCFunction_Check(object)) {
        return (PyCFunctionObject *)object;
    }
    PyTypeObject *type = Py_TYPE(object);
    if (!has_name_of_cythons(type) || type->tp_basicsize < (Py_ssize_t)sizeof(PyCFunctionObject) ||
        is_made_in_c(type) <= 0) {
        return NULL;
    }
    /* Built for the limited API, it has a C function in the place where that has its method. */
    PyObject *inner = (PyObject *)(void *)((PyCFunctionObject *)object)->m_ml;
    bool wraps =
        inner != NULL && (Py_IS_TYPE(inner, &PyCFunction_Type) || Py_IS_TYPE(inner, &PyCMethod_Type));
    return (PyCFunctionObject *)(wraps ? inner : object);
}

/* Return a dict from names (those of slots; "" for the object itself) to addresses. */
PyObject *
antigil_entry_points(PyObject *Py_UNUSED(module), PyObject *object)
{
    const PyCFunctionObject *function;
    PyObject *found = PyDict_New();
    int status = found == NULL ? -1 : 0;
    if (status == 0 && PyType_Check(object)) {
        status = add_slots(found, (PyTypeObject *)object);
    } else if (status == 0 && (function = c_function_of(object)) != NULL) {
        status = function->m_ml == NULL ? 0 : add(found, "", (uintptr_t)function->m_ml->ml_meth);
    } else if (PyErr_Occurred()) {
        status = -1;
    } else if (status == 0 &&
               (Py_IS_TYPE(object, &PyMethodDescr_Type) || Py_IS_TYPE(object, &PyClassMethodDescr_Type))) {
        status = add(found, "", (uintptr_t)((PyMethodDescrObject *)object)->d_method->ml_meth);
    } else if (status == 0 && Py_IS_TYPE(object, &PyGetSetDescr_Type)) {
        const PyGetSetDef *pair = ((PyGetSetDescrObject *)object)->d_getset;
        status = pair->get == NULL ? 0 : add(found, "", (uintptr_t)pair->get);
    }
    if (status < 0) {
        Py_CLEAR(found);
    }
    return found;
}
