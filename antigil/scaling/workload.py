"""What is measured, a Python statement with its set-up or a function, and what can go wrong meanwhile.

A statement is compiled into a generator, one per thread. It runs its thread's own set-up,
then, for each request, the statement as often as asked for, in a loop of its own:

    def statement(thread, threads):
        <thread set-up>
        steps = yield
        while True:
            for step in steps:
                <statement>
            steps = yield

so that names of the thread's set-up are fast locals, and no Python call comes on top of
the statement's own cost. The parts are joined as syntax trees and not as text: strings of
several lines stay as they are, and a traceback shows the user's own lines and numbers.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import repeat
from traceback import FrameSummary
from types import CodeType
from typing import Any, cast

Run = Callable[[int], object]
"""Calls the workload the given number of times."""

MakeRun = Callable[[int, int], Run]
"""Prepares one thread, given its index (from 0) and the number of threads, and returns its Run."""


class MeasurementError(Exception):
    """A measurement could not be made; the message says why and what to do."""


class WorkloadTimeout(MeasurementError):  # noqa: N818 - named like the standard library's TimeoutError
    """The workload did not come to an end within the time limit."""


class RemoteTraceback(Exception):  # noqa: N818 - a carrier of text, not an error of its own
    """The traceback of a workload's exception, as text from the process that raised it."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


_TEMPLATE = """\
def statement(thread, threads):
    _antigil_steps = yield
    while True:
        for _antigil_step in _antigil_steps:
            pass
        _antigil_steps = yield
"""


@dataclass(frozen=True)
class Workload:
    """A Python statement to measure.

    Parameters
    ----------
    statement
        Run again and again by every thread.
    setup
        Run once in each process; its names are global, hence shared by all threads.
    thread_setup
        Run once in each thread; its names are local to that thread. It may use ``thread``,
        the thread's index from 0, and ``threads``, their number.
    path
        Directories to put before ``sys.path``.
    """

    statement: str
    setup: str = "pass"
    thread_setup: str = "pass"
    path: tuple[str, ...] = ()

    def prepare(self) -> MakeRun:
        """Run the set-up in this process and return what prepares each thread.

        Raises
        ------
        SyntaxError
            In the caller's own text and line numbers, before anything has run.
        """
        sys.path[:0] = [entry for entry in self.path if entry not in sys.path]
        for name in ("setup", "thread_setup", "statement"):
            compile(getattr(self, name), f"<{name.replace('_', ' ')}>", "exec")
        definition = self._compile_worker()
        namespace: dict[str, Any] = {"__name__": "__antigil__"}
        _remember_source("<setup>", self.setup)
        exec(compile(self.setup, "<setup>", "exec"), namespace)
        exec(definition, namespace)
        worker = namespace.pop("statement")

        def make_run(thread: int, threads: int) -> Run:
            generator: Generator[None, repeat[None], None] = worker(thread, threads)
            next(generator)
            return lambda calls: generator.send(repeat(None, calls))

        return make_run

    def correct(self, frame: FrameSummary) -> None:
        """Let a frame of the thread's set-up show its own line number, and not the one in the worker."""
        before = self.statement.count("\n") + 1
        if frame.filename == "<statement>" and frame.lineno is not None and frame.lineno > before:
            frame.filename = "<thread setup>"
            frame.name = "thread_setup" if frame.name == "statement" else frame.name
            frame.lineno -= before
            if frame.end_lineno is not None:
                frame.end_lineno -= before

    def _compile_worker(self) -> CodeType:
        _remember_source("<statement>", f"{self.statement}\n{self.thread_setup}")
        template = ast.parse(_TEMPLATE)
        worker = cast(ast.FunctionDef, template.body[0])
        loop = cast(ast.For, cast(ast.While, worker.body[1]).body[0])
        loop.body = ast.parse(self.statement or "pass").body or loop.body
        thread_setup = ast.parse(self.thread_setup)
        ast.increment_lineno(thread_setup, self.statement.count("\n") + 1)
        worker.body[:0] = thread_setup.body
        return compile(template, "<statement>", "exec")


@dataclass(frozen=True)
class FunctionWorkload:
    """A function without arguments to measure, in this process only."""

    function: Callable[[], object] = field(repr=False)

    def prepare(self) -> MakeRun:
        """Return what prepares each thread; all of them call the same function."""
        function = self.function

        def run(calls: int) -> None:
            for _ in repeat(None, calls):
                function()

        return lambda thread, threads: run


def _remember_source(name: str, source: str) -> None:
    """Let tracebacks show source lines as they do for a file."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
