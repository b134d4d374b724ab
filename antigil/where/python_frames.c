/* The Python frames of the calling thread, read in the signal handler: see sampler.h.
 *
 * The interpreter keeps them in a chain of structures that it changes while it runs. It may have been
 * interrupted in the middle of that, so a structure is read only where memory is known to be there, or
 * else through the kernel, which takes a while. */

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

/* Whether memory belongs to the thread as long as it does not run: the part of its stack that is in use,
 * and what the interpreter has taken for its frames. */
static bool
is_own(const worker *of, uintptr_t from, size_t size)
{
    if (from >= of->stack_now && from < of->stack_high && size <= of->stack_high - from) {
        return true;
    }
    const _PyStackChunk *chunk = of->python->datastack_chunk;
    uintptr_t start = (uintptr_t)chunk;
    return chunk != NULL && from >= start && from - start < chunk->size &&
           size <= chunk->size - (from - start);
}

static bool
read_frame(const worker *of, void *to, uintptr_t from, size_t size)
{
    if (from % 8 != 0) {
        return false;
    }
    if (is_own(of, from, size)) {
        antigil_copy(to, from, size);
        return true;
    }
    return antigil_read(of, to, from, size);
}

static bool
innermost(const worker *of, uintptr_t *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    *frame = (uintptr_t)of->python->current_frame;
    return true;
#else
    uintptr_t place = (uintptr_t)of->python->cframe + offsetof(_PyCFrame, current_frame);
    return read_frame(of, frame, place, sizeof *frame);
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

static uintptr_t
instruction_of(const interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return (uintptr_t)frame->instr_ptr;
#else
    return (uintptr_t)frame->prev_instr;
#endif
}

/* Where the bytecode begins that a frame runs. */
static uintptr_t
start_of(const worker *of, const interpreter_frame *frame, const PyCodeObject *code, uintptr_t address)
{
    uintptr_t start = address + offsetof(PyCodeObject, co_code_adaptive);
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030e0000
    uintptr_t copies = (uintptr_t)code->co_tlbc; /* each thread may have bytecode of its own */
    size_t index = frame->tlbc_index > 0 ? (size_t)frame->tlbc_index : 0;
    uintptr_t place = copies + offsetof(_PyCodeArray, entries) + index * sizeof(char *);
    return antigil_read(of, &start, place, sizeof start) ? start : 0;
#else
    (void)of, (void)frame, (void)code;
    return start;
#endif
}

/* The offset of an instruction in bytecode; -1 where it does not lie in it. Before the first there is none.
 */
static int64_t
offset_in(const known_code *known, uintptr_t instruction)
{
    return instruction - known->start < known->bytes ? (int64_t)(instruction - known->start) : -1;
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

/* Read a code object, and describe it where it is not known yet. */
static bool
get_to_know(const worker *of, known_code *known, const interpreter_frame *frame, int64_t time)
{
    PyCodeObject code;
    uintptr_t address = code_of(frame);
    if (!antigil_read(of, &code, address, offsetof(PyCodeObject, co_code_adaptive)) ||
        Py_TYPE(&code) != &PyCode_Type) {
        return false;
    }
    known_code now = {
        .code = address,
        .filename = (uintptr_t)code.co_filename,
        .qualname = (uintptr_t)code.co_qualname,
        .line_table = (uintptr_t)code.co_linetable,
        .first_line = code.co_firstlineno,
        .start = start_of(of, frame, &code, address),
        .bytes = (uint64_t)Py_SIZE(&code) * sizeof(_Py_CODEUNIT),
    };
    if (known->number != 0 && known->code == now.code && known->filename == now.filename &&
        known->qualname == now.qualname && known->line_table == now.line_table &&
        known->first_line == now.first_line) {
        now.number = known->number;
    } else {
        now.number = atomic_fetch_add(&antigil_sampler.codes, 1) + 1;
        if (!write_code_record(of, &now, time)) {
            return false;
        }
    }
    *known = now;
    return true;
}

static bool
note_frame(worker *of, const interpreter_frame *frame, python_frame *noted, bool is_innermost, int64_t time)
{
    uintptr_t address = code_of(frame), instruction = instruction_of(frame);
    known_code *known = &of->known[(address >> 4) & (KNOWN_CODES - 1)];
    bool is_known = known->number != 0 && known->code == address && offset_in(known, instruction) >= 0;
    /* Another code object may have taken the place of one that has gone: the innermost is looked at. */
    if ((!is_known || is_innermost) && !get_to_know(of, known, frame, time)) {
        return false;
    }
    noted->code = known->number;
    noted->offset = offset_in(known, instruction);
    noted->is_entry = 0;
    return true;
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
        if (!read_frame(of, &frame, address, FRAME_BYTES)) {
            break;
        }
        address = (uintptr_t)frame.previous;
#if PY_VERSION_HEX >= 0x030c0000
        if (is_boundary(&frame)) {
            if (count > 0) {
                of->frames[count - 1].is_entry = 1;
            }
            continue;
        }
#endif
        if (!note_frame(of, &frame, &of->frames[count], count == 0, time)) {
            break;
        }
        of->frames[count++].is_entry = PY_VERSION_HEX < 0x030c0000 && is_boundary(&frame);
    }
    return count;
}
