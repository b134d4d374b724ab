"""What the sampler wrote, as values: the form is that of the structures in sampler.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType

SAMPLE, CODE, QUEUED, ASLEEP = 1, 2, 3, 4

_HEAD = struct.Struct("=QQQq")
_CODE = struct.Struct("=Qq7Q")
_FRAME = struct.Struct("=QqQ")
_ENCODINGS = {1: "latin-1", 2: "utf-16", 4: "utf-32"}


@dataclass(frozen=True)
class Code:
    """A code object: where it comes from, and the table that tells its lines."""

    file: str
    name: str
    first_line: int
    table: bytes

    def line(self, offset: int) -> int:
        """Return the line of the instruction at an offset of the bytecode, in bytes; else the first line."""
        if offset >= 0:
            for start, stop, line in _lines(self.table, self.first_line):
                if start <= offset < stop and line is not None:
                    return line
        return self.first_line


@cache
def _lines(table: bytes, first_line: int) -> tuple[tuple[int, int, int | None], ...]:
    blank: CodeType = (lambda: None).__code__
    return tuple(blank.replace(co_linetable=table, co_firstlineno=first_line).co_lines())


@dataclass(frozen=True)
class PythonFrame:
    """A frame of Python: the number of its code object, and the offset of the instruction."""

    code: int
    offset: int
    is_entry: bool


@dataclass(frozen=True)
class RawSample:
    """What was noted of one thread at one moment.

    Attributes
    ----------
    kind
        `SAMPLE`, or `QUEUED` where a signal was on its way and the thread had no CPU, or blocked it, or
        `ASLEEP` where it was not to be interrupted; both have no more than the first three fields.
    sent, taken
        Seconds of the monotonic clock: when the helper woke up, when the handler ran.
    queued
        How long the thread stood in the run queue, as far as that ended in between, in seconds; where the
        system does not tell, all the time in between.
    asleep
        Whether the thread slept when the helper looked, just before.
    ran, slept
        How often the helper looked again before the handler ran, and found that the thread ran, or slept: in
        one long system call, and at the same place.
    attached
        Whether the thread held the GIL.
    in_system_call
        Whether it stood still in one.
    frames
        Of Python, the innermost first.
    registers
        As DWARF numbers them; the last is the program counter.
    stack, stack_start
        A copy of the stack, and the address of its first byte.
    """

    kind: int
    worker: int
    sent: float
    taken: float = 0.0
    queued: float = 0.0
    asleep: bool = False
    ran: int = 0
    slept: int = 0
    attached: bool = False
    in_system_call: bool = False
    frames: tuple[PythonFrame, ...] = ()
    registers: tuple[int, ...] = ()
    stack: bytes = b""
    stack_start: int = 0


def read_records(data: bytes, registers: int, codes: dict[int, Code]) -> Iterator[RawSample]:
    """Yield the samples among the records, and put the code objects into ``codes`` by their numbers."""
    form = struct.Struct(f"=qq8Q{registers}Q")
    at = 0
    while at < len(data):
        size, kind, worker, time = _HEAD.unpack_from(data, at)
        if size == 0:
            return  # it was still to be written: what follows cannot be found
        body = at + _HEAD.size
        if kind == SAMPLE:
            taken, queued, asleep, ran, slept, attached, in_call, frames, stack_bytes, start, *values = (
                form.unpack_from(data, body)
            )
            first = body + form.size
            stack = first + frames * _FRAME.size
            yield RawSample(
                kind,
                worker,
                time / 1e9,
                taken / 1e9,
                queued / 1e9 if queued >= 0 else (taken - time) / 1e9,
                bool(asleep),
                ran,
                slept,
                bool(attached),
                bool(in_call),
                tuple(PythonFrame(c, o, bool(e)) for c, o, e in _FRAME.iter_unpack(data[first:stack])),
                tuple(values),
                data[stack : stack + stack_bytes],
                start,
            )
        elif kind == CODE:
            number, code = _code(data, body)
            codes[number] = code
        elif kind in (QUEUED, ASLEEP):
            yield RawSample(kind, worker, time / 1e9)
        at += size


def _code(data: bytes, at: int) -> tuple[int, Code]:
    number, line, name_kind, name_bytes, name_is_cut, file_kind, file_bytes, file_is_cut, table_bytes = (
        _CODE.unpack_from(data, at)
    )
    name = at + _CODE.size
    file = name + (name_bytes + 7) // 8 * 8
    table = file + (file_bytes + 7) // 8 * 8
    return number, Code(
        file="…" * file_is_cut + _text(data[file : file + file_bytes], file_kind),
        name=_text(data[name : name + name_bytes], name_kind) + "…" * name_is_cut,
        first_line=line,
        table=data[table : table + table_bytes],
    )


def _text(data: bytes, kind: int) -> str:
    encoding = _ENCODINGS[kind] + ("" if kind == 1 else "-le")
    return data.decode(encoding, errors="replace")
