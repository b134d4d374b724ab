/* A read stream over memory: one pass, as fast as the memory delivers.
 *
 * Larger than the caches, such a stream scales with the memory's bandwidth and not with
 * the number of CPUs, whoever holds the GIL.
 */

#include "kernels.h"

#include <string.h>

/* Sum a buffer as 8-byte words in the machine's byte order, and what is left after the
 * last whole word as bytes, modulo 2**64. Four sums at once keep the additions out of
 * each other's way: the memory, not the arithmetic, sets the pace. */
static uint64_t
checksum(const char *bytes, size_t length)
{
    uint64_t sums[4] = {0, 0, 0, 0};
    uint64_t words[4];
    size_t position = 0;
    for (; length - position >= sizeof(words); position += sizeof(words)) {
        memcpy(words, bytes + position, sizeof(words));
        sums[0] += words[0];
        sums[1] += words[1];
        sums[2] += words[2];
        sums[3] += words[3];
    }
    for (; length - position >= sizeof(words[0]); position += sizeof(words[0])) {
        memcpy(words, bytes + position, sizeof(words[0]));
        sums[0] += words[0];
    }
    for (; position < length; position++) {
        sums[0] += (unsigned char)bytes[position];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/* Bytes between two looks for signals, so that Ctrl-C ends a long call: some 10 ms. */
#define BYTES_AT_ONCE ((size_t)64 << 20)

/* Return where the portion that begins at `from` ends: a multiple of whole words later, or at the end. */
static size_t
portion_end(size_t from, size_t length)
{
    return length - from > BYTES_AT_ONCE ? from + BYTES_AT_ONCE : length;
}

/* Parse (buffer) into a view that the caller releases. The buffer stays where it is and
 * cannot be resized until then. Return 1, or 0 with an exception set. */
static int
parse_buffer(PyObject *args, PyObject *kwargs, const char *format, Py_buffer *view)
{
    static char *keywords[] = {"buffer", NULL};
    PyObject *argument;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, &argument)) {
        return 0;
    }
    if (!PyObject_CheckBuffer(argument)) {
        PyErr_Format(PyExc_TypeError, "buffer must support the buffer protocol, not %.200s",
                     Py_TYPE(argument)->tp_name);
        return 0;
    }
    if (PyObject_GetBuffer(argument, view, PyBUF_STRIDED_RO) < 0) {
        return 0;
    }
    if (!PyBuffer_IsContiguous(view, 'A')) {
        PyBuffer_Release(view);
        PyErr_SetString(PyExc_BufferError, "buffer must be contiguous");
        return 0;
    }
    return 1;
}

PyDoc_STRVAR(stream_holding_doc,
             "stream_holding(buffer)\n--\n\n"
             "Read a contiguous buffer once while holding the GIL; return its sum as words.");

static PyObject *
stream_holding(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    Py_buffer view;
    uint64_t sum = 0;
    if (!parse_buffer(args, kwargs, "O:stream_holding", &view)) {
        return NULL;
    }
    const char *bytes = view.buf;
    size_t length = (size_t)view.len;
    for (size_t from = 0, to; from < length; from = to) {
        to = portion_end(from, length);
        sum += checksum(bytes + from, to - from);
        if (PyErr_CheckSignals() < 0) {
            PyBuffer_Release(&view);
            return NULL;
        }
    }
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLongLong(sum);
}

PyDoc_STRVAR(stream_releasing_doc,
             "stream_releasing(buffer)\n--\n\n"
             "Read a contiguous buffer once with the GIL released; return its sum as words.");

static PyObject *
stream_releasing(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    Py_buffer view;
    uint64_t sum = 0;
    if (!parse_buffer(args, kwargs, "O:stream_releasing", &view)) {
        return NULL;
    }
    const char *bytes = view.buf;
    size_t length = (size_t)view.len;
    for (size_t from = 0, to; from < length; from = to) {
        to = portion_end(from, length);
        Py_BEGIN_ALLOW_THREADS
        sum += checksum(bytes + from, to - from);
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0) {
            PyBuffer_Release(&view);
            return NULL;
        }
    }
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLongLong(sum);
}

PyMethodDef antigil_memory_methods[] = {
    {"stream_holding", ANTIGIL_METHOD(stream_holding), stream_holding_doc},
    {"stream_releasing", ANTIGIL_METHOD(stream_releasing), stream_releasing_doc},
    {NULL, NULL, 0, NULL},
};
