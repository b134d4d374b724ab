/* A call with a known serial fraction: it holds the GIL for a share of its work.
 *
 * The share is one of work, not of time, so that it stays true on a busy machine. The
 * call alternates between a slice of work with the GIL held and a stretch with the GIL
 * released:
 *
 *     held work = round(steps * held_share), in slices of slice_steps, the last one shorter;
 *     n = held work / slice_steps, rounded up, is the number of slices;
 *     after each comes released work / n, where a remainder is spread evenly.
 *
 * Every step is a fixed number of rounds of integer calculation, each depending on the
 * one before it throughout the call: the result is the same for every share and slice.
 */

#include "kernels.h"

/* About 10 nanoseconds on a 3 GHz machine. */
#define ROUNDS_PER_STEP 6

#define DEFAULT_SLICE_STEPS 1000

static uint64_t
work(uint64_t value, uint64_t steps)
{
    for (uint64_t step = 0; step < steps; step++) {
        for (uint64_t round = 0; round < ROUNDS_PER_STEP; round++) {
            value = (value ^ (value >> 29)) * UINT64_C(6364136223846793005) + round;
        }
    }
    return value;
}

/* What is left to do of a call. */
typedef struct {
    uint64_t held;        /* steps to do with the GIL held */
    uint64_t slice;       /* of which at once */
    uint64_t released;    /* steps after each slice ... */
    uint64_t spare;       /* ... and one more after this many of the slices */
    uint64_t slices;      /* the number of all slices, at least 1 */
    uint64_t accumulated; /* spare steps due, in units of 1 / slices */
} plan;

static plan
make_plan(uint64_t steps, double held_share, uint64_t slice)
{
    plan todo = {0, slice, 0, 0, 1, 0};
    double held = held_share * (double)steps + 0.5;
    todo.held = held >= (double)steps ? steps : (uint64_t)held;
    if (todo.held > 0) {
        todo.slices = (todo.held - 1) / slice + 1;
    }
    todo.released = (steps - todo.held) / todo.slices;
    todo.spare = (steps - todo.held) % todo.slices;
    return todo;
}

static uint64_t
next_held(plan *todo)
{
    uint64_t steps = todo->held < todo->slice ? todo->held : todo->slice;
    todo->held -= steps;
    return steps;
}

static uint64_t
next_released(plan *todo)
{
    uint64_t steps = todo->released;
    todo->accumulated += todo->spare;
    if (todo->accumulated >= todo->slices) {
        todo->accumulated -= todo->slices;
        steps++;
    }
    return steps;
}

/* Steps between two looks for signals, so that Ctrl-C ends a long call: about 50 ms. */
#define STEPS_AT_ONCE 5000000

static uint64_t
portion_of(uint64_t steps)
{
    return steps < STEPS_AT_ONCE ? steps : STEPS_AT_ONCE;
}

PyDoc_STRVAR(serial_fraction_doc,
             "serial_fraction(steps, held_share, slice_steps=1000)\n--\n\n"
             "Do steps of work, the GIL held for a share of them in slices and released for the rest.");

static PyObject *
serial_fraction(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"steps", "held_share", "slice_steps", NULL};
    antigil_integer steps = {"steps", INT64_MAX, 0};
    antigil_real held_share = {"held_share", 1.0, 0.0};
    antigil_integer slice_steps = {"slice_steps", INT64_MAX, DEFAULT_SLICE_STEPS};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&|O&:serial_fraction", keywords, antigil_to_integer,
                                     &steps, antigil_to_real, &held_share, antigil_to_integer,
                                     &slice_steps)) {
        return NULL;
    }
    if (slice_steps.value == 0) {
        PyErr_SetString(PyExc_ValueError, "slice_steps must be at least 1");
        return NULL;
    }
    plan todo = make_plan(steps.value, held_share.value, slice_steps.value);
    uint64_t value = 0;
    uint64_t portion;
    for (uint64_t slice = 0; slice < todo.slices; slice++) {
        for (uint64_t left = next_held(&todo); left > 0; left -= portion) {
            portion = portion_of(left);
            value = work(value, portion);
            if (PyErr_CheckSignals() < 0) {
                return NULL;
            }
        }
        for (uint64_t left = next_released(&todo); left > 0; left -= portion) {
            portion = portion_of(left);
            Py_BEGIN_ALLOW_THREADS
            value = work(value, portion);
            Py_END_ALLOW_THREADS
            if (PyErr_CheckSignals() < 0) {
                return NULL;
            }
        }
    }
    return PyLong_FromUnsignedLongLong(value);
}

PyMethodDef antigil_serial_methods[] = {
    {"serial_fraction", ANTIGIL_METHOD(serial_fraction), serial_fraction_doc},
    {NULL, NULL, 0, NULL},
};
