"""The pytest plugin: fixtures on the assertions, and ``pytest --antigil-audit``.

pytest loads it wherever antigil is installed: it imports nothing of antigil until something of it is used.

``--antigil-audit`` lists the native calls of a test suite that kept the GIL; :mod:`antigil.where.long_holds`
finds them.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentTypeError
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from antigil.where.long_holds import LongHold

SCHEMA = "antigil.audit/1"
DEFAULT_MILLISECONDS, MOST_MILLISECONDS = 20.0, 60_000.0

LEAST_MILLISECONDS = 4.0
"""With less, calls of several times the limit would be missed: see `where.long_holds.LEAST_PAUSE_SECONDS`."""

NO_TEST = "(between tests)"

COLLECT_SECONDS = 10.0
"""After so long, what was sampled is looked at, and its memory given back."""

MOST_ROWS = 50
"""Of the table; the JSON form has all."""

MISSED = {
    "signal": "a test handled SIGPROF itself",
    "memory": "too much was sampled in one test",
    "error": "the audit failed meanwhile",
}


@pytest.fixture
def releases_gil() -> Callable[..., None]:
    """Return `antigil.testing.assert_releases_gil`."""
    from antigil.testing import assert_releases_gil

    return assert_releases_gil


@pytest.fixture
def scales() -> Callable[..., None]:
    """Return `antigil.testing.assert_scales`."""
    from antigil.testing import assert_scales

    return assert_scales


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the audit."""
    group = parser.getgroup("antigil")
    group.addoption(
        "--antigil-audit",
        nargs="?",
        const=DEFAULT_MILLISECONDS,
        type=_milliseconds,
        metavar="MILLISECONDS",
        help="list native calls that keep the GIL for longer than that (default: 20)",
    )
    group.addoption("--antigil-json", metavar="FILE", help="write what the audit found as JSON, too")


def _milliseconds(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"{text!r} is no number of milliseconds: put paths before the option"
        ) from error


def pytest_configure(config: pytest.Config) -> None:
    """Begin the audit where it was asked for."""
    limit, file = config.getoption("--antigil-audit"), config.getoption("--antigil-json")
    if limit is None:
        if file is not None:
            raise pytest.UsageError("--antigil-json needs --antigil-audit")
        return
    from antigil.scaling import gil_enabled
    from antigil.where import why_unavailable

    if not LEAST_MILLISECONDS <= limit <= MOST_MILLISECONDS:  # nor is it where it is not a number
        bounds = f"{LEAST_MILLISECONDS:g} to {MOST_MILLISECONDS:g}"
        raise pytest.UsageError(f"--antigil-audit needs {bounds} milliseconds")
    if file is not None and not _is_writable(Path(file)):
        raise pytest.UsageError(f"--antigil-json: no file can be written at {file}")
    if (reason := why_unavailable()) is not None:
        raise pytest.UsageError(reason.replace("antigil where", "--antigil-audit"))
    if not gil_enabled():
        raise pytest.UsageError(
            "--antigil-audit: no call can keep the GIL, which is off now; PYTHON_GIL=1 keeps it on"
        )
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("--antigil-audit looks at one process: run it without -n")
    if config.getoption("forked", None):
        raise pytest.UsageError("--antigil-audit looks at one process: run it without --forked")
    config.pluginmanager.register(_Audit(limit / 1000, file), "antigil-audit")


def _is_writable(file: Path) -> bool:
    if file.exists():
        return not file.is_dir() and os.access(file, os.W_OK)
    return file.parent.is_dir() and os.access(file.parent, os.W_OK)


@dataclass(frozen=True)
class Kept:
    """A function that kept the GIL in a test; times in seconds, each at least as long as told."""

    function: str
    library: str
    called_from: str
    test: str
    count: int
    longest: float
    total: float


class _Audit:
    """Watches a session. Where it fails, it says so at the end: the tests' own report is not lost for it."""

    def __init__(self, limit: float, file: str | None) -> None:
        from antigil.where.long_holds import HoldWatch

        self._limit = limit
        self._file = None if file is None else Path(file).absolute()  # a test may change the directory
        self._watch = HoldWatch(limit)
        self._tests: list[tuple[float, str]] = []
        self._collected = self._watch.now()
        self._kept: list[Kept] | None = None
        self._failures: list[str] = []

    def pytest_sessionstart(self) -> None:
        try:
            self._watch.start()
        except OSError as error:
            raise pytest.UsageError(f"--antigil-audit cannot sample: {error.strerror} (SIGPROF)") from error
        except (MemoryError, RuntimeError) as error:  # no more of it, or of threads
            raise pytest.UsageError(f"--antigil-audit cannot sample: {_said(error)}") from error

    # The old form of a wrapper: pluggy knows the new one from 1.2 on only, and every session loads this.
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        self._tests.append((self._watch.now(), item.nodeid))
        yield
        self._tests.append((self._watch.now(), NO_TEST))
        if self._watch.has_seen and self._watch.now() - self._collected > COLLECT_SECONDS:
            with self._noting_failure("the audit failed"):
                self._watch.collect()
            if self._failures:
                self._watch.missed.add("error")
            self._collected = self._watch.now()

    def pytest_sessionfinish(self) -> None:
        with self._noting_failure("the audit failed"):
            self._kept = kept_by_test(self._watch.stop(), self._tests)
        if self._file is not None and self._kept is not None:
            from antigil.files import write_whole

            missed = sorted(self._watch.missed)
            kept = [asdict(one) for one in self._kept]
            form = {"schema": SCHEMA, "limit": self._limit, "missed": missed, "kept": kept}
            with self._noting_failure(f"cannot write {self._file}"):
                write_whole(self._file, json.dumps(form, indent=2) + "\n")

    @contextmanager
    def _noting_failure(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # whatever it is
            self._failures.append(f"antigil: error: {what}: {_said(error)}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"native calls that kept the GIL for {self._limit * 1000:g} ms or longer")
        for line in [] if self._kept is None else table(self._kept):
            terminalreporter.write_line(line)
        for why in sorted(self._watch.missed):
            terminalreporter.write_line(f"Calls may be missing: {MISSED[why]}.")
        for line in dict.fromkeys(self._failures):
            terminalreporter.write_line(line, red=True)


def _said(error: Exception) -> str:
    """Return in one line what went wrong."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return ": ".join(filter(None, [type(error).__name__, " ".join(str(error).split())]))


def kept_by_test(holds: Iterable[LongHold], tests: Sequence[tuple[float, str]]) -> list[Kept]:
    """Return each function in each test, the longest total first.

    Parameters
    ----------
    tests
        When each began, in order, on the clock of the holds.
    """
    starts = [start for start, _ in tests]
    times: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for hold in holds:
        # By its middle: the wait for the GIL may have begun right before the test did that kept it.
        at = bisect_right(starts, hold.start + hold.seconds / 2) - 1
        test = tests[at][1] if at >= 0 else NO_TEST
        times[str(hold.function), hold.function.library, hold.called_from, test].append(hold.seconds)
    kept = [Kept(*key, len(seconds), max(seconds), sum(seconds)) for key, seconds in times.items()]
    return sorted(kept, key=lambda one: -one.total)


def table(kept: Sequence[Kept]) -> list[str]:
    """Return the lines of the summary."""
    if not kept:
        return ["none"]
    rows = [("total", "longest", "calls", "function")]
    rows += [
        (f"{one.total * 1000:.0f} ms", f"{one.longest * 1000:.0f} ms", str(one.count), _who(one))
        for one in kept[:MOST_ROWS]
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join([*map(str.rjust, row[:3], widths), row[3]]) for row in rows]
    more = len(kept) - MOST_ROWS
    return [*lines, f"and {more} more: --antigil-json FILE writes all"] if more > 0 else lines


def _who(one: Kept) -> str:
    library = f" ({one.library})" if one.library != one.function else ""
    called = f" ← {one.called_from}" if one.called_from else ""
    return f"{one.function}{library}{called}  {one.test}"
