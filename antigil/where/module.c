/* The extension module: the sampler as functions for Python; see sampler.h. */

#include "sampler.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ENROLMENT "antigil.where: the enrolment of a thread"
#define LEAST_ARENA (16 * 1024 * 1024) /* bytes, for some three thousand samples */

/* Whether a process may read its own memory by the call that tells of bad addresses. */
static bool
may_read_memory(void)
{
    int from = 1, to = 0;
    struct iovec here = {&to, sizeof to}, there = {&from, sizeof from};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == sizeof to && to == 1;
}

/* Memory that costs nothing until it is used. */
static void *
take_memory(size_t size)
{
    void *taken =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return taken == MAP_FAILED ? NULL : taken;
}

/* Without a GIL several threads may be here at once: whoever comes first makes the workers. */
static int
prepare_workers(void)
{
    const size_t size = MOST_WORKERS * sizeof(worker);
    antigil_sampler.process = getpid();
    if (antigil_sampler.workers == NULL) {
        worker *none = NULL, *made = take_memory(size);
        antigil_sampler.reads_memory = may_read_memory();
        if (made != NULL && !atomic_compare_exchange_strong(&antigil_sampler.workers, &none, made)) {
            munmap(made, size);
        }
    }
    return antigil_sampler.workers == NULL ? -1 : 0;
}

/* Tell whether there is room for so many bytes. */
static bool
has_room(size_t size)
{
    void *taken = take_memory(size);
    return taken != NULL && munmap(taken, size) == 0;
}

/* The arena is of this size, or as large as leaves the workload as much of what this process is allowed. */
static int
prepare(size_t arena_size)
{
    if (prepare_workers() < 0) {
        return -1;
    }
    while (antigil_sampler.arena == NULL && arena_size >= LEAST_ARENA) {
        antigil_sampler.arena = has_room(2 * arena_size) ? take_memory(arena_size) : NULL;
        antigil_sampler.arena_size = antigil_sampler.arena == NULL ? 0 : arena_size;
        arena_size /= 2;
    }
    return antigil_sampler.arena == NULL ? -1 : 0;
}

PyDoc_STRVAR(
    start_doc,
    "start(signal, mean_seconds, seed, wakes, arena_bytes)\n--\n\n"
    "Interrupt enrolled threads at random moments, so many seconds apart on average.\n\n"
    "Of threads that sleep, only the share `wakes` is interrupted, 0 to 1. Return the native id of the\n"
    "thread that does it.\n\n"
    "OSError (EBUSY) where it runs already, or somebody else handles the signal.");

static PyObject *
start(PyObject *Py_UNUSED(module), PyObject *args)
{
    int signal_number, error;
    double mean_seconds, wakes;
    unsigned long long seed;
    Py_ssize_t arena_bytes;
    if (!PyArg_ParseTuple(args, "idKdn:start", &signal_number, &mean_seconds, &seed, &wakes, &arena_bytes)) {
        return NULL;
    }
    if (arena_bytes <= 0 || !(mean_seconds > 0.0)) {
        PyErr_SetString(PyExc_ValueError, "the mean time and the size of the arena must be positive");
        return NULL;
    }
    if (prepare((size_t)arena_bytes) < 0) {
        return PyErr_NoMemory();
    }
    Py_BEGIN_ALLOW_THREADS
    error = antigil_start(signal_number, mean_seconds, seed, wakes);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(antigil_helper());
}

PyDoc_STRVAR(hold_off_doc, "hold_off()\n--\n\nSample nothing until somebody asks.");

static PyObject *
hold_off(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    antigil_hold_off(0.0, 0);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    ask_doc,
    "ask(pause, sample_after, samples, main_schedule, own_schedule)\n--\n\n"
    "Wait until the main thread runs no bytecode for one to two times `pause`, and ask for the GIL.\n\n"
    "After `sample_after`, so many samples are taken. All times are in seconds. The files are open\n"
    "ones, the schedstat of the main thread and the caller. Return when the caller asked, when it had\n"
    "the GIL, and for how long in between one of both stood in the run queue, the longer of the two.");

static PyObject *
ask(PyObject *Py_UNUSED(module), PyObject *args)
{
    double pause, sample_after;
    int samples, files[2];
    if (!PyArg_ParseTuple(args, "ddiii:ask", &pause, &sample_after, &samples, &files[0], &files[1])) {
        return NULL;
    }
    int64_t asked, granted, before[2], queued = 0;
    Py_BEGIN_ALLOW_THREADS
    antigil_await_silence(pause);
    before[0] = antigil_queued(files[0]);
    before[1] = antigil_queued(files[1]);
    antigil_hold_off(sample_after, samples);
    asked = antigil_now();
    Py_END_ALLOW_THREADS
    granted = antigil_now();
    antigil_hold_off(0.0, 0);
    for (int i = 0; i < 2; i++) {
        int64_t more = antigil_queued(files[i]) - before[i];
        queued = more > queued ? more : queued;
    }
    return Py_BuildValue("ddd", (double)asked / 1e9, (double)granted / 1e9, (double)queued / 1e9);
}

PyDoc_STRVAR(stop_doc, "stop()\n--\n\nStop, and return '', or why it ended early: 'signal' or 'memory'.");

static PyObject *
stop(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    Py_BEGIN_ALLOW_THREADS
    antigil_stop();
    Py_END_ALLOW_THREADS
    return PyUnicode_FromString(antigil_lost_signal()                ? "signal"
                                : atomic_load(&antigil_sampler.full) ? "memory"
                                                                     : "");
}

PyDoc_STRVAR(drain_doc, "drain()\n--\n\nReturn the records since the last time, as bytes; see sampler.h.");

static PyObject *
drain(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    size_t used = atomic_load(&antigil_sampler.arena_used);
    PyObject *records = PyBytes_FromStringAndSize(antigil_sampler.arena, (Py_ssize_t)used);
    if (records != NULL && used > 0) {
        /* It has to be zeros again. */
        if (madvise(antigil_sampler.arena, antigil_sampler.arena_size, MADV_DONTNEED) != 0) {
            memset(antigil_sampler.arena, 0, used);
        }
        atomic_store(&antigil_sampler.arena_used, 0);
        atomic_store(&antigil_sampler.full, 0);
    }
    return records;
}

PyDoc_STRVAR(has_records_doc, "has_records()\n--\n\nTell whether there is something to drain.");

static PyObject *
has_records(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    return PyBool_FromLong(atomic_load(&antigil_sampler.arena_used) > 0);
}

static void
leave(PyObject *capsule)
{
    antigil_leave(PyCapsule_GetPointer(capsule, ENROLMENT));
}

PyDoc_STRVAR(enrol_doc,
             "enrol()\n--\n\nLet the calling thread be sampled until it ends, and return its number.");

static PyObject *
enrol(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    /* The thread's own dictionary is cleared in the thread, before the thread state goes. */
    PyObject *own = PyThreadState_GetDict();
    worker *one = NULL;
    if (own == NULL || prepare_workers() < 0) {
        return PyErr_NoMemory();
    }
    if (antigil_self != NULL && antigil_self->thread == (pid_t)syscall(SYS_gettid)) {
        return PyLong_FromUnsignedLongLong(antigil_self->number);
    }
    /* What is left of the thread that forked this process is given back; see leave(). */
    if (antigil_self != NULL && PyDict_DelItemString(own, ENROLMENT) < 0) {
        return NULL;
    }
    int error = antigil_enrol(&one);
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    PyObject *capsule = PyCapsule_New(one, ENROLMENT, leave);
    if (capsule == NULL) {
        antigil_leave(one);
        return NULL;
    }
    int status = PyDict_SetItemString(own, ENROLMENT, capsule);
    Py_DECREF(capsule);
    return status < 0 ? NULL : PyLong_FromUnsignedLongLong(one->number);
}

PyDoc_STRVAR(retire_doc, "retire()\n--\n\nLet the calling thread be sampled no longer.");

static PyObject *
retire(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    PyObject *own = PyThreadState_GetDict();
    if (own != NULL && antigil_self != NULL && PyDict_DelItemString(own, ENROLMENT) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    entry_points_doc,
    "entry_points(object)\n--\n\nReturn the addresses of the C functions behind an object, by name.");

static PyMethodDef sampler_methods[] = {
    {"start", start, METH_VARARGS, start_doc},
    {"hold_off", hold_off, METH_NOARGS, hold_off_doc},
    {"ask", ask, METH_VARARGS, ask_doc},
    {"stop", stop, METH_NOARGS, stop_doc},
    {"drain", drain, METH_NOARGS, drain_doc},
    {"has_records", has_records, METH_NOARGS, has_records_doc},
    {"enrol", enrol, METH_NOARGS, enrol_doc},
    {"retire", retire, METH_NOARGS, retire_doc},
    {"entry_points", antigil_entry_points, METH_O, entry_points_doc},
    {NULL, NULL, 0, NULL},
};

static int
sampler_exec(PyObject *module)
{
    if (PyModule_AddIntConstant(module, "REGISTERS", REGISTERS) < 0) {
        return -1;
    }
    return PyModule_AddIntConstant(module, "MOST_FRAMES", MOST_FRAMES);
}

static PyModuleDef_Slot sampler_slots[] = {
    {Py_mod_exec, sampler_exec},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

PyDoc_STRVAR(sampler_doc, "Interrupt threads at random moments, and note where they are.");

static struct PyModuleDef sampler_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "antigil.where._sampler",
    .m_doc = sampler_doc,
    .m_methods = sampler_methods,
    .m_slots = sampler_slots,
};

PyMODINIT_FUNC
PyInit__sampler(void)
{
    return PyModuleDef_Init(&sampler_module);
}
