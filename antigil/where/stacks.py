"""The stacks of one process with names: native functions and Python's, mixed as they called each other."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .classify import ends_in_atomic, is_evaluation, is_glue, waits_for
from .result import PythonLine
from .symbols import PYTHON, Function, Names
from .unwind import Place

OWN_FILE, WORKER = "<statement>", "statement"
"""The outermost frame of Python that is the user's (see `scaling.workload`): the instrument called it."""

THREAD_SETUP = "<thread setup>"


@dataclass(frozen=True)
class Native:
    """A native function in a stack, and where in it; ``is_system`` in what others are written with."""

    function: Function
    file: str
    address: int
    is_interpreter: bool
    is_system: bool


@dataclass(frozen=True)
class NamedStack:
    """A stack that was seen a number of times; both kinds of frames come with the innermost first.

    Attributes
    ----------
    python
        Frames of Python, each with whether C code called it.
    """

    threads: int
    state: str
    attached: bool
    native: tuple[Native, ...]
    python: tuple[tuple[PythonLine, bool], ...]
    count: float

    @cached_property
    def _inner(self) -> int:
        """How many native frames there are up to the first of the interpreter's loop."""
        for i, frame in enumerate(self.native):
            if frame.is_interpreter and is_evaluation(frame.function.name):
                return i
        return len(self.native)

    @cached_property
    def responsible(self) -> Native | None:
        """The innermost function outside of the interpreter and the C library that Python called, if any."""
        return next(
            (one for one in self.native[: self._inner] if not (one.is_interpreter or one.is_system)), None
        )

    @cached_property
    def entry(self) -> Native | None:
        """The function by which Python came to the responsible one."""
        found = self.responsible
        for one in self.native[: self._inner]:
            if not (one.is_interpreter or one.is_system):
                found = one
        return found

    @property
    def line(self) -> PythonLine | None:
        """The innermost line of Python."""
        return self.python[0][0] if self.python else None

    @cached_property
    def function(self) -> Function:
        """Who is responsible: a native function, one of the interpreter that Python called, or Python."""
        if self.responsible is not None:
            return self.responsible.function
        # The interpreter's own are told where a call names them; what an operator does is Python code.
        called = [
            one.function
            for one in self.native[: self._inner]
            if one.function.entry_point and not one.function.entry_point.endswith("__")
        ]
        if called:
            return replace(called[-1], name=called[-1].entry_point)
        return Function(self.line.name if self.line else "?", PYTHON)

    @cached_property
    def leaf(self) -> Function:
        """The innermost function of all; Python's own where its bytecode is run."""
        if not self.native or self._inner == 0:
            return Function(self.line.name if self.line else "?", PYTHON)
        return self.native[0].function

    def waits_for(self, *, has_gil: bool) -> str:
        """Return what the thread waits for."""
        inner = self.native[: self._inner + 1]
        outside = (i for i, one in enumerate(inner) if not (one.is_system or one.is_interpreter))
        first = next(outside, len(inner))
        caller = next((one for one in inner if not one.is_system), None)
        return waits_for(
            [one.function.name for one in inner[: first + 1]],
            has_gil=has_gil,
            in_interpreter=caller is not None and caller.is_interpreter,
        )

    @cached_property
    def frames(self) -> tuple[str, ...]:
        """All functions, the outermost first, without what leads from one language to the other."""
        return tuple(reversed(list(self._mixed())))

    def _mixed(self) -> Iterator[str]:
        python = list(self.python)
        for i, one in enumerate(self.native):
            name = one.function.name
            if not one.is_interpreter:
                yield str(one.function)
            elif is_evaluation(name):
                while python:
                    line, is_entry = python.pop(0)
                    yield f"{line.name} ({line.file}:{line.line})"
                    if is_entry:
                        break
                if not python:
                    return
            elif i < self._inner and not is_glue(name):
                yield name
        for line, _ in python:
            yield f"{line.name} ({line.file}:{line.line})"


def up_to_python(places: Iterable[Place], names: Names) -> Iterator[Place]:
    """Yield the places of a stack, the innermost first, up to the first of the interpreter's loop."""
    for place in places:
        yield place
        if names.is_interpreter(place.file) and is_evaluation(names.symbol(*place)):
            return


def named_stacks(
    answer: dict[str, Any], names: Names, statement_lines: int | None = None
) -> Iterator[NamedStack]:
    """Yield the stacks in what a process answered.

    Where they are of a statement of so many lines, those of a thread that is between two calls are left out.
    """
    natives = [
        Native(
            names.function(file, address, start),
            file,
            address,
            names.is_interpreter(file),
            names.is_system(file) or names.is_linkage(file, address),
        )
        for file, address, start in answer["places"]
    ]
    lines = [(PythonLine(file, line, name), is_entry) for file, name, line, is_entry in answer["frames"]]
    if statement_lines is not None:
        lines = [(_of_thread_setup(line, statement_lines), is_entry) for line, is_entry in lines]
    for threads, state, attached, native, python, count in answer["stacks"]:
        frames = [lines[i] for i in python]
        users = tuple(frames) if statement_lines is None else _users(frames, answer["most_frames"])
        line = users[0][0] if users else None
        # Beyond the last line stands the loop around the statement.
        is_loop = line is not None and _is_worker(line) and line.line > (statement_lines or 0)
        if not (is_loop or (python and not users)):
            yield NamedStack(threads, state, attached, tuple(natives[i] for i in native), users, count)


def _is_worker(line: PythonLine) -> bool:
    return (line.file, line.name) == (OWN_FILE, WORKER)


def _of_thread_setup(line: PythonLine, statement_lines: int) -> PythonLine:
    """Tell a line of a function of the thread's set-up as that: it is compiled after the statement."""
    if line.file != OWN_FILE or _is_worker(line) or line.line <= statement_lines:
        return line
    return PythonLine(
        THREAD_SETUP, line.line - statement_lines, line.name.removeprefix(f"{WORKER}.<locals>.")
    )


def _users(frames: list[tuple[PythonLine, bool]], most_frames: int) -> tuple[tuple[PythonLine, bool], ...]:
    """Leave out the frames of Python that run the workload and do not belong to it.

    Nothing is left of a thread that is between two calls. A deep stack, of as many frames as the sampler
    notes, may not reach to the statement.
    """
    outermost = max((i for i, (line, _) in enumerate(frames) if _is_worker(line)), default=-1)
    return tuple(frames if outermost < 0 and len(frames) == most_frames else frames[: outermost + 1])


def were_sampled(stacks: Iterable[NamedStack], *, wake_sleeping: bool) -> bool:
    """Tell whether a thread was interrupted while it ran or waited, or slept and was to be left alone.

    One that blocks the signal looks as if it stood in the run queue, and nothing of it is known.
    """
    seen = {(stack.state, bool(stack.native or stack.python)) for stack in stacks}
    slept_only = ("waiting", False) in seen and ("queued", False) not in seen
    return bool(seen & {("running", True), ("waiting", True)}) or (slept_only and not wake_sleeping)


def is_after_atomic(native: Native, names: Names) -> bool:
    """Tell whether an atomic operation took a thread's time: it ends at this place."""
    elf = names.elf(native.file)
    at = None if elf is None else elf.offset_of(native.address)
    if elf is None or at is None:
        return False
    return ends_in_atomic(bytes(elf.data[max(0, at - 15) : at + 1]), platform.machine())
