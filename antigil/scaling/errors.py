"""What can go wrong while measuring, and how an exception of the workload comes to the caller's process."""

from __future__ import annotations

import base64
import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from traceback import FrameSummary
from typing import Any, cast


class MeasurementError(Exception):
    """A measurement could not be made; the message says why and what to do."""


class WorkloadTimeout(MeasurementError):  # noqa: N818 - named like the standard library's TimeoutError
    """The workload did not come to an end within the time limit."""


class RemoteTraceback(Exception):  # noqa: N818 - a carrier of text, not an error of its own
    """The traceback of a workload's exception, as text from the process that raised it."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def described(
    error: BaseException, correct: Callable[[FrameSummary], None], path: Iterable[str]
) -> dict[str, Any]:
    """Return an exception in a form that JSON can hold; see `rebuilt`.

    Parameters
    ----------
    error
        What was raised.
    correct
        Lets a frame show the user's own line.
    path
        Where modules were looked for.
    """
    if isinstance(error, ImportError) and (hidden := _hidden(error, path)):
        error.add_note(hidden)
    shown = user_traceback(error, correct)
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)
    except Exception:  # whatever an exception of the user's own raises here, the text remains
        pickled = b""
    return {
        "instrument": isinstance(error, MeasurementError),
        "type": type(error).__name__,
        "message": str(error),
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


def user_traceback(error: BaseException, correct: Callable[[FrameSummary], None]) -> str:
    """Return the traceback as Python shows it, without the instrument's own frames."""
    here = str(Path(__file__).parent)
    shown = traceback.TracebackException.from_exception(error)
    seen: list[traceback.TracebackException] = [shown]
    while seen:
        part = seen.pop()
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if not frame.filename.startswith(here)]
        )
        for frame in part.stack:
            correct(frame)
        seen.extend(cause for cause in (part.__cause__, part.__context__) if cause is not None)
    return "".join(shown.format())


def rebuilt(error: dict[str, Any]) -> BaseException:
    """Return the exception that the workload raised in another process, or the nearest to it."""
    if error["instrument"]:
        kind = {"WorkloadTimeout": WorkloadTimeout}.get(error["type"], MeasurementError)
        return kind(error["message"])
    raised: BaseException
    try:
        raised = cast(BaseException, pickle.loads(base64.b64decode(error["pickle"])))
    except Exception:  # its class, or what it carries, cannot be had here: say what it was
        raised = MeasurementError(f"the workload raised {error['type']}: {error['message']}")
    raised.__cause__ = RemoteTraceback(error["traceback"])
    return raised
