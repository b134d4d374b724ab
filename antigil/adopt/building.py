"""How asv is to build a project: isolated, as each commit asks for it, unless the matrix has a say in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

WHEEL = "python -mpip wheel --no-deps{} -w {{build_cache_dir}} {{build_dir}}"
#: What a backend asks for beside its pyproject.toml, by its module; where pip isolates a build, it gets that.
NEEDS = {"mesonpy": ("ninja",), "scikit_build_core": ("cmake", "ninja")}


def build_command(backend: str | None, requires: Sequence[str], config: dict[str, Any]) -> list[str]:
    """Return how asv builds a commit.

    pip isolates a build: each commit gets what its own pyproject.toml requires, whatever asv's matrix says.
    Where the matrix varies what builds the project, it is built in asv's environment, with the requirements
    of today.
    """
    varied = varied_in(requires, config)
    if not varied:
        return [WHEEL.format("")]
    others = [one for one in (*requires, *NEEDS.get(backend or "", ())) if _name(one) not in varied]
    install = [shlex.join(["python", "-mpip", "install", *others])] if others else []
    return [*install, WHEEL.format(" --no-build-isolation")]


def varied_in(requires: Sequence[str], config: dict[str, Any]) -> list[str]:
    """Return the names of build requirements that asv's matrix has a version of."""
    asked = {_name(name.removeprefix("pip+")) for name in _required(config)}
    return sorted({_name(one) for one in requires} & asked)


def isolates(commands: Sequence[str]) -> bool:
    """Tell whether commands build a project apart from asv's environment, as pip and build do untold."""
    words = [word for command in commands for word in _words(command)]
    short = any(re.fullmatch(r"-[a-zA-Z]*n[a-zA-Z]*", word) for word in words if "build" in words)
    return not (short or {"--no-build-isolation", "--no-isolation"} & set(words))


def keeps_builds(commands: Sequence[str]) -> bool:
    """Tell whether commands leave an installed build where that of another commit has the same version."""
    installs = [_words(one) for one in commands if "{wheel_file}" in one]
    return bool(installs) and not any("--force-reinstall" in words for words in installs)


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are one to pip."""
    return len({re.sub(r"[-_.]+", "-", name).lower() for name in (one, other)}) == 1


def _words(command: str) -> list[str]:
    """Return the words of a command, as far as its quotes leave them to be told apart."""
    try:
        return shlex.split(command)
    except ValueError:  # a quote that is never closed; asv refuses it when it builds
        return command.split()


def _required(config: dict[str, Any]) -> Iterator[str]:
    """Yield the names of packages in the matrix, and in what is included beside it."""
    included = config.get("include")
    parts = (config.get("matrix"), *(included if isinstance(included, list) else []))
    for part in (one for one in parts if isinstance(one, dict)):
        new = {"req", "env", "env_nobuild"} & part.keys()  # asv's older form has names of packages alone
        yield from (part.get("req") or {}) if new else part


def _name(requirement: str) -> str:
    """Return the normalised name of what a requirement is about."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower())
