"""Magics for IPython and notebooks: ``%load_ext antigil``, then ``%antigil f(x)`` or a ``%%antigil`` cell."""

from __future__ import annotations

import argparse
import ast
from typing import Any, NoReturn, cast

from antigil.api import Measurement, measure
from antigil.commands.arguments import positive, thread_counts


class _Parser(argparse.ArgumentParser):
    """A parser that raises, where others end the process and with it the notebook."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; usage: %antigil [-t 1,2,4] [--budget SECONDS] STATEMENT")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="%antigil", add_help=False)
    parser.add_argument("-t", "--threads", type=thread_counts)
    parser.add_argument("--budget", type=positive)
    return parser


def antigil(line: str, cell: str | None, names: dict[str, Any]) -> Measurement:
    """Measure a statement with a session's names, in its process.

    Parameters
    ----------
    line
        Options, then the statement; or, above a cell, what is run once before, as for ``%%timeit``.
    cell
        The statement where it is a cell.
    names
        The session's names, which threads share; what the set-up adds does not stay.
    """
    args, rest = _options(line)
    setup, statement = (rest, cell) if cell is not None else ("", rest)
    if not ast.parse(statement).body:
        raise ValueError("nothing to measure: give a statement, or a cell below %%antigil")
    space = dict(names)
    exec(compile(setup, "<setup>", "exec", dont_inherit=True), space)
    definition = ast.parse("def statement(): pass")
    cast(ast.FunctionDef, definition.body[0]).body = ast.parse(statement).body
    defined: dict[str, Any] = {}  # the session may have a name "statement", too
    exec(compile(definition, "<statement>", "exec", dont_inherit=True), space, defined)
    return measure(defined["statement"], args.threads, budget=args.budget)


def _options(line: str) -> tuple[argparse.Namespace, str]:
    """Split a line into its options, which come first, and the rest as it is written."""
    rest, taken = line.strip(), list[str]()
    while rest.startswith("-"):
        option, _, rest = rest.partition(" ")
        taken.append(option)
        if "=" not in option and (option.startswith("--") or len(option) == 2):  # else it holds its value
            value, _, rest = rest.lstrip().partition(" ")
            taken.append(value)
        rest = rest.lstrip()
    return _parser().parse_args(taken), rest


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics: IPython calls this for ``%load_ext antigil``."""

    def magic(line: str, cell: str | None = None) -> Measurement:
        return antigil(line, cell, ipython.user_ns)

    magic._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # a statement is measured as written
    ipython.register_magic_function(magic, "line_cell", "antigil")
