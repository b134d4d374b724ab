"""An ``asv.conf.json`` as its author wrote it: read, and completed without touching anything else.

asv reads JSON5: comments, a comma after the last entry, strings between single quotes, keys without any.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from antigil.errors import UserError

_TOKEN = re.compile(
    r"""
    (?P<string>"(?:\\(?:\r\n|.)|[^"\\\r\n])*"|'(?:\\(?:\r\n|.)|[^'\\\r\n])*')
    |(?P<space>[\s\ufeff]+|//[^\n]*|/\*.*?\*/)
    |(?P<mark>[{}\[\]:,])
    |(?P<word>[^\s\ufeff{}\[\]:,"'/]+)
    |(?P<wrong>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_ESCAPES |= {"\n": "", "\r": "", "\r\n": ""}  # a string may go on in the next line

#: What init takes for the name of a project or a folder, as asv does.
TEXTS = {"project", "repo", "repo_subdir", "benchmark_dir", "env_dir", "results_dir", "html_dir"}


@dataclass(frozen=True)
class _Token:
    """A part of the text: a ``string``, a ``space`` (or comment), a ``mark``, a ``word``, or ``wrong``."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def value(self) -> str:
        """What a string or a key stands for."""
        if self.kind != "string":
            return self.text
        return re.sub(
            r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", _escaped, self.text[1:-1], flags=re.DOTALL
        )


def _escaped(found: re.Match[str]) -> str:
    name = found[1]
    return chr(int(name[1:], 16)) if len(name) > 2 else _ESCAPES.get(name, name)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return what an ``asv.conf.json`` says; UserError where it is none, with the `name` of the file."""
    try:
        found = json.loads("".join(_as_json(list(_tokens(text)))))
    except (ValueError, RecursionError) as error:  # a number of too many digits, too
        raise UserError(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{name} is not a JSON object")
    return found


def read_config(path: Path) -> dict[str, Any]:
    """Return what a file says; UserError where it cannot be read, is not JSON, or has no text for a name."""
    try:
        found = parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    for key in TEXTS & found.keys():
        is_left_out = key == "repo_subdir" and found[key] is None  # asv takes null for no other
        if not is_left_out and not _is_name(found[key]):
            raise UserError(f'"{key}" in {path} must be a string, not {json.dumps(found[key])}')
    return found


def _is_name(value: object) -> bool:
    """Tell whether a value can be the name of something in a file system."""
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:  # half of a pair
        return False


def with_plugin(text: str, plugin: str, name: str) -> str:
    """Add a plugin to the text of an ``asv.conf.json``, unless it has it."""
    return (
        text if plugin in listed(parse(text, name), "plugins") else _with_entry(text, "plugins", plugin, name)
    )


def with_install_command(text: str, default: list[str], command: str, ours: str, name: str) -> str:
    """Add a line to what installs a project, after asv's `default` where the text has none.

    It takes the place of an earlier one, which is known by holding `ours`.
    """
    found = parse(text, name)
    if found.get("install_command") is None:
        return _with_key(text, "install_command", [*default, command], name)
    if command in (lines := listed(found, "install_command")):
        return text
    if any(ours in line for line in lines):
        value = _value(text, "install_command")
        (*_, old) = [one for one in value if one.kind == "string" and ours in one.value]
        return text[: old.start] + json.dumps(command) + text[old.end :]
    return _with_entry(text, "install_command", command, name)


def with_missing(text: str, key: str, value: object, name: str) -> str:
    """Give a key a value in a text that has none for it."""
    return text if parse(text, name).get(key) is not None else _with_key(text, key, value, name)


def listed(config: dict[str, Any], key: str) -> list[str]:
    """Return the texts that a key lists; asv takes a single one for a list of it."""
    found = config.get(key)
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        yield _Token(str(found.lastgroup), found[0], found.start())


def _as_json(tokens: list[_Token]) -> Iterator[str]:
    """Yield a text's parts as JSON has them, each in the line that it was in."""
    meant = [one for one in tokens if one.kind != "space"]
    after = {one.start: following.text for one, following in pairwise(meant)}
    for one in tokens:
        following = after.get(one.start, "")
        if one.kind == "space":
            yield re.sub(r"[^\n]", " ", one.text)
        elif one.text == "," and following and following in "]}":
            yield " "
        elif one.kind == "string" or (one.kind == "word" and following == ":"):
            yield json.dumps(one.value)
        else:
            yield _number(one.text)


def _number(word: str) -> str:
    """Return a number as JSON has it, and any other word as it is."""
    if re.fullmatch(r"[+-]?0[xX][0-9a-fA-F]+", word):
        return str(int(word, 16))
    if re.fullmatch(r"\+.*|-?\..*|-?\d+\.([eE].*)?", word):
        with suppress(ValueError):
            return repr(float(word))
    return word


def _meant(text: str) -> list[_Token]:
    return [one for one in _tokens(text) if one.kind != "space"]


def _value(text: str, key: str) -> list[_Token]:
    """Return the parts of what a key of the object has, brackets included; the last, as asv takes it."""
    found: list[_Token] = []
    parts, i = _meant(text), 1
    while parts[i].text != "}":
        end = _end(parts, i + 2)
        found = parts[i + 2 : end] if parts[i].value == key else found
        i = end + (parts[end].text == ",")
    return found


def _end(parts: list[_Token], start: int) -> int:
    """Return where a value ends that begins there."""
    depth = 0
    for i in range(start, len(parts)):
        depth += (parts[i].text in ("{", "[")) - (parts[i].text in ("}", "]"))
        if depth == 0:
            return i + 1
    raise ValueError("no JSON")


def _with_entry(text: str, key: str, entry: str, name: str) -> str:
    """Add an entry at the end of the list that a key has, or the key with it at the end of the object."""
    if parse(text, name).get(key) is None:
        return _with_key(text, key, [entry], name)
    value, added = _value(text, key), json.dumps(entry)
    first = value[0]
    if len(value) == 1 and first.kind == "string":
        return f"{text[: first.start]}[{first.text}, {added}]{text[first.end :]}"
    if first.text != "[":
        raise UserError(f"{name}: {key} is no list: add {added} to it by hand")
    before = value[-2]
    gap = {"[": "", ",": " "}.get(before.text, ", ")
    return text[: before.end] + gap + added + text[before.end :]


def _with_key(text: str, key: str, value: object, name: str) -> str:
    """Add a key at the end of the object, or give it a value where it has none."""
    written = json.dumps(value)
    if key in parse(text, name):
        (null,) = _value(text, key)
        return text[: null.start] + written + text[null.end :]
    parts = _meant(text)
    first, before, closing = parts[1], parts[-2], parts[-1]
    comma = "" if before.text in ("{", ",") else ","
    indent = text[text.rfind("\n", 0, first.start) + 1 : first.start]
    indent = indent if indent and not indent.strip() and first is not closing else "    "
    ending = "\r\n" if "\r\n" in text else "\n"
    line = f'{ending}{indent}"{key}": {written}{ending}'
    kept = text[before.end : closing.start].rstrip()
    return text[: before.end] + comma + kept + line + text[closing.start :]
