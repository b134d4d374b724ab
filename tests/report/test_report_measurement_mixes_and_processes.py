"""Mixes and processes in words."""

from dataclasses import replace

import pytest

from antigil.report.measurement.lines import mix_and_process_lines
from antigil.report.measurement.mixes_and_processes import mix_and_process_sentences
from antigil.report.measurement.page import measurement_page
from antigil.report.quantities import rounded
from antigil.scaling import (
    Estimate,
    GilHeld,
    Host,
    Measurement,
    Mix,
    MixPoint,
    Point,
    PointSample,
    Processes,
    Sample,
    Workload,
)


def estimate(value, width=0.02):
    return Estimate(value, (value - width / 2, value + width / 2))


def found(*, cpus=2, speedup=2.0, queued=0.0, **besides):
    """Return a measurement with 1 thread and as many as CPUs."""

    def point(n, s):
        return Point(n, 100.0 * s, estimate(s), estimate(s), 0.0, queued, 1.0, 40, 0, queued > 0.03)

    held = GilHeld(0.0, 0.001, 1600, 0.0052, "switches")
    where = Host("3.11.7", "CPython", True, 0.005, "a CPU", cpus, True)
    workload = Workload("d[1]", beside="d[1] = 2")
    samples = tuple(sample(cpus, speedup) for _ in range(8))
    return Measurement(
        workload, where, (point(1, 1.0), point(cpus, speedup)), samples, held, (held,), **besides
    )


def sample(n, speedup):
    points = {k: PointSample(1.0, s, s, 0.0, 0.0) for k, s in ((1, 1.0), (n, speedup))}
    return Sample(points, 5, 0, disturbed=False)


def mix(threads, readers, writer, *, width=0.02, queued=0.0):
    ends = [estimate(value, width) for value in (readers, writer, readers, writer)]
    return Mix(10.0, (MixPoint(threads, *ends, 100.0, 3.0, 0.0, 0.5, queued),), ())


def processes(n, speedups, queued=0.0):
    s = sorted(speedups)[len(speedups) // 2]
    points = tuple(
        Point(k, 90.0 * v, estimate(v), estimate(v), 0.0, queued, 1.0, 40, 0, False)
        for k, v in ((1, 1.0), (n, s))
    )
    return Processes(points, tuple(sample(n, one) for one in speedups))


def test_seven_readers_and_a_writer():
    (told,) = mix_and_process_sentences(found(cpus=8, mix=mix(8, 6.8, 0.31)))

    assert told == (
        "Seven readers get 6.80 times as much done as one alone; the writer gets 31% of what it gets alone."
    )


def test_one_reader_and_a_writer():
    (told,) = mix_and_process_sentences(found(mix=mix(2, 0.96, 0.5)))

    assert told == "One reader gets 96% of what it gets alone; the writer gets 50% of what it gets alone."


@pytest.mark.parametrize("changed", [{"width": 0.4}, {"queued": 0.45}])
def test_a_mix_that_is_uncertain_is_told_as_a_range_and_not_as_a_figure(changed):
    (told,) = mix_and_process_sentences(found(mix=mix(2, 0.7, 0.7, **changed)))

    assert told.startswith("What a mix gets done is too uncertain to tell: one reader 0.")
    assert "%" not in told


@pytest.mark.parametrize(
    ("threads", "beside", "words"),
    [
        (1.4, [1.98] * 8, "Processes reach 1.98 on this machine, threads 1.40: 0.6 is yours to win."),
        (1.2, [1.6] * 8, "threads 1.20: 0.4 is yours to win, the rest is the hardware's."),
        (1.6, [1.6] * 8, "hardly anything is yours to win, the rest is the hardware's."),
        (2.0, [2.0] * 8, "hardly anything is yours to win."),
        (1.9, [1.5] * 8, "threads get more done."),
        (
            1.0,
            [1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0],
            "threads 1.00: 0.3 to 1.0 is yours to win, the rest is the hardware's.",
        ),
        (1.62, [1.6, 1.7, 1.8, 1.9, 1.95, 2.0, 2.0, 2.0], "yours to win cannot be told (0.0 to 0.4)."),
        (
            1.62,
            [1.6, 1.62, 1.64, 1.65, 1.66, 1.7, 1.7, 1.72],
            "hardly anything is yours to win, the rest is the hardware's.",
        ),
        (1.5, [1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0], "is yours to win cannot be told (-0.2 to 0.5)."),
    ],
)
def test_what_is_to_win(threads, beside, words):
    (told,) = mix_and_process_sentences(found(speedup=threads, processes=processes(2, beside)))

    assert told.endswith(words)


def test_what_other_programs_kept_apart_is_no_certain_win():
    calm = found(speedup=1.4, processes=processes(2, [1.8] * 8))
    busy = found(speedup=1.4, processes=processes(2, [1.8] * 8, queued=0.5), queued=0.5)

    assert "0.4 is yours to win" in next(mix_and_process_sentences(calm))
    assert "0.2 to 1.0 is yours to win" in next(mix_and_process_sentences(busy))


def test_a_mix_whose_threads_send_each_other_to_sleep_is_left_open_beside_other_programs():
    """While one of them stands in the run queue, the other gets on: quiet, both may get far less."""
    often = replace(mix(2, 0.8, 0.8).points[0], sleeps=5000.0, sleeps_alone=1.0)
    calm = found(mix=Mix(10.0, (often,), ()))
    busy = replace(calm, points=tuple(replace(point, disturbed=True) for point in calm.points))

    assert next(mix_and_process_sentences(calm)).startswith("One reader gets 80%")
    assert "one reader 0.0 to 0.8 times" in next(mix_and_process_sentences(busy))


def test_what_others_took_from_own_work_is_not_blamed_on_the_hardware():
    """Threads and processes that the calls start lacked CPUs, in threads and in processes alike."""
    calm = found(speedup=1.03, processes=processes(2, [1.44] * 8))
    kept_off = {"disturbed": True, "crowded": True, "own_threads": 1}
    beside = replace(calm.processes, points=tuple(replace(one, **kept_off) for one in calm.processes.points))
    points = tuple(replace(point, **kept_off) for point in calm.points)
    busy = replace(calm, points=points, processes=beside)

    assert "0.4 is yours to win, the rest is the hardware's." in next(mix_and_process_sentences(calm))
    assert "what is yours to win cannot be told" in next(mix_and_process_sentences(busy))


def test_a_mix_with_threads_of_its_own_is_left_open_where_they_lacked_cpus():
    (point,) = mix(2, 0.8, 0.8).points
    crowded = found(mix=Mix(10.0, (replace(point, crowded=True),), ()))

    assert "one reader 0.0 to 1.0 times" in next(mix_and_process_sentences(crowded))


def test_tables_stand_below_the_notes_and_on_the_page():
    measured = found(speedup=1.4, mix=mix(2, 0.96, 0.5), processes=processes(2, [1.98] * 8))
    lines = list(mix_and_process_lines(measured))

    assert "Mix: one thread, the writer, runs d[1] = 2" in lines
    assert [line.split()[:3] for line in lines[3:5]] == [["alone", "100", "1.00"], ["2", "100", "0.96"]]
    assert lines[-1].split() == [
        "2",
        "178",
        "1.98",
        "1.97",
        "to",
        "1.99",
        "1.00",
        "1.40",
        "0.58",
        "0.58",
        "to",
        "0.58",
    ]
    page = measurement_page(measured, {"best": None, "note": "too few points"})
    assert lines[-1] in page
    assert "--with &#x27;d[1] = 2&#x27; --processes" in page
    assert list(mix_and_process_lines(replace(measured, mix=None, processes=None))) == []


def test_the_tables_on_the_page_keep_their_lines_where_it_is_narrow(browser_instance):
    measured = found(mix=mix(2, 0.96, 0.5), processes=processes(2, [1.98] * 8))
    opened = browser_instance.new_page(viewport={"width": 360, "height": 600})
    opened.set_content(measurement_page(measured, {"best": None, "note": "too few points"}))
    wide = opened.locator("pre.wide")
    height = wide.evaluate("one => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)")
    lines = wide.inner_text().splitlines()
    opened.close()

    assert round(height) == len(lines)


def test_no_figure_is_less_than_nothing_by_rounding():
    assert rounded(-0.01, 3.0) == "0"
    equal = found(speedup=1.001, processes=processes(2, [1.0] * 8))
    assert "-0.00" not in "\n".join(mix_and_process_lines(equal))


@pytest.mark.parametrize(
    ("threads", "reached", "words"),
    [
        (1.0, 4.0, "threads 1.00: 3.0 is yours to win, the rest is the hardware's."),
        (30.0, 33.0, "threads 30.00: 3.0 is yours to win, the rest is the hardware's."),
        (62.0, 63.0, "threads 62.00: hardly anything is yours to win."),
    ],
)
def test_of_64_threads_that_could_get_three_times_more_done_there_is_something_to_win(
    threads, reached, words
):
    beside = processes(64, [reached] * 8, queued=0.01)
    (told,) = mix_and_process_sentences(found(cpus=64, speedup=threads, processes=beside))

    assert told.endswith(words)


def test_of_one_process_that_measured_what_is_to_win_is_a_range():
    once = found(speedup=1.2, processes=processes(2, [1.9]))
    one, two = once.points
    two = replace(two, speedup=Estimate(1.2, None, (1.2, 1.2)))
    single, pair = once.processes.points
    pair = replace(pair, speedup=Estimate(1.9, None, (1.9, 1.9)))
    beside = replace(once.processes, points=(single, pair))
    once = replace(once, points=(one, two), samples=once.samples[:1], processes=beside)
    (told,) = mix_and_process_sentences(once)

    assert told == "Processes reach 1.9 on this machine, threads 1.2: 0.4 to 1.0 is yours to win."
