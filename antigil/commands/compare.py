"""``antigil compare``: from its arguments to its report and exit status."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from antigil.guard.comparison import Outcome, compare, needed, uncommitted
from antigil.guard.stored_comparison import compare_stored
from antigil.history.project import Project, Revision, open_project
from antigil.report.document import document_of
from antigil.report.formats import refuse_unwritable, render, write


def run(args: argparse.Namespace) -> int:
    """Compare two commits, report, and return the exit status."""
    outputs = refuse_unwritable(args.output, args.json)
    project = open_project(args.config)
    base, head = project.revision(args.base), project.revision(args.head)
    if args.merge_base:
        base = project.merge_base(base, head)
    outcome = _outcome(project, base, head, args)
    document = document_of(outcome)
    hand_over(document, args.format, *outputs)
    return outcome.status


def _outcome(project: Project, base: Revision, head: Revision, args: argparse.Namespace) -> Outcome:
    if args.paths and not needed(project, base, head, args.paths):
        return Outcome(base, head, (), 0.0, f"no difference under {' '.join(args.paths)}")
    if args.results_only:
        return compare_stored(project, base, head, args.bench)
    say = progress()
    if uncommitted(project):
        say("note: uncommitted changes are not measured; commit them first")
    return compare(
        project,
        base,
        head,
        processes=args.processes,
        patterns=args.bench,
        environments=args.environment,
        say=say,
    )


def hand_over(document: dict[str, Any], form: str, output: Path | None, json_file: Path | None) -> None:
    """Write the report, and the JSON form beside it where that was asked for."""
    if json_file is not None:
        write(render(document, "json"), json_file)
    write(render(document, form), output)


def progress() -> Callable[[str], None]:
    """Return what tells on stderr what is going on, with the time since the start."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", file=sys.stderr, flush=True)

    return say
