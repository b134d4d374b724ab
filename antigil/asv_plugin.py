"""asv's plugin: adds the Speedup pages to what ``asv publish`` writes.

Name it in ``asv.conf.json`` as ``"plugins": [".antigil.asv_plugin"]``. Every asv command imports this
module, so what draws pages is imported only while publishing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from antigil.errors import needed
from antigil.history.asv_adapter.publishing import OutputPublisher, check_before_publishing, told_by_asv
from antigil.history.options import read_options
from antigil.history.project import refuse_shallow

if TYPE_CHECKING:
    from antigil.history.asv_adapter.configuration import Configuration, Repository
    from antigil.history.asv_adapter.publishing import Graphs
    from antigil.history.asv_adapter.stored import Suite


class Speedup(OutputPublisher):  # type: ignore[misc]  # asv has no type hints
    """The pages under ``speedup/``."""

    name = "speedup"
    button_label = "Speedup"
    description = "Speedup over threads, commit by commit"
    order = math.inf

    @classmethod
    def publish(
        cls,
        conf: Configuration,
        repo: Repository,
        benchmarks: Suite,
        graphs: Graphs,
        revisions: dict[str, int],
    ) -> None:
        """Write the pages; asv calls this once its own are written."""
        with told_by_asv():
            with needed("asv"):
                from antigil.site.pages import publish_site
            publish_site(conf, repo, benchmarks, graphs, revisions)


def _check(conf: Configuration) -> None:
    read_options(conf)
    refuse_shallow(conf)


def setup() -> None:
    """Have configuration and repository checked first; asv calls this once it has imported the plugin."""
    check_before_publishing(_check)
