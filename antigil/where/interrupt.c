/* How the helper looks at one thread: it asks the kernel what it does, and interrupts it; see sampler.h.
 *
 * A signal comes to its handler only where the thread returns from the kernel. So in one long system call, or
 * in a sleep that nothing ends early, further looks are added to the sample that is still to come: until then
 * the thread runs no instruction of its own, and stands where it did. One that blocks the signal may run any,
 * and further looks at it are left out, except in a sleep that nothing ends: who starts a process by vfork
 * blocks all signals only around that. */

#include "sampler.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STATE_FIELD 3 /* of a thread's stat, as proc(5) counts them */
#define BLOCKED_FIELD 32
#define CPU_FIELD 39
/* A thread's CPU time, as the kernel names it. */
#define CLOCK_OF(thread) ((clockid_t)(~(unsigned)(thread) << 3 | 6))

typedef struct {
    bool is_runnable; /* it runs or is ready to */
    bool is_stuck;    /* it sleeps so that no signal ends that */
    bool blocks;      /* it blocks our signal, as far as that is told: of real-time signals it is not */
} status;

/* Ask the kernel what a thread does, and on which CPU it is or was last. */
static status
status_of(worker *one)
{
    char text[512];
    status found = {false, false, false};
    ssize_t n = pread(one->status_file, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strrchr(text, ')'); /* its name may hold anything */
    int cpu = -1, ours = atomic_load(&antigil_sampler.signal);
    for (int field = STATE_FIELD; at != NULL && field <= CPU_FIELD; field++) {
        at = strchr(at + 1, ' ');
        if (at != NULL && field == STATE_FIELD) {
            found.is_runnable = at[1] == 'R';
            found.is_stuck = at[1] == 'D';
        } else if (at != NULL && field == BLOCKED_FIELD && ours < 32) {
            found.blocks = (strtoul(at, NULL, 10) >> (ours - 1)) & 1;
        } else if (at != NULL && field == CPU_FIELD) {
            cpu = atoi(at);
        }
    }
    atomic_store(&one->cpu, cpu);
    return found;
}

/* The CPU time of a thread, in nanoseconds; -1 if not told. */
static int64_t
cpu_time_of(const worker *one)
{
    struct timespec time;
    if (clock_gettime(CLOCK_OF(one->thread), &time) != 0) {
        return -1;
    }
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Begin to count the CPU time of a thread. */
static void
note_cpu_time(worker *one, int64_t time)
{
    one->looked = time;
    one->spent = cpu_time_of(one);
}

/* Whether a thread that is ready to run does so, and has not to wait for a CPU. */
static bool
has_cpu(worker *one, int64_t time)
{
    int64_t first = cpu_time_of(one), since = time - one->looked, spent = first - one->spent;
    bool runs = cpu_time_of(one) != first;
    if (!runs && one->spent >= 0 && atomic_load(&one->cpu) == sched_getcpu()) {
        /* The helper itself may have taken its CPU: as likely as it ran since the last look, it did. */
        runs = antigil_random() * (double)since < (double)spent;
    }
    one->looked = time;
    one->spent = first;
    return runs;
}

static void
note_unseen(const worker *one, int64_t time, enum kind kind)
{
    record *noted = antigil_reserve(sizeof(record), one, time);
    if (noted != NULL) {
        antigil_finish(noted, kind);
    }
}

/* Look again at a thread to which a signal is on its way. */
static void
look_again(worker *one, status now, int64_t time, double wakes)
{
    if (now.blocks && !now.is_stuck) {
        note_unseen(one, time, QUEUED);
    } else if (!now.is_runnable) {
        if (antigil_random() >= wakes) {
            note_unseen(one, time, ASLEEP);
        } else {
            atomic_fetch_add(&one->slept, 1);
        }
    } else if (has_cpu(one, time)) {
        atomic_fetch_add(&one->ran, 1);
    } else if (!one->asleep) { /* else it is ready to run only since it has been woken */
        note_unseen(one, time, QUEUED);
    }
}

/* Interrupt a thread, or note why not. A sleeping one is seldom woken: its system call may end early. */
void
antigil_look_at(worker *one, double wakes)
{
    int64_t time = antigil_now();
    if (atomic_load(&one->pending)) {
        look_again(one, status_of(one), time, wakes);
        return;
    }
    one->asleep = !status_of(one).is_runnable;
    if (one->asleep && antigil_random() >= wakes) {
        note_unseen(one, time, ASLEEP);
        return;
    }
    one->sent = time;
    one->queued = antigil_queued(one->schedule_file);
    atomic_store(&one->ran, 0);
    atomic_store(&one->slept, 0);
    atomic_store(&one->pending, 1);
    /* By the number of the thread: one that has ended meanwhile is no danger. */
    if (syscall(SYS_tgkill, antigil_sampler.process, one->thread, antigil_sampler.signal) != 0) {
        atomic_store(&one->pending, 0);
        return;
    }
    note_cpu_time(one, antigil_now());
}

/* Note a signal that never reached its handler: its thread is no longer sampled. */
void
antigil_note_untold(const worker *one)
{
    if (atomic_load(&one->pending)) {
        note_unseen(one, one->sent, QUEUED);
    }
}
