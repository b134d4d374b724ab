"""From registers and a copy of a stack to the addresses of the calls on it, within this process.

Each address is told as a place in a file: so another process can find its name.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .object_files import Elf, FrameTable, NotElf, Reader, Row, fault_of
from .records import RawSample

MOST_FRAMES = 256
_WORD = 8
_MASK = 2**64 - 1


@dataclass(frozen=True)
class Architecture:
    """What differs between kinds of CPUs.

    First the numbers of registers as DWARF has them: frame pointer, stack pointer, program counter. Then how
    many bits of an address of code count, and the instruction that calls the kernel.
    """

    frame_pointer: int
    stack_pointer: int
    program_counter: int
    code_address_bits: int
    system_call: bytes


X86_64 = Architecture(6, 7, 16, 64, b"\x0f\x05")
AARCH64 = Architecture(29, 31, 32, 48, b"\x01\x00\x00\xd4")  # above them may stand a signature of the pointer


def architecture() -> Architecture:
    """Return what kind of CPU this is."""
    return AARCH64 if platform.machine() == "aarch64" else X86_64


class Place(NamedTuple):
    """A place in code.

    Attributes
    ----------
    file
        The file that it was loaded from; in brackets where there is none.
    address
        Relative to where the file is loaded, in bytes.
    start
        Where the function begins that it lies in; -1 where that is not told.
    """

    file: str
    address: int
    start: int


@dataclass(frozen=True)
class Mapping:
    """A part of memory with code in it."""

    start: int
    stop: int
    offset: int
    file: str


class AddressSpace:
    """What code this process has mapped, and how to find callers in it."""

    def __init__(self, architecture: Architecture, maps: str = "/proc/self/maps") -> None:
        self.architecture = architecture
        self._tables: dict[str, FrameTable | None] = {}
        with open(maps, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.rstrip("\n").split(maxsplit=5) for line in file]
        self._mappings = [_mapping(row) for row in rows if "x" in row[1]]
        self._starts = [mapping.start for mapping in self._mappings]
        self._places: dict[int, tuple[Place, Row | None]] = {}

    def _table(self, mapping: Mapping) -> FrameTable | None:
        if mapping.file not in self._tables:
            try:
                if mapping.file == "[vdso]":
                    elf = Elf(ctypes.string_at(mapping.start, mapping.stop - mapping.start))
                else:
                    elf = Elf.open(mapping.file)
                self._tables[mapping.file] = FrameTable(elf)
            except (OSError, NotElf):  # made by a compiler at run time, deleted, or no file at all
                self._tables[mapping.file] = None
        return self._tables[mapping.file]

    def faults(self) -> dict[str, str]:
        """Return the files of which a table of callers cannot be read, and why."""
        return {file: table.fault for file, table in self._tables.items() if table and table.fault}

    def look_up(self, pc: int) -> tuple[Place, Row | None] | None:
        """Return the place of an address, and how to find its caller; None where there is no code."""
        if pc in self._places:
            return self._places[pc]
        i = bisect_right(self._starts, pc) - 1
        if i < 0 or pc >= self._mappings[i].stop:
            return None
        mapping = self._mappings[i]
        table = self._table(mapping)
        address = None if table is None else table.elf.address_of(pc - mapping.start + mapping.offset)
        if table is None or address is None:
            found: tuple[Place, Row | None] = (Place(mapping.file, pc - mapping.start, -1), None)
        else:
            row = table.row(address)
            found = Place(mapping.file, address, -1 if row is None else row.start), row
        self._places[pc] = found
        return found

    def interpreter_file(self) -> str:
        """Return the file that the interpreter lies in."""
        function = ctypes.cast(ctypes.pythonapi.Py_GetVersion, ctypes.c_void_p).value or 0
        looked = self.look_up(function)
        return "" if looked is None else looked[0].file

    def loaded_at(self, file: str) -> int:
        """Return what to add to the addresses of a file to have those of this process."""
        for mapping in self._mappings:
            if mapping.file == file and (table := self._table(mapping)) is not None:
                # A mapping begins with a page, its code may begin later in it: what precedes is another's.
                end = mapping.offset + mapping.stop - mapping.start
                for start, address, size in table.elf.code_segments:
                    if start < end and mapping.offset < start + size:
                        return mapping.start - mapping.offset + start - address
        return 0

    def is_after_call(self, sample: RawSample) -> bool:
        """Tell whether a thread stands behind the instruction of a system call, which then is over."""
        numbers = self.architecture
        pc = sample.registers[numbers.program_counter]
        looked = self.look_up(pc)
        table = self._tables.get(looked[0].file) if looked is not None else None
        at = None if table is None or looked is None else table.elf.offset_of(looked[0].address)
        if table is None or at is None:
            return False
        code = numbers.system_call
        return bytes(table.elf.data[at - len(code) : at]) == code

    def unwind(self, sample: RawSample) -> tuple[Place, ...]:
        """Return where a thread was: the innermost function first, then its callers as far as they show."""
        numbers = self.architecture
        registers: dict[int, int] = dict(enumerate(sample.registers))
        if not registers:
            return ()  # it was not interrupted
        pc = registers[numbers.program_counter]
        found: list[Place] = []
        is_exact = True  # a return address points behind the call
        while len(found) < MOST_FRAMES:
            looked = self.look_up(pc if is_exact else pc - 1)
            if looked is None:
                break
            place, row = looked
            found.append(_before(place) if is_exact else place)
            before = registers.get(numbers.stack_pointer, 0)
            after = self._caller(registers, self._tables[place.file], row, sample)
            if after is None or (after[numbers.stack_pointer] <= before and not is_exact):
                break
            is_exact = row is not None and row.is_signal
            registers = after
            pc = registers[numbers.program_counter] & (2**numbers.code_address_bits - 1)
        return tuple(found)

    def _caller(
        self, registers: dict[int, int], table: FrameTable | None, row: Row | None, sample: RawSample
    ) -> dict[int, int] | None:
        numbers = self.architecture
        if table is None:
            return self._caller_by_frame_pointer(registers, sample)
        if row is None:  # as in musl's libc: the frame pointer may hold anything
            return None
        if row.expression:
            try:
                cfa = _evaluate(row.expression, registers, sample)
            except (struct.error, IndexError) as error:
                table.fault = fault_of(error)
                return None
        else:
            cfa = registers[row.register] + row.offset if row.register in registers else None
        if cfa is None:
            return None
        after = dict(registers)
        for register, offset in row.saved.items():
            value = None if offset is None else _word(sample, cfa + offset)
            if value is None:
                after.pop(register, None)
            else:
                after[register] = value
        if row.return_register not in after or row.saved.get(row.return_register, 0) is None:
            return None  # the outermost function of a thread
        after[numbers.program_counter] = after[row.return_register]
        after[numbers.stack_pointer] = cfa
        return after

    def _caller_by_frame_pointer(self, registers: dict[int, int], sample: RawSample) -> dict[int, int] | None:
        """Go by the frame pointer: for code made at run time, which no file describes."""
        numbers = self.architecture
        frame = registers.get(numbers.frame_pointer, 0)
        outer, back = _word(sample, frame), _word(sample, frame + _WORD)
        if outer is None or back is None or frame < registers.get(numbers.stack_pointer, 0):
            return None
        return {
            **registers,
            numbers.frame_pointer: outer,
            numbers.program_counter: back,
            numbers.stack_pointer: frame + 2 * _WORD,
        }


def _before(place: Place) -> Place:
    """Return the end of the instruction before: an interrupt waits for it, so it took the time."""
    return place._replace(address=place.address - 1) if -1 < place.start < place.address else place


def _mapping(row: list[str]) -> Mapping:
    start, stop = (int(word, 16) for word in row[0].split("-"))
    return Mapping(start, stop, int(row[2], 16), row[5] if len(row) > 5 else "[made at run time]")


def _word(sample: RawSample, address: int) -> int | None:
    at = address - sample.stack_start
    if not 0 <= at <= len(sample.stack) - _WORD:
        return None
    return int.from_bytes(sample.stack[at : at + _WORD], "little")


def _evaluate(expression: bytes, registers: dict[int, int], sample: RawSample) -> int | None:
    """Evaluate an expression with what linkers write for the procedure linkage table; else None."""
    reader, stack = Reader(expression, 0), [0]
    while reader.at < len(expression):
        byte = reader.number("<B")
        if 0x30 <= byte <= 0x4F:  # literals
            stack.append(byte - 0x30)
        elif 0x70 <= byte <= 0x8F:  # a register and an offset
            stack.append((registers.get(byte - 0x70, 0) + reader.signed()) & _MASK)
        elif byte == 0x92:
            register = reader.unsigned()
            stack.append((registers.get(register, 0) + reader.signed()) & _MASK)
        elif byte == 0x06:
            value = _word(sample, stack.pop())
            if value is None:
                return None
            stack.append(value)
        elif byte == 0x08:
            stack.append(reader.number("<B"))
        elif byte == 0x23:
            stack.append((stack.pop() + reader.unsigned()) & _MASK)
        elif byte in _BINARY:
            right, left = stack.pop(), stack.pop()
            stack.append(_BINARY[byte](left, right) & _MASK)
        else:
            return None
    return stack[-1]


_BINARY: dict[int, Callable[[int, int], int]] = {
    0x1A: lambda left, right: left & right,
    0x1C: lambda left, right: left - right,
    0x22: lambda left, right: left + right,
    0x24: lambda left, right: left << min(right, 64),
    0x2A: lambda left, right: int(left >= right),
}
