"""docs/json.md names every key of the JSON forms, which others read without looking at the code."""

import re
from pathlib import Path

import pytest

from antigil.guard.search.bisection import Bisection, Step
from antigil.history.project import Revision
from antigil.report import document

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
COMMIT = Revision("a" * 40, "a subject")
BISECTION = Bisection(
    COMMIT, COMMIT, "work.Crumple", 1, COMMIT, steps=[Step(COMMIT, COMMIT, lost=False, problem=None)]
).to_json()


def keys(shape):
    """Yield the keys of a shape, those of the functions excepted: docs/where.md has these."""
    if isinstance(shape, dict):
        for key, inner in shape.items():
            yield key
            if key != "where":
                yield from keys(inner)
    elif isinstance(shape, list | tuple):
        for inner in shape:
            yield from keys(inner)


@pytest.mark.parametrize(
    "shape",
    [document._COMPARISON, document._ALERTS, BISECTION],
    ids=["comparison", "alerts", "bisection"],
)
def test_every_key_is_documented(shape):
    told = set(re.findall(r"`(\w+)`", PAGE))
    named = set(keys(shape))
    assert len(named) > 5
    assert named - told - {"schema"} == set()
