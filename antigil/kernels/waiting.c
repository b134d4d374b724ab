/* Kernels that wait for something other than a CPU: a clock, or a file descriptor.
 *
 * Everything that differs between the systems is in the two pure C functions.
 */

#include "kernels.h"

#include <errno.h>
#include <limits.h>

#ifdef _WIN32
#include <windows.h>
#include <io.h>
#include <stdlib.h>
#else
#include <time.h>
#include <unistd.h>
#endif

/* A day: a longer sleep is surely a mistake. */
#define MOST_SECONDS 86400.0

#ifdef _WIN32

/* Sleep and return the seconds left, which are none: no signal ends a sleep here. */
static double
sleep_for(double seconds)
{
    double milliseconds = seconds * 1e3;
    DWORD whole = (DWORD)milliseconds;
    Sleep((double)whole < milliseconds ? whole + 1 : whole);
    return 0.0;
}

/* Microsoft's run-time library ends the process at a bad descriptor, unless told not to. */
static void
carry_on(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned int line,
         uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
}

static int64_t
read_some(int fd, char *memory, size_t size, int *error)
{
    _invalid_parameter_handler before = _set_thread_local_invalid_parameter_handler(carry_on);
    int64_t got = _read(fd, memory, (unsigned int)size);
    *error = errno;
    _set_thread_local_invalid_parameter_handler(before);
    return got;
}

#else

/* Sleep, and return the seconds that were left when a signal came, or none. */
static double
sleep_for(double seconds)
{
    struct timespec left;
    left.tv_sec = (time_t)seconds;
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    if (nanosleep(&left, &left) == 0 || errno != EINTR) {
        return 0.0;
    }
    return (double)left.tv_sec + (double)left.tv_nsec * 1e-9;
}

static int64_t
read_some(int fd, char *memory, size_t size, int *error)
{
    int64_t got = read(fd, memory, size);
    *error = errno;
    return got;
}

#endif

static int
parse_seconds(PyObject *args, PyObject *kwargs, const char *format, antigil_real *seconds)
{
    static char *keywords[] = {"seconds", NULL};
    return PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, antigil_to_real, seconds);
}

PyDoc_STRVAR(sleep_holding_doc, "sleep_holding(seconds)\n--\n\n"
                                "Sleep while holding the GIL.");

static PyObject *
sleep_holding(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    antigil_real seconds = {"seconds", MOST_SECONDS, 0.0};
    if (!parse_seconds(args, kwargs, "O&:sleep_holding", &seconds)) {
        return NULL;
    }
    do {
        seconds.value = sleep_for(seconds.value);
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    } while (seconds.value > 0.0);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(sleep_releasing_doc, "sleep_releasing(seconds)\n--\n\n"
                                  "Sleep with the GIL released.");

static PyObject *
sleep_releasing(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    antigil_real seconds = {"seconds", MOST_SECONDS, 0.0};
    if (!parse_seconds(args, kwargs, "O&:sleep_releasing", &seconds)) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        seconds.value = sleep_for(seconds.value);
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    } while (seconds.value > 0.0);
    Py_RETURN_NONE;
}

/* Parse (fd, size), and return an uninitialised bytes object of that size, or NULL. */
static PyObject *
parse_read(PyObject *args, PyObject *kwargs, const char *format, int *fd)
{
    static char *keywords[] = {"fd", "size", NULL};
    antigil_integer descriptor = {"fd", INT_MAX, 0};
    antigil_integer size = {"size", INT_MAX, 0}; /* more at once is an error on some systems */
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, antigil_to_integer, &descriptor,
                                     antigil_to_integer, &size)) {
        return NULL;
    }
    *fd = (int)descriptor.value;
    return PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size.value);
}

/* Return the bytes that were read; or drop them and set the exception. */
static PyObject *
finish_read(PyObject *bytes, int64_t got, int error)
{
    if (got >= 0) {
        _PyBytes_Resize(&bytes, (Py_ssize_t)got); /* makes it NULL where memory runs out */
        return bytes;
    }
    Py_DECREF(bytes);
    if (!PyErr_Occurred()) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return NULL;
}

PyDoc_STRVAR(read_holding_doc, "read_holding(fd, size)\n--\n\n"
                               "Read at most size bytes from a file descriptor while holding the GIL.");

static PyObject *
read_holding(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    int fd, error;
    int64_t got;
    PyObject *bytes = parse_read(args, kwargs, "O&O&:read_holding", &fd);
    if (bytes == NULL) {
        return NULL;
    }
    char *memory = PyBytes_AS_STRING(bytes); /* nobody else knows of it yet */
    size_t size = (size_t)PyBytes_GET_SIZE(bytes);
    do {
        got = read_some(fd, memory, size, &error);
    } while (got < 0 && error == EINTR && PyErr_CheckSignals() == 0);
    return finish_read(bytes, got, error);
}

PyDoc_STRVAR(read_releasing_doc, "read_releasing(fd, size)\n--\n\n"
                                 "Read at most size bytes from a file descriptor with the GIL released.");

static PyObject *
read_releasing(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    int fd, error;
    int64_t got;
    PyObject *bytes = parse_read(args, kwargs, "O&O&:read_releasing", &fd);
    if (bytes == NULL) {
        return NULL;
    }
    char *memory = PyBytes_AS_STRING(bytes); /* nobody else knows of it yet */
    size_t size = (size_t)PyBytes_GET_SIZE(bytes);
    do {
        Py_BEGIN_ALLOW_THREADS
        got = read_some(fd, memory, size, &error);
        Py_END_ALLOW_THREADS
    } while (got < 0 && error == EINTR && PyErr_CheckSignals() == 0);
    return finish_read(bytes, got, error);
}

PyMethodDef antigil_waiting_methods[] = {
    {"sleep_holding", ANTIGIL_METHOD(sleep_holding), sleep_holding_doc},
    {"sleep_releasing", ANTIGIL_METHOD(sleep_releasing), sleep_releasing_doc},
    {"read_holding", ANTIGIL_METHOD(read_holding), read_holding_doc},
    {"read_releasing", ANTIGIL_METHOD(read_releasing), read_releasing_doc},
    {NULL, NULL, 0, NULL},
};
