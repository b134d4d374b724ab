"""What a plugin of asv's takes part in while ``asv publish`` runs. Imported by every command of asv's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from asv.commands.publish import Publish
from asv.console import log
from asv.feed import FeedEntry as FeedEntry
from asv.feed import write_atom as write_atom
from asv.publishing import OutputPublisher as OutputPublisher  # the base class of asv's pages
from asv.util import UserError as AsvUserError

from antigil.errors import UserError

from ..options import ConfigError
from .configuration import Configuration
from .safe_files import harden

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
            check(conf)
        pages = os.path.abspath(conf.html_dir)
        new, old = f"{pages}.new", f"{pages}.old"
        for left in (new, old):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        conf.html_dir = new
        try:
            status = _publish(conf, *args, **keywords)
        finally:
            conf.html_dir = pages
        if os.path.lexists(pages):
            os.rename(pages, old)
        os.rename(new, pages)
        shutil.rmtree(old, ignore_errors=True)
        return status

    Publish.run = staticmethod(check_and_publish)
    harden()


@contextmanager
def told_by_asv() -> Iterator[None]:
    """Let asv show what antigil or the configuration refuses as one line, and end with status 1."""
    try:
        yield
    except (ConfigError, UserError) as error:
        raise AsvUserError(str(error)) from error


def warn(text: str) -> None:
    """Warn as asv does."""
    log.warning(text)
