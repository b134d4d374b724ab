"""``antigil measure``: what it prints, what it writes, and how it refuses."""

import json
import subprocess
import sys

import pytest

from antigil.commands import main as cli
from antigil.commands import measure as measuring

MEASURE = [sys.executable, "-m", "antigil", "measure"]
QUICK = ["--budget", "0.2", "-t", "1"]

LOCKED = "import hashlib, threading; data = bytes(1 << 20); lock = threading.Lock()"
STATEMENTS = {
    "holding": ["sum(range(20_000))"],
    "releasing": ["-s", "import hashlib; data = bytes(1 << 20)", "hashlib.sha256(data).digest()"],
    "sleeping": ["-s", "import time", "time.sleep(0.005)"],
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
    assert json.loads(done.stdout)["schema"] == "antigil.measurement/2"


def test_json_has_the_documented_keys(measured):
    form = json.loads(measured("releasing").stdout)

    assert set(form) == {
        *(
            "schema",
            "instrument",
            "statement",
            "setup",
            "thread_setup",
            "teardown",
            "python",
            "machine",
            "points",
        ),
        *("samples", "path", "cut", "gil_held", "ceiling", "stall", "laws", "verdict", "waits", "sentence"),
        *("scaling", "judged", "missing", "cause", "states", "beside", "mix", "processes"),
    }
    python = {"version", "implementation", "gil", "free_threaded", "gil_forced", "switch_interval"}
    assert set(form["python"]) == python
    assert set(form["machine"]) == {"cpu", "cpus_allowed", "cores_alike", "quota", "queue_measured", "steal"}
    (first, *_) = form["gil_held"]["processes"]
    assert set(first) == {"share", "se", "probes", "stall", "method", "quantile99"}
    assert set(form["gil_held"]) == {*first, "ci99", "samples", "processes"}
    assert set(form["laws"]) == {"threads", "karp_flatt", "best", "note"}
    assert [point["threads"] for point in form["points"]] == [1, 2]
    for point in form["points"]:
        assert set(point) == {
            *("threads", "rate", "speedup", "raw_speedup", "efficiency", "waiting", "queued", "inflation"),
            *("rounds", "dropped", "disturbed", "samples", "own_threads", "own_processes"),
            *("own_cpu_seconds", "own_on_cpu", "kernel", "sleeps", "least", "most", "crowded"),
            "by_others",
        }
        assert set(point["speedup"]) == set(point["raw_speedup"]) == {"median", "ci99", "range"}
        low, high = point["speedup"]["ci99"] or point["speedup"]["range"]
        assert low <= point["speedup"]["median"] <= high


def test_json_tells_what_was_measured_and_on_which_python(measured):
    form = json.loads(measured("releasing").stdout)

    _, setup, statement = STATEMENTS["releasing"]
    assert (form["statement"], form["setup"]) == (statement, setup)
    assert form["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert form["python"]["gil"] is getattr(sys, "_is_gil_enabled", lambda: True)()


def disturbed(form):
    """Whether other programs may have made threads wait: they did, or nothing would tell."""
    return any(point["disturbed"] for point in form["points"]) or not form["machine"]["queue_measured"]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("holding", "holds"), ("releasing", "releases"), ("locking", "releases"), ("sleeping", "releases")],
)
def test_verdict_tells_who_holds_the_gil_on_any_machine(measured, name, verdict):
    form = json.loads(measured(name).stdout)

    left_open = {"inconclusive"} if disturbed(form) else set()
    assert form["verdict"] in ({verdict} | left_open if form["python"]["gil"] else {"no-gil"})


def test_lock_is_told_where_two_cpus_can_show_it(measured):
    form = json.loads(measured("locking").stdout)
    waits = form["waits"] == "each other"

    assert ("serves one at a time" in form["sentence"]) == waits
    if form["machine"]["cpus_allowed"] < 2:
        assert not waits
    elif not waits:  # on a busy machine part of the waiting for a lock is told as queued for a CPU
        point = form["points"][1]
        assert disturbed(form)
        assert point["waiting"] + point["queued"] >= 0.3


@pytest.mark.parametrize("name", ["holding", "releasing"])
def test_neither_work_nor_the_gil_is_taken_for_a_lock(measured, name):
    form = json.loads(measured(name).stdout)

    if disturbed(form) and form["waits"] == "each other":
        return
    assert form["waits"] is None
    assert "serves one at a time" not in form["sentence"]


def test_sleep_is_told_as_waiting_alone(measured):
    form = json.loads(measured("sleeping").stdout)

    if disturbed(form) and form["waits"] == "each other":
        return
    assert form["waits"] == "alone"
    assert "; a call in one thread waits for " in form["sentence"]


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
        (["-s", "class Own(Exception): pass", "raise Own('mine')"], ["\nOwn: mine"]),
        (["--thread-setup", "n = 1", "n -= 1; 1 / n"], ["ZeroDivisionError"]),
        (
            ["--thread-setup", "n = thread", "--thread-setup", "1 / n", "x = 1", "x = 2"],
            ['  File "<thread setup>", line 2, in thread_setup\n    1 / n\n', "ZeroDivisionError"],
        ),
        (
            ["--thread-setup", "f = lambda: 1 / thread", "f()"],
            ['  File "<statement>", line 1, in statement', '  File "<thread setup>", line 1, in <lambda>'],
        ),
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
    assert set(files) <= {"<statement>", "<setup>", "<thread setup>"}
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
    monkeypatch.setattr(measuring, "measure_in_turn", lambda *args, **options: pytest.fail("it measured"))

    assert cli.main(["measure", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
