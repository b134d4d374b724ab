/* The Python frames of the calling thread, read in the signal handler: see sampler.h.
 *
 * The interpreter keeps them in a chain of structures that it changes while it runs. It may have been
 * interrupted in the middle of that, so every structure is read through the kernel, and is taken as a
 * frame only where it has a code object. */

#include "sampler.h"
#include <stddef.h>
#include <string.h>

#define Py_BUILD_CORE 1
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe_structs.h>
#else
#include <internal/pycore_frame.h>
#endif
#undef Py_BUILD_CORE

typedef struct _PyInterpreterFrame interpreter_frame;

/* What precedes the frame's variables. */
#define FRAME_BYTES offsetof(interpreter_frame, localsplus)

static bool
innermost(const worker *of, uintptr_t *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return antigil_read(of, frame, (uintptr_t)&of->python->current_frame, sizeof *frame);
#else
    uintptr_t c_frame;
    return antigil_read(of, &c_frame, (uintptr_t)&of->python->cframe, sizeof c_frame) &&
           antigil_read(of, frame, c_frame + offsetof(_PyCFrame, current_frame), sizeof *frame);
#endif
}

static uintptr_t
code_of(const interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    return frame->f_executable.bits & ~(uintptr_t)3; /* without its tag */
#elif PY_VERSION_HEX >= 0x030d0000
    return (uintptr_t)frame->f_executable;
#else
    return (uintptr_t)frame->f_code;
#endif
}

static int64_t
offset_of(const worker *of, const interpreter_frame *frame, const PyCodeObject *code, uintptr_t address)
{
#if PY_VERSION_HEX >= 0x030d0000
    uintptr_t instruction = (uintptr_t)frame->instr_ptr;
#else
    uintptr_t instruction = (uintptr_t)frame->prev_instr;
#endif
    uintptr_t start = address + offsetof(PyCodeObject, co_code_adaptive);
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030e0000
    uintptr_t copies = (uintptr_t)code->co_tlbc; /* each thread may have bytecode of its own */
    if (frame->tlbc_index > 0 &&
        !antigil_read(of, &start,
                      copies + offsetof(_PyCodeArray, entries) + (size_t)frame->tlbc_index * sizeof(char *),
                      sizeof start)) {
        return -1;
    }
#endif
    (void)of, (void)code;
    int64_t offset = (int64_t)(instruction - start);
    int64_t bytes = (int64_t)Py_SIZE(code) * (int64_t)sizeof(_Py_CODEUNIT);
    return offset >= 0 && offset < bytes ? offset : -1;
}

/* Whether it is the frame by which C code entered the interpreter (3.11), or one that stands for that. */
static bool
is_boundary(const interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    return frame->owner == FRAME_OWNED_BY_INTERPRETER;
#elif PY_VERSION_HEX >= 0x030c0000
    return frame->owner == FRAME_OWNED_BY_CSTACK;
#else
    return frame->is_entry;
#endif
}

/* The characters of a string, as far as they are at hand: how many bytes each has, all, and where. */
static uintptr_t
text_of(const worker *of, uintptr_t string, uint64_t *kind, uint64_t *bytes)
{
    PyASCIIObject text;
    *kind = 1, *bytes = 0;
    if (!antigil_read(of, &text, string, sizeof text) || text.ob_base.ob_type != &PyUnicode_Type ||
        !text.state.compact || text.length < 0) {
        return 0;
    }
    *kind = text.state.kind;
    *bytes = (uint64_t)text.length * *kind;
    *bytes = *bytes < MOST_TEXT ? *bytes : MOST_TEXT;
    return string + (text.state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject));
}

static size_t
filled(uint64_t bytes)
{
    return ((size_t)bytes + 7) & ~(size_t)7;
}

static bool
write_code_record(const worker *of, const known_code *code, int64_t time)
{
    PyVarObject table;
    uint64_t name_kind, name_bytes, file_kind, file_bytes, table_bytes = 0;
    uintptr_t name = text_of(of, code->qualname, &name_kind, &name_bytes);
    uintptr_t file = text_of(of, code->filename, &file_kind, &file_bytes);
    if (antigil_read(of, &table, code->line_table, sizeof table) && table.ob_base.ob_type == &PyBytes_Type &&
        table.ob_size > 0 && table.ob_size <= MOST_LINE_TABLE) {
        table_bytes = (uint64_t)table.ob_size;
    }
    size_t size = sizeof(code_record) + filled(name_bytes) + filled(file_bytes) + filled(table_bytes);
    code_record *told = (code_record *)antigil_reserve(size, of, time);
    if (told == NULL) {
        return false;
    }
    told->number = code->number;
    told->first_line = code->first_line;
    told->name_kind = name_kind, told->name_bytes = name_bytes;
    told->file_kind = file_kind, told->file_bytes = file_bytes;
    told->table_bytes = table_bytes;
    char *to = (char *)(told + 1);
    bool whole = antigil_read(of, to, name, (size_t)name_bytes);
    whole &= antigil_read(of, to + filled(name_bytes), file, (size_t)file_bytes);
    whole &= antigil_read(of, to + filled(name_bytes) + filled(file_bytes),
                          code->line_table + offsetof(PyBytesObject, ob_sval), (size_t)table_bytes);
    if (whole) {
        antigil_finish(&told->head, CODE);
    }
    return whole;
}

/* The number of a code object, which is described once. 0 where it cannot be. */
static uint64_t
number_of(worker *of, const PyCodeObject *code, uintptr_t address, int64_t time)
{
    known_code *known = &of->known[(address >> 4) & (KNOWN_CODES - 1)];
    known_code now = {address,
                      (uintptr_t)code->co_filename,
                      (uintptr_t)code->co_qualname,
                      (uintptr_t)code->co_linetable,
                      code->co_firstlineno,
                      0};
    if (known->number != 0 && known->code == now.code && known->filename == now.filename &&
        known->qualname == now.qualname && known->line_table == now.line_table &&
        known->first_line == now.first_line) {
        return known->number;
    }
    now.number = atomic_fetch_add(&antigil_sampler.codes, 1) + 1;
    if (!write_code_record(of, &now, time)) {
        return 0;
    }
    *known = now;
    return now.number;
}

uint64_t
antigil_note_python_frames(worker *of, int64_t time)
{
    uint64_t count = 0;
    uintptr_t address = 0;
    if (!innermost(of, &address)) {
        return 0;
    }
    for (int i = 0; i < 2 * MOST_FRAMES && address != 0 && count < MOST_FRAMES; i++) {
        interpreter_frame frame;
        PyCodeObject code;
        if (!antigil_read(of, &frame, address, FRAME_BYTES)) {
            break;
        }
        uintptr_t at = code_of(&frame);
        bool boundary = is_boundary(&frame);
#if PY_VERSION_HEX >= 0x030c0000
        if (boundary) {
            if (count > 0) {
                of->frames[count - 1].is_entry = 1;
            }
            address = (uintptr_t)frame.previous;
            continue;
        }
#endif
        if (!antigil_read(of, &code, at, offsetof(PyCodeObject, co_code_adaptive)) ||
            Py_TYPE(&code) != &PyCode_Type) {
            break;
        }
        uint64_t number = number_of(of, &code, at, time);
        if (number == 0) {
            break;
        }
        python_frame *noted = &of->frames[count++];
        noted->code = number;
        noted->offset = offset_of(of, &frame, &code, at);
        noted->is_entry = boundary;
        address = (uintptr_t)frame.previous;
    }
    return count;
}
