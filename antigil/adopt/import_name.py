"""What is imported of a project: not always what it is called."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from pathlib import Path

#: Where a project keeps what is imported, beside its top.
FOLDERS = ("src", "python", "lib")

#: What lies beside it, and is none.
NOT_IMPORTED = re.compile(
    r"(\w+_)?tests?|testing|conftest|\w*bench\w*|docs?|examples?|demos?|scripts?|tools?|ci|utils?|build|dist|setup"
    r"|versioneer|tasks|\w*file|dodo|manage|src|python|lib|vendor\w*|third_?party|_\w*",
    re.IGNORECASE,
)


def import_name(folder: Path, name: str) -> tuple[str | None, bool]:
    """Return what is imported of the project in a folder, and whether it lies there.

    That is what bears the project's name, or else the only package, or the only module. Where there are
    several or none, as of a project with nothing but C, the name is all that is known; None if no module can
    be called so.
    """
    guess = re.sub(r"[^a-z0-9_]", "_", name.lower())
    places = [folder / one for one in FOLDERS]
    found = [_able(path.name for path in place.glob("*/") if _is_package(path)) for place in places]
    found.append(_able(path.parent.name for path in folder.glob("*/__init__.py")))
    found.append(_able(path.stem for place in (*places, folder) for path in place.glob("*.py")))
    named = [one for names in found for one in names if _plain(one) == _plain(guess)]
    if named:
        return named[0], True
    own = [[one for one in names if not NOT_IMPORTED.fullmatch(one)] for names in found]
    only = next(filter(None, own), [])
    return (only[0], True) if len(only) == 1 else (next(iter(_able([guess])), None), False)


def _is_package(folder: Path) -> bool:
    """Tell whether a folder is a package, or holds some, as a namespace does."""
    return any(folder.rglob("__init__.py"))


def _able(names: Iterable[str]) -> list[str]:
    """Return those names that a module can have."""
    return sorted({one for one in names if one.isidentifier() and not keyword.iskeyword(one)})


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
