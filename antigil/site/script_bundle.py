"""Join the pages' scripts: ES modules in ``scripts/`` become one classic script per kind of page.

A browser loads no module from a folder on disk, where the pages have to work. So each module becomes a
function that runs once and returns what the module exports, in the order of their imports. Of the language of
modules this takes what ``tests/site/test_site_scripts.py`` allows: named imports of neighbours, exports where
they are declared.
"""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def bundle(entry: str) -> str:
    """Return a module and all that it imports as one script."""
    texts: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name] = (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
            waiting += _imported(texts[name])
    order = TopologicalSorter({name: _imported(text) for name, text in texts.items()}).static_order()
    bodies = "".join(_as_function(name, texts[name]) for name in order)
    return f'(() => {{\n"use strict";\nconst modules = {{}};\n{bodies}}})();\n'


def _imported(text: str) -> list[str]:
    return [name for _, name in IMPORT.findall(text)]


def _as_function(name: str, text: str) -> str:
    """Return a module as a function's body, with its own names, that returns what it exports."""
    exported = ", ".join(exported for _, exported in EXPORT.findall(text))
    body = EXPORT.sub(r"\1", IMPORT.sub(r"const \1 = modules.\2;", text))
    return f"modules.{name} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"
