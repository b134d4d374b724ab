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
    "gains": "_kernels.calcular_com_gil(600)",
    "tenth": "serial(0.0)",
    "slower": "serial(0.0)",
    "steady": "serial(0.25)",
}

#: One commit each: subject line, function, its new body.
CHANGES = (
    ("gains: release the GIL", "gains", "_kernels.calcular_sem_gil(600)"),
    ("tenth: hold the GIL for a tenth of the work", "tenth", "serial(0.1)"),
    ("slower: do a third more work", "slower", "serial(0.0, 400_000)"),
    ("docs: say hello", None, ""),
)

MODULE = '''"""What is measured."""

from . import _kernels


def serial(share, steps=300_000):
    return _kernels.serial_fraction(steps, share, 1000)
'''

SUITE = '''"""The suite: one class per function, measured shortly."""

from . import instrument
from .suite import Scaling


class Short(Scaling, title=""):
    plan = {"thread_counts": (1, 2), "budget": 4.0, "processes": 8, "rounds": 3}

    def __init_subclass__(cls, title, control=False):
        super().__init_subclass__(title=title, control=control)
        cls.peakmem_call = None
        for name in [name for name in dir(cls) if name.startswith("track_")]:
            if hasattr(getattr(cls, name), "params"):
                getattr(cls, name).params = [[1, 2]]
'''

BENCHMARK = """

class {name}(Short, title="{title}", control={control}):
    workload = instrument.Workload("{statement}", "{setup}")

    def setup_cache(self):
        return self.measure()
"""

BUILD = """\
from glob import glob
from setuptools import Extension, setup
setup(ext_modules=[Extension("sample._kernels", sorted(glob("sample/*.c")))])
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


def generate_project(root, first=FIRST, changes=CHANGES):
    """Write the project with its commits; return their hashes, oldest first."""
    (root / "sample").mkdir(parents=True)
    (root / "benchmarks").mkdir()
    for source in (CHECKOUT / "antigil").glob("*.[ch]"):
        (root / "sample" / source.name).write_bytes(source.read_bytes())
    (root / "setup.py").write_text(BUILD)
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=77", "wheel"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "sample"\nversion = "1"\n[tool.setuptools]\npackages = ["sample"]\n'
    )
    for name in ("__init__.py", "suite.py"):  # links, so that the instrument is this checkout's
        (root / "benchmarks" / name).symlink_to(CHECKOUT / "benchmarks" / name)
    parts = [
        BENCHMARK.format(
            name=name.title(),
            title=name,
            control=False,
            statement=f"{name}()",
            setup=f"from sample import {name}",
        )
        for name in first
    ]
    loop = BENCHMARK.format(
        name="Loop", title="control", control=True, statement="sum(range(50_000))", setup="pass"
    )
    (root / "benchmarks/work.py").write_text(SUITE + "".join([*parts, loop]))
    (root / "asv.conf.json").write_text(json.dumps(configuration(), indent=1))
    git(root, "init", "-q", "-b", "main")
    bodies = dict(first)
    commit(root, bodies, "first")
    for subject, name, body in changes:
        bodies |= {name: body} if name else {}
        commit(root, bodies, subject)
    return git(root, "rev-list", "--reverse", "main").split()


def commit(root, bodies, subject):
    """Commit the functions as they now are."""
    functions = "".join(f"\n\ndef {name}():\n    return {body}\n" for name, body in bodies.items())
    (root / "sample/__init__.py").write_text(MODULE + functions)
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
        "benchmark_dir": "benchmarks",
        "env_dir": "env",
        "results_dir": "results",
        "html_dir": "html",
        "build_command": [
            "python -m pip wheel --no-deps --no-build-isolation -w {build_cache_dir} {build_dir}"
        ],
        "install_command": ["in-dir={env_dir} python -m pip install --no-deps {wheel_file}"],
    }


def antigil(root, *words, **environment):
    """Run a command of antigil's in the project."""
    return subprocess.run(
        [sys.executable, "-m", "antigil", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONSAFEPATH": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
