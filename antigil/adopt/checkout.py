"""What a checkout says of itself: how it is built, its branch, its asv suite."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from antigil.errors import UserError
from antigil.git import run

from .config_text import read_config
from .import_name import import_name
from .project_name import part, project_name
from .repository import is_here, main_branch

#: asv takes either, and refuses to choose where both are in a folder; the first is written.
CONFIGS = ("asv.conf.json", "asv.conf.jsonc")
#: The suite's file that is written, and the folders that it may lie in: the first that is no one else's. Any
#: other one at the top setuptools would take for a package to install.
SUITE_FILE = "thread_scaling.py"
SUITE_FOLDERS = ("benchmarks", "benchmarks/antigil_bench")
NO_PACKAGE = "it has neither a setup.py nor a pyproject.toml with [build-system] or [project]"
#: What builds a project, by the module that its pyproject.toml names: those that were tried.
BACKENDS = ("setuptools", "mesonpy", "scikit_build_core", "maturin")


@dataclass(frozen=True)
class Checkout:
    """A project in git that antigil is to be brought into.

    Attributes
    ----------
    root
        The top of the checkout.
    package
        The folder in it that pip builds.
    project
        Its name.
    is_named
        Whether the project says its name; where nothing does, the folder's stands for it.
    module
        What is imported of it: what lies there, or else what its name would be; None if that can be no name.
    is_module_seen
        Whether it lies there.
    backend
        The module that builds it, of those that are known to work; None for another.
    requires
        What its pyproject.toml asks for to build it.
    branch
        Its main branch.
    is_branch_told
        Whether anything says that it is.
    config
        Its ``asv.conf.json`` or ``asv.conf.jsonc``, whether it is there or not.
    left_out
        Configurations that lie there for other repositories.
    """

    root: Path
    package: Path
    project: str
    is_named: bool
    module: str | None
    is_module_seen: bool
    backend: str | None
    requires: tuple[str, ...]
    branch: str
    is_branch_told: bool
    config: Path
    left_out: tuple[Path, ...]

    @property
    def placeholder(self) -> tuple[str, str]:
        """A statement that only looks at the project, and its set-up."""
        return ("dir()", "pass") if self.module is None else (f"dir({self.module})", f"import {self.module}")

    @property
    def benchmarks(self) -> Path:
        """The folder of its asv suite; for a new one none that holds scripts, which asv would all import."""
        folder = self.config.parent
        if self.config.exists():
            found: Path = folder / read_config(self.config).get("benchmark_dir", SUITE_FOLDERS[0])
            if not found.resolve().is_relative_to(self.root.resolve()):
                raise UserError(f"benchmark_dir leads to {found}, outside {self.root}: name a folder inside")
            return found
        ours = (name for name in SUITE_FOLDERS if not _holds_others(folder / name))
        return folder / next(ours, SUITE_FOLDERS[-1])


def _holds_others(folder: Path) -> bool:
    """Tell whether a folder holds Python files, and no suite that was written here."""
    return not (folder / SUITE_FILE).exists() and any(
        file.name != "__init__.py" for file in folder.rglob("*.py")
    )


def look_at(folder: Path, config: Path | None = None) -> Checkout:
    """Look at the checkout that holds a folder; `config` is its ``asv.conf.json`` where it has several.

    Raises
    ------
    UserError
        It is in no checkout, has no commit, holds nothing that pip can build, or has several suites.
    """
    root = _top(folder)
    nearest = _nearest_package(root, folder.resolve())
    path, left_out = _config(root, nearest, config)
    told = read_config(path) if path.exists() else {}
    package = root / (told.get("repo_subdir") or ".") if told else nearest or root
    if "build_command" not in told and not _is_package(package):
        instead = f"; name the package in {path}, as repo_subdir" if told and nearest else _elsewhere(root)
        raise UserError(f"pip can build nothing in {package}: {NO_PACKAGE}{instead}")
    table = _pyproject(package)
    named = project_name(package, table) or told.get("project")
    name = str(named or package.resolve().name)
    module, is_module_seen = import_name(package, name)
    branch, is_branch_told = main_branch(root)
    return Checkout(
        root=root,
        package=package,
        project=name,
        is_named=bool(named),
        module=module,
        is_module_seen=is_module_seen,
        backend=_backend(table),
        requires=_requires(table),
        branch=branch,
        is_branch_told=is_branch_told,
        config=path,
        left_out=left_out,
    )


def _top(folder: Path) -> Path:
    """Return the top of the checkout that holds a folder, in git's own words where git finds none."""
    answer = run(folder, "rev-parse", "--show-toplevel", environment={"LC_ALL": "C"})
    if answer.status:
        said = " ".join(answer.errors.split())
        why = "" if "not a git repository (or any" in said else f"git finds no checkout: {said}"
        raise UserError(why or f"{folder} is in no checkout of git: asv measures commits")
    root = Path(answer.output.strip())
    if run(root, "rev-parse", "--verify", "--quiet", "HEAD").status:
        raise UserError(f"{root} has no commit yet: asv measures commits")
    return root


def _nearest_package(root: Path, folder: Path) -> Path | None:
    """Return what pip can build and holds a folder, the nearest one up to the top."""
    upwards = [one for one in (folder, *folder.parents) if one.is_relative_to(root)]
    return next(filter(_is_package, upwards), None)


def _is_package(folder: Path) -> bool:
    """Tell whether pip can build a folder: many a pyproject.toml at the top is for tools only."""
    return (folder / "setup.py").exists() or not {"build-system", "project"}.isdisjoint(_pyproject(folder))


def _elsewhere(root: Path) -> str:
    """Return where to go instead, where something below the top can be built."""
    listed = run(root, "ls-files", "-z", "--", "*/pyproject.toml", "*/setup.py").output.split("\0")
    folders = sorted({Path(name).parent for name in listed if name}, key=lambda one: (len(one.parts), one))
    found = []
    for one in folders:
        with suppress(UserError):  # a pyproject.toml that cannot be read
            found += [one.as_posix()] if _is_package(root / one) else []
    return f"; run it in one of the folders that have: {', '.join(found[:3])}" if found else ""


def _pyproject(folder: Path) -> dict[str, object]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{folder / 'pyproject.toml'} cannot be read: {error}") from error


def _backend(table: dict[str, object]) -> str | None:
    backend = part(table, "build-system").get("build-backend", "setuptools")
    module = str(backend).partition(".")[0].partition(":")[0]
    return module if module in BACKENDS else None


def _requires(table: dict[str, object]) -> tuple[str, ...]:
    listed = part(table, "build-system").get("requires", ["setuptools"])
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _config(root: Path, package: Path | None, asked: Path | None) -> tuple[Path, tuple[Path, ...]]:
    """Return the configuration, and those that are left out.

    It is what is asked for, or lies in the package or names it, or where it will be. asv comes with one, in
    the environment that it is installed in; that is not the project's, nor is that of a repository that was
    copied into this one.
    """
    if asked is not None:
        path = asked.resolve()
        if path.name not in CONFIGS or not path.is_relative_to(root):
            raise UserError(f"{asked} is no {CONFIGS[0]} in {root}")
        there = _config_in(path.parent)
        if there.exists() and not path.exists():
            raise UserError(f"{there} is there, and asv refuses two of them in a folder: name that one")
        return path, ()
    wanted = [f"*{name}" for name in CONFIGS]
    listed = run(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *wanted)
    names = [Path(name) for name in listed.output.split("\0") if Path(name).name in CONFIGS]
    found = [root / name for name in names if (root / name).exists() and not _is_installed(root, name)]
    found = [one for one in found if package is None or _is_of(package, one, root)]
    usual = _config_in(package or root)
    left_out = [one for one in found if one != usual and not is_here(root, one.parent, _repo(one))]
    found = [one for one in found if one not in left_out]
    if len(found) > 1:
        several = ", ".join(str(path.relative_to(root)) for path in found)
        raise UserError(f"{root} has several suites ({several}): name one with --config")
    return found[0] if found else usual, tuple(left_out)


def _config_in(folder: Path) -> Path:
    """Return the configuration that lies in a folder, or else the one that will."""
    paths = [folder / name for name in CONFIGS]
    return next((path for path in paths if path.exists()), paths[0])


def _is_of(package: Path, config: Path, root: Path) -> bool:
    """Tell whether a configuration is a package's: that it names, or in which it lies, if it names none."""
    inside = config.is_relative_to(package)
    try:
        named = read_config(config).get("repo_subdir")
    except UserError:
        return inside  # who owns it is told what is wrong
    return root / named == package if named else inside


def _repo(config: Path) -> object:
    """Return what a configuration says of its repository, if it can be read."""
    try:
        return read_config(config).get("repo")
    except UserError:
        return None  # who owns it is told what is wrong


def _is_installed(root: Path, path: Path) -> bool:
    """Tell whether a file lies in an environment of Python's or conda's, which need not be ignored."""
    folders = [root / folder for folder in path.parents[:-1]]
    inside = any((one / mark).exists() for one in folders for mark in ("pyvenv.cfg", "conda-meta"))
    return inside or "site-packages" in path.parts
