"""``antigil measure``: what it prints, what it writes, and how it refuses."""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from antigil import cli, measuring, plot, render
from antigil.scaling import Estimate, GilHeld, Measurement, Point, Surroundings, Workload

MEASURE = [sys.executable, "-m", "antigil", "measure"]
QUICK = ["--budget", "0.2", "-t", "1"]

LOCKED = "import hashlib, threading; data = bytes(1 << 20); lock = threading.Lock()"
STATEMENTS = {
    "holding": ["sum(range(20_000))"],
    "releasing": ["-s", "import hashlib; data = bytes(1 << 20)", "hashlib.sha256(data).digest()"],
    "locking": ["-s", LOCKED, "with lock: hashlib.sha256(data).digest()"],
}


# Measured in earnest


@pytest.fixture(scope="module")
def measured():
    """Return what ``--json -`` printed for one of `STATEMENTS`; each is measured once."""
    known = {}

    def measure(name):
        if name not in known:
            known[name] = subprocess.run(
                [*MEASURE, "-t", "1,2", "--budget", "2", "--json", "-", *STATEMENTS[name]],
                capture_output=True,
                text=True,
                timeout=120,
            )
        return known[name]

    return measure


@pytest.mark.parametrize("name", STATEMENTS)
def test_json_to_standard_output_is_all_that_is_printed(measured, name):
    done = measured(name)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["schema"] == "antigil.measurement/1"


def test_json_has_the_documented_keys(measured):
    form = json.loads(measured("releasing").stdout)

    assert set(form) == {
        *("schema", "instrument", "statement", "setup", "thread_setup", "python", "machine", "points"),
        *("gil_held", "ceiling", "stall", "laws", "verdict", "sentence"),
    }
    assert set(form["python"]) == {"version", "implementation", "gil", "switch_interval"}
    assert set(form["machine"]) == {"cpu", "cpus_allowed", "queue_measured", "steal"}
    assert set(form["gil_held"]) == {"share", "se", "probes", "method", "samples"}
    assert set(form["laws"]) == {"threads", "karp_flatt", "best", "note"}
    assert [point["threads"] for point in form["points"]] == [1, 2]
    for point in form["points"]:
        assert set(point) == {
            *("threads", "rate", "speedup", "raw_speedup", "efficiency", "waiting", "queued", "inflation"),
            *("rounds", "dropped", "disturbed", "samples"),
        }
        assert set(point["speedup"]) == set(point["raw_speedup"]) == {"median", "ci99"}
        low, high = point["speedup"]["ci99"]
        assert low <= point["speedup"]["median"] <= high


def test_json_tells_what_was_measured_and_on_which_python(measured):
    form = json.loads(measured("releasing").stdout)

    _, setup, statement = STATEMENTS["releasing"]
    assert (form["statement"], form["setup"]) == (statement, setup)
    assert form["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert form["python"]["gil"] is getattr(sys, "_is_gil_enabled", lambda: True)()


@pytest.mark.parametrize(
    ("name", "verdict"), [("holding", "holds"), ("releasing", "releases"), ("locking", "releases")]
)
def test_verdict_tells_who_holds_the_gil_on_any_machine(measured, name, verdict):
    form = json.loads(measured(name).stdout)

    assert form["verdict"] == (verdict if form["python"]["gil"] else "no-gil")


def test_sentence_tells_of_a_lock_where_two_cpus_can_show_it(measured):
    alone, locked = (json.loads(measured(name).stdout) for name in ("releasing", "locking"))

    assert "wait for each other" not in alone["sentence"]
    assert ("wait for each other" in locked["sentence"]) == (locked["machine"]["cpus_allowed"] >= 2)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break differently on Windows")
def test_reader_that_goes_away_is_no_traceback():
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [*MEASURE, *QUICK, "--json", "-", "pass"],
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    finally:
        os.close(write_end)

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize(
    "statement",
    [
        [""],
        ["# only a comment"],
        ["x = 1", "for y in range(3):", "    x += y", "ação = 'é—☃ spam'; print(ação, '{', flush=True)"],
        ["import os; os.chdir(os.sep)"],
    ],
)
def test_odd_statements_are_measured(statement, capfd):
    assert cli.main(["measure", *QUICK, *statement]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("threads")
    assert "spam" not in out
    assert err == ""


def test_tiny_budget_is_enough_for_an_answer(capsys):
    assert cli.main(["measure", "--budget", "1e-6", "-t", "1", "--json", "-", "pass"]) == 0
    assert json.loads(capsys.readouterr().out)["gil_held"]["probes"] > 0


def test_modules_are_found_in_the_current_directory(tmp_path, monkeypatch, capsys):
    (tmp_path / "only_here.py").write_text("def answer(): return 42\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["measure", *QUICK, "-s", "from only_here import answer", "answer()"]) == 0
    assert capsys.readouterr().err == ""


# The user's errors


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["1 +"], ['  File "<statement>", line 1', "SyntaxError: invalid syntax"]),
        (["return"], ['  File "<statement>", line 1', "SyntaxError: 'return' outside function"]),
        (["-s", "x = (", "pass"], ['  File "<setup>", line 1', "SyntaxError: '(' was never closed"]),
        (["-s", "import nope_nope", "pass"], ["ModuleNotFoundError: No module named 'nope_nope'"]),
        (["x = 1", "x / 0"], ['  File "<statement>", line 2, in statement', "ZeroDivisionError: division"]),
        (
            ["-s", "def f():", "-s", "    1 / 0", "f()"],
            ['  File "<setup>", line 2, in f', "ZeroDivisionError"],
        ),
        (["-s", "class Own(Exception): pass", "raise Own('mine')"], ["__antigil__.Own: mine"]),
        (["--thread-setup", "n = 1", "n -= 1; 1 / n"], ["ZeroDivisionError"]),
        (["--thread-setup", "1 / thread", "pass"], ["ZeroDivisionError"]),
        (["import sys; sys.exit(0)"], ['  File "<statement>", line 1, in statement', "SystemExit: 0"]),
        (["raise KeyboardInterrupt"], ["KeyboardInterrupt"]),
    ],
)
def test_errors_in_the_statement_are_shown_as_python_shows_them_for_its_own_code_only(argv, shown, capsys):
    assert cli.main(["measure", *QUICK, *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    for line in shown:
        assert line in err
    files = [line.split('"')[1] for line in err.splitlines() if line.startswith("  File ")]
    assert set(files) <= {"<statement>", "<setup>"}
    assert "antigil: error" not in err


def test_statement_that_ends_the_process_is_an_error_of_one_line(capsys):
    assert cli.main(["measure", *QUICK, "import os; os._exit(7)"]) == 2
    assert capsys.readouterr() == (
        "",
        "antigil: error: the process that ran the workload died (exit status 7)\n",
    )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "the following arguments are required: STATEMENT"),
        (["-t", "2,1", "pass"], "positive and ascending, like 1,2,4, not '2,1'"),
        (["-t", "0", "pass"], "positive and ascending"),
        (["-t", "two", "pass"], "not 'two'"),
        (["--budget", "0", "pass"], "must be a positive number, not '0'"),
        (["--budget", "nan", "pass"], "must be a positive number, not 'nan'"),
        (["--time-limit", "-1", "pass"], "must be a positive number"),
        (["--json", "no/such/file.json", "pass"], "cannot write no/such/file.json"),
        (["--json", f"{__file__}/x", "pass"], "cannot write"),
        (["--plot", "no/such/file.svg", "pass"], "cannot write no/such/file.svg"),
        (["--plot", "speedup.gif", "pass"], "cannot tell the format of speedup.gif"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2_before_anything_is_measured(argv, words, capsys, monkeypatch):
    monkeypatch.setattr(measuring, "measure", lambda *args, **options: pytest.fail("it measured"))

    assert cli.main(["measure", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


# How it is shown


def point(threads, speedup, *, raw=None, waiting=0.0, queued=0.0, ci99=True):
    def estimate(value):
        return Estimate(value, (0.99 * value, 1.01 * value) if ci99 else None)

    raw = speedup if raw is None else raw
    return Point(threads, 1670.0 * raw, estimate(speedup), estimate(raw), waiting, queued, 1.0, 40, 0, False)


def found(*points, statement="f()", share=0.004, queue_measured=True, disturbed=False, steal=0.0):
    """Return a made-up measurement on two CPUs."""
    points = points or (point(1, 1.0), point(2, 1.98), point(4, 1.99, queued=0.5))
    held = GilHeld(share, 0.001, 1600, 0.0052, "switches")
    where = Surroundings("3.11.7", "CPython", True, 0.005, "a CPU", 2, queue_measured)
    points = tuple(replace(one, disturbed=disturbed) for one in points)
    return Measurement(Workload(statement), where, points, (), held, (held,), steal)


NO_LAW = {"best": None, "note": "too few points"}


def shown(measurement, **options):
    return list(render.report(measurement, NO_LAW, **options))


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
    lines = list(render.bars(found(point(1, 1.0), point(2, 1.0), point(4, 2.0)), ascii_only=True))

    assert lines == [
        f"      1  {'#' * 20}|{' ' * 20} 1.00 of 1",
        f"      2  {'#' * 20}{' ' * 20}| 1.00 of 2",
        f"      4  {'#' * 40}| 2.00 of 2",
    ]


def test_ascii_is_enough_where_the_terminal_has_no_more(monkeypatch):
    text = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", text)
    monkeypatch.setattr(measuring, "measure", lambda *args, **options: found())

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
    monkeypatch.setattr(measuring, "measure", lambda *args, **options: found())
    file = tmp_path / "speedup.json"

    assert cli.main(["measure", "--json", str(file), "f()"]) == 0
    assert capsys.readouterr().out.startswith("threads")
    assert json.loads(file.read_text())["ceiling"] == 250.0


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.html", b"<!DOCTYPE html>")]
)
def test_plot_is_of_the_format_that_its_name_says(tmp_path, monkeypatch, name, start):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(measuring, "measure", lambda *args, **options: found())

    assert cli.main(["measure", "--json", "-", "--plot", str(tmp_path / name), "f()"]) == 0
    assert (tmp_path / name).read_bytes().startswith(start)


def test_statement_is_shown_on_the_page_and_not_executed(tmp_path):
    pytest.importorskip("matplotlib")
    plot.save(found(statement="'<script>alert(1)</script>'"), tmp_path / "a.html")

    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_plot_without_matplotlib_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    assert cli.main(["measure", "--plot", "a.svg", "pass"]) == 2
    assert "pip install 'antigil[plot]'" in capsys.readouterr().err


def test_no_progress_line_is_left_behind_by_an_error(monkeypatch, capsys):
    def fail(*args, on_process, **options):
        on_process(1, 8)
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "measure", fail)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    assert cli.main(["measure", "pass"]) == 130
    assert capsys.readouterr().err == "\rmeasured in 1 of 8 processes\r\033[Kantigil: interrupted\n"


def test_queueing_that_is_not_told_is_null_and_not_nothing():
    assert found(queue_measured=False).to_json()["points"][0]["queued"] is None
