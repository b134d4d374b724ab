"""The command: look, calibrate, say what was found, and judge."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from antigil.doctor import calibration, checks, second_instrument
from antigil.doctor.calibration import Calibration
from antigil.doctor.facts import Facts
from antigil.doctor.finding import Finding, Level
from antigil.errors import EXIT_BAD, EXIT_FINE, exit_status, one_line

from .output import (
    STANDARD_OUTPUT,
    after_writing,
    json_text,
    process_progress,
    writable,
    write_each,
    write_text,
)

SCHEMA = "antigil.doctor/1"
WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what ``doctor`` accepts."""
    add = parser.add_argument
    add(
        "--no-calibration",
        action="store_false",
        dest="calibration",
        help="only look, and do not spend some 20 s on kernels with known answers",
    )
    add("--json", metavar="FILE", help="write the findings as JSON; - prints nothing else")


def run(args: argparse.Namespace) -> int:
    """Examine the machine as the command line says and return the exit status."""
    json_file = writable(args.json, stdout=True)
    return exit_status(lambda: _examine(json_file, calibrate=args.calibration))


def _examine(json_file: str | None, *, calibrate: bool) -> int:
    say = _say_nothing if json_file == STANDARD_OUTPUT else _say
    facts = Facts.gather()
    findings = list(checks.judge_facts(facts))
    say(*finding_lines(findings))
    measured = None
    if calibrate and facts.short_turns is not None:  # else no thread can be started
        with process_progress("calibrated") as show_progress:
            measured, more = calibrated(facts, show_progress)
        kernels = ("kernels with known answers",) if measured is None else measured.kernels
        say("", f"Calibration on {' and '.join(kernels)}:", *finding_lines(more))
        findings += more
    last = fitness(facts, findings, calibrated=calibrate)
    say("", last)
    complete = json_file is None or write_each(
        lambda: write_text(json_file, json_text(document(facts, measured, findings, last)))
    )
    return after_writing(EXIT_FINE if is_fit(findings) else EXIT_BAD, complete)


def calibrated(
    facts: Facts, on_process: Callable[[int, int], None]
) -> tuple[Calibration | None, list[Finding]]:
    """Measure the kernels with known answers and return what was measured and what it means."""
    extension = calibration.extension_is_built()
    try:
        measured = calibration.calibrate(
            facts.cpus_allowed, gil=facts.gil, extension=extension, on_process=on_process
        )
    except Exception as error:
        if not calibration.is_measuring_that_failed(error):
            raise
        means = "nothing can be measured here"
        return None, [Finding(Level.BAD, "calibration", f"could not be made: {error}", means)]
    cores = min(facts.cores_alike, facts.cpus_allowed)
    both = second_instrument.compare_instruments(gil=facts.gil, extension=extension)
    return measured, [*calibration.judge_calibration(measured, cores), *both]


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield findings as text: a line each, and below it what it means and what to do."""
    for finding in findings:
        yield one_line(f"{finding.level.value:<5} {finding.subject}: {finding.says}")
        for text in (finding.means, finding.to_do and f"To do: {finding.to_do}"):
            indent = " " * 6
            yield from textwrap.wrap(
                one_line(text), WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            )


def is_fit(findings: Sequence[Finding]) -> bool:
    """Tell whether measurements here would not mislead."""
    return all(finding.level is not Level.BAD for finding in findings)


def fitness(facts: Facts, findings: Sequence[Finding], *, calibrated: bool) -> str:
    """Return in one sentence whether the machine is fit to measure on."""
    bad = list(dict.fromkeys(finding.subject for finding in findings if finding.level is Level.BAD))
    if bad:
        return f"NOT FIT: measurements here would mislead ({', '.join(bad)})."
    without = "" if calibrated else ", as far as can be told without calibration"
    notes = sum(finding.level is Level.NOTE for finding in findings)
    minding = f"; mind the {notes} note{'s' if notes > 1 else ''} above" if notes else ""
    if facts.cpus_allowed == 1:
        return f"FIT for held shares, waiting and verdicts, not for speedups (one CPU){without}{minding}."
    return f"FIT to measure on, up to {facts.cpus_allowed} threads at once{without}{minding}."


def document(
    facts: Facts, measured: Calibration | None, findings: Sequence[Finding], last: str
) -> dict[str, Any]:
    """Return the documented JSON form (docs/doctor.md)."""
    return {
        "schema": SCHEMA,
        "fit": is_fit(findings),
        "verdict": last,
        "findings": [asdict(finding) | {"level": finding.level.value} for finding in findings],
        "facts": facts.to_json(),
        "calibration": None if measured is None else measured.to_json(),
    }


def _say(*texts: str) -> None:
    for text in texts:
        print(text, flush=True)


def _say_nothing(*texts: str) -> None:
    pass
