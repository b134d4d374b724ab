"""Run a script under another Python, with antigil built for it in a folder of its own.

Usage: python tools/under.py PYTHON SCRIPT [ARGUMENT ...]

PYTHON is a command, like python3.14t; one that is not on the PATH is looked for among pyenv's. Nothing is
installed: the script finds antigil, and what it is to import besides has to be there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
WHERE_TO = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'))"


def found(python: str) -> str | None:
    """Return the path of a Python that runs, or None where there is none."""
    version = python.removeprefix("python")
    of_pyenv = [] if os.sep in python else sorted(PYENV.glob(f"{version}*/bin/{python}"), reverse=True)
    candidates = [shutil.which(python), *of_pyenv]
    for one in filter(None, candidates):  # pyenv puts a command on the PATH that says where it is missing
        if subprocess.run([one, "--version"], capture_output=True, check=False).returncode == 0:
            return str(one)
    return None


def build_for(python: str, folder: Path, flags: Sequence[str] = ("-O2",), compiler: str = "gcc") -> str:
    """Copy the package to a folder and build its extensions there; return the ending of their names."""
    built = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
    shutil.copytree(ROOT / "antigil", folder / "antigil", ignore=built)
    answer = subprocess.run([python, "-c", WHERE_TO], capture_output=True, text=True, check=True).stdout
    include, suffix = answer.split()
    names = {"kernels": "_native"} | ({"where": "_sampler"} if sys.platform == "linux" else {})
    for room, name in names.items():
        sources, to = folder / "antigil" / room, folder / "antigil" / room / f"{name}{suffix}"
        compile_extension(sources, to, include, flags, compiler)
    return suffix


def compile_extension(
    sources: Path, to: Path, include: str, flags: Sequence[str], compiler: str = "gcc"
) -> None:
    """Compile all C files of a folder into one extension."""
    command = [
        compiler,
        "-std=gnu11",
        "-fPIC",
        "-shared",
        *flags,
        f"-I{include}",
        *sorted(sources.glob("*.c")),
    ]
    subprocess.run([*map(str, command), "-o", str(to), "-lm"], check=True)


def main() -> int:
    """Build for the Python, and run the script under it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("python", metavar="PYTHON")
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    args = parser.parse_args()
    python = found(args.python)
    if python is None:
        print(f"antigil: error: there is no {args.python}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        build_for(python, Path(folder))
        environment = {**os.environ, "PYTHONPATH": folder}
        return subprocess.run([python, args.script, *args.arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
