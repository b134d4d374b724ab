"""A commit installed in environments of asv's, and the suite run there once."""

from __future__ import annotations

import copy
import itertools
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from asv.benchmarks import Benchmarks
from asv.commands.setup import Setup
from asv.environment import Environment, get_environments, iter_matrix
from asv.runner import run_benchmarks
from asv.util import ProcessError, iter_subclasses

from antigil.errors import UserError, note, system_error
from antigil.scaling import Interpreter

from ..series import Combination
from .configuration import Configuration, Repository
from .stored import Suite

if sys.platform != "win32":
    import fcntl

#: In asv's ``env_dir``: held by who measures builds there.
LOCK = "antigil.lock"

_held: set[Path] = set()


@contextmanager
def only_user(conf: Configuration) -> Iterator[None]:
    """Keep other processes from putting their builds in the place of those that are measured meanwhile.

    A search holds asv's ``env_dir`` for all of its comparisons. Programs that are started do not inherit
    the lock. There is none on Windows.

    Raises
    ------
    UserError
        If another process holds it.
    """
    file = Path(conf.env_dir, LOCK).resolve()
    if sys.platform == "win32" or file in _held:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            said = f"another comparison measures builds in {conf.env_dir}: wait for its end"
            raise UserError(said) from error
        except OSError as error:  # of a file system without locks
            note(f"{system_error(error)}: {conf.env_dir} cannot be locked, so start no other comparison here")
        _held.add(file)
        try:
            yield
        finally:
            _held.remove(file)


class Installation(Protocol):
    """An environment of asv's with a commit installed."""

    name: str
    python: str
    requirements: Mapping[str, str]
    env_vars: Mapping[str, str]
    build_env_vars: Mapping[str, str]

    def can_install_project(self) -> bool: ...
    def find_executable(self, executable: str) -> str: ...
    def install_project(self, conf: Configuration, repo: Repository, commit_hash: str) -> None: ...
    def run(self, args: Sequence[str], *, env: Mapping[str, str] = ...) -> str: ...


def install(
    conf: Configuration,
    repo: Repository,
    commit: str,
    folder: str,
    specifications: Sequence[str],
    combination: Combination | None = None,
) -> list[Installation]:
    """Make environments in a folder beneath asv's ``env_dir`` and install a commit in each, or say why not.

    Parameters
    ----------
    specifications
        asv's environment specifications; those of the configuration if empty.
    combination
        Python, requirements and variables of the only one to install in; all if None.
    """
    _refuse_no_kind(conf)
    conf = copy.copy(conf)
    conf.env_dir = os.path.join(conf.env_dir, folder)
    nowhere = [one for one in specifications if not list(get_environments(conf, [one]))]
    found: list[Installation] = list(get_environments(conf, list(specifications) or None))
    if combination is not None:
        found = [_with_combination(conf, found, combination)]
    if nowhere or not found:
        asked = ", ".join(nowhere) or "asv.conf.json"
        raise UserError(f"asv has no environment for {asked}: is that Python on the PATH?")
    if not all(env.can_install_project() for env in found):
        raise UserError("comparing needs environments that asv can install a commit into")
    Setup.perform_setup(found, parallel=1)
    for env in found:
        _install(conf, repo, env, commit)
    return found


def pythons_not_here(conf: Configuration, specifications: Sequence[str]) -> list[str]:
    """Return the configured Pythons of which asv makes no environment: it only warns of them.

    Parameters
    ----------
    specifications
        asv's environment specifications; one that names a Python asks for no configured one.
    """
    _refuse_no_kind(conf)
    kinds = [one for one in specifications or [conf.environment_type] if _is_kind(one)]
    asked = {
        (kind, combination["python", None])
        for kind in kinds
        for combination in iter_matrix(kind, conf.pythons, conf)
    }
    return sorted(
        {
            python
            for kind, python in asked
            if not list(get_environments(conf, [f"{kind}:{python}"], verbose=False))
        }
    )


def _refuse_no_kind(conf: Configuration) -> None:
    if not conf.environment_type:
        raise UserError('asv.conf.json lacks "environment_type", which asv needs: "virtualenv", say')


def _is_kind(specification: str) -> bool:
    """Tell whether a specification is a kind of environments, which are made of the configured Pythons."""
    return specification != "existing" and any(
        one.tool_name == specification for one in iter_subclasses(Environment)
    )


def _with_combination(
    conf: Configuration, configured: Sequence[Installation], combination: Combination
) -> Installation:
    """Return the environment of a combination, or refuse it.

    It is a configured one, or the matrix has it for another Python, which ``asv run`` was given with ``-E``.
    """
    python = dict(combination).get("python", "")
    env: Installation
    for env in itertools.chain(configured, get_environments(conf, [f":{python}"])):
        if combination_of(env) == combination:
            return env
    wanted = ", ".join(f"{name} {value}" for name, value in combination)
    raise UserError(
        f"asv has no environment any more with {wanted}: asv.conf.json names none, or that Python is not on"
        " the PATH"
    )


def combination_of(env: Installation) -> Combination:
    """Return an environment's combination as the results of it have it."""
    variables = {f"env-{name}": value for name, value in env.env_vars.items()}
    told = {"python": env.python, **env.requirements, **variables}
    return tuple(sorted((name, str(value)) for name, value in told.items() if value))


def interpreter_of(installation: Installation) -> Interpreter:
    """Return an environment's Python, with the variables that asv sets for it."""
    variables = {"PYTHONPATH": os.environ.get("ASV_PYTHONPATH", ""), **installation.env_vars}
    return Interpreter(installation.name, installation.find_executable("python"), variables)


def _install(conf: Configuration, repo: Repository, env: Installation, commit: str) -> None:
    """Build and install a commit."""
    try:
        env.install_project(conf, repo, commit)
    except ProcessError as error:
        said = f"{error.stdout}\n{error.stderr}"
        raise UserError(
            f"commit {commit[:8]} cannot be built for {env.name}: {most_telling_line(said)}"
        ) from error


def most_telling_line(said: str) -> str:
    """Return the line of a build's output that tells most.

    The compiler's first error; else the last line that pip quotes from the build itself; else the last
    line that is not pip's advice.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r":\d+: (fatal )?error: ", line)]
    if not errors and "[end of output]" in lines:
        errors = lines[lines.index("[end of output]") - 1 :]
    told = [line for line in lines if not re.match(r"(hint|note):", line)]
    return (errors or told[-1:] or ["no reason given"])[0]


def discover(
    conf: Configuration,
    repo: Repository,
    installations: Sequence[Installation],
    commits: Sequence[str],
    patterns: Sequence[str],
) -> Suite:
    """Return the suite, or what regular expressions name of it.

    Parameters
    ----------
    commits
        The one that is installed, and others to try if the suite cannot be imported with it: asv installs
        them in its place, and this function puts the first one back.
    """
    suite: Suite = Benchmarks.discover(conf, repo, installations, list(commits), regex=list(patterns))
    for env in installations:
        _install(conf, repo, env, commits[0])
    return suite


def suite_part(suite: Any, benchmarks: Collection[str]) -> Suite:
    """Return a discovered suite with some of its benchmarks only."""
    part: Suite = suite.filter_out(set(suite) - set(benchmarks))
    return part


def run_once(
    suite: Suite, installation: Installation, attributes: Mapping[str, Any], fork: bool
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Run a discovered suite; return each benchmark's values by parameters, and what it said on stderr.

    Parameters
    ----------
    attributes
        Of benchmarks, in place of their own.
    fork
        Whether to fork one Python for all, where the system can, or to start one for each.
    """
    launch = "forkserver" if fork and hasattr(os, "fork") else "spawn"
    results = run_benchmarks(suite, installation, extra_params=attributes, launch_method=launch)
    values = {name: results.get_result_value(name, told["params"]) for name, told in suite.items()}
    return values, results.stderr
