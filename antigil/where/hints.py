"""What would tell more: names and lines that are missing, and how to have them."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from .divide import Visit
from .symbols import Names

MOST_LIBRARIES = 2
"""Of so many, in which most of the samples lie, it is told how to have more."""


def hints(visits: Sequence[Visit], names: Names, faults: Iterable[dict[str, str]]) -> list[str]:
    """Return how to have more of the libraries that responsible functions lie in, and why some is missing.

    Parameters
    ----------
    faults
        Of each process, by file, why callers cannot be told.
    """
    told = [_hint(file, names) for file in _libraries(visits, names)[:MOST_LIBRARIES]]
    for file, fault in ChainMap(names.faults, *faults).items():
        library = PurePosixPath(file).name
        told.append(f"names, lines or callers in {library} are missing: not all of it can be read ({fault})")
    return list(dict.fromkeys(filter(None, told)))


def _libraries(visits: Iterable[Visit], names: Names) -> list[str]:
    """Return the files of responsible functions, by samples: those that can be read, and so built anew."""
    counts: dict[str, float] = defaultdict(float)
    for visit in visits:
        for stack in visit.stacks:
            if (one := stack.responsible) is not None and names.elf(one.file) is not None:
                counts[one.file] += stack.count
    return sorted(counts, key=lambda file: -counts[file])


def _hint(file: str, names: Names) -> str:
    library = PurePosixPath(file).name
    if names.is_stripped(file):
        return (
            f"{library} has lost the names of its functions: build it from source with CFLAGS=-g "
            "(Rust: CARGO_PROFILE_RELEASE_DEBUG=1 CARGO_PROFILE_RELEASE_STRIP=none) and without strip"
        )
    if not names.has_lines(file):
        return f"{library} does not tell its source lines: build it from source with CFLAGS=-g"
    return "" if names.reads_lines else 'source lines can be read with: pip install "antigil[where]"'
