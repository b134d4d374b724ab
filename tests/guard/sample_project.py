"""A small project with a C extension, whose commits change how far its functions scale, and how they do.

The extension is built from this checkout's own kernels, whose serial fraction is exact. Each commit
changes one function, or nothing that is measured; `CHANGES` tells what.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

#: Function bodies at the first commit; `serial(share)` holds the GIL for a share of its 3 ms.
FIRST = {
    "article": "_native.calcular_com_gil(600)",
    "twentieth": "serial(0.0)",
    "tenth": "serial(0.0)",
    "quarter": "serial(0.0)",
    "counter": "count(SLOTS)",
    "macros": "_native.calcular_sem_gil(600)",
    "slower": "serial(0.0)",
    "steady": "serial(0.25)",
}

#: One commit each: subject line, function, its new body.
CHANGES = (
    ("article: release the GIL", "article", "_native.calcular_sem_gil(600)"),
    ("twentieth: hold the GIL for a twentieth of the work", "twentieth", "serial(0.05)"),
    ("tenth: hold the GIL for a tenth of the work", "tenth", "serial(0.1)"),
    ("docs: say hello", None, ""),
    ("quarter: hold the GIL for a quarter of the work", "quarter", "serial(0.25)"),
    ("counter: count in one place, under a lock", "counter", "count(LOCK)"),
    ("macros: lose the pair that releases the GIL", "macros", "_native.calcular_com_gil(600)"),
    ("slower: do a third more work", "slower", "serial(0.0, 400_000)"),
)

MODULE = '''"""What is measured."""

from itertools import count as numbers
from threading import local

from . import _native

SLOTS, LOCK = _native.SharedCounter("slots", 8), _native.SharedCounter("lock", 8)
_next, _mine = numbers(), local()


def serial(share, steps=300_000):
    return _native.serial_fraction(steps, share, 1000)


def count(counter):
    if not hasattr(_mine, "slot"):
        _mine.slot = next(_next) % 8
    return counter.add_releasing(200_000, _mine.slot)
'''

SUITE = '''"""The suite: one class per function, measured shortly."""

from .checkout.suite import NUMBERS, Scaling, Workload


class Short(Scaling, thread_counts=(1, {threads}), budget=4.0, rounds=3, only=NUMBERS.keys() - {{"peakmem"}}):
    pass
'''

BENCHMARK = """

class {name}(Short, title="{title}", control={control}, budget={budget}):
    workload = Workload("{statement}", "{setup}")
"""

BUILD = """\
from glob import glob
from setuptools import Extension, setup
setup(ext_modules=[Extension("sample._native", sorted(glob("sample/*.c")))])
"""


def git(root, *words):
    """Run git in the project, as an author of its own."""
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    who |= {
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    done = subprocess.run(
        ["git", "-C", str(root), *words], env=os.environ | who, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def generate_project(root, first=FIRST, changes=CHANGES, budgets=None, module=MODULE, threads=2, **settings):
    """Write the project with its commits; return their hashes, oldest first.

    Parameters
    ----------
    budgets
        Seconds for each commit by function, and for `loop`, the control; 4 at first.
    module
        What stands before the functions.
    threads
        How many are measured beside one alone.
    settings
        Of asv's configuration, in place of those that there are.
    """
    budgets = dict.fromkeys([*first, "loop"], 4.0) | (budgets or {})
    (root / "sample").mkdir(parents=True)
    (root / "benchmarks").mkdir()
    for source in (CHECKOUT / "antigil/kernels").glob("*.[ch]"):
        (root / "sample" / source.name).write_bytes(source.read_bytes())
    (root / "setup.py").write_text(BUILD)
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=77", "wheel"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "sample"\nversion = "1"\n[tool.setuptools]\npackages = ["sample"]\n'
    )
    # A link, so that the instrument is this checkout's.
    (root / "benchmarks/__init__.py").symlink_to(CHECKOUT / "benchmarks/__init__.py")
    parts = [
        BENCHMARK.format(
            name=name.title(),
            title=name,
            control=False,
            budget=budgets[name],
            statement=f"{name}()",
            setup=f"from sample import {name}",
        )
        for name in first
    ]
    loop = BENCHMARK.format(
        name="Loop", title="control", control=True, budget=budgets["loop"],
        statement="sum(range(50_000))", setup="pass",
    )  # fmt: skip
    (root / "benchmarks/work.py").write_text(SUITE.format(threads=threads) + "".join([*parts, loop]))
    (root / "asv.conf.json").write_text(json.dumps({**configuration(), **settings}, indent=1))
    git(root, "init", "-q", "-b", "main")
    bodies = dict(first)
    commit(root, bodies, "first", module)
    for subject, name, body in changes:
        bodies |= {name: body} if name else {}
        commit(root, bodies, subject, module)
    return git(root, "rev-list", "--reverse", "main").split()


def commit(root, bodies, subject, module=MODULE):
    """Commit the functions as they now are."""
    functions = "".join(f"\n\ndef {name}():\n    return {body}\n" for name, body in bodies.items())
    (root / "sample/__init__.py").write_text(module + functions)
    git(root, "add", "sample", "setup.py", "pyproject.toml")
    git(root, "commit", "-q", "--allow-empty", "-m", subject)


def configuration():
    """Return asv's configuration for the project."""
    return {
        "version": 1,
        "project": "sample",
        "repo": ".",
        "branches": ["main"],
        "environment_type": "virtualenv",
        "launch_method": "forkserver",
        "build_cache_size": 32,
        "benchmark_dir": "benchmarks",
        "env_dir": "env",
        "results_dir": "results",
        "html_dir": "html",
        "build_command": [
            "python -m pip wheel --no-deps --no-build-isolation -w {build_cache_dir} {build_dir}"
        ],
        "install_command": ["in-dir={env_dir} python -m pip install --no-deps {wheel_file}"],
    }


def antigil(root, *words, timeout=900, **environment):
    """Run a command of antigil's in the project."""
    return subprocess.run(
        [sys.executable, "-m", "antigil", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONSAFEPATH": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
