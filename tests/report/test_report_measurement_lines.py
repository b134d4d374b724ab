"""What is printed of measurements: their tables, what limits them, and the command that repeats them."""

import argparse
import math
from dataclasses import replace

import pytest
from fakes import measurement

from antigil.commands import measure as command
from antigil.report.measurement.lines import COLUMNS, held_line, point_row, side_by_side
from antigil.report.measurement.page import measurement_page

LAWS = {"best": None, "note": "too few points"}
DISTURBED = measurement(0.0, queued=(0.0, 0.3, 0.6))


def notes(measurements):
    return [line for line in side_by_side(measurements) if line.startswith("Note")]


def test_what_limits_one_of_several_pythons_names_it():
    calm = measurement(0.0)
    cut = replace(calm, steal=0.2)
    told = notes({"3.13": calm, "3.14t": cut, "3.15": DISTURBED})

    assert told[0] == "Note: 3.14t: the hypervisor took 20% of the CPU time"
    assert told[1].startswith("Note: 3.15: other programs disturbed it throughout")
    assert len(told) == 2


def test_what_limits_all_pythons_is_said_once():
    several = replace(measurement(0.0), host=replace(measurement(0.0).host, cores_alike=1))
    (told,) = notes({"3.13": several, "3.14t": several})

    assert told.startswith("Note: the CPUs are hardware threads")
    assert "no two cores are alike" in told


@pytest.mark.parametrize(("quota", "named"), [(0.25, True), (1.0, False), (None, False)])
def test_a_quota_of_less_than_a_cpu_is_not_blamed_on_other_programs(quota, named):
    busy = replace(DISTURBED, host=replace(DISTURBED.host, quota=quota))
    points = tuple(replace(point, disturbed=True) for point in busy.points)
    (told,) = notes({"3.13": replace(busy, points=points[:2])})

    assert ("quota of 0.25 CPUs" in told) is named
    assert ("other programs" in told) is not named


def test_what_others_took_of_more_threads_than_cpus_is_not_said_to_be_taken_out():
    points = tuple(replace(point, disturbed=True) for point in DISTURBED.points)
    (some,) = notes({"3.13": replace(DISTURBED, points=points)})
    (many,) = notes({"3.13": replace(DISTURBED, points=points[::2])})

    assert many == f"{some}, but not what they took from more threads than CPUs"


def test_a_clock_too_coarse_for_cpu_time_leaves_its_cell_empty():
    coarse = measurement(0.0, inflation=math.nan)
    cells = dict(zip(COLUMNS, point_row(coarse.point(2)), strict=True))

    assert cells["inflation"] == ""
    assert "nan" not in measurement_page(coarse, LAWS)


@pytest.mark.parametrize(
    "line",
    [
        "-t 1,2,4 pass",
        "-t 1,2,4 --python 3.14t --no-pin --budget=60 --time-limit=5.5 pass",
        "-t 1,2,4 -- -x",
    ],
)
def test_the_page_repeats_what_was_asked_for(line):
    parser = argparse.ArgumentParser()
    command.configure(parser)
    args = parser.parse_args(line.split())
    found = measurement(0.0)
    found = replace(found, workload=replace(found.workload, statement=args.statement[0]))
    page = measurement_page(found, LAWS, list(command._options(args)))

    assert f"<pre>antigil measure {line}</pre>" in page


@pytest.mark.parametrize(
    ("stall", "text"),
    [(0.0, "0 s"), (4e-7, "0 s"), (0.00099972, "1 ms"), (2.5e-5, "25 µs"), (0.0052, "5.2 ms")],
)
def test_a_stall_has_the_units_of_the_sentence(stall, text):
    found = measurement(0.0)
    line = held_line(replace(found, gil_held=replace(found.gil_held, stall=stall)))
    assert line.endswith(f"stall: {text}")


@pytest.mark.parametrize(
    ("quota", "allowed", "told"),
    [(1.5, 1, True), (2.5, 2, True), (2.0, 2, False), (3.5, 2, False), (None, 2, False)],
)
def test_a_quota_that_is_no_whole_number_of_cpus_is_told_as_the_reason(quota, allowed, told):
    found = measurement(0.0, cpus_allowed=allowed)
    found = replace(found, host=replace(found.host, quota=quota))
    assert notes({"3.13": found}) == (
        [f"Note: its quota of {quota} CPUs counts as {allowed}: part of one serves no thread in full"]
        if told
        else []
    )


def test_one_thread_is_not_called_threads_on_the_page():
    page = measurement_page(measurement(0.0), LAWS)
    assert "1 thread: as one thread would 100%" in page
    assert "1 threads" not in page
