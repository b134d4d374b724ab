/* A counter that threads share, in the three ways that keep the count exact.
 *
 *     "lock"     one place, and every addition takes a lock for it
 *     "atomic"   one place, and every addition is atomic
 *     "slots"    a place per slot, each on a cache line of its own, added up when read;
 *                additions are atomic here as well, so that the only difference to
 *                "atomic" is who shares the line, and so that two threads that take
 *                the same slot still count exactly
 *
 * No thread ever waits for the GIL while it holds the lock: the lock is taken and given
 * back within one addition, which calls no Python. So a thread may well wait for the
 * lock while it holds the GIL.
 */

#include "kernels.h"
#include "locks.h"

/* The longest line of the machines in use; Intel's fetch lines of 64 bytes in pairs. */
#define CACHE_LINE 128

#define MOST_SLOTS 4096

typedef union {
    struct {
        lock_type lock;
        uint64_t locked; /* guarded by the lock */
        atomic_count atomic;
    } in;
    char line[CACHE_LINE];
} place;

_Static_assert(sizeof(place) == CACHE_LINE, "a place must fill one cache line");

typedef void (*increment)(place *, uint64_t);

static void
increment_locked(place *here, uint64_t times)
{
    for (uint64_t done = 0; done < times; done++) {
        LOCK(&here->in.lock);
        here->in.locked++;
        UNLOCK(&here->in.lock);
    }
}

static void
increment_atomic(place *here, uint64_t times)
{
    for (uint64_t done = 0; done < times; done++) {
        ATOMIC_INCREMENT(&here->in.atomic);
    }
}

static uint64_t
read_place(place *here)
{
    LOCK(&here->in.lock);
    uint64_t locked = here->in.locked;
    UNLOCK(&here->in.lock);
    return locked + ATOMIC_READ(&here->in.atomic);
}

typedef struct {
    PyObject_HEAD
    increment add;
    size_t slots;
    size_t n_places; /* as many as slots, or 1 */
    place *places;   /* aligned to a cache line ... */
    void *memory;    /* ... within this */
#ifndef _WIN32
    _Atomic pid_t process; /* in which the locks were made */
#endif
} shared_counter;

#ifdef _WIN32
#define AFTER_FORK(self) ((void)(self)) /* there is no fork */
#else
#define AFTER_FORK(self) after_fork(self)

/* A lock that another thread held when the process forked is held for ever in the child, where that thread is
 * not. So make the locks anew there; the first thread that comes does it, the others wait for that. */
static void
after_fork(shared_counter *self)
{
    pid_t here = getpid(), made_in = atomic_load(&self->process);
    while (made_in != here) {
        if (made_in != 0 && atomic_compare_exchange_strong(&self->process, &made_in, 0)) {
            for (size_t index = 0; index < self->n_places; index++) {
                LOCK_INIT(&self->places[index].in.lock);
            }
            atomic_store(&self->process, here);
        } else {
            sched_yield();
        }
        made_in = atomic_load(&self->process);
    }
}
#endif

/* Allocate and initialise the places. Return 0, or -1 with MemoryError set. */
static int
make_places(shared_counter *self, size_t n_places)
{
    self->memory = PyMem_RawCalloc(n_places + 1, sizeof(place));
    if (self->memory == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    uintptr_t address = (uintptr_t)self->memory;
    self->places = (place *)((address + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    for (size_t index = 0; index < n_places; index++) {
        LOCK_INIT(&self->places[index].in.lock);
    }
    self->n_places = n_places;
#ifndef _WIN32
    atomic_store(&self->process, getpid());
#endif
    return 0;
}

PyDoc_STRVAR(shared_counter_doc,
             "SharedCounter(place, slots=1)\n--\n\n"
             "A counter for many threads: under a 'lock', 'atomic', or in 'slots', one per thread.");

static PyObject *
shared_counter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"place", "slots", NULL};
    PyObject *name;
    antigil_integer slots = {"slots", MOST_SLOTS, 1};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O&:SharedCounter", keywords, &name, antigil_to_integer,
                                     &slots)) {
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "place must be a str, not %.200s", Py_TYPE(name)->tp_name);
        return NULL;
    }
    int in_slots = PyUnicode_CompareWithASCIIString(name, "slots") == 0;
    int locked = PyUnicode_CompareWithASCIIString(name, "lock") == 0;
    if (!in_slots && !locked && PyUnicode_CompareWithASCIIString(name, "atomic") != 0) {
        PyErr_Format(PyExc_ValueError, "place must be 'lock', 'atomic' or 'slots', not %R", name);
        return NULL;
    }
    if (slots.value == 0) {
        PyErr_SetString(PyExc_ValueError, "slots must be at least 1");
        return NULL;
    }
    shared_counter *self = (shared_counter *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->add = locked ? increment_locked : increment_atomic;
    self->slots = (size_t)slots.value;
    if (make_places(self, in_slots ? self->slots : 1) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
shared_counter_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
shared_counter_dealloc(PyObject *object)
{
    shared_counter *self = (shared_counter *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    for (size_t index = 0; index < self->n_places; index++) {
        LOCK_DESTROY(&self->places[index].in.lock);
    }
    PyMem_RawFree(self->memory);
    type->tp_free(object);
    Py_DECREF(type);
}

/* Parse (times, slot=0). Return the place to count in, or NULL with an exception set. */
static place *
parse_add(shared_counter *self, PyObject *args, PyObject *kwargs, const char *format, uint64_t *times)
{
    static char *keywords[] = {"times", "slot", NULL};
    antigil_integer count = {"times", INT64_MAX, 0};
    antigil_integer slot = {"slot", self->slots - 1, 0};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, antigil_to_integer, &count,
                                     antigil_to_integer, &slot)) {
        return NULL;
    }
    *times = count.value;
    AFTER_FORK(self);
    return &self->places[self->n_places > 1 ? slot.value : 0];
}

/* Additions between two looks for signals, so that Ctrl-C ends a long call: 1 ms to 0.1 s, as others contend.
 */
#define TIMES_AT_ONCE 100000

PyDoc_STRVAR(add_holding_doc, "add_holding($self, times, slot=0)\n--\n\n"
                              "Add one so many times while holding the GIL.");

static PyObject *
add_holding(PyObject *self, PyObject *args, PyObject *kwargs)
{
    uint64_t times;
    place *here = parse_add((shared_counter *)self, args, kwargs, "O&|O&:add_holding", &times);
    if (here == NULL) {
        return NULL;
    }
    increment add = ((shared_counter *)self)->add;
    for (uint64_t portion; times > 0; times -= portion) {
        portion = times < TIMES_AT_ONCE ? times : TIMES_AT_ONCE;
        add(here, portion);
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(add_releasing_doc, "add_releasing($self, times, slot=0)\n--\n\n"
                                "Add one so many times with the GIL released.");

static PyObject *
add_releasing(PyObject *self, PyObject *args, PyObject *kwargs)
{
    uint64_t times;
    place *here = parse_add((shared_counter *)self, args, kwargs, "O&|O&:add_releasing", &times);
    if (here == NULL) {
        return NULL;
    }
    increment add = ((shared_counter *)self)->add;
    for (uint64_t portion; times > 0; times -= portion) {
        portion = times < TIMES_AT_ONCE ? times : TIMES_AT_ONCE;
        Py_BEGIN_ALLOW_THREADS
        add(here, portion);
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
shared_counter_count(PyObject *object, void *Py_UNUSED(closure))
{
    shared_counter *self = (shared_counter *)object;
    uint64_t total = 0;
    AFTER_FORK(self);
    for (size_t index = 0; index < self->n_places; index++) {
        total += read_place(&self->places[index]);
    }
    return PyLong_FromUnsignedLongLong(total);
}

static PyMethodDef shared_counter_methods[] = {
    {"add_holding", ANTIGIL_METHOD(add_holding), add_holding_doc},
    {"add_releasing", ANTIGIL_METHOD(add_releasing), add_releasing_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef shared_counter_getset[] = {
    {"count", shared_counter_count, NULL, PyDoc_STR("The sum of all additions so far."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot shared_counter_slots[] = {
    {Py_tp_doc, (void *)shared_counter_doc},
    {Py_tp_new, shared_counter_new},
    {Py_tp_dealloc, shared_counter_dealloc},
    {Py_tp_traverse, shared_counter_traverse},
    {Py_tp_methods, shared_counter_methods},
    {Py_tp_getset, shared_counter_getset},
    {0, NULL},
};

static PyType_Spec shared_counter_spec = {
    .name = "antigil.kernels.SharedCounter",
    .basicsize = sizeof(shared_counter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = shared_counter_slots,
};

int
antigil_add_shared_counter(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &shared_counter_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}
