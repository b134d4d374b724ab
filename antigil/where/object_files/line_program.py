"""The program by which a compiler tells the source line of each instruction, run quickly.

References
----------
DWARF Debugging Information Format, version 5, section 6.2 (and versions 2 to 4, where they differ).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from .cfi import Reader

_PATH, _DIRECTORY = 1, 2  # DW_LNCT_path, DW_LNCT_directory_index


@dataclass
class Sections:
    """The parts of a file that a line program refers to."""

    line: bytes
    line_str: bytes
    str: bytes


@dataclass
class LineTable:
    """Addresses, ascending, and the number of the file and the line from each of them on; line 0: none."""

    addresses: list[int]
    lines: list[tuple[int, int]]
    files: dict[int, str]


@dataclass
class _Header:
    end: int
    minimum: int
    base: int
    range: int
    lengths: tuple[int, ...]
    files: dict[int, str]
    start: int


def line_table(sections: Sections, offset: int) -> LineTable:
    """Run the program at an offset of the section."""
    header = _header(sections, offset)
    rows = _run(sections.line, header)
    rows.sort(key=lambda row: (row[0], row[2] != 0))  # where one stretch ends, another may begin
    return LineTable([row[0] for row in rows], [row[1:] for row in rows], header.files)


def _header(sections: Sections, offset: int) -> _Header:
    reader = Reader(sections.line, offset)
    size = reader.number("<I")
    word = "<I"
    if size == 0xFFFFFFFF:
        size, word = reader.number("<Q"), "<Q"
    end = reader.at + size
    version = reader.number("<H")
    if version >= 5:
        reader.at += 2  # sizes of addresses and of segment selectors
    start = reader.number(word)
    start += reader.at
    minimum = reader.number("<B")
    if version >= 4:
        reader.at += 1  # operations per instruction: one
    reader.at += 1  # whether a row is a statement at first
    base, span, count = reader.number("<b"), reader.number("<B"), reader.number("<B")
    lengths = tuple(sections.line[reader.at : reader.at + count - 1])
    reader.at += count - 1
    files = _files(reader, sections, word) if version >= 5 else _old_files(reader)
    return _Header(end, minimum, base, span, lengths, files, start)


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    return bytes(data[at:end]).decode(errors="replace"), end + 1


def _joined(folder: str, name: str) -> str:
    return name if name.startswith("/") or not folder else f"{folder}/{name}"


def _old_files(reader: Reader) -> dict[int, str]:
    folders = [""]
    while reader.data[reader.at]:
        folder, reader.at = _text(reader.data, reader.at)
        folders.append(folder)
    reader.at += 1
    files: dict[int, str] = {}
    while reader.data[reader.at]:
        name, reader.at = _text(reader.data, reader.at)
        index = reader.unsigned()
        reader.unsigned(), reader.unsigned()
        files[len(files) + 1] = _joined(folders[index] if index < len(folders) else "", name)
    return files


def _files(reader: Reader, sections: Sections, word: str) -> dict[int, str]:
    folders = [str(entry.get(_PATH, "")) for entry in _entries(reader, sections, word)]
    files = {}
    for number, entry in enumerate(_entries(reader, sections, word)):
        index = int(entry.get(_DIRECTORY, 0))
        # The first directory is the one that was compiled in.
        above = folders[index] if 0 < index < len(folders) else ""
        files[number] = _joined(above, str(entry.get(_PATH, "")))
    return files


def _entries(reader: Reader, sections: Sections, word: str) -> list[dict[int, str | int]]:
    formats = [(reader.unsigned(), reader.unsigned()) for _ in range(reader.number("<B"))]
    found = []
    for _ in range(reader.unsigned()):
        found.append({content: _form(reader, sections, word, form) for content, form in formats})
    return found


def _form(reader: Reader, sections: Sections, word: str, form: int) -> str | int:
    if form == 0x08:
        text, reader.at = _text(reader.data, reader.at)
        return text
    if form in (0x0E, 0x1F):
        return _text(sections.str if form == 0x0E else sections.line_str, reader.number(word))[0]
    if form == 0x1E:  # a check sum of 16 bytes
        reader.at += 16
        return 0
    if form == 0x09:
        reader.bytes()
        return 0
    sizes = {0x0B: "<B", 0x05: "<H", 0x06: "<I", 0x07: "<Q"}
    return reader.number(sizes[form]) if form in sizes else reader.unsigned()


def _run(data: bytes, header: _Header) -> list[tuple[int, int, int]]:
    reader = Reader(data, header.start)
    rows: list[tuple[int, int, int]] = []
    address, file, line = 0, 1, 1
    special = len(header.lengths) + 1
    minimum, base, span = header.minimum, header.base, header.range
    constant = (255 - special) // span * minimum
    add: Callable[[tuple[int, int, int]], None] = rows.append
    while reader.at < header.end:
        code = data[reader.at]
        reader.at += 1
        if code >= special:
            code -= special
            address += code // span * minimum
            line += base + code % span
            add((address, file, line))
        elif code == 1:  # copy
            add((address, file, line))
        elif code == 2:
            address += reader.unsigned() * minimum
        elif code == 3:
            line += reader.signed()
        elif code == 4:
            file = reader.unsigned()
        elif code == 8:
            address += constant
        elif code == 9:
            address += reader.number("<H")
        elif code == 0:
            size = reader.unsigned()
            end = reader.at + size
            if data[reader.at] == 1:  # the end of a stretch of code
                add((address, file, 0))
                address, file, line = 0, 1, 1
            elif data[reader.at] == 2:
                (address,) = struct.unpack_from("<Q", data, reader.at + 1)
            reader.at = end
        else:
            for _ in range(header.lengths[code - 1]):
                reader.unsigned()
    return rows
