"""The call with a known serial fraction: the same work however it is sliced."""

import ctypes
import random
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import models
import pytest

from antigil.kernels import serial_fraction

ROOM = Path(__file__).parents[2] / "antigil" / "kernels"


@pytest.mark.parametrize("steps", [0, 1, 2, 1000])
def test_the_result_is_that_of_the_documented_calculation(steps):
    assert models.serial_fraction(steps, 1, 1) == serial_fraction(steps, 1)


@pytest.mark.parametrize("held_share", [0, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9, 1])
@pytest.mark.parametrize("slice_steps", [1, 7, 1000, 2**63 - 1])
def test_share_and_slices_do_not_change_the_work(held_share, slice_steps):
    assert serial_fraction(1234, 1) == serial_fraction(1234, held_share, slice_steps)
    assert serial_fraction(1234, 1) == serial_fraction(
        steps=1234, held_share=held_share, slice_steps=slice_steps
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 0.5), ValueError, "steps must not be negative"),
        ((1.0, 0.5), TypeError, "steps must be an integer, not float"),
        ((2**63, 0.5), OverflowError, "steps must be at most 9223372036854775807"),
        ((1, -0.1), ValueError, "held_share must be between 0 and 1"),
        ((1, 1.1), ValueError, "held_share must be between 0 and 1"),
        ((1, float("nan")), ValueError, "held_share must be between 0 and 1"),
        ((1, float("inf")), ValueError, "held_share must be between 0 and 1"),
        ((1, "0.5"), TypeError, "held_share must be a real number, not str"),
        ((1, 1j), TypeError, "held_share must be a real number, not complex"),
        ((1, 10**400), ValueError, "held_share must be between 0 and 1"),
        ((1, 0.5, 0), ValueError, "slice_steps must be at least 1"),
        ((1, 0.5, -1), ValueError, "slice_steps must not be negative"),
        ((1, 0.5, 1.5), TypeError, "slice_steps must be an integer, not float"),
        ((1, 0.5, 2**64), OverflowError, "slice_steps must be at most 9223372036854775807"),
    ],
)
def test_a_bad_argument_is_named(arguments, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        serial_fraction(*arguments)


HARNESS = """
#include "arguments.c"
#include "serial.c"

/* Write the held and the released steps of each slice; return the number of slices. */
uint64_t
schedule(uint64_t steps, double held_share, uint64_t slice, uint64_t *out)
{
    plan todo = make_plan(steps, held_share, slice);
    for (uint64_t done = 0; done < todo.slices; done++) {
        out[2 * done] = next_held(&todo);
        out[2 * done + 1] = next_released(&todo);
    }
    return todo.slices;
}
"""


@pytest.fixture(scope="module")
def schedule(tmp_path_factory):
    """Return a function from (steps, held share, slice) to the list of (held, released) steps."""
    if sys.platform == "win32" or shutil.which("cc") is None:
        pytest.skip("there is no cc that takes this Python's headers")
    folder = tmp_path_factory.mktemp("schedule")
    (folder / "harness.c").write_text(HARNESS, "utf-8")
    library = folder / "harness.so"
    undefined = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    include = [f"-I{ROOM}", f"-I{sysconfig.get_path('include')}"]
    command = [
        "cc",
        "-std=c11",
        "-shared",
        "-fPIC",
        *undefined,
        *include,
        folder / "harness.c",
        "-o",
        library,
    ]
    subprocess.run(command, check=True)
    function = ctypes.PyDLL(str(library)).schedule
    function.argtypes = [ctypes.c_uint64, ctypes.c_double, ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64)]
    function.restype = ctypes.c_uint64

    def slices(steps, held_share, slice_steps):
        out = (ctypes.c_uint64 * (2 * (steps // slice_steps + 2)))()
        count = function(steps, held_share, slice_steps, out)
        return [(out[2 * index], out[2 * index + 1]) for index in range(count)]

    return slices


CASES = [(0, 0.5, 10), (1000, 0, 10), (1000, 1, 10), (1000, 0.5, 10**9), (10**6, 0.3, 1000), (999, 1e-4, 10)]
CASES += [
    (steps, share, random.Random(steps).randint(1, steps))
    for steps in random.Random(7).sample(range(1, 20_000), 40)
    for share in (0.05, 0.1, 0.25, 0.5, 0.9, 0.999)
]


def test_the_held_share_of_the_work_is_exact_to_one_step(schedule):
    for steps, share, slice_steps in CASES:
        slices = schedule(steps, share, slice_steps)
        held = sum(held for held, _ in slices)
        assert abs(held - share * steps) <= 0.5
        assert steps == held + sum(released for _, released in slices)


def test_every_held_slice_but_the_last_is_as_long_as_asked(schedule):
    for steps, share, slice_steps in CASES:
        *held, last = [held for held, _ in schedule(steps, share, slice_steps)]
        assert set(held) <= {slice_steps}
        assert last <= slice_steps


def test_the_released_stretches_are_equal_to_one_step(schedule):
    for steps, share, slice_steps in CASES:
        released = [released for _, released in schedule(steps, share, slice_steps)]
        assert max(released) - min(released) <= 1
