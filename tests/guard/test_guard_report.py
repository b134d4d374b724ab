"""Reports on made-up comparisons, in every format, and what is refused as one."""

import json

import pytest

from antigil.errors import UserError
from antigil.guard.comparison import Comparison, Outcome, take_looks
from antigil.guard.samples import Readings
from antigil.guard.significance import Number
from antigil.guard.stored_comparison import NOT_JUDGED
from antigil.history.options import Options
from antigil.history.project import Revision
from antigil.history.series import Workload
from antigil.report.document import document_of, read_document
from antigil.report.formats import render
from antigil.report.github import annotation

BASE = Revision("b" * 40, "before")
HEAD = Revision("c" * 40, "evil `code` @everyone <img src=x> | a table\n::error::no")
WORKLOADS = {
    "work.One": Workload("work.One", "One | two"),
    "work.Steady": Workload("work.Steady", "Steady"),
    "controls.Loop": Workload("controls.Loop", "Loop", control=True),
}


def readings(numbers, errors=None, n=8):
    """Return the same value n times for each (workload, quantity, threads)."""
    found = Readings()
    for (workload, quantity, threads), number in numbers.items():
        for _ in range(n):
            found.add_one(Number(workload, quantity, threads), number)
    found.errors.update(errors or {})
    return found


STEADY = {
    (workload, quantity, threads): number
    for workload in WORKLOADS
    for quantity, threads, number in (
        ("slowdown", 2, 1.0), ("gil_held", None, 0.0), ("time", None, 0.003), ("stall", None, 0.001),
        ("waiting", 2, 0.0), ("queued", 2, 0.0), ("inflation", 2, 1.0),
    )
}  # fmt: skip
LOST = {
    ("work.One", "slowdown", 2): 2.0,
    ("work.One", "gil_held", None): 1.0,
    ("work.One", "waiting", 2): 0.45,
}


def compared(head, base=None, options=None, errors=None, n=8):
    """Return the JSON form of a comparison of made-up samples."""
    one, other = readings(base or STEADY, n=n), readings({**STEADY, **head}, errors, n=n)

    def measure(workloads, processes):
        return one, other

    comparison = take_looks(measure, options or Options(), WORKLOADS, BASE, HEAD, "virtualenv-py3.13")
    return document_of(Outcome(BASE, HEAD, (comparison,), 300.0))


@pytest.fixture
def lost():
    return compared(LOST)


def test_text_tells_the_loss_in_speedup_terms_and_where_it_went(lost):
    lines = render(lost, "text").splitlines()

    assert lines[0] == "Confirmed loss: work.One"
    assert "  LOST  work.One  One | two" in lines
    told = {" ".join(line.split()) for line in lines}
    assert told >= {"speedup, 2 threads 2.00× 1.00× −50 % lost", "GIL held 0.0 % 100.0 % +100 points lost"}
    assert (
        "    Where the time of 2 threads went: waiting 0.0 % → 45.0 %, queued 0.0 % → 0.0 %,"
        " CPU time per call 1.00× → 1.00×." in lines
    )
    assert any("no limit by the GIL before, 1.00× now" in line for line in lines)


def test_markdown_shows_foreign_text_as_code_only(lost):
    text = render(lost, "markdown")

    assert text.startswith("<!-- antigil compare -->\n### ❌ Confirmed loss: `work.One`\n")
    assert "`evil 'code' @everyone <img src=x> | a table ::error::no`" in text
    assert text.count("@everyone") == 1
    assert "<details><summary>All 15 numbers</summary>" in text
    assert "| `work.One` | speedup, 2 threads | 2.00× | 1.00× | −50 % |" in text


def test_a_name_with_commas_in_it_stays_one_name_in_the_headline(lost):
    name = "old.time_sort(a=1, b=2)"
    next(one for one in lost["comparisons"][0]["workloads"] if one["counts"])["name"] = name

    assert f"### ❌ Confirmed loss: `{name}`\n" in render(lost, "markdown")


@pytest.mark.parametrize("form", ["text", "markdown", "github"])
def test_of_stored_results_every_format_says_that_time_was_not_judged(form):
    document = compared({})
    (comparison,) = document["comparisons"]
    comparison.update(measured=False, notes=[NOT_JUDGED])

    said = render(document, form)

    assert "not judged: single-thread time, waiting and stall" in said
    assert ("::notice title=note::" in said) == (form == "github")


def test_github_gets_an_error_per_workload_and_the_summary(lost, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    text = render(lost, "github")

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
    monkeypatch.setitem(WORKLOADS, "old.time_sum", Workload("old.time_sum", "Sum", origin="timed"))
    number = ("old.time_sum", "time", None)

    document = compared({number: 2.0}, base={**STEADY, number: 1.0})
    lines = render(document, "text").splitlines()
    place = lines.index("  LOST  old.time_sum  Sum")

    assert lines[0] == "Confirmed loss: old.time_sum"
    assert [" ".join(line.split()) for line in lines[place + 2 : place + 4]] == [
        "time of one call 1 s 2 s +100 % lost",
        "3 workloads without a change",
    ]


def test_a_gain_is_told_and_gives_status_0():
    document = compared(STEADY, base={**STEADY, **LOST})

    assert document["status"] == 0
    assert render(document, "text").startswith("Nothing lost; gained: work.One\n")


def test_a_workload_that_fails_at_head_could_not_be_judged():
    document = compared({}, errors={"work.Steady": "ValueError: no such thing"})

    assert document["status"] == 2
    assert (
        "  ! work.Steady failed at head: ValueError: no such thing" in render(document, "text").splitlines()
    )


def test_too_few_processes_to_show_anything_are_told():
    document = compared(LOST, n=2)

    assert document["status"] == 2
    assert "2 processes are too few to show any change" in render(document, "text")


def test_a_workload_that_is_new_is_a_note_and_no_problem():
    base = {key: number for key, number in STEADY.items() if key[0] != "work.Steady"}
    document = compared({}, base=base)

    assert document["status"] == 0
    assert "  note: work.Steady is new" in render(document, "text").splitlines()


def test_a_moved_control_is_told_with_its_number():
    moved = {("controls.Loop", "time", None): 0.004, ("work.One", "time", None): 0.004}
    text = render(compared(moved), "text")

    assert text.startswith("Could not judge\n")
    assert "the control controls.Loop moved (time of one call: 3 ms → 4 ms)" in text
    assert "UNFIT TO JUDGE  work.One" in text


def test_the_json_form_is_read_back_as_it_was_written(lost, tmp_path):
    file = tmp_path / "comparison.json"
    file.write_text(render(lost, "json"), encoding="utf-8")

    assert read_document(str(file)) == json.loads(render(lost, "json"))
    assert render(read_document(str(file)), "markdown") == render(lost, "markdown")


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

    with pytest.raises(UserError, match="is no comparison of antigil"):
        read_document(str(file))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_no_json_or_another_json_is_refused(tmp_path, content):
    file = tmp_path / "comparison.json"
    file.write_bytes(content)

    with pytest.raises(UserError, match="is no comparison of antigil"):
        read_document(str(file))


def test_nothing_measured_is_told_with_the_reason():
    outcome = Outcome(BASE, HEAD, (), 0.0, "no difference under antigil")

    assert render(document_of(outcome), "text").startswith(
        "Nothing to compare: no difference under antigil\n"
    )
    assert outcome.status == 0


def test_a_loss_in_one_environment_counts_before_what_another_could_not_judge():
    def one(head, errors=None):
        return take_looks(
            lambda w, n: (readings(STEADY), readings({**STEADY, **head}, errors)),
            Options(), WORKLOADS, BASE, HEAD, "any",
        )  # fmt: skip

    failed, lost = one({}, {"work.One": "died"}), one(LOST)

    assert isinstance(failed, Comparison)
    assert Outcome(BASE, HEAD, (failed, lost), 1.0).status == 1
    assert Outcome(BASE, HEAD, (failed, one({})), 1.0).status == 2


def looked(heads):
    """Take looks that find `heads` one after the other; return what was asked for, and the outcomes."""
    asked, heads = [], iter(heads)

    def measure(workloads, processes):
        asked.append((workloads, processes))
        return readings(STEADY, n=processes), readings({**STEADY, **next(heads)}, n=processes)

    found = take_looks(measure, Options(), WORKLOADS, BASE, HEAD, "any")
    rows = [row for one in found.verdict.workloads for row in one.findings]
    return asked, {row.number.quantity: str(row.outcome) for row in rows if row.outcome != "same"}


def test_a_further_look_measures_what_is_suspected_and_the_controls_in_more_processes():
    asked, outcomes = looked([LOST, LOST])

    assert asked == [(None, 6), ({"work.One", "controls.Loop"}, 10)]
    assert outcomes == {"slowdown": "lost", "gil_held": "lost", "waiting": "lost"}


def test_without_a_suspicion_there_is_one_look():
    assert looked([{}]) == ([(None, 6)], {})


def test_what_a_further_look_does_not_see_is_not_looked_at_again():
    asked, outcomes = looked([LOST, {}])

    assert [processes for _, processes in asked] == [6, 10]
    assert set(outcomes.values()) == {"passing"}


def test_what_stays_suspected_gets_a_longer_look_that_decides():
    """A tenth that six of ten processes of the second look happen to miss."""
    number, asked = Number("work.One", "gil_held"), []

    def measure(workloads, processes):
        asked.append(processes)
        head = readings({**STEADY, ("work.One", "gil_held", None): 0.1}, n=processes)
        if processes == 10:
            head.samples[number] = [0.0] * 6 + [0.2] * 4
        return readings(STEADY, n=processes), head

    found = take_looks(measure, Options(), WORKLOADS, BASE, HEAD, "any")
    (held,) = [f for one in found.verdict.workloads for f in one.findings if f.number == number]

    assert asked == [6, 10, 20]
    assert [look.direction for look in held.looks[1:]] == ["same", "lost"]
    assert str(held.outcome) == "lost"


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

    assert f"    {said} Work done by all threads together: {told}" in render(compared(head, base), "text")
