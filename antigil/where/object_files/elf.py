"""ELF files: where they are loaded, their symbols, and the table for unwinding, as far as is needed here.

References
----------
Tool Interface Standard, "Executable and Linking Format Specification", version 1.2 (1995).
Linux Standard Base Core Specification 5.0, section 10.6, "Exception Frames".
"""

from __future__ import annotations

import lzma
import mmap
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_FUNCTION_TYPES = (2, 10)  # STT_FUNC, STT_GNU_IFUNC
_LOAD, _EH_FRAME_HEADER = 1, 0x6474E550
_EXECUTABLE = 1
_NO_BITS, _CODE, _COMPRESSED, _BY_ZLIB = 8, 4, 0x800, 1
_DEBUG = Path("/usr/lib/debug/.build-id")


@dataclass(frozen=True)
class Section:
    """A section of the file: its name, kind and flags, and where it lies in memory and in the file."""

    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Symbol:
    """A function's symbol; ``exported`` where it comes from the table for dynamic linking."""

    address: int
    size: int
    name: str
    exported: bool


class NotElf(Exception):  # noqa: N818 - it says what the file is
    """The file is no ELF file of 64 bits, lowest byte first."""


class OddElf(NotElf):
    """It begins as one, and says of itself what cannot be."""


def fault_of(error: Exception) -> str:
    """Return in words why something of a file cannot be read."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


@contextmanager
def _as_odd() -> Iterator[None]:
    try:
        yield
    except (struct.error, IndexError, OverflowError) as error:
        raise OddElf(fault_of(error)) from error


class Elf:
    """One ELF file, or the image of one in memory."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data = data
        if len(data) < 64 or data[:6] != b"\x7fELF\x02\x01":
            raise NotElf
        with _as_odd():
            rows = self._program_headers()
            self.sections = self._sections()
        loaded = [(row[1], (row[2], row[3], row[5])) for row in rows if row[0] == _LOAD]
        self.segments: list[tuple[int, int, int]] = [segment for _, segment in loaded]
        self.code_segments: list[tuple[int, int, int]] = [
            segment for flags, segment in loaded if flags & _EXECUTABLE
        ]
        self.eh_frame_header: int | None = next((row[3] for row in rows if row[0] == _EH_FRAME_HEADER), None)

    def _program_headers(self) -> list[tuple[int, ...]]:
        (table,) = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<2H", self.data, 54)
        return [struct.unpack_from("<IIQQQQQQ", self.data, table + i * size) for i in range(count)]

    @classmethod
    def open(cls, path: str) -> Elf:
        """Read a file; OSError or NotElf where it cannot be."""
        with open(path, "rb") as file:
            try:
                return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            except ValueError as error:  # an empty file
                raise NotElf from error

    def address_of(self, offset: int) -> int | None:
        """Return the address, relative to where it is loaded, of a byte of the file's code."""
        for start, address, size in self.code_segments:
            if start <= offset < start + size:
                return address + offset - start
        return None

    def offset_of(self, address: int) -> int | None:
        """Return where in the file a byte of its memory lies."""
        for start, first, size in self.segments:
            if first <= address < first + size:
                return start + address - first
        return None

    def _sections(self) -> list[Section]:
        """Return all sections; none where the file has no table of them (an image in memory)."""
        data = self.data
        (table,) = struct.unpack_from("<Q", data, 40)
        count, names_index = struct.unpack_from("<2H", data, 60)
        if not table or not count or table + 64 * count > len(data):
            return []
        rows = [struct.unpack_from("<IIQQQQIIQQ", data, table + 64 * i) for i in range(count)]
        names = rows[names_index][4]
        return [Section(self._string(names + r[0]), r[1], r[2], r[3], r[4], r[5], r[6]) for r in rows]

    def section(self, name: str) -> Section | None:
        """Return a section by its name."""
        return next((one for one in self.sections if one.name == name), None)

    def content(self, name: str) -> bytes:
        """Return what stands in a section, unpacked; nothing where there is none that can be read."""
        section = self.section(name)
        if section is None or section.kind == _NO_BITS or not self._can_unpack(section):
            return b""
        data = self.data[section.offset : section.offset + section.size]
        return zlib.decompress(data[24:]) if section.flags & _COMPRESSED else data

    def _can_unpack(self, section: Section) -> bool:
        """Tell whether a section is not compressed, or by zlib; zstd is in no Python before 3.14."""
        if not section.flags & _COMPRESSED:
            return True
        return int.from_bytes(self.data[section.offset : section.offset + 4], "little") == _BY_ZLIB

    def _string(self, offset: int) -> str:
        end = self.data.find(b"\0", offset)
        return self.data[offset:end].decode(errors="replace")

    @cached_property
    def build_id(self) -> str:
        """The build ID in hexadecimal, or nothing."""
        section = self.section(".note.gnu.build-id")
        return self.data[section.offset + 16 : section.offset + section.size].hex() if section else ""

    @cached_property
    def symbols(self) -> list[Symbol]:
        """The functions that have names, by address; of several at one address, a static name comes last.

        OddElf where their table cannot be read.
        """
        found = [*self._own_symbols(), *self._symbols_elsewhere]
        return sorted(found, key=lambda symbol: (symbol.address, not symbol.exported, symbol.size))

    @property
    def has_names(self) -> bool:
        """Whether the names of functions that it does not export were kept, in it or beside it."""
        return self.section(".symtab") is not None or bool(self._symbols_elsewhere)

    @cached_property
    def has_lines(self) -> bool:
        """Whether it tells of source lines, in sections that can be read."""
        told = [one for one in self.sections if one.name.startswith(".debug_")]
        return any(one.name == ".debug_line" for one in told) and all(map(self._can_unpack, told))

    def _own_symbols(self) -> list[Symbol]:
        found = []
        for section in self.sections:
            if section.name not in (".symtab", ".dynsym") or section.kind == _NO_BITS:
                continue
            with _as_odd():
                names = self.sections[section.link].offset
                end = section.offset + section.size
                rows = struct.iter_unpack("<IBBHQQ", self.data[section.offset : end])
                found += [
                    Symbol(address, size, self._string(names + name), section.name == ".dynsym")
                    for name, info, _, index, address, size in rows
                    if info & 15 in _FUNCTION_TYPES and index and address
                ]
        return found

    @cached_property
    def _symbols_elsewhere(self) -> list[Symbol]:
        """What a distribution keeps beside a stripped file: in a section, or as a file of its own."""
        if self.section(".symtab") is not None:
            return []
        section = self.section(".gnu_debugdata")
        try:
            if section is not None:
                packed = self.data[section.offset : section.offset + section.size]
                return Elf(lzma.decompress(packed))._own_symbols()
            if self.build_id:
                path = _DEBUG / self.build_id[:2] / f"{self.build_id[2:]}.debug"
                return Elf.open(str(path))._own_symbols() if path.exists() else []
        except (NotElf, OSError, lzma.LZMAError):
            return []
        return []

    @cached_property
    def _starts(self) -> list[int]:
        return [symbol.address for symbol in self.symbols]

    def symbol_at(self, address: int) -> tuple[Symbol, bool] | None:
        """Return the symbol at or before an address, and whether the address lies within it."""
        i = bisect_right(self._starts, address) - 1
        if i < 0:
            return None
        for symbol in reversed(self.symbols[max(0, i - 8) : i + 1]):
            if symbol.address <= address < symbol.address + symbol.size:
                return symbol, True
        nearest = self.symbols[i]
        # Assembly often gives no size: then it goes on to the next symbol, where all have been kept, or to
        # the end of its section.
        goes_on = nearest.size == 0 and self.has_names
        return nearest, goes_on and self._code_at(nearest.address) == self._code_at(address)

    def _code_at(self, address: int) -> Section | None:
        """Return the section of code that an address lies in."""
        lies_in = (s for s in self.sections if s.flags & _CODE and s.address <= address < s.address + s.size)
        return next(lies_in, None)

    def is_linkage(self, address: int) -> bool:
        """Tell whether code is the linker's: by it calls go to functions of other libraries."""
        section = self._code_at(address)
        return section is not None and section.name.startswith((".plt", ".iplt"))
