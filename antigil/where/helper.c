/* The helper thread that samples; see sampler.h. */

#include "sampler.h"
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FETCH (256 * 1024) /* bytes, at once */
#define PATIENCE 200       /* milliseconds to wait at the end for handlers that are under way */
#define MOST_OFF 10000000  /* nanoseconds to sleep at once where nothing is due: who stops waits for it */
#define MOST_SLEEP 0.1     /* seconds to sleep at once in any case, for the same reason */

static struct {
    pthread_t thread;
    bool runs;
    _Atomic pid_t process; /* in which it runs: not in one that was forked from it */
    double mean_seconds;
    uint64_t random;
    size_t fetched;       /* bytes of the arena */
    double wakes;         /* the share of sleeping threads that are interrupted, too */
    _Atomic int64_t from; /* nothing is sampled before, in nanoseconds of CLOCK_MONOTONIC ... */
    atomic_int left;      /* ... and so often after it; negative: without end */
    sem_t awaken;         /* where nothing is left */
    _Atomic pid_t number; /* of the helper thread itself */
    atomic_int stopping;
    atomic_int lost_signal;
} helper;

/* xorshift64*: uniform in (0, 1). The helper's own, to be none of the workload's. */
double
antigil_random(void)
{
    helper.random ^= helper.random >> 12;
    helper.random ^= helper.random << 25;
    helper.random ^= helper.random >> 27;
    return ((double)((helper.random * UINT64_C(2685821657736338717)) >> 11) + 0.5) / 9007199254740992.0;
}

void
antigil_sleep(double seconds)
{
    struct timespec time = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&time, NULL);
}

/* Have the memory that the next samples take: to fetch it is not to be the work of who is interrupted. */
static void
fetch_memory(void)
{
#ifdef MADV_POPULATE_WRITE
    size_t used = atomic_load(&antigil_sampler.arena_used);
    if (helper.fetched < used + FETCH / 2 && helper.fetched + FETCH <= antigil_sampler.arena_size) {
        /* Where it cannot be had beforehand, it comes as it is written to. */
        (void)madvise(antigil_sampler.arena + helper.fetched, FETCH, MADV_POPULATE_WRITE);
        helper.fetched += FETCH;
    }
#endif
}

/* Choose a worker, each as likely as the others. NULL where there is none. */
static worker *
choose(void)
{
    int live = 0;
    worker *chosen = NULL;
    for (int i = 0, used = atomic_load(&antigil_sampler.used); i < used; i++) {
        worker *one = &antigil_sampler.workers[i];
        if (atomic_load(&one->state) == LIVE && antigil_random() * ++live < 1.0) {
            chosen = one;
        }
    }
    return chosen;
}

/* Make a worker this thread's, which it stays until it is LIVE again. Tell whether it still was there. */
static bool
take(worker *one)
{
    int expected = LIVE;
    return one != NULL && atomic_compare_exchange_strong(&one->state, &expected, LOOKED_AT);
}

static bool
handler_is_ours(void)
{
    struct sigaction now;
    return sigaction(antigil_sampler.signal, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
           now.sa_sigaction == antigil_on_signal;
}

/* Whether the time to sample has come. */
static bool
is_due(void)
{
    int left = atomic_load(&helper.left);
    if (left == 0 || (left > 0 && antigil_now() < atomic_load(&helper.from))) {
        return false;
    }
    /* Where it has changed meanwhile, what was waited for is over. */
    return left < 0 || atomic_compare_exchange_strong(&helper.left, &left, left - 1);
}

/* Wait while nothing is left to be done: to wake up for nothing disturbs the programs beside. */
static void
await_work(void)
{
    while (atomic_load(&helper.left) == 0 && !atomic_load(&helper.stopping)) {
        (void)sem_wait(&helper.awaken);
    }
}

/* For how long nothing is due yet. */
static double
seconds_off(void)
{
    int64_t off = atomic_load(&helper.left) < 0 ? 0 : atomic_load(&helper.from) - antigil_now();
    return off < 0 ? 0.0 : (double)(off < MOST_OFF ? off : MOST_OFF) / 1e9;
}

static void *
sample_until_stopped(void *Py_UNUSED(nothing))
{
    prctl(PR_SET_TIMERSLACK, 1);
    antigil_take_short_turns();
    antigil_stay_anywhere();
    atomic_store(&helper.number, (pid_t)syscall(SYS_gettid));
    while (!atomic_load(&helper.stopping)) {
        await_work();
        fetch_memory();
        uint64_t enrolled = atomic_load(&antigil_sampler.enrolled);
        worker *one = choose();
        antigil_approach(one);
        double sleeps = seconds_off() - log(antigil_random()) * helper.mean_seconds;
        for (; sleeps > MOST_SLEEP && !atomic_load(&helper.stopping); sleeps -= MOST_SLEEP) {
            antigil_sleep(MOST_SLEEP);
        }
        antigil_sleep(fmin(sleeps, MOST_SLEEP));
        if (!is_due()) {
            continue;
        }
        bool taken = enrolled == atomic_load(&antigil_sampler.enrolled) && take(one);
        if (!taken && !take(one = choose())) { /* among those that there are now */
            continue;
        }
        if (!handler_is_ours()) {
            atomic_store(&helper.lost_signal, 1); /* and send it no more */
        } else if (!atomic_load(&helper.lost_signal)) {
            antigil_look_at(one, helper.wakes);
        }
        atomic_store(&one->state, LIVE);
    }
    return NULL;
}

/* Give back what a helper looked at when the process forked: it is not here any more. */
static void
let_go(void)
{
    for (int i = 0, used = atomic_load(&antigil_sampler.used); i < used; i++) {
        int looked_at = LOOKED_AT;
        atomic_compare_exchange_strong(&antigil_sampler.workers[i].state, &looked_at, LIVE);
    }
}

/* Return 0, or an error number: EBUSY where it runs, or somebody else handles the signal. */
int
antigil_start(int signal_number, double mean_seconds, uint64_t seed, double wakes)
{
    if (helper.runs && antigil_helper_runs_here()) {
        return EBUSY;
    }
    struct sigaction before, action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = antigil_on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    if (sigaction(signal_number, NULL, &before) != 0) {
        return errno;
    }
    bool ours = (before.sa_flags & SA_SIGINFO) && before.sa_sigaction == antigil_on_signal;
    if (!ours && ((before.sa_flags & SA_SIGINFO) || before.sa_handler != SIG_DFL)) {
        return EBUSY;
    }
    if (!ours && sigaction(signal_number, &action, NULL) != 0) {
        return errno;
    }
    antigil_sampler.signal = signal_number;
    helper.mean_seconds = mean_seconds;
    helper.random = seed | 1;
    helper.fetched = 0;
    helper.wakes = wakes;
    atomic_store(&helper.left, -1);
    if (helper.process == 0 && sem_init(&helper.awaken, 0, 0) != 0) {
        return errno;
    }
    let_go();
    helper.process = getpid();
    atomic_store(&helper.number, 0);
    atomic_store(&helper.stopping, 0);
    atomic_store(&helper.lost_signal, 0);
    sigset_t all, own;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &own); /* the helper takes no signal of the workload's */
    int error = pthread_create(&helper.thread, NULL, sample_until_stopped, NULL);
    pthread_sigmask(SIG_SETMASK, &own, NULL);
    helper.runs = error == 0;
    while (error == 0 && atomic_load(&helper.number) == 0) {
        sched_yield();
    }
    return error;
}

/* Sample nothing for so long, and then so often, unless this is called again before. */
void
antigil_hold_off(double seconds, int samples)
{
    atomic_store(&helper.left, 0);
    atomic_store(&helper.from, antigil_now() + (int64_t)(seconds * 1e9));
    atomic_store(&helper.left, samples);
    if (samples != 0) {
        sem_post(&helper.awaken);
    }
}

pid_t
antigil_helper(void)
{
    return atomic_load(&helper.number);
}

bool
antigil_helper_runs_here(void)
{
    return helper.process == getpid();
}

/* Stop sampling, and wait for handlers under way. The handler stays: a late signal would end the process. */
void
antigil_stop(void)
{
    if (!helper.runs || !antigil_helper_runs_here()) { /* a process that was forked has no such thread */
        helper.runs = false;
        return;
    }
    atomic_store(&helper.stopping, 1);
    atomic_store(&helper.left, 0); /* the end of its sleep is no random moment */
    sem_post(&helper.awaken);
    pthread_join(helper.thread, NULL);
    helper.runs = false;
    for (int waited = 0; waited < PATIENCE; waited++) {
        bool pending = false;
        for (int i = 0, used = atomic_load(&antigil_sampler.used); i < used; i++) {
            worker *one = &antigil_sampler.workers[i];
            pending |= atomic_load(&one->state) == LIVE && atomic_load(&one->pending);
        }
        if (!pending) {
            return;
        }
        antigil_sleep(1e-3);
    }
}

bool
antigil_lost_signal(void)
{
    return atomic_load(&helper.lost_signal);
}
