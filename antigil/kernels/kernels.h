/* Kernels with a known way of scaling across Python threads, in a file for each topic.
 *
 * Here stands what the files share: how arguments are read, and what each file offers.
 *
 * Between Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS a kernel touches C locals
 * only, never a Python object.
 */

#ifndef ANTIGIL_KERNELS_H
#define ANTIGIL_KERNELS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* The middle two fields of a PyMethodDef: a function that takes keywords, and its flags. */
#define ANTIGIL_METHOD(f) (PyCFunction)(void (*)(void))(f), METH_VARARGS | METH_KEYWORDS

/* An integer argument from 0 to most. The value set beforehand is its default. */
typedef struct {
    const char *name;
    uint64_t most;
    uint64_t value;
} antigil_integer;

/* A real argument from 0 to most. */
typedef struct {
    const char *name;
    double most;
    double value;
} antigil_real;

/* Converters for the format unit "O&". Return 1, or 0 with an exception set that names
 * the argument: TypeError for another type, ValueError below the range (and beyond that
 * of a real number), OverflowError for an integer above it. */
int antigil_to_integer(PyObject *argument, void *integer);
int antigil_to_real(PyObject *argument, void *real);

/* The functions of each file, ended by a row of zeros. */
extern PyMethodDef antigil_article_methods[];
extern PyMethodDef antigil_memory_methods[];
extern PyMethodDef antigil_serial_methods[];
extern PyMethodDef antigil_waiting_methods[];

/* Add SharedCounter to the module. Return 0, or -1 with an exception set. */
int antigil_add_shared_counter(PyObject *module);

#endif
