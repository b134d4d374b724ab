"""Call frame information: how to find a function's caller, from the tables that exceptions use.

For an address there is a *row*: where the caller's stack pointer was (the canonical frame address,
CFA), and for each register that the function saved where it lies.

References
----------
DWARF Debugging Information Format, version 5, section 6.4.
Linux Standard Base Core Specification 5.0, section 10.6, "Exception Frames".
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from .elf import Elf, fault_of

_SIZES = {0x00: "<Q", 0x02: "<H", 0x03: "<I", 0x04: "<Q", 0x0A: "<h", 0x0B: "<i", 0x0C: "<q"}
_PC_RELATIVE, _DATA_RELATIVE = 0x10, 0x30


@dataclass
class Row:
    """How to find the caller from one address.

    Attributes
    ----------
    start
        Where the function begins.
    register, offset
        CFA = that register + offset; or see ``expression``.
    expression
        A DWARF expression for the CFA, or nothing.
    saved
        By register: the offset from the CFA at which the caller's value lies; None: not to be had.
    return_register
        The register that holds the return address.
    is_signal
        Whether it is the frame of a signal handler.
    """

    start: int
    register: int = 0
    offset: int = 0
    expression: bytes = b""
    saved: dict[int, int | None] = field(default_factory=dict)
    return_register: int = 16
    is_signal: bool = False

    def copy(self) -> Row:
        """Return a row that can be changed by itself."""
        return Row(
            self.start, self.register, self.offset, self.expression, dict(self.saved),
            self.return_register, self.is_signal,
        )  # fmt: skip


class Reader:
    """Reads numbers one after the other."""

    def __init__(self, data: bytes, at: int, address: int = 0) -> None:
        self.data, self.at = data, at
        self._shift = address - at  # from a place in the data to its address

    def number(self, form: str) -> int:
        """Read a number of a fixed size."""
        value: int
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def unsigned(self) -> int:
        """Read a number in LEB128."""
        value, shift = 0, 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self) -> int:
        """Read a number in signed LEB128."""
        start = self.at
        value = self.unsigned()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def pointer(self, encoding: int, base: int = 0) -> int:
        """Read a pointer in one of the encodings of exception frames."""
        if encoding == 0xFF:  # none
            return 0
        here = self.at + self._shift
        form = encoding & 0x0F
        value = self.unsigned() if form == 1 else self.signed() if form == 9 else self.number(_SIZES[form])
        relative = {_PC_RELATIVE: here, _DATA_RELATIVE: base}.get(encoding & 0x70, 0)
        return (value + relative) & (2**64 - 1)

    def bytes(self) -> bytes:
        """Read a length, and so many bytes."""
        size = self.unsigned()
        self.at += size
        return self.data[self.at - size : self.at]


@dataclass(frozen=True)
class _Common:
    """What several functions have in common: a CIE."""

    code_factor: int
    data_factor: int
    return_register: int
    encoding: int
    has_augmentation: bool
    is_signal: bool
    first: bytes


class FrameTable:
    """The call frame information of one ELF file.

    Attributes
    ----------
    fault
        Why the table cannot be read, if so: then it tells nothing more.
    """

    def __init__(self, elf: Elf) -> None:
        self.elf = elf
        self.fault = ""
        self._commons: dict[int, _Common] = {}
        self._rows: dict[int, Row | None] = {}

    @cached_property
    def _index(self) -> tuple[list[int], list[int]]:
        """The functions' first addresses, ascending, and the addresses of their descriptions."""
        header = self.elf.eh_frame_header
        at = None if header is None else self.elf.offset_of(header)
        if header is None or at is None:
            return [], []
        _, _, count_encoding, encoding = self.elf.data[at : at + 4]
        reader = Reader(self.elf.data, at + 4, header + 4)  # type: ignore[arg-type]
        reader.pointer(self.elf.data[at + 1], header)
        count = reader.pointer(count_encoding, header)
        if encoding != _DATA_RELATIVE | 0x0B:
            return [], []  # every linker writes this one
        pairs = struct.unpack_from(f"<{2 * count}i", self.elf.data, reader.at)
        return [header + one for one in pairs[::2]], [header + one for one in pairs[1::2]]

    def row(self, address: int) -> Row | None:
        """Return how to find the caller from an address, or None where it is not told."""
        if address not in self._rows:
            try:
                self._rows[address] = None if self.fault else self._find(address)
            except (struct.error, LookupError, ValueError, OverflowError) as error:
                self.fault = fault_of(error)
                return None
        return self._rows[address]

    def _find(self, address: int) -> Row | None:
        starts, places = self._index
        i = bisect_right(starts, address) - 1
        at = self.elf.offset_of(places[i]) if i >= 0 else None
        if at is None:
            return None
        reader = Reader(self.elf.data, at, places[i])  # type: ignore[arg-type]
        size = reader.number("<I")
        end = reader.at + size
        common = self._common(reader.at - reader.number("<I"), places[i] - at)
        start = reader.pointer(common.encoding)
        length = reader.pointer(common.encoding & 0x0F)
        if not start <= address < start + length:
            return None
        if common.has_augmentation:
            reader.bytes()
        row = Row(start, return_register=common.return_register, is_signal=common.is_signal)
        _run(common.first, common, row, 2**64, Row(start))
        first = row.copy()
        return _run(bytes(reader.data[reader.at : end]), common, row, address - start, first)

    def _common(self, at: int, shift: int) -> _Common:
        if at not in self._commons:
            reader = Reader(self.elf.data, at, at + shift)  # type: ignore[arg-type]
            size = reader.number("<I")
            end = reader.at + size
            reader.at += 4
            version = reader.number("<B")
            text_end = reader.data.find(b"\0", reader.at)
            augmentation = reader.data[reader.at : text_end].decode()
            reader.at = text_end + 1
            code_factor, data_factor = reader.unsigned(), reader.signed()
            return_register = reader.number("<B") if version == 1 else reader.unsigned()
            encoding = 0
            after = None
            for letter in augmentation:
                if letter == "z":
                    length = reader.unsigned()
                    after = reader.at + length
                elif letter == "R":
                    encoding = reader.number("<B")
                elif letter == "P":
                    reader.pointer(reader.number("<B"))
                elif letter == "L":
                    reader.at += 1
            reader.at = reader.at if after is None else after
            self._commons[at] = _Common(
                code_factor, data_factor, return_register, encoding, after is not None,
                "S" in augmentation, bytes(reader.data[reader.at : end]),
            )  # fmt: skip
        return self._commons[at]


def _run(program: bytes, common: _Common, row: Row, until: int, first: Row) -> Row:
    """Run the instructions up to an address, relative to the function's start, and return the row there."""
    reader, at = Reader(program, 0), 0
    remembered: list[Row] = []
    data = common.data_factor
    while reader.at < len(program):
        byte = reader.number("<B")
        operation, low = byte & 0xC0, byte & 0x3F
        if operation == 0x40 or byte in (0x02, 0x03, 0x04):  # advance
            form = {0x02: "<B", 0x03: "<H", 0x04: "<I"}
            at += (low if operation else reader.number(form[byte])) * common.code_factor
            if at > until:
                break
        elif operation == 0x80:
            row.saved[low] = reader.unsigned() * data
        elif operation == 0xC0 or byte in (0x06, 0x08):  # restore, restore_extended, same_value
            _restore(row, low if operation else reader.unsigned(), first if byte != 0x08 else Row(0))
        elif byte == 0x05:  # offset_extended
            row.saved[reader.unsigned()] = reader.unsigned() * data
        elif byte == 0x11:  # offset_extended_sf
            row.saved[reader.unsigned()] = reader.signed() * data
        elif byte in (0x07, 0x09, 0x14, 0x15, 0x10, 0x16):  # lies elsewhere than in the frame
            _not_in_frame(reader, byte, row)
        elif byte == 0x0A:
            remembered.append(row.copy())
        elif byte == 0x0B and remembered:
            back = remembered.pop()
            row.register, row.offset, row.expression, row.saved = (
                back.register, back.offset, back.expression, back.saved,
            )  # fmt: skip
        elif byte in (0x0C, 0x12):  # def_cfa
            row.register, row.expression = reader.unsigned(), b""
            row.offset = reader.unsigned() if byte == 0x0C else reader.signed() * data
        elif byte == 0x0D:
            row.register = reader.unsigned()
        elif byte in (0x0E, 0x13):
            row.offset = reader.unsigned() if byte == 0x0E else reader.signed() * data
        elif byte == 0x0F:
            row.expression = reader.bytes()
        elif byte == 0x2E:  # GNU_args_size
            reader.unsigned()
    return row


def _restore(row: Row, register: int, first: Row) -> None:
    if register in first.saved:
        row.saved[register] = first.saved[register]
    else:
        row.saved.pop(register, None)


def _not_in_frame(reader: Reader, byte: int, row: Row) -> None:
    register = reader.unsigned()
    if byte in (0x10, 0x16):
        reader.bytes()
    elif byte != 0x07:  # 0x07, undefined, has no more
        reader.signed() if byte == 0x15 else reader.unsigned()
    row.saved[register] = None
