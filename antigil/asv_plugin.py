"""asv's plugin: adds the Speedup pages to what ``asv publish`` writes.

Name it in ``asv.conf.json`` as ``"plugins": [".antigil.asv_plugin"]``. Every asv command imports this
module, so what draws pages is imported only while publishing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asv.commands.publish import Publish
from asv.publishing import OutputPublisher
from asv.util import UserError

from antigil.history.options import ConfigError, read_options

#: What has to be installed beside asv; the extra that brings it.
EXTRA = 'pip install "antigil[asv]"'


class Speedup(OutputPublisher):  # type: ignore[misc]  # asv has no type hints
    """The pages under ``speedup/``."""

    name = "speedup"
    button_label = "Speedup"
    description = "Speedup over threads, commit by commit"
    order = math.inf

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: dict[str, int]) -> None:
        """Write the pages; asv calls this once its own are written."""
        try:
            from antigil.site.publication import publish_site
        except ModuleNotFoundError as error:
            raise UserError(f"the Speedup pages need {error.name}: {EXTRA}") from error
        with _told_in_one_line():
            publish_site(conf, repo, benchmarks, graphs, revisions)


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Let asv show what the configuration cannot mean as one line, and end with status 1."""
    try:
        yield
    except ConfigError as error:
        raise UserError(str(error)) from error


_publish = Publish.run


def _check_and_publish(conf: Any, *args: Any, **keywords: Any) -> Any:
    """Refuse what the ``antigil`` key cannot mean, then let asv publish."""
    with _told_in_one_line():
        read_options(conf)
    return _publish(conf, *args, **keywords)


def setup() -> None:
    """Put the check of the ``antigil`` key first; asv calls this once it has imported the plugin.

    asv shows a plugin its configuration only when the old pages are gone and the steps are detected, which
    may take minutes, so its own command is told to look before.
    """
    Publish.run = staticmethod(_check_and_publish)
