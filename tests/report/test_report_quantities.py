"""How the guard's reports write numbers and changes."""

import pytest

from antigil.report.assertion import consequence, gil_in_words
from antigil.report.comparison import method
from antigil.report.quantities import change, counted, figure, held_percent, name, rounded, seconds, value
from antigil.report.text import render_bisection
from antigil.scaling import GilHeld


@pytest.mark.parametrize(
    ("quantity", "threads", "number", "expected"),
    [
        ("slowdown", 8, 2.0, "4.00×"),
        ("gil_held", None, 0.1234, "12.3 %"),
        ("stall", None, 0.0056, "5.6 ms"),
        ("time", None, 2.5e-6, "2.5 µs"),
        ("inflation", 2, 1.5, "1.50×"),
        ("slowdown", 2, 0.0, "–"),
    ],
)
def test_numbers_are_written_as_people_read_them(quantity, threads, number, expected):
    assert value(quantity, threads, number) == expected


def test_more_speedup_is_a_plus_and_so_is_more_time():
    assert change("slowdown", 2.0, 1.0) == "+100 %"
    assert change("time", 1.0, 2.0) == "+100 %"
    assert change("gil_held", 0.0, 0.1) == "+10 points"
    assert change("stall", 0.0, 0.1) == "–"
    assert (name("slowdown", 1), name("waiting", 4)) == ("speedup, 1 thread", "waiting, 4 threads")
    assert seconds(3e-9) == "3 ns"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.004, "0.4 %"), (0.0612, "6.1 %"), (0.1, "10 %"), (0.506, "51 %"), (1.0, "100 %")],
)
def test_a_held_share_is_written_in_one_way(share, text):
    assert held_percent(share) == text


def test_the_held_share_has_the_name_of_the_build():
    """Where it is not known whether there is a GIL, or builds are mixed, it is the usual one."""
    assert [name("gil_held", None, gil=gil) for gil in (True, None, False)] == [
        "GIL held", "GIL held", "other threads stopped",
    ]  # fmt: skip
    assert name("waiting", 2, gil=False) == "waiting, 2 threads"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.9997, "1 s"),
        (0.9994, "999 ms"),
        (0.0009996, "1 ms"),
        (9.9985e-7, "1 µs"),
        (9.992e-7, "999 ns"),
        (1234.0, "1234 s"),
    ],
)
def test_no_time_has_a_power_of_ten(number, text):
    assert seconds(number) == text


@pytest.mark.parametrize(
    ("low", "high", "median", "text"),
    [
        (1.97, 1.99, 1.98, "1.98"),
        (1.9, 2.1, 2.0, "2.0"),
        (2.0, 2.0, 2.0, "2.0"),
        (13.0, 16.5, 15.0, "15"),
        (90.0, 112.0, 101.0, "100"),
        (2.0, 38.0, 20.0, "2.0 to 38"),
        (1.12, 3.9, None, "1.1 to 3.9"),
        (0.0, 1.0, None, "0.0 to 1.0"),
        (-13.2, 0.04, None, "-13 to 0.0"),
        (-0.04, 120.0, None, "0.0 to 120"),
    ],
)
def test_a_speedup_is_no_more_precise_than_its_interval(low, high, median, text):
    assert figure(low, high, median) == text


def test_a_single_value_of_no_known_width_has_one_decimal():
    assert rounded(1.234, 0.0) == "1.2"


def test_one_is_no_plural():
    assert [counted(n, "commit") for n in (0, 1, 2)] == ["0 commits", "1 commit", "2 commits"]
    assert counted("unknown", "CPU") == "unknown CPUs"


def test_a_minute_a_comparison_and_a_commit_are_no_plurals():
    assert "(1 minute)" in method({"comparisons": [{"measured": True}], "pythons": [], "seconds": 71.0})
    commit = {"hash": "0123456789", "subject": "Faster"}
    step = {"base": commit, "head": commit, "lost": False, "problem": ""}
    document = {"workload": "work", "status": 0, "suspects": [], "before": None, "bad": commit}
    document |= {"comparison": None, "steps": [step], "commits": 1}
    assert "\n1 comparison for 1 commit:\n" in render_bisection(document, "text")


@pytest.mark.parametrize(("se", "most"), [(0.05, "3.3"), (0.1, "6.7"), (0.15, None)])
def test_no_ceiling_is_told_that_lies_within_the_interval(se, most):
    """Three standard errors below 0.45 lie 0.3, 0.15 and nothing."""
    held = GilHeld(0.45, se, 100, 0.1234, "switches")
    told, in_words = consequence(held), gil_in_words(held)
    assert told.endswith("Other Python threads stood still for up to 123 ms.")
    if most is None:
        assert "number of threads" not in told + in_words
    else:
        assert told.startswith(f"No number of threads makes it more than {most} times as fast.")
        assert in_words.endswith(f"so no number of threads gives more than {most}.")
