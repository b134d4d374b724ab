"""Every kernel, and every way to make it fail, for the scripts and tests that hammer them.

Needs antigil.kernels and nothing else, so that it runs under any interpreter that the extension is built for.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from antigil import kernels

Call = Callable[[], object]
ERRORS = (ValueError, OverflowError, TypeError, BufferError, OSError)
ZEROS = os.open("/dev/zero", os.O_RDONLY) if os.path.exists("/dev/zero") else os.open(os.devnull, os.O_RDONLY)

WORDS = bytes(range(256)) * 40 + b"odd"
GOOD: dict[str, tuple[Any, ...]] = {
    "calcular_com_gil": (2,),
    "calcular_sem_gil": (2,),
    "serial_fraction": (200, 0.5, 10),
    "stream_holding": (WORDS,),
    "stream_releasing": (WORDS,),
    "sleep_holding": (0,),
    "sleep_releasing": (1e-6,),
    "read_holding": (ZEROS, 100),
    "read_releasing": (ZEROS, 100),
    "SharedCounter": ("slots", 3),
}


class Unwilling:
    """A number whose conversion raises what no kernel expects."""

    def __index__(self) -> int:
        raise LookupError("no such number")

    __float__ = __index__


def bad_arguments() -> tuple[object, ...]:
    """Return arguments that no kernel takes in any place, made anew.

    A reference too many to an object that lasts would show nowhere.
    """
    huge = int("7" * 25)
    return huge, -huge, int("-777777"), float("nan"), None, memoryview(bytes(10))[::2], Unwilling()


def counted(form: str, place: str) -> int:
    """Return what a counter of its own counts to."""
    counter = kernels.SharedCounter(place, 2)
    getattr(counter, form)(50)
    getattr(counter, form)(times=7, slot=1)
    return counter.count


def good_calls() -> Iterator[tuple[str, Call]]:
    """Yield every function in every form that has an answer of its own."""
    for name, arguments in GOOD.items():
        if name != "SharedCounter":
            yield name, lambda name=name, given=arguments: getattr(kernels, name)(*given)
    for form in ("add_holding", "add_releasing"):
        for place in ("lock", "atomic", "slots"):
            yield f"{place}.{form}", lambda form=form, place=place: counted(form, place)
    for name in ("stream_holding", "stream_releasing"):
        yield f"{name} of one byte beyond", lambda name=name: getattr(kernels, name)(memoryview(WORDS)[1:])
        yield f"{name} of nothing", lambda name=name: getattr(kernels, name)(b"")
        yield f"{name} of what can be written", lambda name=name: getattr(kernels, name)(bytearray(WORDS))


def bad_calls() -> Iterator[tuple[str, Call]]:
    """Yield every function with every bad argument in every place, too many and too few."""
    counter = kernels.SharedCounter("slots", 3)
    functions = {name: (getattr(kernels, name), given) for name, given in GOOD.items()}
    functions |= {form: (getattr(counter, form), (3, 0)) for form in ("add_holding", "add_releasing")}
    for name, (function, given) in functions.items():
        for position in range(len(given)):
            for index in range(len(bad_arguments())):
                yield f"{name}, {index} in {position}", _bad_call(function, given, position, index)
        yield f"{name}, nothing", lambda function=function: function(unknown=1)
        yield f"{name}, too much", lambda function=function, given=given: function(*given, 1, 2, 3)


def _bad_call(function: Callable[..., object], given: tuple[Any, ...], position: int, index: int) -> Call:
    return lambda: function(*given[:position], bad_arguments()[index], *given[position + 1 :])


def outcome(call: Call) -> object:
    """Return what a call answers, or the kind and the words of what it raises."""
    try:
        return call()
    except (*ERRORS, LookupError) as error:
        return type(error).__name__, str(error)


def hammer(n_threads: int, seconds: float) -> tuple[int, list[str]]:
    """Call everything from many threads at once.

    Returns
    -------
    tuple
        The number of calls, and what did not agree with the answers that one thread got alone.
    """
    calls = [*good_calls(), *bad_calls()]
    alone = {name: outcome(call) for name, call in calls}
    shared = {place: kernels.SharedCounter(place, 4) for place in ("lock", "atomic", "slots")}
    resized = bytearray(10_000)
    wrong: list[str] = []
    totals = [0] * n_threads
    start, end = threading.Barrier(n_threads), time.monotonic() + seconds

    def work(thread: int) -> None:
        order, random = list(calls), Random(thread)
        start.wait()
        while time.monotonic() < end:
            random.shuffle(order)
            for name, call in order:
                if (answer := outcome(call)) != alone[name]:
                    wrong.append(f"{name}: {answer!r} instead of {alone[name]!r}")
            for counter in shared.values():
                counter.add_releasing(100, thread % 4)
                counter.add_holding(slot=thread % 4, times=100)
            _resize_and_read(resized, thread, wrong)
            totals[thread] += 1

    _in_threads(n_threads, work, wrong)
    for place, counter in shared.items():
        if counter.count != 200 * sum(totals):
            wrong.append(f"{place}: counted {counter.count} instead of {200 * sum(totals)}")
    return sum(totals) * (len(calls) + 8), wrong


def _in_threads(n_threads: int, work: Callable[[int], None], wrong: list[str]) -> None:
    """Work in so many threads; note what ends one, which a thread would only print."""

    def run(thread: int) -> None:
        try:
            work(thread)
        except BaseException as error:
            wrong.append(f"thread {thread} ended: {error!r}")

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _resize_and_read(shared: bytearray, thread: int, wrong: list[str]) -> None:
    """Make zeros longer or shorter, which others may just be reading, and read them."""
    try:
        if thread % 2:
            shared.extend(bytes(1000))
        else:
            del shared[-1000:]
    except BufferError:
        pass  # somebody reads
    if kernels.stream_releasing(shared) != 0:
        wrong.append("zeros do not add up to zero")
