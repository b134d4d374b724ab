"""The functions of forty_functions.toml with their truths, and what of all that is told of them is right."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
TRUTHS = Path(__file__).with_name("forty_functions.toml")
LIMIT_SECONDS = 180.0
"""For a function with its assertions."""

MARK = "FORTY "
ASSERT = """\
if __name__ == "__main__":
    import json as _json, traceback as _traceback
    from antigil.testing import assert_releases_gil, assert_scales
    _text = ""
    try:
        @CALL
        _outcome = "pass"
    except AssertionError as _error:
        _outcome, _text = "fail", str(_error)
    except KeyboardInterrupt:
        raise
    except BaseException as _error:
        _names = [c.__name__ for c in type(_error).__mro__]
        _outcome = "skip" if "SkipTest" in _names or "Skipped" in _names else "error:" + _names[0]
        _text = str(_error) if _outcome == "skip" else _traceback.format_exc()
    finally:
@END
    print("@MARK" + _json.dumps([_outcome, _text]), flush=True)"""


@dataclass(frozen=True)
class Function:
    """A function that is measured, and what is true of it for each kind of interpreter."""

    name: str
    why: str
    statement: str
    setup: str = ""
    thread_setup: str = ""
    teardown: str = ""
    func: str = ""
    needs: Sequence[str] = ()
    makes: str | None = None
    raises: str | None = None
    gil: Json | None = None
    nogil: Json | None = None
    assertions: Sequence[Json] = ()

    def command(self, python: str, output: Path) -> list[str]:
        """Return the command line that measures it, where each line is an argument of its own."""
        command = [python, "-m", "antigil", "measure", "-t", "1,2", "--json", str(output)]
        options = {"-s": self.setup, "--thread-setup": self.thread_setup, "--teardown": self.teardown}
        for option, text in options.items():
            for line in lines(text):
                command += [option, line]
        return command + lines(self.statement)

    def script(self, call: str) -> str:
        """Return a script that asserts something of it and prints how that ended."""
        func = self.func or "def func():\n" + textwrap.indent(self.statement, "    ")
        end = textwrap.indent(self.teardown or "pass", " " * 8)
        body = ASSERT.replace("@CALL", call).replace("@END", end).replace("@MARK", MARK)
        return "\n".join(filter(None, [self.setup, func, body])) + "\n"


@dataclass(frozen=True)
class Ended:
    """How a process ended; ``status`` is None where its time was over."""

    status: int | None
    output: str
    errors: str


def lines(text: str) -> list[str]:
    """Return the lines of a text that are not empty."""
    return [line for line in text.splitlines() if line.strip()]


def functions(path: Path = TRUTHS) -> list[Function]:
    """Return the functions and their truths."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    found = []
    for one in table["function"]:
        texts = {key: value.strip("\n") for key, value in one.items() if isinstance(value, str)}
        setup = texts.get("setup", "").replace("@spin", table["spin"].strip("\n"))
        found.append(Function(**{**one, **texts, "setup": setup}))
    return found


def check(what: str, seen: Any, accept: str, right: bool, left_open: bool = False) -> Json:
    """Return what was seen of something, what is acceptable, and so the result."""
    result = "right" if right else "open" if left_open else "wrong"
    return {"what": what, "seen": seen, "accept": accept, "result": result}


def check_word(what: str, seen: str | None, accept: Sequence[str], left_open: str) -> Json:
    """Return whether a verdict or an outcome is among the acceptable ones, or the one that leaves it open."""
    return check(what, seen, "/".join(accept), seen in accept, seen == left_open)


def check_held(held: Json | None, kind: str, low: float, high: float) -> Json:
    """Return whether a held share is in its range; it is open if only its interval reaches into it."""
    accept = f"{low:g} to {high:g}"
    share, interval = ((held or {}).get(key) for key in ("share", "ci99"))
    if share is None:
        return check("held", None, accept, kind == "nogil", left_open=True)
    reaches = interval and None not in interval and interval[0] <= high and low <= interval[1]
    seen = {"share": share, "ci99": interval}
    return check("held", seen, accept, low - 1e-9 <= share <= high + 1e-9, bool(reaches))


def check_error(pattern: str, ended: Ended) -> list[Json]:
    """Return whether a measurement ended with the error of its function, and without frames of antigil."""
    last = (lines(ended.errors) or [""])[-1]
    inside = re.findall(r'File "[^"<]*/antigil/[^"]*", line \d+.*', ended.errors)
    return [
        check("exit status", ended.status, "2", ended.status == 2),
        check("last line", last, pattern, re.search(pattern, last) is not None),
        check("frames of antigil", inside, "none", not inside),
    ]


def check_measured(function: Function, kind: str, ended: Ended, found: Json) -> list[Json]:
    """Return what is right and wrong in what ``antigil measure`` told."""
    if ended.status is None:
        return [check("time", "not done", f"{LIMIT_SECONDS:g} s", False)]
    if function.raises:
        return check_error(function.raises, ended)
    if ended.status != 0 or not found:
        return [check("exit status", ended.status, "0, and JSON", False)]
    truth: Json = getattr(function, kind)
    return [
        check_word("GIL", found["verdict"], truth["verdicts"], "inconclusive"),
        check_word("scaling", found["scaling"], truth["scaling"], "inconclusive"),
        check_held(found["gil_held"], kind, *truth["held"]),
    ]
