"""Files that are written whole or not at all, and JSON that nobody vouches for.

A process may be killed and a disk may be full at any moment. What is written in place is then half a file
where a whole one was. So new content goes to a file beside the old one, whose place it takes when complete.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

#: GitHub takes no larger file, so one of them would keep all others of a push from being stored.
MOST_BYTES = 50_000_000

#: What the system says of a file that no other may replace: in another's folder, or mounted by itself.
KEEPS_ITS_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that whoever reads it finds what was there before, or all of what is there now.

    A process that is killed may leave a file named ``.NAME.….part`` behind, which nothing reads.
    """
    data = content.encode() if isinstance(content, str) else content
    if (own := _own_descriptor(path)) is not None:  # even where it leads to a file, which others write to
        with os.fdopen(os.dup(own), "wb") as file:
            file.write(data)
        return
    if path.exists() and not path.is_file():  # a device or a pipe: no file can take its place
        path.write_bytes(data)
        return
    path = Path(os.path.realpath(path))  # what a link leads to is written, and the link stays
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:100]}.{uuid4().hex[:8]}.part")
    try:
        part.write_bytes(data)
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # nor can it be taken away, where the disk is read-only
            part.unlink(missing_ok=True)
        refused = isinstance(error, OSError) and error.errno in KEEPS_ITS_PLACE
        if not refused or not path.is_file() or not os.access(path, os.W_OK):
            raise
        path.write_bytes(data)  # it may be written to, but none be put beside it, or in its place


def _own_descriptor(path: Path) -> int | None:
    """Return the descriptor of this process that a path stands for, such as ``/dev/stdout``."""
    found = re.fullmatch(r"/dev/(stdout|stderr)|/(?:dev|proc/self)/fd/(\d+)", str(path))
    return found and (int(found[2]) if found[2] else {"stdout": 1, "stderr": 2}[found[1]])


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines to a file by one call of the system; a line that was cut off there stays by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{line}\n" for line in lines).encode()
    with path.open("ab+", buffering=0) as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            data = data if file.read(1) == b"\n" else b"\n" + data
        if (written := file.write(data)) < len(data):
            raise OSError(f"{path.name}: the disk took {written} of {len(data)} bytes")


def read_json(path: Path, most_bytes: int = MOST_BYTES) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    ValueError
        It holds something else, or is larger, or is nested deeper than Python reads.
    """
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"larger than {most_bytes} bytes")
    return parse_json(data)


def parse_json(text: str | bytes) -> Any:
    """Return the value that a text stands for; raise ValueError if it is no JSON, or nested too deeply."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("no JSON that can be read: nested too deeply") from error
