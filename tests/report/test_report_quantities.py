"""How the guard's reports write numbers and changes."""

import pytest

from antigil.report.quantities import change, name, seconds, value


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
