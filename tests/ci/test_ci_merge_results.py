"""Results of one commit from two measurements: a null never replaces a value."""

import pytest

from antigil.ci.merge_results import FAILURES, has_value, merge, read_results, write_results

COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "samples"]


def results(rows, commit="a" * 40, columns=COLUMNS, **more):
    """Return results as asv stores them."""
    return {"commit_hash": commit, "result_columns": columns, "results": rows, "durations": {}, **more}


def merged(tmp_path, old, new):
    """Return what a file holds after another has been added."""
    for folder, content in (("old", old), ("new", new)):
        write_results(tmp_path / folder / "alpha/aaaaaaaa-env.json", content)
    assert merge(tmp_path / "new", tmp_path / "old") == []
    return read_results(tmp_path / "old/alpha/aaaaaaaa-env.json")


MEASURED = [[1.0], [], "v1", 1, 2.0, [0.9], [[1.0, 1.1]]]
FAILED = [None, [], "v1", 3, 4.0]


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (MEASURED, FAILED, MEASURED),
        (FAILED, MEASURED, MEASURED),
        (MEASURED, [[2.0], [], "v1", 5], [[2.0], [], "v1", 5]),
        (MEASURED, [None, [], "v2", 3, 4.0], MEASURED),
        (MEASURED, [[2.0], [], "v2", 5], [[2.0], [], "v2", 5]),
        (MEASURED, [], MEASURED),
    ],
)
def test_a_null_never_replaces_a_value(tmp_path, old, new, kept):
    assert merged(tmp_path, results({"a": old}), results({"a": new}))["results"] == {"a": kept}


def test_of_several_parameters_each_keeps_its_last_value(tmp_path):
    old = [[1.0, 2.0, None], [["1", "2", "3"]], "v1", 1, 2.0, [0.9, 1.9, None], [[1.0], [2.0], None]]
    new = [[None, 5.0, 6.0], [["1", "2", "3"]], "v1", 3, 4.0, [None, 4.9, 5.9]]

    assert merged(tmp_path, results({"a": old}), results({"a": new}))["results"] == {
        "a": [[1.0, 5.0, 6.0], [["1", "2", "3"]], "v1", 3, 4.0, [0.9, 4.9, 5.9], [[1.0], None, None]]
    }


def test_a_failed_build_of_another_asv_replaces_no_values(tmp_path):
    old, new = results({"a": MEASURED}), results({"a": FAILED}, columns=[*COLUMNS, "profile"])

    assert merged(tmp_path, old, new) == old


def test_failures_are_counted_each_once_until_there_is_a_value(tmp_path):
    first, second = (results({"a": FAILED}, **{FAILURES: [name]}) for name in ("one", "two"))

    for _ in range(2):
        both = merged(tmp_path, merged(tmp_path, first, second), second)
        assert both[FAILURES] == ["one", "two"]
    measured = merged(tmp_path, both, results({"a": MEASURED}))
    assert FAILURES not in measured

    # the value may be of an earlier version of its benchmark: then the failures count
    again = merged(tmp_path, measured, first)
    assert (again["results"]["a"], again[FAILURES]) == (MEASURED, ["one"])


def test_a_file_of_nulls_is_no_measurement_and_what_a_commit_lacks_is():
    assert not has_value(results({"a": FAILED, "b": [], "c": [[None, None], [["1", "2"]], "v1"]}))
    assert has_value(results({"a": FAILED, "b": [[float("nan")], [], "v1"]}))
