"""Alerts in their JSON form, and issues that tell them."""

import json

from antigil.ci.issue_text import CLOSED, Issue, enclosed, part_of
from antigil.report.document import ALERT_SCHEMA


def alert(workload="work.One", identity="aa", at="c", **changes):
    """Return one alert in its JSON form."""
    commit = {"hash": (at * 40)[:40], "subject": "lose @someone #1 `x`", "author": "A", "date": 0}
    effect = {
        "quantity": "gil_held", "threads": None, "outcome": "lost", "base": 0.0, "head": 1.0,
        "measured_before": 5, "measured_after": 5,
    }  # fmt: skip
    usual = {
        "identity": identity, "workload": workload, "title": "One", "control": False, "environment": "vm",
        "gil": True,
        "standing": "lost", "counts": True, "lost": True, "settled": False, "excuse": None, "trade": None,
        "throughput": [], "held": None, "measured_on": "", "besides": "", "given_up": None,
        "between": 0, "new": True, "before": {**commit, "hash": "b" * 40}, "commit": commit,
        "effects": [effect],
    }  # fmt: skip
    return {**usual, **changes}


def document(*alerts, watched=("work.One", "work.Other")):
    """Return what ``antigil alert --json`` writes."""
    return {
        "schema": ALERT_SCHEMA,
        "status": 0,
        "since": None,
        "selected": [],
        "problems": [],
        "workloads": [
            {"name": name, "title": name, "control": False, "page": f"https://example.org/{name}.html"}
            for name in watched
        ],
        "alerts": list(alerts),
    }


def written(tmp_path, *alerts, **options):
    """Write alerts to a file; return its name."""
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps(document(*alerts, **options)))
    return str(file)


def pages(*alerts):
    """Return the addresses of the workloads' histories."""
    return {one["workload"]: f"https://example.org/{one['workload']}.html" for one in alerts}


def opened(*alerts, number=7, is_open=True, by_us=False):
    """Return the issue that was opened for alerts; closed by a person or by us, if it is not open."""
    body = enclosed(part_of(alerts, [], [], pages(*alerts)))
    return Issue(number, f"{body}\n{CLOSED}" if by_us else body, is_open)
