/* The threads that are sampled: they enrol, and leave before they end; see sampler.h. */

#include "sampler.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HANDLER_STACK (64 * 1024)
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51 /* as the kernel numbers it: older headers do not, and older kernels answer 0 */
#endif

static int
give_alternate_stack(worker *one)
{
    stack_t present;
    one->alternate_stack = NULL;
    if (sigaltstack(NULL, &present) != 0 || !(present.ss_flags & SS_DISABLE)) {
        return 0; /* it has one already */
    }
    one->alternate_size = HANDLER_STACK + (size_t)getauxval(AT_MINSIGSTKSZ);
    one->alternate_stack = mmap(NULL, one->alternate_size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (one->alternate_stack == MAP_FAILED) {
        one->alternate_stack = NULL;
        return errno;
    }
    stack_t own = {.ss_sp = one->alternate_stack, .ss_size = one->alternate_size};
    return sigaltstack(&own, NULL) == 0 ? 0 : errno;
}

/* Who has put another one in its place, as faulthandler does, may bring it back: then it stays there. */
static void
take_alternate_stack(worker *left)
{
    stack_t present, none = {.ss_flags = SS_DISABLE};
    if (left->alternate_stack != NULL && sigaltstack(NULL, &present) == 0 &&
        present.ss_sp == left->alternate_stack && sigaltstack(&none, NULL) == 0) {
        munmap(left->alternate_stack, left->alternate_size);
    }
    left->alternate_stack = NULL;
}

/* Where the main thread's stack ends. musl tells no more than what is in use now, but it may grow. */
static uintptr_t
lowest(uintptr_t low, uintptr_t high, pid_t thread)
{
#ifndef __GLIBC__
    struct rlimit most;
    if (thread == getpid() && getrlimit(RLIMIT_STACK, &most) == 0) {
        low = most.rlim_cur < high ? high - (uintptr_t)most.rlim_cur : 0;
    }
#else
    (void)high, (void)thread;
#endif
    return low;
}

static int
find_stack(worker *one)
{
    pthread_attr_t attributes;
    int error = pthread_getattr_np(pthread_self(), &attributes);
    if (error == 0) {
        void *low;
        size_t size;
        error = pthread_attr_getstack(&attributes, &low, &size);
        one->stack_high = (uintptr_t)low + size;
        one->stack_low = lowest((uintptr_t)low, one->stack_high, one->thread);
        pthread_attr_destroy(&attributes);
    }
    return error;
}

/* Open one of the kernel's files about a thread of this process. -1 where that fails. */
static int
open_own(pid_t thread, const char *file)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/task/%d/%s", (int)thread, file);
    return open(name, O_RDONLY | O_CLOEXEC);
}

/* Open what tells of a thread. Return 0, or an error number; not every kernel has scheduler statistics. */
static int
open_files(worker *one)
{
    one->status_file = one->schedule_file = one->pipe[0] = one->pipe[1] = -1;
    if ((one->status_file = open_own(one->thread, "stat")) < 0) {
        return errno;
    }
    one->schedule_file = open_own(one->thread, "schedstat");
    if (one->schedule_file < 0 && (errno == EMFILE || errno == ENFILE)) {
        return errno;
    }
    if (!antigil_sampler.reads_memory && pipe2(one->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        return errno;
    }
    return 0;
}

/* Let the calling thread be sampled. Return 0, or an error number: EAGAIN with too many threads. */
int
antigil_enrol(worker **enrolled)
{
    worker *one = NULL;
    int place = 0;
    for (; place < MOST_WORKERS && one == NULL; place++) {
        int expected = FREE;
        if (atomic_compare_exchange_strong(&antigil_sampler.workers[place].state, &expected, CLAIMED)) {
            one = &antigil_sampler.workers[place];
        }
    }
    if (one == NULL) {
        return EAGAIN;
    }
    int used = atomic_load(&antigil_sampler.used);
    while (used < place && !atomic_compare_exchange_weak(&antigil_sampler.used, &used, place)) {
    }
    one->thread = (pid_t)syscall(SYS_gettid);
    atomic_store(&one->cpu, sched_getcpu());
    one->number = atomic_fetch_add(&antigil_sampler.enrolled, 1) + 1;
    one->python = PyThreadState_Get();
    int error = open_files(one);
    if (error == 0) {
        error = find_stack(one);
    }
    if (error == 0) {
        error = give_alternate_stack(one);
    }
    antigil_self = one;
    atomic_store(&one->pending, 0);
    if (error != 0) {
        antigil_leave(one);
        return error;
    }
    atomic_store(&one->state, LIVE);
    *enrolled = one;
    return 0;
}

static void
close_files(worker *left)
{
    int files[] = {left->status_file, left->schedule_file, left->pipe[0], left->pipe[1]};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
}

/* Take a worker back from the helper, which may just look at it, for some microseconds. */
static void
claim(worker *left)
{
    int expected = LIVE;
    while (!atomic_compare_exchange_weak(&left->state, &expected, CLAIMED) &&
           (expected == LIVE || (expected == LOOKED_AT && antigil_helper_runs_here()))) {
        expected = LIVE;
        sched_yield();
    }
    atomic_store(&left->state, CLAIMED);
}

/* Let a thread be sampled no longer. To be called by that thread, while its thread state is there. */
void
antigil_leave(worker *left)
{
    if (antigil_self != left) {
        return; /* the process has forked, or is ending: what the thread had stays as it is */
    }
    claim(left);
    antigil_self = NULL; /* a handler that comes from here on does nothing */
    sigset_t one, before;
    sigemptyset(&one);
    sigaddset(&one, antigil_sampler.signal);
    pthread_sigmask(SIG_BLOCK, &one, &before);
    take_alternate_stack(left);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    antigil_note_untold(left);
    close_files(left);
    atomic_store(&left->state, FREE);
}
