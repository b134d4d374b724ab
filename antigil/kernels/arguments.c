/* How the kernels read their arguments. */

#include "kernels.h"

#include <math.h>

/* Where a conversion failed with a TypeError, which does not name the argument, say it with
 * the name; what an object's own method raised otherwise stays as it is. */
static void
name_type_error(const char *name, const char *wanted, PyObject *argument)
{
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Format(PyExc_TypeError, "%s must be %s, not %.200s", name, wanted, Py_TYPE(argument)->tp_name);
    }
}

int
antigil_to_integer(PyObject *argument, void *integer)
{
    antigil_integer *target = integer;
    if (!PyIndex_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "%s must be an integer, not %.200s", target->name,
                     Py_TYPE(argument)->tp_name);
        return 0;
    }
    PyObject *number = PyNumber_Index(argument);
    if (number == NULL) {
        name_type_error(target->name, "an integer", argument);
        return 0;
    }
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (value == -1 && overflow == 0 && PyErr_Occurred()) {
        return 0;
    }
    if (overflow < 0 || (overflow == 0 && value < 0)) {
        PyErr_Format(PyExc_ValueError, "%s must not be negative", target->name);
        return 0;
    }
    if (overflow > 0 || (uint64_t)value > target->most) {
        PyErr_Format(PyExc_OverflowError, "%s must be at most %llu", target->name,
                     (unsigned long long)target->most);
        return 0;
    }
    target->value = (uint64_t)value;
    return 1;
}

/* Whether an object becomes a real number as Python's own integers do, and not by a method of its own. */
static int
is_plain_integer(PyObject *number)
{
    return PyLong_Check(number) &&
           Py_TYPE(number)->tp_as_number->nb_float == PyLong_Type.tp_as_number->nb_float;
}

/* Convert to a double: an integer beyond all doubles is infinite. Return 0, or -1 with an exception set. */
static int
convert(PyObject *argument, double *value)
{
    const PyNumberMethods *methods = Py_TYPE(argument)->tp_as_number;
    int has_float = methods != NULL && methods->nb_float != NULL;
    PyObject *number = has_float ? Py_NewRef(argument) : PyNumber_Index(argument);
    *value = number == NULL ? -1.0 : PyFloat_AsDouble(number);
    if (*value == -1.0 && PyErr_Occurred() && number != NULL && is_plain_integer(number) &&
        PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        *value = HUGE_VAL;
    }
    Py_XDECREF(number);
    return *value == -1.0 && PyErr_Occurred() ? -1 : 0;
}

int
antigil_to_real(PyObject *argument, void *real)
{
    antigil_real *target = real;
    double value;
    if (!PyNumber_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "%s must be a real number, not %.200s", target->name,
                     Py_TYPE(argument)->tp_name);
        return 0;
    }
    if (convert(argument, &value) < 0) {
        name_type_error(target->name, "a real number", argument);
        return 0;
    }
    if (!(value >= 0.0 && value <= target->most)) { /* so that NaN is refused, too */
        char *most = PyOS_double_to_string(target->most, 'g', 17, 0, NULL);
        if (most == NULL) {
            return 0;
        }
        PyErr_Format(PyExc_ValueError, "%s must be between 0 and %s", target->name, most);
        PyMem_Free(most);
        return 0;
    }
    target->value = value;
    return 1;
}
