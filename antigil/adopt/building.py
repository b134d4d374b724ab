"""How asv is to build a project: isolated, as each commit asks for it, unless the matrix has a say in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import PurePath
from typing import Any

WHEEL = "python -mpip wheel --no-deps{} -w {{build_cache_dir}} {{build_dir}}"
#: What a backend asks for beside its pyproject.toml, by its module; where pip isolates a build, it gets that.
NEEDS = {"mesonpy": ("ninja",), "scikit_build_core": ("cmake", "ninja")}
#: Values of PIP_NO_BUILD_ISOLATION that switch isolation off; others, such as 1, leave it on.
NO = ("0", "false", "no", "off", "n", "f")
YES = ("1", "true", "yes", "on", "y", "t")


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
    """Return the names of build requirements of which asv's matrix has several versions, or a certain one."""
    versions: dict[str, set[object]] = {}
    for name, version in _required(config):
        versions.setdefault(_name(name.removeprefix("pip+")), set()).add(version)
    varied = {name for name, some in versions.items() if len(some) > 1 or any(some)}
    return sorted({_name(one) for one in requires} & varied)


def isolating(commands: Sequence[str]) -> list[tuple[str, str]]:
    """Return what builds a project apart from asv's environment, each with the option that it lacks."""
    found = []
    for command in commands:
        tool, words, variables = _run(command)
        if is_pip := re.fullmatch(r"uv|pip[\d.]*", tool):
            option = "--no-build-isolation"
            off = _is_off(tool, variables)
            builds = words[:1] == ["build"] or any(map(re.compile(r"\./?$|.*\{build_dir\}").match, words))
        else:
            option, off = "--no-isolation", any(re.fullmatch(r"-[hsvVwx]*n.*", one) for one in words)
            builds = tool in ("build", "pyproject-build")
        if builds and not off and option not in words:
            found.append((tool if not is_pip or tool == "uv" else "pip", option))
    return list(dict.fromkeys(found))


def _is_off(tool: str, variables: Mapping[str, str]) -> bool:
    """Tell whether a variable keeps a tool from isolating builds: pip reads NO so, and uv its contrary."""
    if tool == "uv":
        return variables.get("UV_NO_BUILD_ISOLATION", "").lower() in YES
    return variables.get("PIP_NO_BUILD_ISOLATION", "").lower() in NO


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


def _run(command: str) -> tuple[str, list[str], dict[str, str]]:
    """Return the program that a command runs, or the module of Python's, its arguments and variables."""
    words = _words(command)
    variables = [*takewhile(re.compile(r"[\w-]+=").match, words)]
    program, *rest = words[len(variables) :] or [""]
    if re.fullmatch(r"(python|pypy)[\d.]*t?", PurePath(program).name):
        program, *rest = _given_to_python(rest) or [""]
    return PurePath(program).name, rest, dict(one.split("=", 1) for one in variables)


def _given_to_python(words: list[str]) -> list[str]:
    """Return the module or script that Python is to run, and the words after it."""
    for i, word in enumerate(words):
        if found := re.fullmatch(r"-[bBdEiIOPqRsSuvx]*m(.*)", word):
            return [*filter(None, [found[1]]), *words[i + 1 :]]
        if not word.startswith("-") and words[i - 1 : i] not in (["-W"], ["-X"]):
            return words[i:]
    return []


def _required(config: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield packages with each of their versions in the matrix, and in what is included beside it."""
    included = config.get("include")
    parts = (config.get("matrix"), *(included if isinstance(included, list) else []))
    for part in (one for one in parts if isinstance(one, dict)):
        new = {"req", "env", "env_nobuild"} & part.keys()  # asv's older form has names of packages alone
        packages = part.get("req") if new else part
        for name, told in packages.items() if isinstance(packages, dict) else ():
            for version in (told or [""]) if isinstance(told, list) else [told]:
                yield name, version if version is None else str(version)


def _name(requirement: str) -> str:
    """Return the normalised name of what a requirement is about."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower())
