/* A sampler of threads that needs no privilege: what its files share.
 *
 * A helper thread, which never asks for the GIL, sleeps for exponentially distributed times. On waking
 * it interrupts one of the threads that have enrolled with a signal. The handler runs in that thread,
 * exactly where it was. It notes whether the thread is attached (holds the GIL), which Python code it
 * runs, its registers and a copy of its stack. Return addresses are found in that copy afterwards, by
 * other code, in peace: unwinding in a handler would take locks that the thread may hold.
 *
 * What runs in the handler (handler.c, python_frames.c) is async-signal-safe: it calls nothing but
 * system calls, allocates nothing, takes no lock and writes to nothing but its own memory. What it
 * reads through pointers of the interpreter is memory that is known to be there, or is read through the
 * kernel, which refuses a bad address.
 *
 * A handler gets no argument, so what it needs is static: one sampler in a process.
 */

#ifndef ANTIGIL_SAMPLER_H
#define ANTIGIL_SAMPLER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MOST_WORKERS 512
#define MOST_FRAMES 48            /* of Python, the innermost ones */
#define MOST_STACK (128 * 1024)   /* bytes, from the stack pointer on */
#define KNOWN_CODES 1024          /* code objects that a worker remembers, a power of two */
#define MOST_TEXT 512             /* characters of a name */
#define MOST_LINE_TABLE (1 << 22) /* bytes: some hundred thousand lines in one function */
#define RED_ZONE 128              /* bytes below the stack pointer that a function may use */

#if defined(__x86_64__)
#define REGISTERS 17 /* as DWARF numbers them; the last is the program counter */
#elif defined(__aarch64__)
#define REGISTERS 33 /* x0 to x30, the stack pointer, the program counter */
#else
#error "the sampler knows x86-64 and aarch64 only"
#endif

/* What stands in the arena. Every record begins with these fields, and is a multiple of 8 bytes long. */
/* QUEUED: a signal is on its way, but it has no CPU or blocks the signal. ASLEEP: it was left alone. */
enum kind { UNFINISHED, SAMPLE, CODE, QUEUED, ASLEEP };

typedef struct {
    uint64_t size; /* bytes, this included */
    _Atomic uint64_t kind;
    uint64_t worker; /* the number that it got when it enrolled */
    int64_t time;    /* nanoseconds of CLOCK_MONOTONIC at which the helper woke up */
} record;

typedef struct {
    uint64_t code;     /* the number of a CODE record */
    int64_t offset;    /* of the instruction in its bytecode, in bytes; -1 if not known */
    uint64_t is_entry; /* whether C code called it, and no other Python code */
} python_frame;

typedef struct {
    record head;
    int64_t taken;       /* nanoseconds of CLOCK_MONOTONIC at which the handler ran */
    int64_t queued;      /* nanoseconds in the run queue that ended since then; -1 if not told */
    uint64_t asleep;     /* whether the thread slept when the helper looked, before it sent the signal */
    uint64_t ran, slept; /* how often the helper looked again until the handler ran, and found it so */
    uint64_t attached;
    uint64_t in_system_call;
    uint64_t frames;      /* how many python_frame follow ... */
    uint64_t stack_bytes; /* ... and how many bytes of the stack after these */
    uint64_t stack_start; /* the address of the first of them */
    uint64_t registers[REGISTERS];
} sample;

typedef struct {
    record head;
    uint64_t number;
    int64_t first_line;
    /* Bytes a character, and all, which follow, each filled up to 8. Of a name that is cut the beginning is
     * there, of a file the end. */
    uint64_t name_kind, name_bytes, name_is_cut;
    uint64_t file_kind, file_bytes, file_is_cut;
    uint64_t table_bytes;
} code_record;

/* A code object is taken for the same while these are: all of them are read in one go. `start` is where
 * the bytecode is that the thread runs, of so many `bytes`. */
typedef struct {
    uintptr_t code, filename, qualname, line_table;
    int64_t first_line;
    uint64_t number;
    uintptr_t start;
    uint64_t bytes;
} known_code;

typedef struct {
    atomic_int state;   /* of worker_state */
    atomic_int pending; /* whether a signal is on its way */
    int64_t sent;       /* when it was sent, in nanoseconds of CLOCK_MONOTONIC */
    int64_t queued; /* how long it had stood in the run queue until then, in nanoseconds; -1 if not told */
    bool asleep;    /* whether it slept then */
    atomic_int ran, slept; /* how often it was found so since then; see interrupt.c */
    int64_t looked;        /* when it was looked at last while a signal was on its way, and ... */
    int64_t spent;         /* ... its CPU time then, in nanoseconds; -1 if not told */
    atomic_int cpu;        /* on which it was seen last; -1 if it was not */
    pid_t thread;
    uint64_t number;
    PyThreadState *python;
    uintptr_t stack_low, stack_high;
    uintptr_t stack_now; /* from here on it is in use */
    void *alternate_stack;
    size_t alternate_size;
    int pipe[2]; /* to read memory with where process_vm_readv is refused */
    int status_file, schedule_file;
    known_code known[KNOWN_CODES];
    python_frame frames[MOST_FRAMES];
} worker;

/* LOOKED_AT: the helper reads and writes it, and it may be neither left nor given to another thread. */
enum worker_state { FREE, CLAIMED, LIVE, LOOKED_AT };

/* A handler may neither allocate nor lock to find what is a thread's own. glibc, which else may, has room
 * for such variables of libraries that are loaded late. Others have none: musl would not load this one. It
 * allocates all beforehand, so that there a handler may ask as everybody does. */
#ifdef __GLIBC__
#define OWN_OF_THREAD __thread __attribute__((tls_model("initial-exec")))
#else
#define OWN_OF_THREAD __thread
#endif

/* What the helper and the handler share. */
typedef struct {
    worker *_Atomic workers;   /* MOST_WORKERS of them, each in memory of its own ... */
    atomic_int used;           /* ... of which only so many, the first ones, have ever been enrolled */
    _Atomic uint64_t enrolled; /* threads, up to now */
    char *arena;
    size_t arena_size;
    _Atomic size_t arena_used;
    atomic_int full;
    _Atomic uint64_t codes; /* numbers given to code objects */
    _Atomic pid_t process;
    atomic_int signal;
    atomic_bool reads_memory; /* whether process_vm_readv is permitted */
} sampler_state;

extern sampler_state antigil_sampler;
extern OWN_OF_THREAD worker *antigil_self;

/* handler.c */
void antigil_on_signal(int number, siginfo_t *info, void *context);
int64_t antigil_now(void);
int64_t antigil_queued(int schedule_file);
record *antigil_reserve(size_t size, const worker *of, int64_t time);
void antigil_finish(record *done, enum kind kind);
bool antigil_read(const worker *reader, void *to, uintptr_t from, size_t size);
void antigil_copy(void *to, uintptr_t from, size_t size);

/* python_frames.c */
uint64_t antigil_note_python_frames(worker *of, int64_t time);

/* helper.c */
void antigil_sleep(double seconds);
double antigil_random(void);
int antigil_start(int signal_number, double mean_seconds, uint64_t seed, double wakes);
void antigil_hold_off(double seconds, int samples);
pid_t antigil_helper(void);
bool antigil_helper_runs_here(void);
void antigil_stop(void);
bool antigil_lost_signal(void);

/* pulse.c */
void antigil_await_silence(double seconds);

/* placement.c */
void antigil_take_short_turns(void);
void antigil_stay_anywhere(void);
void antigil_approach(const worker *next);

/* interrupt.c */
void antigil_look_at(worker *one, double wakes);
void antigil_note_untold(const worker *one);

/* workers.c */
int antigil_enrol(worker **enrolled);
void antigil_leave(worker *left);

/* entry_points.c */
PyObject *antigil_entry_points(PyObject *module, PyObject *object);

#endif
