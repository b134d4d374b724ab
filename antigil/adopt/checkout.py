"""What a checkout says of itself: how it is built, its branch, its asv suite."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from antigil.errors import UserError
from antigil.git import run

from .config_text import read_config

CONFIG = "asv.conf.json"
#: What builds a project, by the module that its pyproject.toml names: those that were tried.
BACKENDS = ("setuptools", "mesonpy", "scikit_build_core", "maturin")


@dataclass(frozen=True)
class Checkout:
    """A project in git that antigil is to be brought into.

    Attributes
    ----------
    root
        The top of the checkout.
    project
        Its name.
    module
        What is imported of it, as far as its name tells.
    backend
        The module that builds it, of those that are known to work; None for another.
    requires
        What its pyproject.toml asks for to build it.
    branch
        Its main branch.
    config
        Its ``asv.conf.json``, whether it is there or not.
    """

    root: Path
    project: str
    module: str
    backend: str | None
    requires: tuple[str, ...]
    branch: str
    config: Path

    @property
    def benchmarks(self) -> Path:
        """The folder of its asv suite."""
        asked = read_config(self.config).get("benchmark_dir", "benchmarks") if self.config.exists() else None
        return self.config.parent / (asked or "benchmarks")


def look_at(folder: Path, config: Path | None = None) -> Checkout:
    """Look at the checkout that holds a folder; `config` is its ``asv.conf.json`` where it has several.

    Raises
    ------
    UserError
        It is in no checkout, has no commit, says nothing of how it is built, or has several suites.
    """
    answer = run(folder, "rev-parse", "--show-toplevel")
    if answer.status:
        raise UserError(f"{folder} is in no checkout of git: asv measures commits")
    root = Path(answer.output.strip())
    if run(root, "rev-parse", "--verify", "--quiet", "HEAD").status:
        raise UserError(f"{root} has no commit yet: asv measures commits")
    table = _pyproject(root)
    if table is None and not (root / "setup.py").exists():
        raise UserError(f"{root} has neither pyproject.toml nor setup.py: pip cannot build it")
    name = _name(root, table or {})
    return Checkout(
        root=root,
        project=name,
        module=re.sub(r"[^a-z0-9_]", "_", name.lower()),
        backend=_backend(table or {}),
        requires=_requires(table or {}),
        branch=_main_branch(root),
        config=_config(root, config),
    )


def _pyproject(root: Path) -> dict[str, object] | None:
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{root / 'pyproject.toml'} cannot be read: {error}") from error


def _part(table: dict[str, object], name: str) -> dict[str, object]:
    part = table.get(name)
    return part if isinstance(part, dict) else {}


def _name(root: Path, table: dict[str, object]) -> str:
    """Return the project's name as its pyproject.toml has it, or else the setup.py, or the folder's."""
    name = _part(table, "project").get("name")
    if isinstance(name, str):
        return name
    script = root / "setup.py"
    text = script.read_text(encoding="utf-8", errors="replace") if script.exists() else ""
    found = re.search(r"""\bname\s*=\s*["']([^"']+)["']""", text)
    return found[1] if found else root.name


def _backend(table: dict[str, object]) -> str | None:
    backend = _part(table, "build-system").get("build-backend", "setuptools")
    module = str(backend).partition(".")[0].partition(":")[0]
    return module if module in BACKENDS else None


def _requires(table: dict[str, object]) -> tuple[str, ...]:
    listed = _part(table, "build-system").get("requires", ["setuptools"])
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _main_branch(root: Path) -> str:
    """Return the branch that the remote has for its main one, or else one of the usual names, or this one."""
    remote = run(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if remote.status == 0:
        return remote.output.strip().removeprefix("origin/")
    for name in ("main", "master"):
        if run(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}").status == 0:
            return name
    here = run(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if here.status:
        raise UserError(f"{root} is on no branch, and has neither main nor master: check one out")
    return here.output.strip()


def _config(root: Path, asked: Path | None) -> Path:
    if asked is not None:
        path = asked.resolve()
        if path.name != CONFIG or not path.is_relative_to(root):
            raise UserError(f"{asked} is no {CONFIG} in {root}")
        return path
    listed = run(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", f"*{CONFIG}")
    found = [root / name for name in listed.output.split("\0") if Path(name).name == CONFIG]
    found = [path for path in found if path.exists()]
    if len(found) > 1:
        names = ", ".join(str(path.relative_to(root)) for path in found)
        raise UserError(f"{root} has several suites ({names}): name one with --config")
    return found[0] if found else root / CONFIG
