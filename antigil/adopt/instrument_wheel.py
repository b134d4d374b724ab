"""The instrument as a wheel of its own: pure Python, so one file serves every interpreter.

It holds `antigil.suite`, `antigil.scaling` and nothing else. A project keeps it beside its suite, so that all
its commits are measured by the same instrument, which no environment of asv has to compile.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from antigil.errors import UserError

NAME = "antigil_instrument"
PACKAGE = Path(__file__).parent.parent
PARTS = ("__init__.py", "py.typed", "suite.py", "scaling/**/*.py")
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same content is the same file, whenever it was made


def installed() -> Distribution:
    """Return the installed antigil, which gives the instrument its version.

    Raises
    ------
    UserError
        If it is imported from a folder, and not installed.
    """
    try:
        return distribution("antigil")
    except PackageNotFoundError as error:
        raise UserError("antigil is not installed here, so it has no version: pip install it") from error


def version() -> str:
    """Return the version of the instrument, which is antigil's."""
    return installed().version


def file_name() -> str:
    """Return the wheel's file name."""
    return f"{NAME}-{version()}-py3-none-any.whl"


def requirement() -> str:
    """Return what pip is asked for."""
    return f"{NAME.replace('_', '-')}=={version()}"


def build() -> bytes:
    """Return the wheel (https://packaging.python.org/en/latest/specifications/binary-distribution-format/)."""
    about = f"{NAME}-{version()}.dist-info"
    metadata = (
        f"Metadata-Version: 2.1\nName: {NAME.replace('_', '-')}\nVersion: {version()}\n"
        "Summary: The instrument of antigil: antigil.suite and antigil.scaling\n"
        "License: BSD-3-Clause\nRequires-Python: >=3.11\n"
    )
    kind = "Wheel-Version: 1.0\nGenerator: antigil\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    found = [path for pattern in PARTS for path in sorted(PACKAGE.glob(pattern))]
    files = {f"antigil/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes() for path in found}
    files |= {f"{about}/METADATA": metadata.encode(), f"{about}/WHEEL": kind.encode()}
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return wheel.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
