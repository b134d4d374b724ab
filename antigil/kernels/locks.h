/* A lock and a count that threads add to, as each system has them. */

#ifndef ANTIGIL_LOCKS_H
#define ANTIGIL_LOCKS_H

#ifdef _WIN32
#include <windows.h>
typedef SRWLOCK lock_type;
typedef volatile __int64 atomic_count;
#define LOCK_INIT(lock) InitializeSRWLock(lock)
#define LOCK_DESTROY(lock) ((void)(lock))
#define LOCK(lock) AcquireSRWLockExclusive(lock)
#define UNLOCK(lock) ReleaseSRWLockExclusive(lock)
#define ATOMIC_INCREMENT(count) InterlockedIncrement64(count)
#define ATOMIC_READ(count) ((uint64_t)InterlockedExchangeAdd64(count, 0))
#else
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>
typedef pthread_mutex_t lock_type;
typedef _Atomic uint64_t atomic_count;
#define LOCK_INIT(lock) pthread_mutex_init(lock, NULL)
#define LOCK_DESTROY(lock) pthread_mutex_destroy(lock)
#define LOCK(lock) pthread_mutex_lock(lock)
#define UNLOCK(lock) pthread_mutex_unlock(lock)
#define ATOMIC_INCREMENT(count) atomic_fetch_add_explicit(count, 1, memory_order_relaxed)
#define ATOMIC_READ(count) atomic_load_explicit(count, memory_order_relaxed)
#endif

#endif
