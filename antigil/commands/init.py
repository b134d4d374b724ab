"""``antigil init``: set antigil up in the project that lies here."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from antigil.adopt import instrument_wheel
from antigil.adopt.building import isolating, keeps_builds, same_name, varied_in
from antigil.adopt.checkout import SUITE_FILE, Checkout, look_at
from antigil.adopt.config_text import listed, read_config
from antigil.adopt.file_edits import (
    FileEdit,
    directory_of,
    file_edits,
    has_other_benchmarks,
    unused_wheels,
)
from antigil.adopt.github_workflows import called_for, pin
from antigil.adopt.package_discovery import installed_as
from antigil.errors import exit_status
from antigil.files import write_whole

from .output import refusing

#: What the workflows need on GitHub, and nobody but its owner can switch on.
ON_GITHUB = [
    "",
    "On GitHub, in the repository's settings:",
    "",
    "    Pages: as its source 'GitHub Actions'; or else 'pages: false' in antigil-history.yml",
    "    Rules: require the check 'Parallelism / Compare'",
    "    Labels: 'measure', which compares whatever differs; for 'paths' in antigil-compare.yml only",
]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``init`` accepts."""
    add = parser.add_argument
    add("statement", nargs="?", metavar="STATEMENT", help="the first workload, as 'antigil measure' takes it")
    help_ = "run once before it (repeatable)"
    add("-s", "--setup", action="append", default=[], metavar="SETUP", help=help_)
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="the asv.conf.json(c) to complete, where there are several, or to begin a suite with",
    )
    help_ = "write workflows too, which call antigil's: compare pull requests, comment, track the history"
    add("--github", action="store_true", help=help_)
    help_ = "the antigil whose workflows are called (default: where this one was installed from)"
    add("--pin", metavar="OWNER/NAME@COMMIT", help=help_)
    add("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(args: argparse.Namespace) -> int:
    """Find out what is there, write what is missing, and say what to do next."""
    return exit_status(lambda: _init(args))


def _init(args: argparse.Namespace) -> int:
    checkout = look_at(Path.cwd(), args.config)
    pinned = pin(args.pin, instrument_wheel.installed()) if args.github else None
    found = file_edits(checkout, args.statement, "\n".join(args.setup), pinned)
    for edit in found:
        print(edit.difference(checkout.root), end="")
        if not args.dry_run:
            _write(edit)
    for line in _advice(checkout, found, args):
        print(line)
    return 0


def _write(edit: FileEdit) -> None:
    with refusing(str(edit.path)):
        write_whole(edit.path, edit.after)


def _from_here(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def _advice(checkout: Checkout, found: list[FileEdit], args: argparse.Namespace) -> list[str]:
    """Return what to type next, as it is to be typed."""
    if args.dry_run:
        would = f": {len(found)} files would be." if found else ", and nothing would be: the suite is there."
        return ["", f"Nothing was written{would}"]
    said = [""] if found else ["Nothing to write: the suite is there.", ""]
    begun = any(edit.path.name == SUITE_FILE for edit in found)
    for remark in [*_remarks(checkout), *(_on_new_suite(checkout, args.statement) if begun else ())]:
        said += [*remark, ""]
    where = _from_here(checkout.config.parent)
    look, import_ = checkout.placeholder
    setup = "\n".join(args.setup) or (import_ if args.statement is None else "")
    measure = ["antigil", "measure", *(["-s", setup] if setup else []), args.statement or look]
    names = sorted({_from_here(edit.path) for edit in found})
    commit = [f"    git add --force {shlex.join(names)}", "    git commit -m 'Track how it scales'"]
    branch = checkout.branch
    ours = f" --bench {Path(SUITE_FILE).stem}" if has_other_benchmarks(checkout) else ""
    return [
        *said,
        "Next, in an environment with antigil[asv,laws] and this project:",
        "",
        *(commit if found else []),
        *([f"    cd {shlex.quote(where)}"] if where != os.curdir else []),
        *([f"    {shlex.join(measure)}"] if found else []),
        f'    asv run --machine "$(antigil ci machine)"{ours} HEAD^!',
        "    asv publish",
        f"    antigil compare{ours} {branch}~1 {branch}",
        *(_on_github(checkout) if args.github else []),
    ]


def _remarks(checkout: Checkout) -> Iterator[list[str]]:
    """Yield the lines on each thing that the user may want to change."""
    if not checkout.is_named:
        yield [f"The project says its name nowhere; its folder's is taken: {checkout.project}."]
    if not checkout.is_branch_told:
        yield [f"Nothing says which branch is the main one; {checkout.branch} is taken."]
    if checkout.left_out:
        yield [
            f"Left alone, being for another repository: {', '.join(map(_from_here, checkout.left_out))}.",
            "If it is for this one, name it with --config.",
        ]
    if checkout.backend is None:
        yield ["Not tried with what builds this project; the first 'asv run' tells."]
    config = read_config(checkout.config)
    varied = varied_in(checkout.requires, config)
    for tool, option in isolating(listed(config, "build_command")) if varied else []:
        yield [
            f"The matrix varies {', '.join(varied)}, and {tool} isolates the build from it: add",
            f"{option} to build_command.",
        ]
    told = str(config.get("project"))
    if not same_name(told, checkout.project) and keeps_builds(listed(config, "install_command")):
        yield [
            f"pip does not know {told}, as project has it, and keeps the build of an earlier commit that has",
            f"the same version: put {checkout.project} there, or add a line to install_command, with",
            "--no-deps --force-reinstall {wheel_file}.",
        ]
    if unused := [_from_here(path) for path in unused_wheels(checkout)]:
        yield [f"No longer needed: {', '.join(unused)}."]


def _on_new_suite(checkout: Checkout, statement: str | None) -> Iterator[list[str]]:
    """Yield the lines on what the suite may do that is not wanted: import no module, or be installed."""
    suite = _from_here(checkout.benchmarks / SUITE_FILE)
    if statement is None and not checkout.is_module_seen:
        found = f"{checkout.module} is a guess" if checkout.module else "nothing was found"
        yield [f"Name in {suite} what is imported of the project: {found}."]
    if name := installed_as(checkout):
        yield [
            f"setuptools would install {name} with the project, as one of the packages that it finds:",
            f"exclude it, as in find_packages(exclude=['{name}*']).",
        ]


def _on_github(checkout: Checkout) -> list[str]:
    """Return what is to be done on GitHub, or why nothing there is for this suite."""
    here, others = directory_of(checkout), called_for(checkout.root, directory_of(checkout))
    if not others:
        return ON_GITHUB
    theirs, this = (", ".join("the top" if one == "." else one for one in ones) for ones in (others, [here]))
    return [
        "",
        f"The workflows that are there are for {theirs}; none was written for {this}. To compare",
        f"its pull requests, copy antigil-compare.yml, with names of its own and directory: {here}.",
    ]
