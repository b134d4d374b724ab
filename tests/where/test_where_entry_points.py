"""Python's names of native functions: found without running the user's code."""

import gc
import importlib.util
import math
import sys
from importlib import import_module
from types import ModuleType

import pytest

from antigil.where.child import SAMPLER
from antigil.where.entry_points import entry_points


class Everywhere:
    """An address space of one file, which lies where its addresses say."""

    loaded_at = staticmethod(lambda _file: 0)


def named(sampler, function):
    """Return the name that is found for a function of C, if any."""
    (address,) = sampler.entry_points(function).values()
    found = entry_points(sampler.entry_points, Everywhere(), {("file", address)})
    return next((name for _, _, name in found), None)


@pytest.fixture
def native(sampler):
    return import_module(SAMPLER)


def test_functions_of_modules_and_types_have_their_names(native):
    assert named(native, math.gcd) == "math.gcd"
    assert named(native, dict.__dict__["fromkeys"]) == "dict.fromkeys"


class Touched(BaseException):
    """Raised by what must not run."""


def touch(*_):
    raise Touched


class Lazy:
    """Like Django's lazy objects: whatever is asked of it, its class too, has it be made."""

    __class__ = property(touch)
    __dict__ = property(touch)
    __getattribute__ = touch


class LazyKind(type):
    """A class of classes like them."""

    __getattribute__ = touch


class LazyModule(ModuleType):
    """A module like them."""

    __dict__ = property(touch)
    __getattribute__ = touch


def test_nothing_of_the_users_is_run_to_find_a_name(native, monkeypatch):
    module = ModuleType("full")
    kind = LazyKind("Kind", (), {})
    module.__dict__.update(lazy=Lazy(), kind=kind, instance=kind())
    modules = {"full": module, "module": LazyModule("module"), "object": Lazy(), "kind": kind, "none": None}
    with monkeypatch.context() as patch:  # pytest looks into modules, too
        for name, one in modules.items():
            patch.setitem(sys.modules, name, one)
        found = named(native, math.gcd)

    assert found == "math.gcd"


def test_a_module_that_is_loaded_when_it_is_used_is_not_loaded(native, monkeypatch, tmp_path):
    (tmp_path / "late.py").write_text("raise SystemExit('it was loaded')\n")
    spec = importlib.util.spec_from_file_location("late", tmp_path / "late.py")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "late", module)

    assert named(native, math.gcd) == "math.gcd"


def test_an_object_that_stands_in_for_a_module_is_looked_into(native, monkeypatch):
    class StandIn:
        pass

    function, stand_in = native.enrol, StandIn()
    stand_in.function = function
    monkeypatch.delattr(native, "enrol")
    assert named(native, function) is None
    monkeypatch.setitem(sys.modules, "stand_in", stand_in)

    assert named(native, function) == "_sampler.enrol"


@pytest.mark.parametrize("name", ["cython_function_or_method", "_cython_3_1.fused_cython_function"])
def test_a_class_that_is_called_as_cythons_functions_is_not_taken_for_one(native, name):
    kind = type(name, (), {"__slots__": [f"field{i}" for i in range(9)]})
    one = kind()
    one.field0 = one.field1 = 1

    assert native.entry_points(one) == {}


@pytest.fixture
def functions(build, monkeypatch):
    """Return an extension that makes functions as Cython does."""
    monkeypatch.syspath_prepend(build("_functions"))
    return import_module("_functions")


def test_a_function_of_cythons_that_wraps_one_of_c_has_its_address(native, functions):
    assert native.entry_points(functions.wrap(math.gcd, None)) == native.entry_points(math.gcd)


def test_to_look_at_functions_of_cythons_leaves_no_classes_behind(native, functions):
    wrapped = [functions.wrap(function, None) for function in (math.gcd, math.lcm, math.hypot)]
    gc.collect()
    before = len(object.__subclasses__())
    gc.disable()
    try:
        for function in wrapped:
            native.entry_points(function)
        left = len(object.__subclasses__()) - before
    finally:
        gc.enable()

    assert left <= 1


def test_the_forms_of_a_fused_function_have_its_name_with_their_types(native, functions, monkeypatch):
    forms = {"int": functions.wrap(math.lcm, None), "double": functions.wrap(math.hypot, None)}
    fused = functions.wrap(functions.wrap, forms)
    module = ModuleType("fused")
    module.kind = type("Kind", (), {"total": fused})
    monkeypatch.setitem(sys.modules, "fused", module)
    monkeypatch.delattr(math, "lcm")

    (address,) = native.entry_points(forms["int"]).values()
    found = entry_points(native.entry_points, Everywhere(), {("file", address)})

    assert [name for _, _, name in found] == ["Kind.total[int]"]
