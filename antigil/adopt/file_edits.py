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
from .checkout import Checkout
from .config_text import read_config, with_build_command, with_install_command, with_plugin
from .github_workflows import Pin, workflows

PLUGIN = ".antigil.asv_plugin"
WHEELS = "antigil-wheels"
#: asv's own, to which ours comes: https://asv.readthedocs.io/en/stable/asv.conf.json.html
INSTALL_PROJECT = "in-dir={env_dir} python -mpip install {wheel_file}"
SUITE_FILE = "thread_scaling.py"

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
        name = self.path.relative_to(root).as_posix()
        if b"\0" in self.after:
            return f"+++ {name} ({len(self.after):,} bytes)\n"
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
    found += [_edit(wheel, instrument_wheel.build()), *_ignored(checkout)]
    return [edit for edit in found if edit.after != edit.before]


def _edit(path: Path, after: str | bytes) -> FileEdit:
    return FileEdit(path, _held(path), after.encode() if isinstance(after, str) else after)


def _held(path: Path) -> bytes | None:
    """Return what a file holds, or None where it is not; refuse one that cannot be read."""
    try:
        return path.read_bytes() if path.exists() else None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def _config(checkout: Checkout) -> Iterator[FileEdit]:
    path = checkout.config
    wheels = f"{{conf_dir}}/{WHEELS}"
    install = f"in-dir={{env_dir}} python -mpip install --no-index --find-links {wheels} " + (
        instrument_wheel.requirement()
    )
    if path.exists():
        config = read_config(path)
        text = path.read_bytes().decode("utf-8")
        text = with_install_command(text, [INSTALL_PROJECT], install, str(path))
        if "build_command" not in config and varied_in(checkout.requires, config):
            build = build_command(checkout.backend, checkout.requires, config)
            text = with_build_command(text, build, str(path))
        yield _edit(path, with_plugin(text, PLUGIN, str(path)))
        return
    form = {
        "version": 1,
        "project": checkout.project,
        "repo": Path(os.path.relpath(checkout.root, path.parent)).as_posix(),
        "branches": [checkout.branch],
        "environment_type": "virtualenv",
        "env_dir": ".asv/env",
        "results_dir": ".asv/results",
        "html_dir": ".asv/html",
        "build_command": build_command(checkout.backend, checkout.requires, {}),
        "install_command": [INSTALL_PROJECT, install],
        "plugins": [PLUGIN],
    }
    if checkout.package != checkout.root:
        form["repo_subdir"] = checkout.package.relative_to(checkout.root).as_posix()
    yield _edit(path, json.dumps(form, indent=4) + "\n")


def _suite(checkout: Checkout, statement: str | None, setup: str) -> Iterator[FileEdit]:
    """Yield the suite's file; one that is there stays as it is."""
    folder = checkout.benchmarks
    path = folder / SUITE_FILE
    if path.exists():
        return
    if not (folder / "__init__.py").exists():
        yield _edit(folder / "__init__.py", "")
    title = statement or f"import {checkout.module}: put a call to track here"
    filled = {
        "title": title.partition("\n")[0],
        "statement": statement or f"dir({checkout.module})",
        "setup": setup or (f"import {checkout.module}" if statement is None else "pass"),
    }
    literals = {name: json.dumps(text, ensure_ascii=False) for name, text in filled.items()}
    yield _edit(path, SUITE.format(**literals))


def _workflows(checkout: Checkout, pinned: Pin) -> Iterator[FileEdit]:
    """Yield the workflows; one that is there stays as it is."""
    directory = checkout.config.parent.relative_to(checkout.root).as_posix()
    for path, text in workflows(pinned, checkout.branch, directory):
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
