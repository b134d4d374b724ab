"""Where parallelism is lost, as one page for a browser: flame graphs, and the same as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

from antigil.where import Where

from ..quantities import counted
from .text import loss_rows, loss_title, notes, where_sentence

HERE = Path(__file__).parent

_KEYS = {
    "of-kind": (("native", "native code"), ("python", "Python")),
    "of-growth": (("hot", "grew much"), ("warm", "grew"), ("even", "as with one thread"), ("cold", "shrank")),
}


def flame_graph_page(found: Where) -> str:
    """Return the page, with all that it needs in it."""
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            "<title>antigil where</title>\n",
            f"<style>\n{_asset('flame_graph.css')}</style>\n",
            "<noscript><style>.bar, .key, #graph { display: none }</style></noscript>\n</head>\n<body>\n",
            f"<h1>{_code(where_sentence(found))}</h1>\n",
            f'<p class="muted"><code>{escape(found.workload.statement)}</code></p>\n',
            f'<p class="muted">CPython {escape(found.host.python_version)}, ',
            f"{counted(found.threads, 'thread')}, {counted(found.host.cpus_allowed, 'CPU')} allowed ",
            f"({escape(found.host.cpu)})</p>\n",
            *(f'<p class="muted">{kind}: {escape(text)}</p>\n' for kind, text in notes(found)),
            '<div class="bar"><div id="tabs"></div>',
            '<input id="search" type="search" placeholder="search" aria-label="Search functions"></div>\n',
            f'<p class="muted key">{"".join(_key())}</p>\n',
            '<div id="graph"></div>\n<p class="muted" id="told" aria-live="polite"></p>\n',
            *(_table(found, loss) for loss in found.told),
            f'<script type="application/json" id="data">{_data(found)}</script>\n',
            f'<script type="module">\n{_asset("flame_graph.js")}</script>\n</body>\n</html>\n',
        )
    )


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _code(text: str) -> str:
    """Return text as HTML, with what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _key() -> Iterator[str]:
    for group, colours in _KEYS.items():
        rows = "".join(f'<i class="{name}"></i>{text}' for name, text in colours)
        yield f'<span class="{group}">{rows}</span>'


def _table(found: Where, name: str) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n"
        for row in loss_rows(found, name)
    )
    heads = "<tr><th>share</th><th>99 % interval</th><th>function</th></tr>"
    return f"<h2>{escape(loss_title(found, name))}</h2>\n<table>{heads}\n{rows}</table>\n"


def _data(found: Where) -> str:
    numbers: dict[str, int] = {}
    told = []
    for name in found.told:
        stacks = [
            [[numbers.setdefault(one, len(numbers)) for one in stack.frames], stack.value, stack.before]
            for stack in found.stacks[name]
        ]
        text = {"held": "GIL held", "waiting": "Waiting", "inflation": "CPU time per call"}[name]
        told.append({"name": name, "text": text, "stacks": stacks})
    # Nothing in it may end the element that it stands in.
    return json.dumps({"strings": list(numbers), "losses": told}).replace("<", "\\u003c")
