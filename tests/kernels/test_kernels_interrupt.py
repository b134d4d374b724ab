"""A signal's handler runs within a long call, of whichever kernel, and may end it."""

import os
import subprocess
import sys
from textwrap import dedent

import models
import pytest

from antigil import kernels

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no timer sends a signal on Windows")

FOREVER = 2**62
LONG_CALLS = [
    f"calcular_com_gil({FOREVER})",
    f"calcular_sem_gil({FOREVER})",
    f"serial_fraction({FOREVER}, 0.0)",
    f"serial_fraction({FOREVER}, 1.0, {FOREVER})",
    f"serial_fraction({FOREVER}, 0.5, {FOREVER // 4})",
    *(
        f"SharedCounter({place!r}, 1).add_{form}({FOREVER})"
        for place in ("lock", "atomic", "slots")
        for form in ("holding", "releasing")
    ),
    *(f"stream_{form}(mmap(-1, 1 << 40, MAP_PRIVATE, PROT_READ))" for form in ("holding", "releasing")),
    "sleep_holding(86400)",
    "sleep_releasing(86400)",
]


def interrupted(call: str) -> "subprocess.CompletedProcess[str]":
    """Run a call in a process to which its timer sends a signal."""
    program = f"""
        import signal
        from mmap import MAP_PRIVATE, PROT_READ, mmap  # what is only read takes no memory
        from antigil.kernels import *
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            {call}
        except KeyboardInterrupt:
            print("ended", calcular_sem_gil(100) == calcular_com_gil(100))
    """
    # The time limit only keeps a call that cannot be ended from running for ever.
    return subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("call", LONG_CALLS)
def test_an_interrupt_ends_a_long_call_and_leaves_the_interpreter_usable(call):
    done = interrupted(call)
    assert (done.stdout, done.stderr, done.returncode) == ("ended True\n", "", 0)


@pytest.mark.parametrize("name", ["calcular_com_gil", "calcular_sem_gil"])
@pytest.mark.parametrize("steps", [9_999, 10_000, 10_001, 20_000])
def test_portions_give_the_sum_of_all_steps(name, steps):
    """A sum modulo 2**64 of disjoint ranges, whatever the portions: 1 to n, less 1 to n - 1, is one step."""
    function = getattr(kernels, name)
    last = (int(function(steps)) - int(function(steps - 1))) % 2**64
    assert last == models.article_step(steps - 1)


def test_a_handler_may_run_within_a_call_that_holds():
    """The GIL is held throughout, and yet the handler runs: in the calling thread, between two portions."""
    program = """
        import signal
        from antigil.kernels import calcular_com_gil
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        calcular_com_gil(200_000)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(len(seen) > 1)  # several that came in one portion are one
    """
    done = subprocess.run([sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
