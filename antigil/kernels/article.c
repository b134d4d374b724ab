/* The article's pair, calcular_com_gil and calcular_sem_gil: one pure C kernel, and two
 * thin wrappers around it that differ in the two macros only. Whatever else differs
 * between their timings is therefore the GIL.
 */

#include "kernels.h"

#define DEFAULT_MAX 100000

/* Rounds of one step. Each depends on the one before it, so a compiler can neither
 * skip nor vectorise them; this many take about 5 microseconds on a 3 GHz machine. */
#define ROUNDS_PER_STEP 3000

/* The bundle of integer calculations of one step: a shift, an exclusive or, a
 * multiplication and an addition per round, modulo 2**64, hence with the same result
 * on every platform. The multiplier is that of Knuth's MMIX generator. */
static uint64_t
calculate(uint64_t step)
{
    uint64_t value = step;
    for (uint64_t round = 0; round < ROUNDS_PER_STEP; round++) {
        value = (value ^ (value >> 29)) * UINT64_C(6364136223846793005) + round;
    }
    return value;
}

/* Sum f(from), ... f(to - 1) modulo 2**64. The pointer is volatile so that every step
 * really calls through it: inlined into the two wrappers, they would be two loops, which a
 * compiler may lay out differently. */
static uint64_t
reduce(uint64_t from, uint64_t to, uint64_t (*volatile f)(uint64_t))
{
    uint64_t total = 0;
    for (uint64_t step = from; step < to; step++) {
        total += f(step);
    }
    return total;
}

/* Steps between two looks for signals, so that Ctrl-C ends a long call: about 50 ms. */
#define STEPS_AT_ONCE 10000

/* Return where the portion that begins at `from` ends. */
static uint64_t
portion_end(uint64_t from, uint64_t max)
{
    return max - from > STEPS_AT_ONCE ? from + STEPS_AT_ONCE : max;
}

/* Parse (max=DEFAULT_MAX). Return 1, or 0 with an exception set that names max. */
static int
parse_max(PyObject *args, PyObject *kwargs, const char *format, antigil_integer *max)
{
    static char *keywords[] = {"max", NULL};
    return PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, antigil_to_integer, max);
}

PyDoc_STRVAR(calcular_com_gil_doc,
             "calcular_com_gil(max=100000)\n--\n\n"
             "Reduce over 0 ... max - 1 while holding the GIL; return the sum as decimal text.");

static PyObject *
calcular_com_gil(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    antigil_integer max = {"max", INT64_MAX, DEFAULT_MAX};
    uint64_t total = 0;
    if (!parse_max(args, kwargs, "|O&:calcular_com_gil", &max)) {
        return NULL;
    }
    for (uint64_t from = 0, to; from < max.value; from = to) {
        to = portion_end(from, max.value);
        total += reduce(from, to, calculate);
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
    return PyUnicode_FromFormat("%llu", (unsigned long long)total);
}

PyDoc_STRVAR(calcular_sem_gil_doc,
             "calcular_sem_gil(max=100000)\n--\n\n"
             "Reduce over 0 ... max - 1 with the GIL released; return the sum as decimal text.");

static PyObject *
calcular_sem_gil(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    antigil_integer max = {"max", INT64_MAX, DEFAULT_MAX};
    uint64_t total = 0;
    if (!parse_max(args, kwargs, "|O&:calcular_sem_gil", &max)) {
        return NULL;
    }
    for (uint64_t from = 0, to; from < max.value; from = to) {
        to = portion_end(from, max.value);
        Py_BEGIN_ALLOW_THREADS
        total += reduce(from, to, calculate);
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
    return PyUnicode_FromFormat("%llu", (unsigned long long)total);
}

PyMethodDef antigil_article_methods[] = {
    {"calcular_com_gil", ANTIGIL_METHOD(calcular_com_gil), calcular_com_gil_doc},
    {"calcular_sem_gil", ANTIGIL_METHOD(calcular_sem_gil), calcular_sem_gil_doc},
    {NULL, NULL, 0, NULL},
};
