"""The name of a project, where any of the files that build it says one."""

from __future__ import annotations

import ast
import configparser
import warnings
from collections.abc import Container, Iterator
from pathlib import Path


def part(table: dict[str, object], name: str) -> dict[str, object]:
    """Return a table in a table; an empty one where there is none."""
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def project_name(folder: Path, pyproject: dict[str, object]) -> str | None:
    """Return the name that a project's pyproject.toml has, or else its setup.py, or else its setup.cfg."""
    named = (one for one in _names(folder, pyproject) if isinstance(one, str) and one.strip())
    found = next(named, None)
    return found and found.strip()


def _names(folder: Path, pyproject: dict[str, object]) -> Iterator[object]:
    """Yield names, the most binding first: setuptools takes its call's before that of setup.cfg."""
    tool = part(pyproject, "tool")
    flit = part(part(tool, "flit"), "metadata")
    yield part(pyproject, "project").get("name")
    yield part(tool, "poetry").get("name")
    yield flit.get("dist-name")
    yield flit.get("module")
    yield _called(text(folder / "setup.py"))
    config = configparser.RawConfigParser(strict=False)
    try:
        config.read_string(text(folder / "setup.cfg"))
    except configparser.Error:
        return
    yield config.get("metadata", "name", fallback=None)


def text(path: Path) -> str:
    """Return what a file holds, as far as it can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def nodes(source: str) -> list[ast.AST]:
    """Return the parts of a source; none of one that cannot be read, such as a setup.py of Python 2."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what may be none of Python's escapes in a string
            return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def calls_of(names: Container[str], source: list[ast.AST]) -> list[tuple[str, ast.Call]]:
    """Return the calls of some functions, each with the function's name."""
    calls = [one for one in source if isinstance(one, ast.Call)]
    named = [(getattr(one.func, "id", getattr(one.func, "attr", "")), one) for one in calls]
    return [(name, one) for name, one in named if name in names]


def _called(source: str) -> str | None:
    """Return the name that the call of ``setup`` is given, as far as it stands there."""
    found = nodes(source)
    setups = [one for _, one in calls_of(("setup",), found)]
    given = dict(pair for one in found for pair in _assigned(one))
    values = [value for one in setups for value in _given(one.keywords, given)]
    names = [one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return names[0] if names else None


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement gives a value, and the value."""
    if isinstance(node, ast.Assign):
        yield from ((one.id, node.value) for one in node.targets if isinstance(one, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


def _given(keywords: list[ast.keyword], named: dict[str, ast.expr]) -> Iterator[ast.expr]:
    """Yield what is given as ``name``, be it in a dict such as ``setup(**metadata)`` hands on."""
    for word in keywords:
        value = _followed(word.value, named)
        if word.arg == "name":
            yield value
        elif word.arg is None and isinstance(value, ast.Dict):
            pairs = zip(value.keys, value.values, strict=True)
            called = [one for key, one in pairs if isinstance(key, ast.Constant) and key.value == "name"]
            yield from (_followed(one, named) for one in called)
        elif word.arg is None and isinstance(value, ast.Call):
            yield from (_followed(one.value, named) for one in value.keywords if one.arg == "name")


def _followed(value: ast.expr, named: dict[str, ast.expr]) -> ast.expr:
    """Return what a name stands for, by way of others if need be."""
    for _ in named:
        if not isinstance(value, ast.Name):
            break
        value = named.get(value.id, value)
    return value
