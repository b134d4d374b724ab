"""The files that bringing antigil into a project writes: each with what it was and what it becomes."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from antigil.errors import UserError
from antigil.git import run

from . import instrument_wheel
from .building import build_command, varied_in
from .checkout import SUITE_FILE, SUITE_FOLDERS, Checkout
from .config_text import read_config, with_install_command, with_missing, with_plugin
from .github_workflows import Pin, called_for, workflows
from .pythons import named_pythons, set_up, too_old

PLUGIN = ".antigil.asv_plugin"
WHEELS = "antigil-wheels"
#: What a project's own .gitattributes say of all files, or of all wheels, holds for none in this folder.
AS_IT_IS = "*.whl -text -filter -diff -merge"
#: As asv does it untold, two commits may have the same version: pip is to install the later one all the same.
#: asv asks that of all dependencies as well, and so gets the newest in the place of what the matrix names.
INSTALL_PROJECT = [
    "in-dir={env_dir} python -mpip install {wheel_file}",
    "in-dir={env_dir} python -mpip install --no-deps --force-reinstall {wheel_file}",
]
#: What is typed where the suite that is there has to stay as it is.
BESIDE = "antigil init --config antigil-bench/asv.conf.json"  # no package's name: setuptools leaves it out
#: Ours; the instrument may be another one of the same version, too.
INSTALL_OURS = (
    f"in-dir={{env_dir}} python -mpip install --no-index --find-links {{conf_dir}}/{WHEELS} --force-reinstall"
)

SUITE = '''\
"""How far this project's functions scale over threads; measured by asv and antigil."""

from antigil.suite import Scaling, Surroundings, Workload

__all__ = ["Surroundings"]  # asv looks for it here: interpreter and CPUs, kept with the results


class First(Scaling, title={title}):
    """Name what the class measures, and add more of them."""

    workload = Workload({statement}, {setup})


class Sha256(Scaling, title="control: sha256 of 1 MiB", control=True):
    """What no commit here changes: what moves in it is the machine."""

    workload = Workload("sha256(data)", "from hashlib import sha256; data = bytes(1 << 20)")
'''


def has_other_benchmarks(checkout: Checkout) -> bool:
    """Tell whether the suite has benchmarks of its own, beside the file that is written here."""
    files = checkout.benchmarks.rglob("*.py")
    return any(file.name not in ("__init__.py", SUITE_FILE) for file in files)


@dataclass(frozen=True)
class FileEdit:
    """A file that is written: its path, what it held (None where it was not), what it will hold."""

    path: Path
    before: bytes | None
    after: bytes

    def difference(self, root: Path) -> str:
        """Return the edit as people read it: a unified diff, or the size of what is no text."""
        name = Path(os.path.relpath(self.path, root)).as_posix()
        if b"\0" in self.after:
            old = "" if self.before is None else f", in the place of {len(self.before):,} others"
            return f"+++ {name} ({len(self.after):,} bytes{old})\n"
        if self.before is None and not self.after:
            return f"+++ {name} (empty)\n"
        before, after = (
            one.decode(errors="replace").splitlines() for one in (self.before or b"", self.after)
        )
        old = name if self.before is not None else "/dev/null"
        return "".join(f"{line}\n" for line in difflib.unified_diff(before, after, old, name, lineterm=""))


def file_edits(
    checkout: Checkout, statement: str | None, setup: str, pinned: Pin | None = None
) -> list[FileEdit]:
    """Return what is to be written so that the project has a suite of antigil's; nothing that has it all.

    Parameters
    ----------
    statement, setup
        The first workload; without a statement one that only imports the project and looks at it.
    pinned
        Whose workflows are called by the project's own, which are written as well; None for no workflows.
    """
    found = [*_config(checkout), *_suite(checkout, statement, setup)]
    found += [] if pinned is None else _workflows(checkout, pinned)
    wheel = checkout.config.parent / WHEELS / instrument_wheel.file_name()
    found += [_edit(wheel, instrument_wheel.build()), *_kept_as_it_is(wheel.parent), *_ignored(checkout)]
    return [edit for edit in found if edit.after != edit.before]


def _edit(path: Path, after: str | bytes) -> FileEdit:
    return FileEdit(path, _held(path), after.encode() if isinstance(after, str) else after)


def _held(path: Path) -> bytes | None:
    """Return what a file holds, or None where it is not; refuse one that cannot be read."""
    try:
        return path.read_bytes() if path.exists() else None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def _kept_as_it_is(wheels: Path) -> Iterator[FileEdit]:
    """Yield what keeps git from taking a wheel for text, or for a file that is kept elsewhere."""
    path = wheels / ".gitattributes"
    if not path.exists():
        yield _edit(path, f"{AS_IT_IS}\n")


def _config(checkout: Checkout) -> Iterator[FileEdit]:
    path = checkout.config
    install = f"{INSTALL_OURS} {instrument_wheel.requirement()}"
    if path.exists():
        yield _completed(checkout, install)
        return
    form = {
        "version": 1,
        "project": checkout.project,
        "repo": Path(os.path.relpath(checkout.root, path.parent)).as_posix(),
        "branches": [checkout.branch],
        "benchmark_dir": checkout.benchmarks.relative_to(path.parent).as_posix(),
        "environment_type": "virtualenv",
        "env_dir": ".asv/env",
        "results_dir": ".asv/results",
        "html_dir": ".asv/html",
        "build_command": build_command(checkout.backend, checkout.requires, {}),
        "install_command": [*INSTALL_PROJECT, install],
        "plugins": [PLUGIN],
    }
    if form["benchmark_dir"] == SUITE_FOLDERS[0]:
        del form["benchmark_dir"]  # which is asv's own
    if checkout.package != checkout.root:
        form["repo_subdir"] = checkout.package.relative_to(checkout.root).as_posix()
    yield _edit(path, json.dumps(form, indent=4) + "\n")


def _completed(checkout: Checkout, install: str) -> FileEdit:
    """Return the configuration that is there with what it lacks; refuse Pythons that would lose by it."""
    path, name = checkout.config, str(checkout.config)
    config = read_config(path)
    if old := too_old(named_pythons(config)):
        raise UserError(
            f"{name} names Python {', '.join(old)}; the instrument needs 3.11, and where it cannot be"
            f" installed nothing would be measured any more: begin a suite beside it, {BESIDE}"
        )
    text = path.read_bytes().decode("utf-8")
    ours = instrument_wheel.requirement().partition("==")[0]
    text = with_install_command(text, INSTALL_PROJECT, install, f"{ours}==", name)
    if config.get("build_command") is None and varied_in(checkout.requires, config):
        build = build_command(checkout.backend, checkout.requires, config)
        text = with_missing(text, "build_command", build, name)
    conda = {"conda_channels", "conda_environment_file"} & config.keys()
    text = with_missing(text, "environment_type", "conda" if conda else "virtualenv", name)
    text = with_missing(text, "branches", [checkout.branch], name)
    return _edit(path, with_plugin(text, PLUGIN, name))


def _suite(checkout: Checkout, statement: str | None, setup: str) -> Iterator[FileEdit]:
    """Yield the suite's file; one that is there stays as it is."""
    folder = checkout.benchmarks
    path = folder / SUITE_FILE
    if path.exists():
        return
    if not (folder / "__init__.py").exists():
        yield _edit(folder / "__init__.py", "")
    look, import_ = checkout.placeholder
    title = statement or f"{look}: put a call to track here"
    filled = {
        "title": title.partition("\n")[0],
        "statement": statement or look,
        "setup": setup or (import_ if statement is None else "pass"),
    }
    literals = {name: json.dumps(text, ensure_ascii=False) for name, text in filled.items()}
    yield _edit(path, SUITE.format(**literals))


def directory_of(checkout: Checkout) -> str:
    """Return the folder with the configuration as the workflows name it."""
    return checkout.config.parent.relative_to(checkout.root).as_posix()


def unused_wheels(checkout: Checkout) -> list[Path]:
    """Return the wheels of other instruments that lie where the wheel is written."""
    folder = checkout.config.parent / WHEELS
    found = folder.glob(f"{instrument_wheel.NAME}-*.whl")
    return sorted(one for one in found if one.name != instrument_wheel.file_name())


def _workflows(checkout: Checkout, pinned: Pin) -> Iterator[FileEdit]:
    """Yield the workflows; one that is there stays as it is, and all where they work for another folder."""
    directory = directory_of(checkout)
    if called_for(checkout.root, directory):
        return
    config = read_config(checkout.config) if checkout.config.exists() else {}
    pythons = set_up(named_pythons(config))
    bench = Path(SUITE_FILE).stem if has_other_benchmarks(checkout) else ""
    for path, text in workflows(pinned, checkout.branch, directory, pythons, bench):
        if not (checkout.root / path).exists():
            yield _edit(checkout.root / path, text)


def _ignored(checkout: Checkout) -> Iterator[FileEdit]:
    """Yield .gitignore with the folders that asv writes, but those that it has or that hold tracked files."""
    root, path = checkout.root.resolve(), checkout.root / ".gitignore"
    if checkout.config.exists():
        config = read_config(checkout.config)
        names = [config.get(f"{kind}_dir", kind) for kind in ("env", "results", "html")]
    else:
        names = [".asv"]
    folders = [(checkout.config.parent / name).resolve() for name in dict.fromkeys(names)]
    inside = [f"{folder.relative_to(root).as_posix()}/" for folder in folders if folder.is_relative_to(root)]
    lines = [f"/{folder}" for folder in inside if not _is_settled(root, folder)]
    if lines:
        before = _held(path) or b""
        ending = b"\r\n" if b"\r\n" in before else b"\n"
        gap = ending if before and not before.endswith(b"\n") else b""
        yield _edit(path, before + gap + b"".join(os.fsencode(line) + ending for line in lines))


def _is_settled(root: Path, folder: str) -> bool:
    """Tell whether git ignores a folder already, or tracks something in it."""
    tracked = run(root, "ls-files", "--", folder).output
    return bool(tracked) or run(root, "check-ignore", "--quiet", folder).status == 0
