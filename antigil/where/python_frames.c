/* The Python frames of the calling thread, read in the signal handler: see sampler.h.
 *
 * The interpreter keeps them in a chain of structures that it changes while it runs. It may have been
 * interrupted in the middle of that, so a structure is read only where memory is known to be there, or
 * else through the kernel, which takes a while. */

#include "sampler.h"
#include <stddef.h>

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

/* The number of code that is none of the user's, such as what the interpreter runs behind an __init__. */
#define NOT_SHOWN UINT64_MAX

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

typedef struct {
    uintptr_t from;
    uint64_t kind, bytes, is_cut;
} text;

/* Where the characters of a string are: the first ones, or the last, if there are too many. */
static text
text_of(const worker *of, uintptr_t string, bool keeps_end)
{
    PyASCIIObject object;
    text found = {0, 1, 0, 0};
    if (!antigil_read(of, &object, string, sizeof object) || object.ob_base.ob_type != &PyUnicode_Type ||
        !object.state.compact || object.length < 0) {
        return found;
    }
    uint64_t length = (uint64_t)object.length, kept = length < MOST_TEXT ? length : MOST_TEXT;
    found.kind = object.state.kind;
    found.from = string + (object.state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject)) +
                 (keeps_end ? (length - kept) * found.kind : 0);
    found.bytes = kept * found.kind;
    found.is_cut = kept < length;
    return found;
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
    uint64_t table_bytes = 0;
    text name = text_of(of, code->qualname, false), file = text_of(of, code->filename, true);
    if (antigil_read(of, &table, code->line_table, sizeof table) && table.ob_base.ob_type == &PyBytes_Type &&
        table.ob_size > 0 && table.ob_size <= MOST_LINE_TABLE) {
        table_bytes = (uint64_t)table.ob_size;
    }
    size_t size = sizeof(code_record) + filled(name.bytes) + filled(file.bytes) + filled(table_bytes);
    code_record *told = (code_record *)antigil_reserve(size, of, time);
    if (told == NULL) {
        return false;
    }
    told->number = code->number;
    told->first_line = code->first_line;
    told->name_kind = name.kind, told->name_bytes = name.bytes, told->name_is_cut = name.is_cut;
    told->file_kind = file.kind, told->file_bytes = file.bytes, told->file_is_cut = file.is_cut;
    told->table_bytes = table_bytes;
    char *to = (char *)(told + 1);
    bool whole = antigil_read(of, to, name.from, (size_t)name.bytes);
    whole &= antigil_read(of, to + filled(name.bytes), file.from, (size_t)file.bytes);
    whole &= antigil_read(of, to + filled(name.bytes) + filled(file.bytes),
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
    if (code._co_firsttraceable >= Py_SIZE(&code)) {
        now.number = NOT_SHOWN;
    } else if (known->number != 0 && known->code == now.code && known->filename == now.filename &&
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

/* The code that a frame runs. NULL where it cannot be read. */
static const known_code *
code_in(worker *of, const interpreter_frame *frame, bool is_innermost, int64_t time)
{
    uintptr_t address = code_of(frame);
    known_code *known = &of->known[(address >> 4) & (KNOWN_CODES - 1)];
    bool is_known =
        known->number != 0 && known->code == address && offset_in(known, instruction_of(frame)) >= 0;
    /* Another code object may have taken the place of one that has gone: the innermost is looked at. To look
     * at all of them takes too long. */
    return (is_known && !is_innermost) || get_to_know(of, known, frame, time) ? known : NULL;
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
        const known_code *known = code_in(of, &frame, count == 0, time);
        if (known == NULL) {
            break;
        }
        if (known->number != NOT_SHOWN) {
            of->frames[count++] = (python_frame){
                .code = known->number,
                .offset = offset_in(known, instruction_of(&frame)),
                .is_entry = PY_VERSION_HEX < 0x030c0000 && is_boundary(&frame),
            };
        }
    }
    return count;
}
