"""The sampler for another Python than the one that antigil was installed for: compiled when it is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from ..scaling import Interpreter, MeasurementError

SOURCES = Path(__file__).parent
OPTIONS = ("-O2", "-std=gnu11", "-shared", "-fPIC")
BUILD_SECONDS = 120.0

ASK = """\
import json, sys, sysconfig
print(json.dumps([sys.implementation.name, sys.version_info[:2],
                  sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_path("include")]))
"""


def sampler_for(interpreter: Interpreter | None, folder: Path) -> str | None:
    """Return the file of a sampler that a Python can load, built into a folder; None if ours will do.

    Raises
    ------
    MeasurementError
        If it cannot be built.
    """
    if interpreter is None:
        return None
    implementation, version, suffix, include = _told_by(interpreter)
    if implementation != "cpython" or tuple(version) < (3, 11):
        raise MeasurementError(
            f"threads cannot be sampled in {interpreter.name}: it is no CPython from 3.11 on"
        )
    if suffix == sysconfig.get_config_var("EXT_SUFFIX"):
        return None
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise MeasurementError(
            f"to sample threads in {interpreter.name} a C compiler is needed: there is no cc"
        )
    target = folder / f"_sampler{suffix}"
    if not target.exists():
        command = [compiler, *OPTIONS, f"-I{include}", *map(str, sorted(SOURCES.glob("*.c"))), "-lm"]
        done = _run([*command, "-o", str(target)], interpreter)
        if done.returncode != 0:
            said = next((line for line in done.stderr.splitlines() if "error" in line), "no reason given")
            raise MeasurementError(f"the sampler cannot be built for {interpreter.name}: {said.strip()}")
    return str(target)


def _told_by(interpreter: Interpreter) -> tuple[Any, ...]:
    done = _run([interpreter.executable, "-I", "-c", ASK], interpreter)
    try:
        return tuple(json.loads(done.stdout))
    except ValueError as error:
        raise MeasurementError(f"{interpreter.executable} does not run: {done.stderr.strip()}") from error


def _run(command: list[str], interpreter: Interpreter) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MeasurementError(f"threads cannot be sampled in {interpreter.name}: {error}") from error
