"""The rehearsal's own reading of GitHub's expressions."""

import pytest
from expressions import evaluate, fill, holds

CONTEXTS = {
    "github": {"event": {"labels": [{"name": "docs"}, {"name": "Measure"}]}},
    "needs": {"plan": {"result": "success", "outputs": {"shards": '[{"shard": "1/1"}]'}}},
}
GOING = {"success": True, "failure": False, "cancelled": False}
FAILED = {"success": False, "failure": True, "cancelled": False}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("contains(github.event.labels.*.name, 'measure')", True),
        ("fromJSON(needs.plan.outputs.shards)", [{"shard": "1/1"}]),
        ("!cancelled() && needs.plan.result == 'success'", True),
        ("needs.plan.result != 'failure' && 'it''s so' || 'not so'", "it's so"),
        ("(false || true) && false", False),
        ("github.event.merge_group.head_sha || 'of another kind'", "of another kind"),
        ("contains(github.event.pull_request.labels.*.name, 'measure')", False),
    ],
)
def test_an_expression_has_the_value_that_github_gives_it(text, value):
    assert evaluate(text, CONTEXTS, GOING) == value


@pytest.mark.parametrize("wrong", ["github.evnt", "secrets.TOKEN", "startsWith('a', 'b')", "1 +"])
def test_a_misspelt_name_or_what_is_not_known_is_an_error(wrong):
    with pytest.raises((KeyError, AssertionError)):
        evaluate(wrong, CONTEXTS, GOING)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("needs.plan.result == 'success'", False),
        ("${{ !cancelled() }}", True),
        ("always()", True),
        ("failure()", True),
    ],
)
def test_after_a_failure_only_a_condition_that_says_so_holds(condition, expected):
    assert holds(condition, CONTEXTS, FAILED) == expected


def test_a_value_that_is_one_expression_keeps_its_type():
    assert fill("${{ true }}", CONTEXTS, GOING) is True
    assert fill("so ${{ true }}", CONTEXTS, GOING) == "so true"
