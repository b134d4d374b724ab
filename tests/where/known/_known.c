/* Functions whose losses are known: how much of a call each of them takes, and what it does meanwhile. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define NAMED __attribute__((noinline, noclone))
#define STEPS 2000 /* in one unit of work: some microseconds */

static volatile uint64_t sink;

#define WORK(units)                                                                                          \
    uint64_t value = (uint64_t)(units);                                                                      \
    for (long i = 0; i < (units) * STEPS; i++) {                                                             \
        value = (value ^ (value >> 29)) * UINT64_C(6364136223846793005) + 1;                                 \
    }                                                                                                        \
    sink = value

NAMED void
parse_header(long units)
{
    WORK(units);
}

NAMED void
build_result(long units)
{
    WORK(units);
}

NAMED void
check_sum(long units)
{
    WORK(units);
}

NAMED void
decode(long units)
{
    WORK(units);
}

/* Three functions with the GIL held, one with the GIL released. */
static PyObject *
split(PyObject *Py_UNUSED(module), PyObject *args)
{
    long parse, build, check, released;
    if (!PyArg_ParseTuple(args, "llll", &parse, &build, &check, &released)) {
        return NULL;
    }
    parse_header(parse);
    Py_BEGIN_ALLOW_THREADS
    decode(released);
    Py_END_ALLOW_THREADS
    build_result(build);
    check_sum(check);
    Py_RETURN_NONE;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

NAMED void
update_index(long units)
{
    pthread_mutex_lock(&mutex);
    WORK(units);
    pthread_mutex_unlock(&mutex);
}

/* All of its work under one mutex, the GIL released. */
static PyObject *
under_mutex(PyObject *Py_UNUSED(module), PyObject *units)
{
    long n = PyLong_AsLong(units);
    Py_BEGIN_ALLOW_THREADS
    update_index(n);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

/* All of its work under the lock of an object, on a build that has no GIL. */
static PyObject *
under_object(PyObject *module, PyObject *units)
{
    long n = PyLong_AsLong(units);
#if PY_VERSION_HEX >= 0x030d0000
    Py_BEGIN_CRITICAL_SECTION(module);
    build_result(n);
    Py_END_CRITICAL_SECTION();
#else
    (void)module;
    build_result(n);
#endif
    Py_RETURN_NONE;
}

static _Atomic uint64_t hits;
static uint64_t own[1024];

NAMED void
count_hits(long times)
{
    for (long i = 0; i < times; i++) {
        atomic_fetch_add(&hits, 1);
    }
}

NAMED void
count_own(long times)
{
    volatile uint64_t *mine = &own[((uintptr_t)pthread_self() >> 12) % 64 * 16];
    for (long i = 0; i < times; i++) {
        *mine += 1;
    }
}

/* Counts in a place that threads share, and in one that they do not, the GIL released. */
static PyObject *
count(PyObject *Py_UNUSED(module), PyObject *times)
{
    long n = PyLong_AsLong(times);
    Py_BEGIN_ALLOW_THREADS
    count_hits(n);
    count_own(n);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

/* Reads from a pipe into which nobody writes until a time has passed: waits for input. */
static PyObject *
read_nothing(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd;
    long milliseconds;
    if (!PyArg_ParseTuple(args, "il", &fd, &milliseconds)) {
        return NULL;
    }
    char byte;
    Py_BEGIN_ALLOW_THREADS
    (void)!read(fd, &byte, 1);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"split", split, METH_VARARGS, NULL},
    {"under_mutex", under_mutex, METH_O, NULL},
    {"under_object", under_object, METH_O, NULL},
    {"count", count, METH_O, NULL},
    {"read_nothing", read_nothing, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef known = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "_known", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC
PyInit__known(void)
{
    return PyModuleDef_Init(&known);
}
