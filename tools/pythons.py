"""Run the tests of what depends on the interpreter: the kernels, the instrument, the suite, the commands.

Usage: python tools/pythons.py                 under this Python, in which antigil[test] is installed
       python tools/pythons.py PYTHON ...      under each of these, like python3.14t

A Python that is named gets an environment of its own, .venv-PYTHON, with antigil[test] in it; one that is not
on the PATH is looked for among pyenv's. Of these, only Pythons without a GIL run the tests that measure: with
one, `make test` does. What needs no other Python to be tried, such as the pages, or tries several itself, is
left to `make test`, too. Exit status 1 if a test fails, 2 if a Python is not there.
"""

import os
import subprocess
import sys
from pathlib import Path

from under import ROOT, found

ON_EACH = (
    *("tests/kernels", "tests/scaling", "tests/where", "tests/commands"),
    *("tests/test_api.py", "tests/test_import.py", "tests/test_pytest_plugin.py"),
    *("tests/test_suite.py", "tests/test_suite_class.py", "tests/test_suite_cost.py"),
    *("tests/test_testing.py", "tests/test_testing_decisions.py"),
)
TRIES_SEVERAL = ("tests/kernels/test_kernels_under_fire.py",)
"""Of these, what names the Pythons that it tries."""

SUITE = "tests/test_suite.py"
"""Takes long, and tries what asv installs and runs under each Python."""

AT_ONCE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Two files at once, but for those that measure and want the machine to themselves."""


def main(pythons: list[str]) -> int:
    """Test under each Python."""
    if not pythons:
        return run_under(Path(sys.executable))
    paths = {name: found(name) for name in pythons}
    if missing := [name for name, path in paths.items() if path is None]:
        print(f"antigil: error: there is no {' and no '.join(missing)}", file=sys.stderr)
        return 2
    return max(
        run_under(environment(name, str(path)), measuring=name.endswith("t")) for name, path in paths.items()
    )


def environment(name: str, path: str) -> Path:
    """Return the Python of an environment with antigil and what its tests want, made where there is none."""
    python = ROOT / f".venv-{Path(name).name}" / "bin" / "python"
    if not python.exists():
        subprocess.run([path, "-m", "venv", str(python.parents[1])], check=True)
    install = ["pip", "install", "--quiet", "--disable-pip-version-check", "--editable", ".[test]"]
    subprocess.run([str(python), "-m", *install], cwd=ROOT, check=True)
    return python


def run_under(python: Path, *, measuring: bool = True) -> int:
    """Run the tests, first those that do not measure; return 1 if one failed, else 0."""
    chosen = [*ON_EACH, *(f"--ignore={one}" for one in TRIES_SEVERAL)]
    runs = [[*AT_ONCE, "-m", "not timing and not long", *chosen]]
    runs.append(["-m", "long and not timing", SUITE])
    if measuring:
        runs.append(["-m", "timing and not long", *chosen])
    # asv looks for the Python of its own version on the PATH: let it find this one first.
    own = {**os.environ, "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]])}
    print(f"Testing under {python}", flush=True)
    done = [subprocess.run([str(python), "-m", "pytest", *run], cwd=ROOT, env=own).returncode for run in runs]
    return int(any(done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
