"""Reports on made-up comparisons, in every format, and what is refused as one."""

import json
import math

import pytest
from comparisons import BASE, HEAD, LOST, STEADY, WORKLOADS, compared, document, readings, without

from antigil.errors import UserError
from antigil.guard.comparison import Comparison
from antigil.guard.comparison_json import comparison_to_json
from antigil.guard.stored.asv_results import NOT_JUDGED
from antigil.history.series import TrackedWorkload
from antigil.report.annotations import annotation
from antigil.report.document import read_comparison
from antigil.report.formats import render_comparison


@pytest.fixture
def lost():
    return compared(LOST)


def test_text_tells_the_loss_in_speedup_terms_and_where_it_went(lost):
    lines = render_comparison(lost, "text").splitlines()

    assert lines[0] == "Confirmed loss: work.One"
    assert "  LOST  work.One  One | two" in lines
    told = {" ".join(line.split()) for line in lines}
    assert told >= {"speedup, 2 threads 2.00× 1.00× −50 % lost", "GIL held 0.0 % 100.0 % +100 points lost"}
    assert (
        "    Where the time of 2 threads went: waiting 0.0 % → 45.0 %, queued 0.0 % → 0.0 %,"
        " CPU time per call 1.00× → 1.00×." in lines
    )
    assert any("can give, for the GIL: no limit before, 1.00× now." in line for line in lines)


def test_markdown_shows_foreign_text_as_code_only(lost):
    text = render_comparison(lost, "markdown")

    assert text.startswith("<!-- antigil compare -->\n### ❌ Confirmed loss: `work.One`\n")
    assert "`evil 'code' @everyone <img src=x> | a table ::error::no`" in text
    assert text.count("@everyone") == 1
    assert "<details><summary>All 15 numbers</summary>" in text
    assert "| `work.One` | speedup, 2 threads | 2.00× | 1.00× | −50 % |" in text


SHARE = {"value": 0.0, "low": 0.0, "high": 0.01}
HELD = {"value": 0.11, "low": 0.09, "high": 0.13}
PARSE = {
    "name": "parse_header", "library": "reader.so", "source": {"file": "src/reader.c", "line": 42},
    "reason": "", "called_from": "Reader.read", "before": SHARE,
    "after": {"value": 0.1, "low": 0.08, "high": 0.12},
}  # fmt: skip


def with_functions(document, *functions):
    """Return the document with what sampling told of the workload that lost."""
    (comparison,) = document["comparisons"]
    lost = next(one for one in comparison["workloads"] if one["counts"])
    held = {"loss": "held", "before": SHARE, "after": HELD, "functions": list(functions)}
    gil = {"before": True, "after": True}
    lost["where"] = {"python": "3.13", "gil": gil, "threads": 2, "hints": [], "losses": [held]}
    return document


def test_text_ends_with_the_function_that_changed(lost):
    lines = render_comparison(with_functions(lost, PARSE), "text").splitlines()

    assert (
        "    By function: held 0.00 → 0.11, 0.10 of it new in `parse_header`, `src/reader.c:42`, called from"
        " `Reader.read`." in lines
    )


@pytest.mark.parametrize("form", ["text", "markdown", "github"])
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (False, True, "The GIL was off before and is on now: an import switched it on"),
        (True, False, "The GIL was on before and is off now."),
        (True, True, None),
        (False, False, None),
    ],
)
def test_a_commit_that_switches_the_gil_on_or_off_is_said_to(lost, form, before, after, said):
    document = with_functions(lost, PARSE)
    where = next(one for one in document["comparisons"][0]["workloads"] if one["counts"])["where"]
    where["gil"] = {"before": before, "after": after}

    told = render_comparison(document, form)

    assert ("The GIL was" in told, said is None or said in told) == (said is not None, True)


def test_a_number_is_called_by_whether_its_own_workload_ran_with_a_gil(lost):
    """The Python of the environment has none; one workload's import has switched it on."""
    document = with_functions(lost, PARSE)
    (comparison,) = document["comparisons"]
    comparison["gil"] = False
    one = next(one for one in comparison["workloads"] if one["counts"])
    one["where"]["gil"] = {"before": False, "after": True}

    table = [line for line in render_comparison(document, "markdown").splitlines() if line.startswith("| `")]

    held = {line.split("`")[1]: "GIL held" in line for line in table if "held" in line or "stopped" in line}
    assert held == {other["name"]: other is one for other in comparison["workloads"]}


@pytest.mark.parametrize("field", ["name", "library", "reason", "called_from", "file"])
def test_markdown_shows_what_a_commit_puts_into_names_as_code_only(lost, field):
    evil = "f` @everyone <img src=x> [a](b)\n\n# |"
    function = {**PARSE, "name": "" if field == "library" else "parse_header"}
    if field == "file":
        function["source"] = {"file": evil, "line": 1}
    else:
        function[field] = evil

    text = render_comparison(with_functions(lost, function), "markdown")

    (line,) = [line for line in text.splitlines() if line.startswith("By function: ")]
    outside = "".join(line.split("`")[::2])
    assert "f' @everyone" in line
    assert not set("@<[#|") & set(outside)


def test_functions_of_a_comparison_are_read_back_and_refused_where_they_are_not_of_their_form(lost, tmp_path):
    file = tmp_path / "comparison.json"
    with_functions(lost, PARSE)
    file.write_text(json.dumps(lost), encoding="utf-8")
    assert read_comparison(str(file)) == lost
    with_functions(lost, {**PARSE, "source": ["src/reader.c", 42]})
    file.write_text(json.dumps(lost), encoding="utf-8")
    with pytest.raises(UserError, match="holds no comparison of antigil"):
        read_comparison(str(file))


def test_a_name_with_commas_in_it_stays_one_name_in_the_headline(lost):
    name = "old.time_sort(a=1, b=2)"
    next(one for one in lost["comparisons"][0]["workloads"] if one["counts"])["name"] = name

    assert f"### ❌ Confirmed loss: `{name}`\n" in render_comparison(lost, "markdown")


@pytest.mark.parametrize("form", ["text", "markdown", "github"])
def test_of_stored_results_every_format_says_that_time_was_not_judged(form):
    document = compared({})
    (comparison,) = document["comparisons"]
    comparison.update(measured=False, notes=[NOT_JUDGED])

    said = render_comparison(document, form)

    assert "not judged: single-thread time, waiting and stall" in said
    assert ("::notice title=note::" in said) == (form == "github")


def test_github_gets_an_error_per_workload_and_the_summary(lost, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    text = render_comparison(lost, "github")

    (line,) = [line for line in text.splitlines() if line.startswith("::error")]
    assert line.startswith(
        "::error title=lost%3A work.One::virtualenv-py3.13: speedup, 2 threads 2.00× → 1.00×"
    )
    assert "### ❌ Confirmed loss" in summary.read_text(encoding="utf-8")


def test_no_text_can_start_another_workflow_command():
    assert annotation("error", "a,b:c", "x\n::set-output::y%") == (
        "::error title=a%2Cb%3Ac::x%0A::set-output::y%25"
    )


def test_of_a_workload_that_was_only_timed_the_report_says_time_and_nothing_of_threads(monkeypatch):
    monkeypatch.setitem(WORKLOADS, "old.time_sum", TrackedWorkload("old.time_sum", "Sum", origin="timed"))
    number = ("old.time_sum", "time", None)

    document = compared({number: 2.0}, base={**STEADY, number: 1.0})
    lines = render_comparison(document, "text").splitlines()
    place = lines.index("  LOST  old.time_sum  Sum")

    assert lines[0] == "Confirmed loss: old.time_sum"
    assert [" ".join(line.split()) for line in lines[place + 2 : place + 4]] == [
        "time of one call 1 s 2 s +100 % lost",
        "3 workloads without a change",
    ]


def test_a_gain_is_told_and_gives_status_0():
    document = compared(STEADY, base={**STEADY, **LOST})

    assert document["status"] == 0
    assert render_comparison(document, "text").startswith("Nothing lost; gained: work.One\n")


def test_a_workload_that_is_gone_is_told_with_the_reason_in_every_format():
    document = gone("ImportError: undefined symbol: @everyone")
    text, markdown = (render_comparison(document, form) for form in ("text", "markdown"))

    assert text.startswith("Confirmed loss: work.Steady\n")
    assert "  GONE  work.Steady  Steady\n" in text
    told = "It gave numbers at base and gives none at head: failed at head: ImportError: undefined symbol"
    assert f"    {told}" in text
    assert f"`{told}" in markdown
    assert "::error title=gone%3A work.Steady::virtualenv-py3.13: It gave" in render_comparison(
        document, "github"
    )


def gone(reason):
    """Return a comparison whose head gives no number of a workload any more."""
    return document(readings(STEADY), readings(without("work.Steady"), {"work.Steady": reason}))


def test_too_few_processes_to_show_anything_are_told():
    document = compared(LOST, n=2)

    assert document["status"] == 2
    assert "2 processes are too few to show any change" in render_comparison(document, "text")


def test_a_workload_that_is_new_is_a_note_and_no_problem():
    base = {key: math.nan if key[0] == "work.Steady" else number for key, number in STEADY.items()}
    document = compared({}, base=base)

    assert document["status"] == 0
    assert "  note: work.Steady is new" in render_comparison(document, "text").splitlines()


def test_a_moved_control_is_told_with_its_number():
    moved = {("controls.Loop", "time", None): 0.004, ("work.One", "time", None): 0.004}
    text = render_comparison(compared(moved), "text")

    assert text.startswith("Could not judge\n")
    assert "the control controls.Loop moved (time of one call: 3 ms → 4 ms)" in text
    assert "UNFIT TO JUDGE  work.One" in text


def test_the_json_form_is_read_back_as_it_was_written(lost, tmp_path):
    file = tmp_path / "comparison.json"
    file.write_text(render_comparison(lost, "json"), encoding="utf-8")

    assert read_comparison(str(file)) == json.loads(render_comparison(lost, "json"))
    assert render_comparison(read_comparison(str(file)), "markdown") == render_comparison(lost, "markdown")


@pytest.mark.parametrize(
    "forge",
    [
        lambda d: d.update(status=3),
        lambda d: d.update(extra=1),
        lambda d: d.pop("base"),
        lambda d: d["comparisons"][0]["workloads"][0].update(title=["a"]),
        lambda d: d["comparisons"][0]["workloads"][0]["rows"][0].update(quantity="<script>"),
        lambda d: d["comparisons"][0]["workloads"][0]["rows"][0].update(base="1"),
        lambda d: d["comparisons"][0]["workloads"][0]["rows"][0].update(threads=True),
        lambda d: d.update(seconds=float("nan")),
        lambda d: d.update(comparisons={}),
        lambda d: d["comparisons"][0]["workloads"][0].update(throughput=[[1.0]]),
        lambda d: d["comparisons"][0]["workloads"][0].update(throughput=[[2.0, 0.1, 0.1]]),
        lambda d: d["comparisons"][0]["workloads"][0]["context"][0].update(waiting=[0.1]),
        lambda d: d["comparisons"][0]["workloads"][0]["rows"][0].update(head=10**400),
        lambda d: d["comparisons"][0]["workloads"][0]["rows"][0].update(threads=10**400),
        lambda d: d["comparisons"][0]["workloads"][0]["rows"][0].update(head=5e-324),
        lambda d: d["comparisons"][0]["workloads"][0].update(title="\ud800"),
    ],
)
def test_anything_else_is_refused_in_one_line(lost, forge, tmp_path):
    forge(lost)
    file = tmp_path / "comparison.json"
    file.write_text(json.dumps(lost), encoding="utf-8")

    with pytest.raises(UserError, match="holds no comparison of antigil"):
        read_comparison(str(file))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_no_json_or_another_json_is_refused(tmp_path, content):
    file = tmp_path / "comparison.json"
    file.write_bytes(content)

    with pytest.raises(UserError, match="holds no comparison of antigil"):
        read_comparison(str(file))


def test_nothing_measured_is_told_with_the_reason():
    outcome = Comparison(BASE, HEAD, (), 0.0, "no difference under antigil")

    assert render_comparison(comparison_to_json(outcome), "text").startswith(
        "Nothing to compare: no difference under antigil\n"
    )
    assert outcome.status == 0


@pytest.mark.parametrize(
    ("slowdown", "time", "said"),
    [
        ((2.0, 1.0), (0.003, 0.004), "A trade: it scales better, but one thread alone became slower."),
        (
            (2.0, 1.0),
            (0.003, 0.006),
            "No gain: it scales better only because one thread alone became slower.",
        ),
        ((1.0, 1.5), (0.003, 0.002), "A trade: it scales less because one thread alone became faster."),
    ],
)
def test_a_trade_is_told_with_what_all_threads_get_done(slowdown, time, said):
    base = {**STEADY, ("work.One", "slowdown", 2): slowdown[0], ("work.One", "time", None): time[0]}
    head = {("work.One", "slowdown", 2): slowdown[1], ("work.One", "time", None): time[1]}
    more = slowdown[0] / slowdown[1] * time[0] / time[1] - 1
    told = f"{'+' if round(more, 2) > 0 else '±'}{more * 100:.0f} % with 2 threads."

    assert f"    {said} Work done by all threads together: {told}" in render_comparison(
        compared(head, base), "text"
    )
