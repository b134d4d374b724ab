"""What changed by function is kept with the results, and shown at its commit."""

import json

from comparisons import LOST, compared

from antigil.report.kept_functions import FILE, keep_functions, kept_functions

SHARE = {"value": 0.0, "low": 0.0, "high": 0.01}
HELD = {"value": 0.1, "low": 0.08, "high": 0.12}
PARSE = {
    "name": "parse_header", "library": "reader.so", "source": {"file": "src/reader.c", "line": 42},
    "reason": "", "called_from": "", "before": SHARE, "after": HELD,
}  # fmt: skip
WHERE = {
    "python": "3.13",
    "gil": {"before": True, "after": True},
    "threads": 2,
    "hints": [],
    "losses": [{"loss": "held", "before": SHARE, "after": HELD, "functions": [PARSE]}],
}
SENTENCE = "By function: held 0.00 → 0.10, 0.10 of it new in parse_header, src/reader.c:42."


def test_what_is_kept_of_a_comparison_is_read_back_as_sentences(tmp_path):
    document = compared(LOST)
    next(one for one in document["comparisons"][0]["workloads"] if one["counts"])["where"] = WHERE

    keep_functions(tmp_path, document)

    assert kept_functions(tmp_path) == {("work.One", "3.13", document["head"]["hash"]): [SENTENCE]}


def test_nothing_is_written_where_nothing_was_sampled(tmp_path):
    keep_functions(tmp_path, compared(LOST))

    assert not (tmp_path / FILE).exists()
    assert kept_functions(tmp_path) == {}


def test_a_line_of_before_it_told_of_the_gil_is_read(tmp_path):
    older = {key: told for key, told in WHERE.items() if key != "gil"}
    line = {"workload": "work.One", "base": "b" * 40, "head": "c" * 40, "where": older}
    (tmp_path / FILE).write_text(json.dumps(line), encoding="utf-8")

    assert kept_functions(tmp_path) == {("work.One", "3.13", "c" * 40): [SENTENCE]}


def test_lines_that_are_none_of_ours_are_passed_over(tmp_path):
    line = {"workload": "work.One", "base": "b" * 40, "head": "c" * 40, "where": WHERE}
    lines = ["", "[", "[1]", '{"where": 1}', json.dumps({**line, "head": "<script>"}), json.dumps(line)]
    (tmp_path / FILE).write_text("\n".join(lines), encoding="utf-8")

    assert list(kept_functions(tmp_path)) == [("work.One", "3.13", "c" * 40)]
