/* On which CPU threads are, and whose place the helper takes on waking; see sampler.h. */

#include "sampler.h"
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHORTEST_SLICE 100000 /* nanoseconds */

/* What sched_setattr(2) takes; only some C libraries declare it. */
typedef struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice, deadline, period;
    uint32_t least, most;
} attributes;

/* The helper's alone. */
static struct {
    cpu_set_t allowed; /* where it may run; nothing where that is not told */
    bool stays;        /* whether it keeps to one CPU */
} placement;

/* Have the CPU as soon as this thread wakes up, where the kernel can (Linux 6.12 and newer). Else it waits
 * until a worker that sleeps now and then sleeps again, and finds it asleep too often. */
void
antigil_take_short_turns(void)
{
#if defined(SYS_sched_getattr) && defined(SYS_sched_setattr)
    attributes now;
    if (syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) == 0 && now.slice != 0 &&
        now.policy == SCHED_OTHER) {
        now.slice = SHORTEST_SLICE;
        (void)syscall(SYS_sched_setattr, 0, &now, 0); /* where it may not, it is as before */
    }
#endif
}

/* To be called by the helper as it begins. */
void
antigil_stay_anywhere(void)
{
    placement.stays = false;
    if (sched_getaffinity(0, sizeof placement.allowed, &placement.allowed) != 0) {
        CPU_ZERO(&placement.allowed); /* more CPUs than it has room for */
    }
}

/* Let the helper run on one CPU only, or where it may run at all (-1). */
static void
stay_on(int cpu)
{
    cpu_set_t here;
    if (cpu < 0 && placement.stays) {
        placement.stays = sched_setaffinity(0, sizeof placement.allowed, &placement.allowed) != 0;
    } else if (cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(cpu, &placement.allowed)) {
        CPU_ZERO(&here);
        CPU_SET(cpu, &here);
        placement.stays |= sched_setaffinity(0, sizeof here, &here) == 0;
    }
}

/* Go to the CPU of the worker that is looked at next, if here the helper takes the CPU of another one.
 *
 * All the others run on meanwhile, and meet one thread less in what they share. A signal takes tens of
 * microseconds from CPU to CPU: time enough to get to where they seldom stand while all of them run. Who has
 * to leave its CPU for the helper itself stays where it is. */
void
antigil_approach(const worker *next)
{
    int here = sched_getcpu(), there = next == NULL ? here : atomic_load(&next->cpu);
    for (int i = 0, used = atomic_load(&antigil_sampler.used); there != here && i < used; i++) {
        const worker *other = &antigil_sampler.workers[i];
        if (other != next && atomic_load(&other->state) == LIVE && atomic_load(&other->cpu) == here) {
            stay_on(there);
            return;
        }
    }
    if (there != here || next == NULL) {
        stay_on(-1);
    }
}
