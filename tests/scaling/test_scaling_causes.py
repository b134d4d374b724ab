"""Whether threads help, and what stops them: statements whose truth is known beforehand.

Beside busy programs the verdict may stay open, but it is never a wrong one.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from marks import needs_gil, needs_two_cpus

pytestmark = [pytest.mark.timing, needs_two_cpus]


@dataclass(frozen=True)
class Row:
    """A statement, the verdicts that are right on any machine, and the causes that may come first."""

    name: str
    setup: str
    statement: str
    verdicts: tuple[str, ...]
    causes: tuple[str | None, ...]
    waits: tuple[str | None, ...] = (None,)


NO_HELP, LITTLE_HELP = ("hurts", "does-not"), ("hurts", "does-not", "partly")
STRLEN = "import ctypes; strlen = ctypes.CDLL(None).strlen; text = b'x' * {}"
HASH = "import hashlib, threading; lock = threading.Lock(); data = bytes(1 << {})"
POOL = """
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
pool, work, parts = ThreadPoolExecutor(2), lambda part: sha256(part).digest(), [bytes(1 << 20)] * 8
"""
SQLITE = """
import sqlite3
one = sqlite3.connect(":memory:", check_same_thread=False)
one.execute("create table numbers(n)")
one.executemany("insert into numbers values(?)", [(n,) for n in range(2000)])
"""

WITH_GIL = (
    Row("strlen, 100 kB", STRLEN.format(100_000), "strlen(text)", LITTLE_HELP, ("hand-over",)),
    Row("strlen, 30 kB", STRLEN.format(30_000), "strlen(text)", LITTLE_HELP, ("hand-over",)),
    Row("crc32, 10 kB", "import zlib; data = bytes(10_000)", "zlib.crc32(data)", LITTLE_HELP, ("hand-over",)),
    Row("a loop", "", "for i in range(1000): pass", NO_HELP, ("gil",)),
    Row("json", "import json; data = list(range(5000))", "json.dumps(data)", NO_HELP, ("gil",)),
    Row("a lock", HASH.format(18), "with lock: hashlib.sha256(data)", NO_HELP, ("waiting",), ("each other",)),
    Row("sqlite3", SQLITE, "one.execute('select sum(n * n) from numbers').fetchall()", LITTLE_HELP,
        ("waiting",), ("each other",)),
    Row("subprocess", "import subprocess", "subprocess.run(['true'])", ("scales", "partly"),
        (None, "cpu", "gil", "hand-over"), ("alone",)),
    Row("asyncio", "import asyncio", "asyncio.run(asyncio.sleep(0.001))", ("scales", "partly"),
        (None, "cpu", "gil", "hand-over"), ("alone",)),
    Row("lzma", "import lzma; data = bytes(range(256)) * 200", "lzma.compress(data)", ("partly", "scales"),
        ("gil",)),
    Row("sha256", HASH.format(20), "hashlib.sha256(data)", ("scales",), (None, "cpu")),
    Row("a pool of its own", POOL, "list(pool.map(work, parts))", LITTLE_HELP, ("own-threads",),
        (None, "each other", "alone")),
    Row("a pool for each call", POOL, "with ThreadPoolExecutor(2) as own: list(own.map(work, parts))",
        LITTLE_HELP, ("own-threads",), (None, "each other", "alone")),
)  # fmt: skip

WITHOUT = (
    Row("a shared list", "numbers = [1, 2, 3]", "for i in range(1000): numbers[0]", LITTLE_HELP, ("cpu",)),
    Row("a shared method", "class A:\n    def f(self): pass\na = A()", "for i in range(1000): a.f()",
        LITTLE_HELP, ("cpu",)),
    Row("a shared dict", "d = {}", "for i in range(300): d[i] = i", LITTLE_HELP, ("waiting", "cpu"),
        (None, "each other")),
    Row("a shared set", "s = set()", "for i in range(300): s.add(i)", LITTLE_HELP, ("waiting", "cpu"),
        (None, "each other")),
    Row("a loop", "", "for i in range(1000): pass", ("scales",), (None, "cpu")),
    Row("sha256", HASH.format(20), "hashlib.sha256(data)", ("scales",), (None, "cpu")),
)  # fmt: skip


def measured(python, row, folder=None):
    command = [python, "-m", "antigil", "measure", "--json", "-", "-t", "1,2", "--budget", "2"]
    environment = os.environ if folder is None else {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [*command, "-s", row.setup, row.statement],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(row, form):
    disturbed = any(point["disturbed"] for point in form["points"])
    told = form["scaling"], form["cause"], form["sentence"]
    if form["scaling"] == "inconclusive":
        low, high = form["judged"]["low"], form["judged"]["high"]
        assert disturbed or high - low > 0.5, told
        return
    assert form["scaling"] in row.verdicts, told
    assert form["cause"] in row.causes, told
    if not disturbed:
        assert form["waits"] in row.waits, told


@needs_gil
@pytest.mark.parametrize("row", WITH_GIL, ids=lambda row: row.name)
def test_with_a_gil_the_verdict_and_its_cause_are_right(row):
    check(row, measured(sys.executable, row))


@pytest.mark.parametrize("row", WITHOUT, ids=lambda row: row.name)
def test_without_a_gil_the_verdict_and_its_cause_are_right(row, free_threaded):
    python, folder = free_threaded
    check(row, measured(python, row, folder))
