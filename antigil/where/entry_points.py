"""The names by which Python calls native functions, from the types and functions that are loaded.

In a library without names, they are the only ones: ``ZstdCompressor.compress`` is the C function whose
address stands in that method.

To look them up runs none of the user's code: every attribute is read as the interpreter keeps it. To ask an
object for one, its class included, may load a module that is made to load late, or fail.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
)
from typing import Any

from .unwind import AddressSpace

MOST_OBJECTS = 200_000

Addresses = Callable[[object], dict[str, int]]

_DESCRIPTORS = (MethodDescriptorType, ClassMethodDescriptorType, GetSetDescriptorType)
_OF_MODULES: Any = ModuleType.__dict__
_OF_TYPES: Any = type.__dict__
_module_namespace = _OF_MODULES["__dict__"].__get__
_type_namespace = _OF_TYPES["__dict__"].__get__
_type_name = _OF_TYPES["__name__"].__get__
_type_qualified_name = _OF_TYPES["__qualname__"].__get__
_type_and_bases = _OF_TYPES["__mro__"].__get__


def entry_points(
    addresses: Addresses, space: AddressSpace, functions: set[tuple[str, int]]
) -> list[tuple[str, int, str]]:
    """Return file, start and Python's name of those among the functions that Python calls by one name."""
    wanted = {space.loaded_at(file) + start: (file, start) for file, start in functions}
    names: dict[int, set[str]] = {}
    for name, address in _all(addresses):
        if address in wanted:
            names.setdefault(address, set()).add(name)
    # Several names for one function belong to what dispatches calls, as pybind11's does.
    return [(*wanted[address], found.pop()) for address, found in names.items() if len(found) == 1]


def _all(addresses: Addresses) -> Iterator[tuple[str, int]]:
    for one in _types():
        own = _type_name(one)
        yield from ((f"{own}.{slot}", address) for slot, address in addresses(one).items())
        for name, member in list(_type_namespace(one).items()):
            if type(name) is str:
                yield from ((f"{own}.{name}{which}", at) for which, at in _addresses(addresses, member))
    for module in list(sys.modules.values()):
        for member in _members(module):
            if not issubclass(type(member), type):
                found = list(_addresses(addresses, member))
                name = _own_name(member) if found else ""
                yield from ((f"{name}{which}", at) for which, at in found)


def _addresses(addresses: Addresses, member: object) -> Iterator[tuple[str, int]]:
    """Yield the addresses behind an object; those of a fused function's forms with their types: ``[int]``."""
    found = addresses(member)
    yield from (("", address) for address in found.values())
    forms = _type_namespace(type(member)).get("__signatures__") if found else None
    if isinstance(forms, GetSetDescriptorType | MemberDescriptorType):
        for types, form in (forms.__get__(member) or {}).items():
            yield from ((f"[{types}]", address) for address in addresses(form).values())


def _own_name(function: object) -> str:
    """Return a function's name with its module's, whatever module it was found in."""
    module, name = getattr(function, "__module__", None), _qualified_name(function)
    last = module.rpartition(".")[2] if type(module) is str else "builtins"
    return name if last == "builtins" else f"{last}.{name}"


def _qualified_name(function: Any) -> str:
    if issubclass(type(function), BuiltinFunctionType):
        owner = function.__self__
    elif type(function) in _DESCRIPTORS:
        owner = function.__objclass__
    else:  # Cython's, which keeps it
        return str(getattr(function, "__qualname__", "?"))
    if owner is None or issubclass(type(owner), ModuleType):
        return str(function.__name__)
    kind = owner if issubclass(type(owner), type) else type(owner)
    return f"{_type_qualified_name(kind)}.{function.__name__}"


def _members(module: object) -> Iterable[object]:
    """Return what stands in a module, or in what stands in for one where that keeps it as others do."""
    kind = type(module)
    if issubclass(kind, ModuleType):
        namespace = _module_namespace(module)
    elif issubclass(kind, type):
        namespace = _type_namespace(module)
    else:
        found = (_type_namespace(one).get("__dict__") for one in _type_and_bases(kind))
        descriptor: Any = next((one for one in found if one is not None), None)
        namespace = descriptor.__get__(module) if type(descriptor) is GetSetDescriptorType else None
    return [] if namespace is None else list(namespace.values())


def _types() -> Iterator[type]:
    """Yield every type once."""
    seen: set[int] = set()
    todo: list[type] = [object]
    while todo and len(seen) < MOST_OBJECTS:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += type.__subclasses__(one)
