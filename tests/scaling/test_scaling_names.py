"""The names of the room."""

import importlib
import pkgutil
from types import ModuleType

from antigil import scaling


def test_no_name_of_the_room_hides_one_of_its_modules():
    names = [module.name for module in pkgutil.iter_modules(scaling.__path__)]
    for name in names:
        importlib.import_module(f"{scaling.__name__}.{name}")

    assert [name for name in names if not isinstance(getattr(scaling, name), ModuleType)] == []


def test_what_is_public_is_there():
    assert [name for name in scaling.__all__ if not hasattr(scaling, name)] == []
