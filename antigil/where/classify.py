"""What names in a stack say: what a thread waits for, and why a function takes more CPU time."""

from __future__ import annotations

import re
from collections.abc import Iterable

GIL = "the GIL"
NO_GIL_ATTACH = "a stop of all threads"
EVALUATION = re.compile(r"^_PyEval_EvalFrameDefault|^_PyEval_EvalFrame$|^_TAIL_CALL_")
"""The functions that run Python's bytecode."""

_GLUE = re.compile(
    r"^(_PyEval_\w+|PyEval_(RestoreThread|SaveThread|AcquireThread|EvalCode\w*)|_?PyObject_(Vectorcall|Call|MakeTpCall)\w*"
    r"|_PyFunction_Vectorcall|_PyVectorcall_\w+|vectorcall_\w+|method_vectorcall\w*|cfunction_\w+"
    r"|slot_tp_\w+|type_call|tp_new_wrapper|wrap_\w+|object_vacall|context_run|gen_\w+|_?PyThreadState_\w+"
    r"|PyGILState_\w+|take_gil|drop_gil\w*|property_descr_get|func_descr_get|wrapperdescr_\w+|partial_vectorcall"
    r"|_PyType_\w+|thread_run|pythread_wrapper|_Py_HandlePending|_Py_Dealloc|method_call|run_eval_code_obj)$"
)

#: In the order of their precedence: the first that any function of the stack's inner part matches.
_WAITING = (
    (r"take_gil|PyEval_AcquireThread", GIL),
    (r"_?PyCriticalSection\w*", "a critical section"),
    (r"_?stop_the_world|_PyEval_StopTheWorld\w*|tstate_wait_attach", NO_GIL_ATTACH),
    (r"r?lock_(PyThread_acquire_lock|acquire|enter|__enter__)\w*|acquire_timed|PyThread_acquire_lock\w*",
     "a Python lock"),
    (r"_?PyMutex_Lock\w*|_PyRecursiveMutex_Lock\w*|_PyRWMutex_\w+|_PyOnceFlag\w*", "a mutex of CPython"),
    (r"_?PyEval_RestoreThread|PyGILState_Ensure|_PyThreadState_Attach", GIL),
    (r"(std::sys|std::sync|parking_lot|std::thread|crossbeam|lock_api|rayon_core).*", "a Rust lock"),
    (r"_?_?(pthread_mutex_\w*lock\w*|lll_lock_wait\w*)|std::mutex\w*", "a C or C++ mutex"),
    (r"_*pthread_rwlock_\w+|std::shared_mutex\w*", "a read-write lock"),
    (r"_*pthread_cond_\w+|std::condition_variable.*", "a condition variable"),
    (r"_*(sem_\w*wait\w*|new_sem_wait\w*)", "a semaphore"),
    (r"_*pthread_\w*join\w*", "another thread to end"),
    (r"_PyParkingLot_Park\w*|_PySemaphore_Wait\w*|PyEvent_Wait\w*", "a mutex of CPython"),
    (r"_*(clock_nanosleep|nanosleep|usleep|sleep)(_nocancel)?", "sleep"),
    (r"_*(read|pread|readv|recv\w*|write|pwrite|writev|send\w*|p?poll|p?select|epoll_\w+|accept4?|connect"
     r"|fsync|fdatasync|open\w*|wait4|waitpid|waitid|io_\w+|flock|fcntl\w*|ioctl)(64)?(_nocancel|_time64)?",
     "I/O"),
)  # fmt: skip
_WAITING_COMPILED = [(re.compile(f"^({pattern})$"), reason) for pattern, reason in _WAITING]

_KINDS = (
    (r"_Py_(Dec|Inc|TryInc|XDec|XInc|New)Ref\w*|_Py_MergeZeroLocalRefcount|_Py_ExplicitMergeRefcount"
     r"|_?_?_?Py_brc_\w+|_Py_(IncRef|DecRef)Shared\w*|Py_(Dec|Inc)Ref", "reference counts"),
    (r"_*(libc_)?(malloc|free|cfree|calloc|realloc|memalign|posix_memalign)|_int_\w+|_*mi_\w+|je_\w+|tc_\w+"
     r"|_?PyObject_\w*(Alloc|Malloc|MiMalloc|MiFree|Free|Realloc|Calloc)\w*|_?PyMem_\w+|unlink_chunk"
     r"|malloc_consolidate|sysmalloc|systrim\w*|arena_get\w*|tcache_\w+|operator (new|delete).*|munmap"
     r"|mmap(64)?|madvise", "allocator"),
    (r"_?Py(Mutex|ParkingLot|CriticalSection|RecursiveMutex|RWMutex|Semaphore)_\w+|_*pthread_(mutex|rwlock"
     r"|spin|cond)_\w+|_*lll_\w+|(std::sys|parking_lot|lock_api).*|take_gil|drop_gil\w*|_*sched_yield",
     "locks"),
    (r"gc_\w+|_?PyGC_\w+|_PyObject_GC_\w+|(update|subtract)_refs|visit_\w+|deduce_unreachable\w*",
     "garbage collection"),
    (r"_*(mem|str|wmem|wcs)(cpy|move|set|cmp|chr|len)\w*|__builtin_mem\w+", "memory"),
)  # fmt: skip
_KINDS_COMPILED = [(re.compile(f"^({pattern})$"), kind) for pattern, kind in _KINDS]

ATOMICS = "atomics"
CACHES = "memory or caches"


def is_evaluation(name: str) -> bool:
    """Tell whether an interpreter's function runs bytecode."""
    return bool(EVALUATION.match(name))


def is_glue(name: str) -> bool:
    """Tell whether an interpreter's function only leads from a call in Python to the function called."""
    return bool(_GLUE.match(name))


def waits_for(names: Iterable[str], *, has_gil: bool, in_interpreter: bool) -> str:
    """Return what a thread waits for.

    Parameters
    ----------
    names
        Of the functions from the innermost one to the first outside of interpreter and C library, included.
    has_gil
        Whether the build has a GIL.
    in_interpreter
        Whether the interpreter called what waits: it may have no names for its own functions.
    """
    innermost_first = list(names)
    for pattern, reason in _WAITING_COMPILED:
        name = next((name for name in innermost_first if pattern.match(name)), None)
        if name is None:
            continue
        if reason == GIL and not has_gil:
            return NO_GIL_ATTACH
        if reason == "a condition variable" and in_interpreter and has_gil:
            return GIL
        return f"I/O ({name.strip('_')})" if reason == "I/O" else reason
    return "something else"


def kind_of_growth(name: str, *, mostly_atomic: bool) -> str:
    """Return why a function takes more CPU time beside others, as far as its name and its code tell."""
    kind = next((kind for pattern, kind in _KINDS_COMPILED if pattern.match(name)), None)
    return kind or (ATOMICS if mostly_atomic else CACHES)


def ends_in_atomic(code: bytes, machine: str) -> bool:
    """Tell whether the last instruction before an address works on memory in one piece with other CPUs.

    Parameters
    ----------
    code
        Up to 16 bytes before the address.
    machine
        As `platform.machine` says.
    """
    if machine == "aarch64":
        word = int.from_bytes(code[-4:], "little")
        if word & 0x3FA00000 == 0x08800000 or word & 0x3FFFFC00 == 0x38BFC000:
            return False  # ldar, stlr, ldapr: they load or store, in an order
        exclusive = word & 0x3F000000 == 0x08000000  # ldxr, stxr, cas
        return exclusive or (word & 0x3B200C00 == 0x38200000)  # ldadd, swp and their kin
    for length in range(2, min(len(code), 14) + 1):
        if code[-length] == 0xF0 and _length(code[-length + 1 :]) == length - 1:
            return True
        if code[-length] in (0x86, 0x87) and code[-length + 1] < 0xC0 and _length(code[-length:]) == length:
            return True  # xchg with memory locks by itself
    return False


def _length(code: bytes) -> int:
    """Return how long an x86-64 instruction of those that take a lock prefix is; 0 for others."""
    at, wide = 0, False
    while at < len(code) and (code[at] in (0x66, 0xF2, 0xF3) or 0x40 <= code[at] <= 0x4F):
        wide = code[at] == 0x66 or wide
        at += 1
    two_bytes = at < len(code) and code[at] == 0x0F
    at += 1 if two_bytes else 0
    if at + 1 >= len(code):
        return 0
    operation, mode = code[at], code[at + 1]
    at += 2
    if mode >= 0xC0:
        return 0  # not on memory
    low, kind = mode & 7, mode >> 6
    base = code[at] & 7 if low == 4 and at < len(code) else low
    at += 1 if low == 4 else 0
    at += {0: 4 if base == 5 else 0, 1: 1, 2: 4}[kind]
    if operation in ((0xBA,) if two_bytes else (0x80, 0x83)):
        at += 1
    elif not two_bytes and operation == 0x81:
        at += 2 if wide else 4
    return at
