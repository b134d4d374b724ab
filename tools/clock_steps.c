/* For LD_PRELOAD: a clock that is set by two hours, forward and back in turn, ten times a second.
 *
 * The monotonic clocks go on as they do where somebody sets the clock.
 */

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STEP_SECONDS 3600
#define STEP_EVERY_NS 100000000

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    struct timespec steady;
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME) {
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &steady);
        now->tv_sec += steady.tv_nsec / STEP_EVERY_NS % 2 ? STEP_SECONDS : -STEP_SECONDS;
    }
    return failed;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec precise;
    int failed = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return failed;
}

time_t
time(time_t *seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds) {
        *seconds = now.tv_sec;
    }
    return now.tv_sec;
}
