"""asv's plugin: adds the Speedup pages to what ``asv publish`` writes.

Name it in ``asv.conf.json`` as ``"plugins": [".antigil.history.plugin"]``. Every asv command imports this
module, so what draws pages is imported only while publishing.
"""

from __future__ import annotations

import math
from typing import Any

from asv.publishing import OutputPublisher
from asv.util import UserError

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
            from .publish import publish_site
        except ModuleNotFoundError as error:
            raise UserError(f"the Speedup pages need {error.name}: {EXTRA}") from error
        publish_site(conf, repo, benchmarks, graphs, revisions)
