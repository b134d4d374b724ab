"""Keep which functions changed, where that is possible: what a comparison told is worth more."""

from __future__ import annotations

import sys
from pathlib import Path

from antigil.errors import system_error
from antigil.report.document import Document
from antigil.report.kept_functions import FILE, keep_functions


def keep_if_possible(folder: Path, document: Document) -> None:
    """Add what a comparison told of functions to the file in a folder, or say on stderr why not."""
    try:
        keep_functions(folder, document)
    except OSError as error:
        note = f"which functions changed is not kept in {FILE}: {system_error(error)}"
        print(f"antigil: note: {note}", file=sys.stderr)
