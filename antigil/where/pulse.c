/* Whether the main thread comes by: what tells of native calls that go on for long, see long_holds.py.
 *
 * A pending call runs in the main thread between two of its bytecodes. That takes no switch of threads, as
 * to ask for the GIL does. An interpreter that ends has none any more. */

#include "sampler.h"

static atomic_int awaited; /* whether the main thread has still to come by */

static int
come_by(void *Py_UNUSED(nothing))
{
    atomic_store(&awaited, 0);
    return 0;
}

/* Return once the main thread has not come by for one to two times so many seconds. */
void
antigil_await_silence(double seconds)
{
    do {
        if (Py_IsInitialized() && !atomic_exchange(&awaited, 1) && Py_AddPendingCall(come_by, NULL) != 0) {
            atomic_store(&awaited, 0); /* there are too many of others */
        }
        antigil_sleep(seconds);
    } while (Py_IsInitialized() && !atomic_load(&awaited));
}
