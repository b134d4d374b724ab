"""From places in files to functions: names, source lines, and whether the name is only the nearest one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeVar

from .object_files import Elf, Lines, NotElf, OddElf, Symbol, can_read_lines, demangle, fault_of

T = TypeVar("T")

PYTHON = "Python"
"""The library of a function that is written in Python."""

NAMELESS = "function at "
"""What the name of a function begins with that has none."""

LINKAGE = "procedure linkage table"
"""The name of the code by which a library calls others: the linker's, which has none."""

_SYSTEM = re.compile(
    r"^(ld|libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|libc\+\+(abi)?|libatomic"
    r"|libjemalloc|libtcmalloc\w*|libmimalloc|libasan|libtsan)([-.].*)?$|^\[(vdso|vsyscall)\]$"
)


@dataclass(frozen=True)
class Function:
    """A function, native or of Python.

    Attributes
    ----------
    name
        As its source has it; where the library has no names, the one by which Python calls it, or else the
        nearest one that the library exports. Code that lies in no such file has one name, that of `library`.
    library
        Name of the file that holds it, `PYTHON` for functions of Python.
    nearest
        Whether the name is that of another function: the nearest exported one.
    entry_point
        The name by which Python calls it, such as ``ZstdCompressor.compress``, or nothing.
    """

    name: str
    library: str
    nearest: bool = False
    entry_point: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"near {self.name}" if self.nearest else self.name

    @property
    def is_own_name(self) -> bool:
        """Whether the name stays the same from build to build."""
        return not self.nearest and not self.name.startswith(NAMELESS)


class Names:
    """Finds functions; reads each file once.

    Parameters
    ----------
    entry_points
        By file and start of a function: the name by which Python calls it.
    interpreter
        The file that the interpreter lies in.

    Attributes
    ----------
    faults
        By file, why something in it cannot be read.
    """

    def __init__(self, entry_points: dict[tuple[str, int], str], interpreter: str) -> None:
        self._entry_points = entry_points
        self._interpreter = interpreter
        self.faults: dict[str, str] = {}
        self._files: dict[str, Elf | None] = {}
        self._lines: dict[str, Lines | None] = {}
        self._functions: dict[tuple[str, int, int], Function] = {}

    def elf(self, file: str) -> Elf | None:
        """Return a file, or None where it cannot be read."""
        if file not in self._files:
            try:
                self._files[file] = Elf.open(file)
            except OddElf as error:
                self._give_up(file, error)
            except (OSError, NotElf):
                self._files[file] = None
        return self._files[file]

    def _give_up(self, file: str, error: OddElf) -> None:
        self._files[file] = None
        self.faults[file] = str(error)

    def _symbol_at(self, file: str, address: int) -> tuple[Symbol, bool] | None:
        """Return the symbol at or before an address, and whether the address lies within it."""
        elf = self.elf(file)
        try:
            return None if elf is None else elf.symbol_at(address)
        except OddElf as error:
            self._give_up(file, error)
            return None

    def function(self, file: str, address: int, start: int) -> Function:
        """Return the function at a place."""
        key = file, address, start
        if key not in self._functions:
            self._functions[key] = self._find(file, address, start)
        return self._functions[key]

    def _find(self, file: str, address: int, start: int) -> Function:
        library = PurePosixPath(file).name
        entry_point = self._entry_points.get((file, start), "")
        if self.is_linkage(file, address):
            return Function(LINKAGE, library)
        found = self._symbol_at(file, address)
        if self.elf(file) is None:  # made at run time, or deleted: its addresses tell nothing
            return Function(entry_point or library, library, entry_point=entry_point)
        if found is None:
            place = f"{NAMELESS}{start if start >= 0 else address:#x}"
            return Function(entry_point or place, library, entry_point=entry_point)
        symbol, is_exact = found
        is_exact = is_exact or symbol.address == start
        if is_exact:
            inlined = self._from_lines(file, lambda lines: lines.inlined(address))
            return Function(demangle(inlined or symbol.name), library, entry_point=entry_point)
        if entry_point:
            return Function(entry_point, library, entry_point=entry_point)
        name = demangle(symbol.name)
        shift = f"+{start - symbol.address:#x}" if start > symbol.address else ""
        return Function(name + shift, library, nearest=True)

    def _lines_of(self, file: str) -> Lines | None:
        """Return what tells a library's source lines; None for the interpreter, or where nothing does."""
        elf = self.elf(file)
        if elf is None or not elf.has_lines or not self.reads_lines or self.is_interpreter(file):
            return None
        if file not in self._lines:
            self._lines[file] = Lines(elf)
        return self._lines[file]

    def _from_lines(self, file: str, ask: Callable[[Lines], T | None]) -> T | None:
        lines = self._lines_of(file)
        try:
            return None if lines is None else ask(lines)
        except Exception as error:  # whatever their reader raises where it does not know them
            self._lines[file] = None
            self.faults[file] = fault_of(error)
            return None

    def line(self, file: str, address: int) -> tuple[str, int] | None:
        """Return the source file and line of a place, or None where they are not told."""
        return self._from_lines(file, lambda lines: lines.line(address))

    @cached_property
    def reads_lines(self) -> bool:
        """Whether what reads source lines is installed."""
        return can_read_lines()

    def symbol(self, file: str, address: int, start: int) -> str:
        """Return the name that a file has for the function at a place, or nothing; sooner than `function`."""
        found = self._symbol_at(file, address)
        return found[0].name if found is not None and (found[1] or found[0].address == start) else ""

    def is_interpreter(self, file: str) -> bool:
        """Tell whether a file is the interpreter's own."""
        return file == self._interpreter

    def is_system(self, file: str) -> bool:
        """Tell whether a file belongs to the languages that others are written in: the C library, say."""
        return bool(_SYSTEM.match(PurePosixPath(file).name))

    def is_linkage(self, file: str, address: int) -> bool:
        """Tell whether a place belongs to the linker, on the way from one library to another."""
        elf = self.elf(file)
        return elf is not None and elf.is_linkage(address)

    def is_stripped(self, file: str) -> bool:
        """Tell whether a file has lost the names of the functions that it does not export."""
        elf = self.elf(file)
        return elf is not None and not elf.has_names

    def has_lines(self, file: str) -> bool:
        """Tell whether a file knows its source lines."""
        elf = self.elf(file)
        return elf is not None and elf.has_lines
