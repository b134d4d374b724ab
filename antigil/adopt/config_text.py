"""An ``asv.conf.json`` as its author wrote it: read, and completed without touching anything else.

asv allows comments and a comma after the last entry, which Python's json does not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from antigil.errors import UserError

_STRING = r'"(?:\\.|[^"\\\n])*"'
_COMMENT = r"//[^\n]*|/\*.*?\*/"


def without_comments(text: str) -> str:
    """Return the text with spaces where comments are, so that every place stays where it is."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith('"') else re.sub(r"[^\n]", " ", found[0])

    return re.sub(rf"{_STRING}|{_COMMENT}", blank, text, flags=re.DOTALL)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return what an ``asv.conf.json`` says; UserError where it is none, with the `name` of the file."""

    def closing(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith('"') else found[1]

    plain = re.sub(rf"{_STRING}|,(\s*[}}\]])", closing, without_comments(text))
    try:
        found = json.loads(plain)
    except json.JSONDecodeError as error:
        raise UserError(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{name} is not a JSON object")
    return found


def read_config(path: Path) -> dict[str, Any]:
    """Return what a file says; UserError where it cannot be read or is not JSON."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def with_plugin(text: str, plugin: str, name: str) -> str:
    """Add a plugin to the text of an ``asv.conf.json``, unless it has it."""
    if plugin in parse(text, name).get("plugins", []):
        return text
    return _with_entries(text, "plugins", [plugin], name)


def with_install_command(text: str, default: list[str], command: str, name: str) -> str:
    """Add a line to what installs a project, after asv's `default` where the text has none."""
    now = parse(text, name).get("install_command")
    if now is None:
        return _with_entries(text, "install_command", [*default, command], name)
    return text if command in now else _with_entries(text, "install_command", [command], name)


def with_build_command(text: str, commands: list[str], name: str) -> str:
    """Add what builds a project to a text that says nothing of it."""
    return _with_entries(text, "build_command", commands, name)


def _with_entries(text: str, key: str, entries: list[str], name: str) -> str:
    """Add entries at the end of the list that a key has, or the key with them at the end of the object."""
    masked = without_comments(text)
    listed = re.search(rf'"{key}"\s*:\s*\[((?:{_STRING}|[^"\]])*)\]', masked)
    added = ", ".join(json.dumps(entry) for entry in entries)
    if listed is not None:
        end = listed.start(1) + len(listed[1].rstrip())
        comma = "" if masked[end - 1] in "[," else ", "
        return text[:end] + (comma or " " * (masked[end - 1] == ",")) + added + text[end:]
    if key in parse(text, name):
        raise UserError(f"{name}: {key} is no list: add {added} to it by hand")
    closing = masked.rindex("}")
    end = len(masked[:closing].rstrip())
    comma = "" if masked[end - 1] in "{," else ","
    indent = re.search(r"\n([ \t]+)\"", masked)
    ending = "\r\n" if "\r\n" in text else "\n"
    line = f'{ending}{indent[1] if indent else "    "}"{key}": [{added}]{ending}'
    return text[:end] + comma + text[end:closing].rstrip() + line + text[closing:]
