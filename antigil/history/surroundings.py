"""What a side of a comparison was measured on besides its commit: Python, packages, compiler, kernel, CPU."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping

from antigil.scaling import cpu_model

from .asv_adapter.running import Installation
from .environment import named_without_gil

#: By name; the packages among them as one text each, with their version.
Surroundings = Mapping[str, str | list[str]]

#: Run by an environment's own Python. What pip installed from a file or an address is the commit, or ours.
_ASK = """\
import json, os, platform, shlex, subprocess, sys, sysconfig
from itertools import dropwhile
from importlib.metadata import distributions
try:
    words = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    command = next(dropwhile(lambda word: os.path.basename(word) in {"ccache", "sccache", "distcc"}, words))
    said = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60).stdout
except (OSError, ValueError, StopIteration, subprocess.SubprocessError):
    said = ""
packages = {f"{d.name} {d.version}" for d in distributions() if d.read_text("direct_url.json") is None}
print(json.dumps({
    "python": " ".join([platform.python_implementation(), platform.python_version()]),
    "gil": "enabled" if getattr(sys, "_is_gil_enabled", lambda: True)() else "disabled",
    "compiler": (said.splitlines() or [""])[0],
    "kernel": " ".join([platform.system(), platform.release()]),
    "packages": sorted(packages, key=str.lower),
}))
"""


def surroundings_of(installation: Installation) -> Surroundings:
    """Return what an environment with a commit installed is made of."""
    compiler = {**os.environ, **installation.build_env_vars}.get("CC", "")
    variables = {**os.environ, **installation.env_vars, "CC": compiler}
    said = installation.run(["-c", _ASK], env=variables).strip().splitlines()[-1]
    return {**json.loads(said), "cpu": cpu_model()}


def gil_enabled(sides: Iterable[Surroundings], python: str) -> bool:
    """Return whether the GIL is on in some side's Python; guessed by its name where no side was asked.

    What a measured commit imports may switch it on all the same.
    """
    told = [side["gil"] == "enabled" for side in sides if "gil" in side]
    return any(told) if told else not named_without_gil(python)


def differences(base: Surroundings, head: Surroundings) -> Iterator[str]:
    """Yield what differs between two sides, as people read it."""
    for name in sorted(base.keys() & head.keys() - {"packages"}):
        if base[name] != head[name]:
            yield f"{name} {base[name] or 'unknown'} → {head[name] or 'unknown'}"
    before, now = (dict(one.split(" ", 1) for one in side.get("packages", [])) for side in (base, head))
    for name in sorted(before.keys() | now.keys(), key=str.lower):
        if before.get(name) != now.get(name):
            yield f"{name} {before.get(name, 'absent')} → {now.get(name, 'absent')}"
