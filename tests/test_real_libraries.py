"""The tool that measures other people's libraries: its table is whole, and it reads a measurement right."""

import argparse
import ast
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from library_subjects import SCALING, TRUTHS, subjects  # noqa: E402
from library_tables import answer, cells, counted, judged  # noqa: E402
from real_libraries import file_of, missing, under  # noqa: E402


def measured(verdict="releases", waits=None, scaling="scales"):
    """Return as much of a measurement's JSON as the tool reads."""
    points = [{"waiting": waiting, "speedup": {"median": 1.5}} for waiting in (0.25, 0.75)]
    held = {"share": 0.25, "se": 0.0125}
    said = {"verdict": verdict, "waits": waits, "scaling": scaling}
    return {**said, "points": points, "gil_held": held}


def test_every_statement_and_set_up_is_python():
    for one in subjects():
        for code in (one.setup, one.thread_setup, one.statement, one.released_part or ""):
            ast.parse(code)


def test_every_release_is_pinned_has_a_known_truth_and_its_source():
    odd = [
        one.slug
        for one in subjects()
        if one.truth not in TRUTHS
        or not all(re.fullmatch(r"[\w-]+==[\w.]+", requirement) for requirement in one.requires)
        or one.scaling not in SCALING
        or not one.why
        or not one.source.startswith("https://")
    ]

    assert odd == []


def test_no_two_subjects_share_a_file():
    slugs = [one.slug for one in subjects()]

    assert len(set(slugs)) == len(slugs)


def test_at_least_three_libraries_changed_between_two_releases():
    truths = {}
    for one in subjects():
        if one.python is None:
            truths.setdefault(one.function, {})[one.requires] = one.truth

    assert sum({"holds", "releases"} <= set(by_release.values()) for by_release in truths.values()) >= 3


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (measured("releases"), "releases"),
        (measured("releases", "each other"), "waits"),
        (measured("releases", "alone"), "waits"),
        (measured("no-gil", "each other"), "waits"),
        (measured("holds", "alone"), "holds"),
        (measured("partly", "each other"), "partly"),
    ],
)
def test_waiting_elsewhere_tells_more_only_where_the_gil_is_not_in_the_way(found, expected):
    assert answer(found) == expected


def test_what_was_measured_with_another_budget_or_instrument_is_measured_again(tmp_path):
    subject, *_ = subjects()
    file = file_of(subject, tmp_path)
    file.parent.mkdir()
    asked = argparse.Namespace(folder=tmp_path, conditions=["quiet", "busy", "sampler"], budget=5.0)
    noted = {
        "quiet": under(asked),
        "busy": {**under(asked), "instrument": "1"},
        "sampler": {**under(asked), "budget": 8.0},
    }
    file.write_text(json.dumps({**{condition: {} for condition in noted}, "under": noted}))

    assert missing([subject], asked) == [(subject, "busy"), (subject, "sampler")]
    assert missing([subject], argparse.Namespace(**{**vars(asked), "budget": 4.0})) == [
        (subject, condition) for condition in asked.conditions
    ]


def test_cells_show_held_waiting_speedup_answer_and_whether_threads_help():
    found = cells(measured(waits="alone", scaling="partly"))

    assert found == ["0.250 ± 0.013", "0.25 +0.50", "1.50", "waits", "partly"]


def test_what_stays_open_is_not_wrong_and_what_is_wrong_stands_out():
    subject = next(one for one in subjects() if (one.truth, one.scaling) == ("releases", "scales"))
    right, still_open, wrong = (measured(scaling=said) for said in ("scales", "inconclusive", "hurts"))
    holds = measured("holds", scaling="scales")

    assert [judged(subject, found)[-1] for found in (right, still_open, wrong)] == [
        "scales", "inconclusive", "**hurts**",
    ]  # fmt: skip
    assert judged(subject, holds)[-2:] == ["**holds**", "scales"]
    assert counted([(subject, {"quiet": found}) for found in (right, still_open, wrong, holds)], "quiet") == (
        "quiet: threads help, 2 right, 1 open, 1 wrong; the GIL, 3 of 4 right."
    )
