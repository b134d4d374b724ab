"""What a plugin of asv's takes part in while ``asv publish`` runs. Imported by every command of asv's."""

from __future__ import annotations

import glob
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from asv.commands.publish import Publish
from asv.console import log
from asv.feed import FeedEntry as FeedEntry
from asv.feed import write_atom as write_atom
from asv.publishing import OutputPublisher as OutputPublisher  # the base class of asv's pages
from asv.util import UserError as AsvUserError

from antigil.errors import UserError, one_line, system_error

from .configuration import TYPES_FOR_PAGES, Configuration, refuse_wrong_types
from .safe_files import harden

#: How the names of folders with half-written pages go on, and after how long nobody is writing them.
NEW, ABANDONED_SECONDS = "new-", 24 * 3600

_publish = Publish.run


class Graph(Protocol):
    """One benchmark's results in one environment, to which asv has fitted steps.

    They are as `detect_steps` gives them, but by revision; a list of such for several parameters.
    """

    benchmark_name: str
    params: Mapping[str, Any]
    scalar_series: bool

    def get_steps(self) -> Sequence[Any]: ...


#: asv's graphs, each with its path.
Graphs = Iterable[tuple[str, Graph]]


def check_before_publishing(check: Callable[[Configuration], object]) -> None:
    """Let ``asv publish`` look at its configuration before it deletes the old pages.

    asv shows a plugin its configuration only when the old pages are gone and the steps are detected, which
    may take minutes, so its own command is told to look before. It writes beside the old pages, which stay
    until the new ones are complete.
    """

    def check_and_publish(conf: Configuration, *args: Any, **keywords: Any) -> Any:
        with told_by_asv():
            refuse_wrong_types(conf, TYPES_FOR_PAGES)
            check(conf)
            pages, new, old = _make_room(conf)
        conf.html_dir = new
        try:
            status = _publish(conf, *args, **keywords)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        finally:
            conf.html_dir = pages
        with told_by_asv():
            _replace(pages, new, old)
        return status

    Publish.run = staticmethod(check_and_publish)
    harden()


def _make_room(conf: Configuration) -> tuple[str, str, str]:
    """Return the folder of the pages, and those beside it for new and for old ones; make that for the new.

    What cannot be replaced is refused. A link to a folder stays: what it leads to is replaced. Each process
    has a folder of its own for new pages. Old ones that one put aside when it was killed are put back.
    """
    pages = os.path.realpath(conf.html_dir)
    beside, name = os.path.split(pages)
    own = f"{NEW}{int(time.time())}-{uuid.uuid4().hex}"
    new, old = (os.path.join(beside, f".{name}.antigil-{what}") for what in (own, "old"))
    for kept in map(os.path.realpath, (".", conf.repo, conf.results_dir)):
        if Path(kept).is_relative_to(pages):
            raise UserError(one_line(f"html_dir cannot be {pages}: that is replaced, and {kept} lies there"))
    if os.path.ismount(pages) or (os.path.lexists(pages) and not os.path.isdir(pages)):
        what = "a mount point" if os.path.ismount(pages) else "no folder"
        raise UserError(one_line(f"html_dir cannot be {pages}: that is replaced, and it is {what}"))
    try:
        if os.path.isdir(old) and not os.path.lexists(pages):
            os.rename(old, pages)
        os.makedirs(new)
        _sweep(Path(beside), f".{name}.antigil-{NEW}")
    except OSError as error:
        raise UserError(one_line(f"new pages cannot be written: {system_error(error)}")) from error
    return pages, new, old


def _sweep(folder: Path, beginning: str) -> None:
    """Remove what processes that were killed had written, once it is so old that none can be at it.

    Its name tells when it was begun: asv gives the folder the time of change that its template has.
    """
    for left in folder.glob(f"{glob.escape(beginning)}[0-9]*-*"):
        begun = left.name.removeprefix(beginning).partition("-")[0]
        if begun.isdecimal() and time.time() - int(begun) > ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _replace(pages: str, new: str, old: str) -> None:
    """Put new pages in the place of old ones."""
    try:
        if os.path.lexists(pages):
            shutil.rmtree(old, ignore_errors=True)
            os.rename(pages, old)
        os.rename(new, pages)
    except OSError as error:
        why = error.strerror or error
        raise UserError(one_line(f"{pages} cannot be replaced: {why}; the new pages are {new}")) from error
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def told_by_asv() -> Iterator[None]:
    """Let asv show what antigil refuses as one line, and end with status 1."""
    try:
        yield
    except UserError as error:
        raise AsvUserError(str(error)) from error


def warn(text: str) -> None:
    """Warn as asv does."""
    log.warning(text)
