"""``antigil measure``: how a made-up measurement is shown, written and drawn."""

import io
import json
import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from antigil.commands import main as cli
from antigil.commands import measure as measuring
from antigil.laws.fit_measurement import fitted_laws
from antigil.report.measurement import lines as render
from antigil.scaling import Cut, Estimate, GilHeld, Host, Measurement, Point, Workload


def point(threads, speedup, *, raw=None, waiting=0.0, queued=0.0, ci99=True):
    def estimate(value):
        return Estimate(value, (0.99 * value, 1.01 * value) if ci99 else None)

    raw = speedup if raw is None else raw
    return Point(threads, 1670.0 * raw, estimate(speedup), estimate(raw), waiting, queued, 1.0, 40, 0, False)


def found(*points, statement="f()", share=0.004, queue_measured=True, disturbed=False, steal=0.0):
    """Return a made-up measurement on two CPUs."""
    points = points or (point(1, 1.0), point(2, 1.98), point(4, 1.99, queued=0.5))
    held = GilHeld(share, 0.001, 1600, 0.0052, "switches")
    where = Host("3.11.7", "CPython", True, 0.005, "a CPU", 2, queue_measured)
    points = tuple(replace(one, disturbed=disturbed) for one in points)
    return Measurement(Workload(statement), where, points, (), held, (held,), steal)


NO_LAW = {"best": None, "note": "too few points"}


def shown(measurement, **options):
    return list(render.measurement_lines(measurement, NO_LAW, **options))


def test_table_has_a_row_for_each_thread_count():
    assert shown(found())[:4] == [
        "threads  calls/s  speedup  99 % interval  efficiency  waiting  queued  inflation",
        "      1   1.67 k     1.00   0.99 to 1.01        100%       0%      0%       1.00",
        "      2   3.31 k     1.98   1.96 to 2.00         99%       0%      0%       1.00",
        "      4   3.32 k     1.99   1.97 to 2.01         50%       0%     50%       1.00",
    ]


def test_raw_speedup_stands_only_where_it_differs():
    lines = shown(found(point(1, 1.0), point(2, 2.0, raw=1.6)))

    assert lines[0].split()[5:7] == ["interval", "raw"]
    assert "1.60" in lines[2]
    assert "raw" not in shown(found())[0]


def test_interval_is_left_out_where_there_are_too_few_samples():
    assert "interval" not in shown(found(point(1, 1.0, ci99=False), point(2, 2.0, ci99=False)))[0]


def test_bars_mark_the_ideal_and_end_where_the_speedup_does():
    lines = list(render.bars(found(point(1, 1.0), point(2, 1.0), point(4, 2.0))))

    assert lines == [
        f"      1  {'█' * 20}│{' ' * 20} 1.00 of 1",
        f"      2  {'█' * 20}{' ' * 20}│ 1.00 of 2",
        f"      4  {'█' * 40}│ 2.00 of 2",
    ]


def test_ascii_is_enough_where_the_terminal_has_no_more(monkeypatch):
    text = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", text)
    monkeypatch.setattr(measuring, "measure_in_turn", lambda *args, **options: [found()])

    assert cli.main(["measure", "f()"]) == 0
    text.seek(0)
    assert "#####" in text.read()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"disturbed": True}, "other programs disturbed it throughout"),
        ({"steal": 0.1}, "the hypervisor took 10% of the CPU time"),
        ({"queue_measured": False}, "queueing is not reported here"),
    ],
)
def test_what_limits_a_measurement_is_said(changed, words):
    assert words in "\n".join(shown(found(**changed)))
    assert words not in "\n".join(shown(found()))


@pytest.mark.parametrize(
    ("done", "ci99", "shortened", "words"),
    [
        (8, True, True, "calls are so long that a window holds fewer than four of each thread"),
        (
            3, False, True,
            "than four of each thread, and the budget was enough for 3 of 8 processes, so there are no "
            "99 % intervals: all would take about 33 s",
        ),
        (9, True, True, "9 of 16 processes: all would take about 33 s"),
        (
            9, True, False,
            "wait for their turns, and the budget was enough for 9 of 16 processes: all would take about "
            "33 s",
        ),
    ],
)  # fmt: skip
def test_what_was_left_out_for_want_of_time_is_said(done, ci99, shortened, words):
    asked = 16 if done > 8 else 8
    samples = (SimpleNamespace(shortened=shortened),) * done
    measured = replace(found(point(1, 1.0, ci99=ci99)), samples=samples, cut=Cut(asked, 33.3))
    (note,) = [line for line in shown(measured) if line.startswith("Note:")]
    assert note.endswith(words)


def test_queue_that_is_not_measured_is_not_shown_as_nothing():
    assert "queued" not in shown(found(queue_measured=False))[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.3456, "12.3"),
        (1666.0, "1.67 k"),
        (12.3e6, "12.3 M"),
        (999.9, "1.00 k"),
        (123456, "123 k"),
        (0.5, "0.500"),
    ],
)
def test_rates_have_three_digits(value, text):
    assert render.rate(value) == text


# Files


def test_json_file_stands_beside_the_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(measuring, "measure_in_turn", lambda *args, **options: [found()])
    file = tmp_path / "speedup.json"

    assert cli.main(["measure", "--json", str(file), "f()"]) == 0
    assert capsys.readouterr().out.startswith("threads")
    assert json.loads(file.read_text())["ceiling"] == pytest.approx([152.07, 702.15], abs=0.01)


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG")])
def test_plot_is_of_the_format_that_its_name_says(tmp_path, monkeypatch, name, start):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(measuring, "measure_in_turn", lambda *args, **options: [found()])

    assert cli.main(["measure", "--json", "-", "--plot", str(tmp_path / name), "f()"]) == 0
    assert (tmp_path / name).read_bytes().startswith(start)


if os.path.exists("/dev/full"):

    def test_plot_that_cannot_be_written_after_all_is_an_error_of_one_line(tmp_path, monkeypatch, capsys):
        pytest.importorskip("matplotlib")
        monkeypatch.setattr(measuring, "measure_in_turn", lambda *args, **options: [found()])
        file = tmp_path / "full.svg"
        file.symlink_to("/dev/full")

        assert cli.main(["measure", "--json", "-", "--plot", str(file), "f()"]) == 2
        assert capsys.readouterr().err == f"antigil: error: cannot write {file}: No space left on device\n"


def test_statement_is_shown_on_the_page_and_not_executed(tmp_path, monkeypatch):
    monkeypatch.setattr(
        measuring,
        "measure_in_turn",
        lambda *args, **options: [found(statement="'<script>alert(1)</script>'")],
    )

    assert cli.main(["measure", "--json", "-", "--html", str(tmp_path / "a.html"), "f()"]) == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_plot_without_matplotlib_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    assert cli.main(["measure", "--plot", "a.svg", "pass"]) == 2
    assert 'this needs matplotlib: pip install "antigil[plot]"' in capsys.readouterr().err


def test_no_progress_line_is_left_behind_by_an_error(monkeypatch, capsys):
    def fail(*args, on_process, **options):
        on_process(1, 8)
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "measure_in_turn", fail)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    assert cli.main(["measure", "pass"]) == 130
    assert capsys.readouterr().err == "\rmeasured in 1 of 8 processes\r\033[Kantigil: interrupted\n"


def test_queueing_that_is_not_told_is_null_and_not_nothing():
    assert found(queue_measured=False).to_json()["points"][0]["queued"] is None


def test_hardware_threads_of_a_core_are_no_cpus_of_their_own():
    """Of four CPUs on two cores, laws and ideals end at two threads."""
    measured = found(point(1, 1.0), point(2, 1.98), point(4, 2.4))
    smt = replace(measured, host=replace(measured.host, cpus_allowed=4, cores_alike=2))

    assert fitted_laws(smt)["threads"] == [1, 2]
    assert list(render.bars(smt))[2].endswith("2.40 of 2")
    assert any("2 cores are alike" in line for line in shown(smt))
    assert not any("cores are alike" in line for line in shown(measured))
