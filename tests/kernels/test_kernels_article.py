"""The article's pair of kernels: one value, one way to fail, one difference."""

import re
from pathlib import Path

import models
import pytest

import antigil

SOURCES = sorted((Path(__file__).parents[2] / "antigil" / "kernels").glob("*.c"))
PAIR = ["calcular_com_gil", "calcular_sem_gil"]
MACROS = ["Py_BEGIN_ALLOW_THREADS", "Py_END_ALLOW_THREADS"]


@pytest.fixture(params=PAIR)
def calcular(request):
    return getattr(antigil, request.param)


@pytest.mark.parametrize(
    ("steps", "golden"),
    [
        (0, "0"),
        (1, "17403246503451201452"),
        (2, "4436758818172339655"),
        (7, "10689571765550521865"),
        (1000, "13047591973928657536"),
    ],
)
def test_the_sum_is_the_same_everywhere(calcular, steps, golden):
    assert golden == calcular(steps)


def test_the_default_is_a_hundred_thousand_steps():
    assert antigil.calcular_sem_gil() == antigil.calcular_com_gil(max=100_000) == "16907976980755757191"


def test_the_kernel_does_the_documented_calculation(calcular):
    assert models.calcular(5) == calcular(max=5)


class Seven:
    """An integer by its __index__ alone."""

    def __index__(self):
        return 7


class Broken:
    """An integer whose __index__ raises."""

    def __index__(self):
        raise LookupError("no such number")


def test_every_integer_type_is_taken(calcular):
    assert calcular(7) == calcular(Seven()) == calcular(max=Seven())
    assert calcular(1) == calcular(True)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (-1, ValueError, "max must not be negative"),
        (-(2**63), ValueError, "max must not be negative"),
        (-(2**80), ValueError, "max must not be negative"),
        (2**63, OverflowError, "max must be at most 9223372036854775807"),
        (2**80, OverflowError, "max must be at most 9223372036854775807"),
        (1.0, TypeError, "max must be an integer, not float"),
        ("1", TypeError, "max must be an integer, not str"),
        (None, TypeError, "max must be an integer, not NoneType"),
        (Broken(), LookupError, "no such number"),
    ],
)
def test_a_bad_max_is_named(calcular, bad, error, message):
    for call in (lambda: calcular(bad), lambda: calcular(max=bad)):
        with pytest.raises(error, match=f"^{re.escape(message)}$"):
            call()


def test_wrong_arguments_name_the_function(calcular):
    with pytest.raises(TypeError, match=calcular.__name__):
        calcular(1, 2)
    with pytest.raises(TypeError, match=calcular.__name__):
        calcular(maximum=1)


def c_functions():
    """Return the body of each C function that a method table may name, by name."""
    pattern = re.compile(r"^static PyObject \*\n(\w+)(\(.*?^\})", re.DOTALL | re.MULTILINE)
    return {name: body for path in SOURCES for name, body in pattern.findall(path.read_text("utf-8"))}


def pairs():
    """Return (holding, releasing) for every pair of wrappers in the C sources."""
    names = c_functions()
    releasing = {name: name.replace("_holding", "_releasing") for name in names if name.endswith("_holding")}
    return [tuple(PAIR), *releasing.items()]


@pytest.mark.parametrize(("holding", "releasing"), pairs())
def test_the_two_macros_are_the_only_difference(holding, releasing):
    functions = c_functions()
    lines = functions[releasing].replace(releasing, holding).splitlines()
    assert functions[holding].splitlines() == [line for line in lines if line.strip() not in MACROS]
    assert [line.strip() for line in lines if line.strip() in MACROS] == MACROS


@pytest.mark.parametrize(("holding", "releasing"), pairs())
def test_no_python_call_stands_between_the_macros(holding, releasing):
    between = re.search(rf"{MACROS[0]}(.*?){MACROS[1]}", c_functions()[releasing], re.DOTALL)
    assert between is not None
    assert not re.search(r"Py|return|goto", between[1])
