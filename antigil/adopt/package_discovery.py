"""Whether setuptools would install a suite with the project, as it does what it finds by itself.

Where nothing says what is to be installed, it leaves out ``benchmarks``, and `SUITE_FOLDERS` keeps to that.
Asked to find packages, it leaves out only what it is told to.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from .checkout import Checkout
from .project_name import calls_of, nodes, part, text

#: What it is asked for, and whether that finds folders without ``__init__.py``, too.
FUNCTIONS = {"find_packages": False, "find_namespace_packages": True}
WORDS = {"find:": False, "find_namespace:": True}
UNKNOWN = "*"
"""Stands for what is not written out: it may leave out anything."""


def installed_as(checkout: Checkout) -> str | None:
    """Return the name under which setuptools would install the suite with the project, or None."""
    package, suite = checkout.package.resolve(), checkout.benchmarks.resolve()
    if checkout.backend != "setuptools" or not suite.is_relative_to(package):
        return None
    inside = suite.relative_to(package).parts
    whole = all(package.joinpath(*inside[: i + 1], "__init__.py").exists() for i in range(len(inside)))
    for namespaces, told in _searches(package):
        if (whole or namespaces) and not _is_restricted(told, ".".join(inside)):
            return ".".join(inside)
    return None


def _is_restricted(told: Mapping[str, str], name: str) -> bool:
    """Tell whether setuptools looks elsewhere, or has a word on what it takes that may be about a package."""
    elsewhere = told.get("where", ".").strip("[]'\" \n") not in ("", ".")
    left_out = re.findall(r"[^][,'\"\s]+", told.get("exclude", ""))
    return elsewhere or "include" in told or any(fnmatchcase(name, one) for one in left_out)


def _searches(package: Path) -> Iterator[tuple[bool, Mapping[str, str]]]:
    """Yield whether packages without ``__init__.py`` are found, too, and what is told of finding them."""
    for name, call in calls_of(FUNCTIONS, nodes(text(package / "setup.py"))):
        yield FUNCTIONS[name], _given(call)
    setuptools = part(part(tomllib.loads(text(package / "pyproject.toml")), "tool"), "setuptools")
    if "find" in (packages := part(setuptools, "packages")):
        found = part(packages, "find")
        yield bool(found.get("namespaces", True)), {key: str(value) for key, value in found.items()}
    config = configparser.RawConfigParser(strict=False)
    try:
        config.read_string(text(package / "setup.cfg"))
    except configparser.Error:
        return
    if (how := config.get("options", "packages", fallback="").strip()) in WORDS:
        section = "options.packages.find"
        yield WORDS[how], dict(config.items(section)) if config.has_section(section) else {}


def _given(call: ast.Call) -> Mapping[str, str]:
    """Return what a call is given, by name; what is not written out may be about anything."""
    given = [*zip(("where", "exclude", "include"), call.args, strict=False)]
    given += [(one.arg or "include", one.value) for one in call.keywords]
    return {name: ast.unparse(value) if _is_written_out(value) else UNKNOWN for name, value in given}


def _is_written_out(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError):
        return False
    return True
