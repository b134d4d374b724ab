/* Functions whose losses are known: how much of a call each of them takes, and what it does meanwhile. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
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
static _Alignas(128) uint64_t near[16];
static _Alignas(128) uint64_t own[1024];

static uintptr_t
number_of_thread(void)
{
    return (uintptr_t)pthread_self() >> 12;
}

NAMED void
count_hits(long times)
{
    for (long i = 0; i < times; i++) {
        atomic_fetch_add(&hits, 1);
    }
}

/* In a place of one's own, which lies in one cache line with the other threads'. */
NAMED void
count_near(long times)
{
    volatile uint64_t *mine = &near[number_of_thread() % 8];
    for (long i = 0; i < times; i++) {
        *mine += 1;
    }
}

NAMED void
count_own(long times)
{
    volatile uint64_t *mine = &own[number_of_thread() % 64 * 16];
    for (long i = 0; i < times; i++) {
        *mine += 1;
    }
}

#ifdef Py_GIL_DISABLED
NAMED void
count_references(PyObject *shared, long times)
{
    for (long i = 0; i < times; i++) {
        Py_INCREF(shared);
        Py_DECREF(shared);
    }
}
#endif

/* Counts in what threads share, and in what they do not. */
static PyObject *
count(PyObject *module, PyObject *args)
{
    const char *shared;
    long times;
    if (!PyArg_ParseTuple(args, "sl", &shared, &times)) {
        return NULL;
    }
    if (strcmp(shared, "references") == 0) {
#ifdef Py_GIL_DISABLED
        count_references(module, times);
#else
        (void)module;
        PyErr_SetString(PyExc_ValueError, "references are not counted by several threads at once here");
        return NULL;
#endif
    }
    Py_BEGIN_ALLOW_THREADS
    if (strcmp(shared, "hits") == 0) {
        count_hits(times);
    }
    else if (strcmp(shared, "line") == 0) {
        count_near(times);
    }
    count_own(times / 4);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

#define NANOSECONDS INT64_C(1000000000)

static int64_t
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

/* Waits on a pipe in which nothing arrives; again where a signal ends that early. */
NAMED void
await_input(int fd, long microseconds)
{
    int64_t end = now() + microseconds * 1000;
    for (int64_t left; (left = end - now()) > 0;) {
        struct pollfd asked = {.fd = fd, .events = POLLIN};
        struct timespec most = {.tv_nsec = (long)left};
        ppoll(&asked, 1, &most, NULL);
    }
}

NAMED void
rest(long microseconds)
{
    int64_t end = now() + microseconds * 1000;
    struct timespec time = {.tv_sec = end / NANOSECONDS, .tv_nsec = (long)(end % NANOSECONDS)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) != 0) {
    }
}

/* Sleeps as no signal ends it: until a child that shares the memory has ended. */
NAMED void
sleep_deeply(long microseconds)
{
    struct timespec time = {.tv_nsec = microseconds * 1000};
    pid_t child = vfork();
    if (child == 0) {
        nanosleep(&time, NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

/* All of it with the GIL released. */
static PyObject *
deep(PyObject *Py_UNUSED(module), PyObject *microseconds)
{
    long n = PyLong_AsLong(microseconds);
    Py_BEGIN_ALLOW_THREADS
    sleep_deeply(n);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

#if PY_VERSION_HEX >= 0x030d0000
static PyMutex pymutex;
#endif

/* Waits for input and for a clock, all of it under one lock. However fair the lock is, one of two threads is
   always inside and the other one waits for it. */
static PyObject *
wait_inside(PyObject *module, PyObject *args)
{
    const char *lock;
    int fd;
    long input, clock;
    if (!PyArg_ParseTuple(args, "sill", &lock, &fd, &input, &clock)) {
        return NULL;
    }
    if (strcmp(lock, "gil") == 0) {
        await_input(fd, input);
        rest(clock);
        Py_RETURN_NONE;
    }
    if (strcmp(lock, "mutex") == 0) {
        Py_BEGIN_ALLOW_THREADS
        pthread_mutex_lock(&mutex);
        await_input(fd, input);
        rest(clock);
        pthread_mutex_unlock(&mutex);
        Py_END_ALLOW_THREADS
        Py_RETURN_NONE;
    }
#if PY_VERSION_HEX >= 0x030d0000
    if (strcmp(lock, "object") == 0) {
        Py_BEGIN_CRITICAL_SECTION(module);
        await_input(fd, input);
        rest(clock);
        Py_END_CRITICAL_SECTION();
        Py_RETURN_NONE;
    }
    if (strcmp(lock, "pymutex") == 0) {
        Py_BEGIN_ALLOW_THREADS
        PyMutex_Lock(&pymutex);
        await_input(fd, input);
        rest(clock);
        PyMutex_Unlock(&pymutex);
        Py_END_ALLOW_THREADS
        Py_RETURN_NONE;
    }
#else
    (void)module;
#endif
    PyErr_Format(PyExc_ValueError, "there is no lock %s here", lock);
    return NULL;
}

static PyMethodDef methods[] = {
    {"split", split, METH_VARARGS, NULL},
    {"under_mutex", under_mutex, METH_O, NULL},
    {"under_object", under_object, METH_O, NULL},
    {"count", count, METH_VARARGS, NULL},
    {"deep", deep, METH_O, NULL},
    {"wait_inside", wait_inside, METH_VARARGS, NULL},
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
