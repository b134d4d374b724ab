"""What is measured, a Python statement with its set-up or a function, and what goes wrong with it.

A statement is compiled into a generator, one per thread. It runs its thread's own set-up,
then, for each request, the statement as often as asked for, in a loop of its own:

    def statement(thread, threads):
        <thread set-up>
        steps = yield
        while True:
            for step in steps:
                <statement>
            steps = yield

so that names of the thread's set-up are fast locals, and no Python call comes on top of the statement's own
cost. The parts are joined as syntax trees and not as text: strings of several lines stay as they are, and a
traceback shows the user's own lines and numbers. What a statement raises comes to the caller's process.
"""

from __future__ import annotations

import ast
import base64
import inspect
import linecache
import pickle
import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.machinery import PathFinder
from itertools import repeat
from pathlib import Path
from traceback import FrameSummary
from types import CodeType, ModuleType
from typing import Any, cast

Run = Callable[[int], object]
"""Calls the workload the given number of times."""

MakeRun = Callable[[int, int], Run]
"""Prepares one thread, given its index (from 0) and the number of threads, and returns its Run."""

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
    teardown
        Run once in each process, after measuring, with the names of the set-up.
    beside
        Another statement, measured in a mix: one thread runs it while the others run `statement`.
    """

    statement: str
    setup: str = "pass"
    thread_setup: str = "pass"
    path: tuple[str, ...] = ()
    teardown: str = "pass"
    beside: str | None = None

    def prepare(self) -> MakeRun:
        """Run the set-up in this process and return what prepares each thread.

        Raises
        ------
        SyntaxError
            In the caller's own text and line numbers, before anything has run.
        """
        return self._prepare(ModuleType("__antigil__"))

    def prepare_as_main(self, main: Path) -> tuple[MakeRun, Callable[[], None]]:
        """Do as `prepare` in a process that is for nothing else; return what runs the tear-down, too.

        The set-up is this process's main module, of which ``main`` is the file: so processes that
        it starts find its functions, as they find those of a script.
        """
        module = ModuleType("__main__")
        module.__file__ = str(main)
        make_run = self._prepare(module)
        return make_run, lambda: exec(_compiled(self.teardown, "<teardown>"), vars(module))

    def _prepare(self, module: ModuleType) -> MakeRun:
        sys.path[:0] = [entry for entry in self.path if entry not in sys.path]
        for name in ("setup", "thread_setup", "teardown"):
            _compiled(getattr(self, name), f"<{name.replace('_', ' ')}>")
        definitions = [self._compile_worker(self.statement, "<statement>")]
        if self.beside is not None:
            definitions.append(self._compile_worker(self.beside, "<beside>"))
        namespace = vars(module)
        sys.modules[module.__name__] = module  # what is defined there can be pickled
        exec(_compiled(self.setup, "<setup>"), namespace)
        workers: list[Callable[[int, int], Generator[None, repeat[None], None]]] = []
        for definition in definitions:
            defined: dict[str, Any] = {}  # the user may have a name "statement", too
            exec(definition, namespace, defined)
            workers.append(defined["statement"])

        def make_run(thread: int, threads: int, beside: bool = False) -> Run:
            generator = workers[beside](thread, threads)
            next(generator)
            return lambda calls: generator.send(repeat(None, calls))

        return make_run

    def correct(self, frame: FrameSummary) -> None:
        """Let a frame of the thread's set-up show its own line number, and not the one in the worker."""
        text = {"<statement>": self.statement, "<beside>": self.beside}.get(frame.filename)
        before = 0 if text is None else text.count("\n") + 1
        if text is not None and frame.lineno is not None and frame.lineno > before:
            frame.filename = "<thread setup>"
            frame.name = "thread_setup" if frame.name == "statement" else frame.name
            frame.lineno -= before
            if frame.end_lineno is not None:
                frame.end_lineno -= before

    def _compile_worker(self, statement: str, name: str) -> CodeType:
        _compiled(statement, name)  # an error in it shows its own lines only
        _remember_source(name, f"{statement}\n{self.thread_setup}")
        template = ast.parse(_TEMPLATE)
        worker = cast(ast.FunctionDef, template.body[0])
        loop = cast(ast.For, cast(ast.While, worker.body[1]).body[0])
        loop.body = ast.parse(statement or "pass").body or loop.body
        thread_setup = ast.increment_lineno(ast.parse(self.thread_setup), statement.count("\n") + 1)
        worker.body[:0] = thread_setup.body
        return compile(template, name, "exec", dont_inherit=True)


@dataclass(frozen=True)
class FunctionWorkload:
    """A function to measure, in this process only.

    Parameters
    ----------
    function
        Called again and again by every thread.
    args
        What it is called with, by all threads.
    per_thread
        Called once in each thread before; what it returns is the last argument of that thread's calls.
    """

    function: Callable[..., object] = field(repr=False)
    args: tuple[object, ...] = ()
    per_thread: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        function = self.function
        while isinstance(function, partial):
            function = function.func
        name = getattr(function, "__name__", type(function).__name__)
        for makes_one, kind, call in _DOES_NOTHING_YET:
            if makes_one(function) or makes_one(type(function).__call__):
                raise TypeError(f"{name} is {kind}: wrap it: {call.format(name)}")

    def prepare(self) -> MakeRun:
        """Return what prepares each thread; all of them call the same function."""
        return self._make_run

    def _make_run(self, thread: int, threads: int) -> Run:
        own = () if self.per_thread is None else (self.per_thread(),)
        given = (*self.args, *own)
        function = partial(self.function, *given) if given else self.function

        def run(calls: int) -> None:
            for _ in repeat(None, calls):
                function()

        return run


_DOES_NOTHING_YET = (
    (inspect.iscoroutinefunction, "a coroutine function", "lambda: asyncio.run({}())"),
    (inspect.isgeneratorfunction, "a generator function", "lambda: list({}())"),
    (inspect.isasyncgenfunction, "an asynchronous generator function", "a function that exhausts {}()"),
)
"""What makes something to be run, what it is called, and what runs it."""


def _compiled(source: str, name: str) -> CodeType:
    """Compile the user's text, without the ``__future__`` imports of this module."""
    _remember_source(name, source)
    return compile(source, name, "exec", dont_inherit=True)


def _remember_source(name: str, source: str) -> None:
    """Let tracebacks show source lines as they do for a file."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)


class MeasurementError(Exception):
    """A measurement could not be made; the message says why and what to do."""


class WorkloadTimeout(MeasurementError):  # noqa: N818 - named like the standard library's TimeoutError
    """The workload did not come to an end within the time limit."""


class RemoteTraceback(Exception):  # noqa: N818 - a carrier of text, not an error of its own
    """The traceback of a workload's exception, as text from the process that raised it."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def described(
    error: BaseException, correct: Callable[[FrameSummary], None], path: Iterable[str], server: str
) -> dict[str, Any]:
    """Return an exception in a form that JSON can hold; see `rebuilt`.

    `correct` lets a frame show the user's own line. `path` is where modules were looked for, and `server` the
    file whose function made the answer, which is the instrument's, too.
    """
    if isinstance(error, ImportError) and (hidden := _hidden(error, path)):
        error.add_note(hidden)
    remote = error.__cause__ if isinstance(error.__cause__, RemoteTraceback) else None
    shown = user_traceback(error, correct, server) if remote is None else str(remote.args[0])
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)
    except Exception:  # whatever an exception of the user's own raises here, the text remains
        pickled = b""
    return {
        "instrument": isinstance(error, MeasurementError),
        "type": type(error).__name__,
        "message": str(traceback.TracebackException.from_exception(error)),  # safe, where str(error) is not
        "traceback": shown,
        "pickle": base64.b64encode(pickled).decode(),
    }


def _hidden(error: ImportError, path: Iterable[str]) -> str | None:
    """Return which package was taken from one place and hides another of its name, if any did."""
    entries = list(path)
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    for name in dict.fromkeys([*(error.name or "").split(".")[:1], *(frame.parent.name for frame in frames)]):
        places = dict.fromkeys(_places(name, entries)) if name.isidentifier() else {}
        if len(places) > 1:
            here, there = list(places)[:2]
            return (
                f"{name} was taken from {here}, which hides the one in {there}: start from another "
                f"directory, or install {here} (pip install -e)"
            )
    return None


def _places(name: str, entries: Iterable[str]) -> Iterator[Path]:
    for entry in entries:
        spec = PathFinder.find_spec(name, [entry])
        if spec is not None and spec.origin is not None:
            yield Path(entry).resolve()


def user_traceback(error: BaseException, correct: Callable[[FrameSummary], None], server: str) -> str:
    """Return the traceback as Python shows it, without the instrument's own frames."""
    own = (str(Path(__file__).parent), server)
    shown = traceback.TracebackException.from_exception(error)
    seen: list[traceback.TracebackException] = [shown]
    while seen:
        part = seen.pop()
        kept = [frame for frame in part.stack if not frame.filename.startswith(own)]
        part.stack = traceback.StackSummary.from_list(kept)
        for frame in part.stack:
            correct(frame)
        seen.extend(cause for cause in (part.__cause__, part.__context__) if cause is not None)
    return "".join(shown.format())


def rebuilt(error: dict[str, Any]) -> BaseException:
    """Return the exception that the workload raised in another process, or the nearest to it."""
    if error["instrument"]:
        kind = {"WorkloadTimeout": WorkloadTimeout}.get(error["type"], MeasurementError)
        return kind(error["message"])
    try:
        raised: BaseException = pickle.loads(base64.b64decode(error["pickle"]))
    except Exception:  # its class, or what it carries, cannot be had here: say what it was
        raised = MeasurementError(f"the workload raised {error['type']}: {error['message']}")
    raised.__cause__ = RemoteTraceback(error["traceback"])
    return raised
