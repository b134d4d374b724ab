"""The names by which Python calls native functions, from the types and functions that are loaded.

In a library without names, they are the only ones: ``ZstdCompressor.compress`` is the C function whose
address stands in that method.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

from .unwind import AddressSpace

MOST_OBJECTS = 200_000

Addresses = Callable[[object], dict[str, int]]


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
        yield from ((f"{one.__name__}.{slot}", address) for slot, address in addresses(one).items())
        for name, member in list(vars(one).items()):
            yield from ((f"{one.__name__}.{name}", address) for address in addresses(member).values())
    for module in list(sys.modules.values()):
        for _, member in _members(module):
            if not isinstance(member, type):
                yield from ((_own_name(member), address) for address in addresses(member).values())


def _own_name(function: object) -> str:
    """Return a function's name with its module's, whatever module it was found in."""
    module = str(getattr(function, "__module__", None) or "builtins").rpartition(".")[2]
    name = str(getattr(function, "__qualname__", "?"))
    return name if module == "builtins" else f"{module}.{name}"


def _members(module: object) -> Iterable[tuple[str, object]]:
    try:
        return list(vars(module).items())
    except TypeError:  # something that stands in for a module
        return ()


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
