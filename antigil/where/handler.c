/* The signal handler. Everything here is async-signal-safe; see sampler.h. */

#include "sampler.h"
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

sampler_state antigil_sampler;
OWN_OF_THREAD worker *antigil_self;

int64_t
antigil_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* How long a thread has stood in the run queue, by its schedstat, in nanoseconds; -1 if not told. */
int64_t
antigil_queued(int schedule_file)
{
    char text[96];
    ssize_t n = pread(schedule_file, text, sizeof text, 0);
    ssize_t at = 0;
    int64_t value = 0;
    while (at < n && text[at] != ' ') {
        at++;
    }
    for (at++; at < n && text[at] >= '0' && text[at] <= '9'; at++) {
        value = 10 * value + (text[at] - '0');
    }
    return at < n ? value : -1;
}

/* Take memory of the arena for a record. NULL where it is full. */
record *
antigil_reserve(size_t size, const worker *of, int64_t time)
{
    size = (size + 7) & ~(size_t)7;
    size_t start = atomic_load(&antigil_sampler.arena_used);
    do {
        if (size > antigil_sampler.arena_size - start) {
            atomic_store(&antigil_sampler.full, 1);
            return NULL;
        }
    } while (!atomic_compare_exchange_weak(&antigil_sampler.arena_used, &start, start + size));
    record *taken = (record *)(antigil_sampler.arena + start);
    atomic_store_explicit(&taken->kind, UNFINISHED, memory_order_relaxed);
    taken->size = size;
    taken->worker = of->number;
    taken->time = time;
    return taken;
}

void
antigil_finish(record *done, enum kind kind)
{
    atomic_store_explicit(&done->kind, kind, memory_order_release);
}

/* Copy memory that may not be there. The kernel looks, and says no instead of ending the process. */
bool
antigil_read(const worker *reader, void *to, uintptr_t from, size_t size)
{
    if (antigil_sampler.reads_memory) {
        struct iovec here = {to, size}, there = {(void *)from, size};
        return process_vm_readv(antigil_sampler.process, &here, 1, &there, 1, 0) == (ssize_t)size;
    }
    for (size_t done = 0; done < size;) {
        size_t part = size - done < 4096 ? size - done : 4096;
        ssize_t written = write(reader->pipe[1], (const void *)(from + done), part);
        if (written <= 0) {
            return false;
        }
        if (read(reader->pipe[0], (char *)to + done, (size_t)written) != written) {
            return false;
        }
        done += (size_t)written;
    }
    return true;
}

#if defined(__x86_64__)

static void
copy_registers(const ucontext_t *context, uint64_t *registers)
{
    static const int in_dwarf_order[REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    };
    for (int i = 0; i < REGISTERS; i++) {
        registers[i] = (uint64_t)context->uc_mcontext.gregs[in_dwarf_order[i]];
    }
}

/* The kernel either moves the program counter back to the instruction, to make the call again, or
 * lets the call return EINTR. A thread that was on a CPU has neither. */
static bool
was_in_system_call(const worker *of, const uint64_t *registers)
{
    uint8_t code[2]; /* memory that may be executed need not be readable */
    uintptr_t at = registers[16] - ((int64_t)registers[0] == -EINTR ? sizeof code : 0);
    return antigil_read(of, code, at, sizeof code) && code[0] == 0x0f && code[1] == 0x05;
}

#define STACK_POINTER 7

#else

static void
copy_registers(const ucontext_t *context, uint64_t *registers)
{
    for (int i = 0; i < 31; i++) {
        registers[i] = context->uc_mcontext.regs[i];
    }
    registers[31] = context->uc_mcontext.sp;
    registers[32] = context->uc_mcontext.pc;
}

static bool
was_in_system_call(const worker *of, const uint64_t *registers)
{
    uint32_t code; /* memory that may be executed need not be readable */
    uintptr_t at = registers[32] - ((int64_t)registers[0] == -EINTR ? sizeof code : 0);
    return antigil_read(of, &code, at, sizeof code) && code == 0xd4000001; /* svc #0 */
}

#define STACK_POINTER 31

#endif

typedef uint64_t __attribute__((may_alias)) word;

/* Copy words that are there, unchecked: AddressSanitizer marks parts of a stack as not to be read. */
__attribute__((no_sanitize("address"), no_sanitize("thread"))) void
antigil_copy(void *to, uintptr_t from, size_t size)
{
    const volatile word *words = (const volatile word *)from;
    for (size_t i = 0; i < size / 8; i++) {
        ((word *)to)[i] = words[i];
    }
}

static bool
is_attached(const worker *of)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyThreadState_GetUnchecked() == of->python;
#else
    /* Before 3.12 the whole process has one: that of the thread which holds the GIL. */
    return _PyThreadState_UncheckedGet() == of->python;
#endif
}

static void
note(worker *of, const ucontext_t *context)
{
    uint64_t registers[REGISTERS];
    copy_registers(context, registers);
    uintptr_t start = (registers[STACK_POINTER] - RED_ZONE) & ~(uintptr_t)7;
    if ((start ^ registers[STACK_POINTER]) & ~(uintptr_t)4095) {
        start = (registers[STACK_POINTER] + 7) & ~(uintptr_t)7; /* the page below may not be there */
    }
    size_t bytes = 0;
    if (start >= of->stack_low && start < of->stack_high) {
        bytes = (of->stack_high - start) & ~(size_t)7;
        bytes = bytes < MOST_STACK ? bytes : MOST_STACK;
    }
    of->stack_now = bytes > 0 ? start : of->stack_high;
    bool attached = is_attached(of);
    uint64_t frames = antigil_note_python_frames(of, of->sent);
    size_t frame_bytes = frames * sizeof(python_frame);
    sample *noted = (sample *)antigil_reserve(sizeof(sample) + frame_bytes + bytes, of, of->sent);
    if (noted == NULL) {
        return;
    }
    int64_t queued = antigil_queued(of->schedule_file);
    noted->taken = antigil_now();
    noted->queued = queued < 0 || of->queued < 0 ? -1 : queued - of->queued;
    noted->asleep = of->asleep;
    noted->ran = (uint64_t)atomic_load(&of->ran);
    noted->slept = (uint64_t)atomic_load(&of->slept);
    noted->attached = attached;
    noted->in_system_call = was_in_system_call(of, registers);
    noted->frames = frames;
    noted->stack_bytes = bytes;
    noted->stack_start = start;
    memcpy(noted->registers, registers, sizeof registers);
    memcpy(noted + 1, of->frames, frame_bytes);
    antigil_copy((char *)(noted + 1) + frame_bytes, start, bytes);
    antigil_finish(&noted->head, SAMPLE);
}

void
antigil_on_signal(int Py_UNUSED(number), siginfo_t *info, void *context)
{
    int saved = errno;
    worker *self = antigil_self;
    /* Else it is somebody else's signal, or came after the thread had left. */
    if (self != NULL && info->si_code == SI_TKILL && atomic_load(&self->pending) &&
        atomic_load(&self->state) >= LIVE) {
        note(self, context);
        atomic_store(&self->pending, 0);
    }
    errno = saved;
}
