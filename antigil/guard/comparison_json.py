"""From the comparison of two commits to its documented JSON form."""

from __future__ import annotations

from statistics import median

from antigil.history.project import Revision
from antigil.history.surroundings import differences
from antigil.report.comparison import PARTS
from antigil.report.document import COMPARISON_SCHEMA, Document

from .commit_verdict import NumberVerdict, WorkloadVerdict, throughput_changes
from .comparison import Comparison, EnvironmentComparison
from .decision_rule import Number
from .profile.changes_json import changes_to_json


def comparison_to_json(comparison: Comparison) -> Document:
    """Return the JSON form of a comparison."""
    return {
        "schema": COMPARISON_SCHEMA,
        "status": comparison.status,
        "base": revision_to_json(comparison.base),
        "head": revision_to_json(comparison.head),
        "seconds": comparison.seconds,
        "skipped": comparison.skipped,
        "pythons": list(comparison.pythons),
        "comparisons": [_environment(one) for one in comparison.comparisons],
    }


def revision_to_json(revision: Revision) -> Document:
    """Return the JSON form of a commit."""
    return {"hash": revision.hash, "subject": revision.subject}


def _environment(comparison: EnvironmentComparison) -> Document:
    verdict = comparison.verdict
    return {
        "environment": comparison.environment,
        "gil": comparison.gil,
        "measured": comparison.measured,
        "status": verdict.status,
        "problems": list(verdict.problems),
        "notes": list(verdict.notes),
        "surroundings": [dict(side) for side in comparison.surroundings if side],
        "besides": list(differences(*comparison.surroundings)),
        "moved": [_row(number, comparison) for number in verdict.moved],
        "workloads": [_workload(one, comparison) for one in verdict.workloads],
    }


def _workload(verdict: WorkloadVerdict, comparison: EnvironmentComparison) -> Document:
    return {
        "name": verdict.workload.name,
        "title": verdict.workload.title,
        "control": verdict.workload.control,
        "counts": verdict.counts,
        "gone": verdict.gone,
        "excuse": verdict.excuse,
        "trade": None if verdict.trade is None else str(verdict.trade),
        "throughput": [list(pair) for pair in throughput_changes(verdict.numbers)],
        "rows": [_row(number, comparison) for number in verdict.numbers],
        "context": _context(verdict.workload.name, comparison),
        "where": changes_to_json(comparison.functions.get(verdict.workload.name)),
    }


def _row(verdict: NumberVerdict, comparison: EnvironmentComparison) -> Document:
    number, latest = verdict.number, verdict.latest
    pair = comparison.samples(number)
    return {
        "workload": number.workload,
        "quantity": number.quantity,
        "threads": number.threads,
        "outcome": str(verdict.outcome),
        "base": latest.base,
        "head": latest.head,
        "p": latest.p,
        "adjusted_p": latest.adjusted,
        "samples": {"base": list(pair.base), "head": list(pair.head)} if pair else None,
    }


def _context(workload: str, comparison: EnvironmentComparison) -> list[Document]:
    """Return, per thread count, where the threads' time went at both commits."""
    counts = sorted({n.threads for n in comparison.looks[0] if n.workload == workload and n.threads})
    rows = []
    for threads in counts:
        row: Document = {"threads": threads}
        for quantity in PARTS:
            pair = comparison.samples(Number(workload, quantity, threads))
            row[quantity] = [median(pair.base), median(pair.head)] if pair else None
        rows.append(row)
    return rows
