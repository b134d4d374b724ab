"""The pytest plugin: `--antigil-audit` finds the native calls that keep the GIL, and only these; fixtures."""

import json
import runpy
import subprocess
import sys

import pytest
from marks import needs_gil
from once_more import once_more

from antigil import pytest_plugin
from antigil.pytest_plugin import NO_TEST, kept_by_test, table
from antigil.scaling import gil_enabled
from antigil.where import Function, why_unavailable
from antigil.where.long_holds import LongHold

SUITE = """
import re
import time

from antigil.kernels import sleep_holding


def test_backtracks():
    for _ in range(4):
        assert re.match(r"(a+)+$", "a" * 23 + "b") is None


def test_sleeps_with_the_gil():
    for _ in range(8):
        sleep_holding(0.1)


def test_sleeps():
    time.sleep(0.2)


def test_runs_python():
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        pass


def test_calls_briefly():
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        sum(range(1000))


def test_fixtures(releases_gil, scales):
    releases_gil(lambda: time.sleep(0.001))
    assert scales.__name__ == "assert_scales"
"""

TAKING = """
import signal

from antigil.kernels import sleep_holding


def test_takes():
    signal.signal(signal.SIGPROF, {})


def test_keeps_the_gil():
    for _ in range(2):
        sleep_holding(0.15)
"""


def run(folder, *options):
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def suite(tmp_path):
    if sys.platform == "linux" and (reason := why_unavailable()) is not None:
        pytest.skip(reason)
    (tmp_path / "test_suite.py").write_text(SUITE)
    return tmp_path


def test_a_hold_is_that_of_the_test_in_which_most_of_it_lies():
    """The wait that shows it may have begun before the test, and may end after it."""
    function = Function("match", "_sre.so")
    holds = [LongHold(0.999, 0.2, function, ""), LongHold(1.9, 0.2, function, "")]

    kept = kept_by_test(holds, [(1.0, "first"), (2.01, "second")])

    assert [(one.test, one.count) for one in kept] == [("first", 2)]


if sys.platform == "linux":

    @pytest.mark.timing  # programs beside it keep the thread that asks for the GIL from asking
    @needs_gil
    @once_more
    def test_calls_that_keep_the_gil_are_listed_with_their_test(suite):
        done = run(suite, "--antigil-audit", "--antigil-json", "kept.json")

        assert done.returncode == 0, done.stdout + done.stderr
        kept = json.loads((suite / "kept.json").read_text())["kept"]
        found = {(one["function"], one["test"].rpartition("::")[2]): one["count"] for one in kept}
        released = {"test_sleeps", "test_runs_python", "test_calls_briefly"}
        assert found["Pattern.match", "test_backtracks"] >= 1
        assert found["sleep_for", "test_sleeps_with_the_gil"] >= 6  # another program may hide a hold
        assert not {test for _, test in found} & released
        assert all(one["longest"] >= 0.02 for one in kept)
        assert "native calls that kept the GIL for 20 ms or longer" in done.stdout
        assert "test_suite.py::test_backtracks" in done.stdout
        assert "missing" not in done.stdout

    @needs_gil
    @pytest.mark.parametrize("handler", ["signal.SIG_DFL", "signal.SIG_IGN", "lambda *_: None"])
    @once_more  # it comes out where a call that keeps the GIL is to be sampled, and one is enough
    def test_a_suite_that_handles_the_signal_itself_is_told_that_calls_may_be_missing(suite, handler):
        """Its own tests are not the audit's: they pass as they do without it."""
        (suite / "test_signal.py").write_text(TAKING.format(handler))

        done = run(suite, "test_signal.py", "--antigil-audit", "--antigil-json", "kept.json")

        assert done.returncode == 0, done.stdout + done.stderr
        assert "Calls may be missing: a test handled SIGPROF itself." in done.stdout
        assert json.loads((suite / "kept.json").read_text())["missed"] == ["signal"]

    @needs_gil
    @pytest.mark.parametrize(
        ("test", "file", "words"),
        [
            ("gc.callbacks.clear()", "kept.json", ""),
            ("os.chdir(os.path.dirname(os.getcwd()))", "kept.json", ""),
            ("pass", "/dev/full", "cannot write /dev/full: No space left on device"),
            ("long_holds.read_records = None", "kept.json", "the audit failed: TypeError: "),
        ],
    )
    def test_an_audit_that_fails_leaves_the_tests_their_report(suite, test, file, words):
        """It tells so in one line."""
        taken = f"import gc, os\nfrom antigil.where import long_holds\n\ndef test_it():\n    {test}\n"
        (suite / "test_suite.py").write_text(taken + "\n\ndef test_other():\n    assert False\n")

        done = run(suite, "--antigil-audit", "--antigil-json", file)

        assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
        assert "1 failed, 1 passed" in done.stdout
        failures = [line for line in done.stdout.splitlines() if line.startswith("antigil: error: ")]
        assert len(failures) == bool(words)
        assert words in "".join(failures)
        assert (suite / "kept.json").exists() == (not words)

    @needs_gil
    def test_an_audit_that_fails_meanwhile_goes_on_and_says_so(suite):
        (suite / "conftest.py").write_text(
            "from antigil import pytest_plugin\n"
            "from antigil.where.long_holds import HoldWatch\n"
            "pytest_plugin.COLLECT_SECONDS = 0\n"
            "HoldWatch.has_seen = True\n"
            "HoldWatch.collect = lambda self: {}[2]\n"
        )
        options = ("--antigil-audit", "--antigil-json", "kept.json", "-k", "test_sleeps")

        done = run(suite, *options)

        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("antigil: error: the audit failed: KeyError: 2\n") == 1
        assert json.loads((suite / "kept.json").read_text())["missed"] == ["error"]

    @pytest.mark.timing
    @needs_gil
    @once_more
    def test_a_test_that_stops_the_clock_leaves_holds_to_the_tests_that_they_are_in(suite):
        """As freezegun does, which puts a function of its own in the place of each clock."""
        freezing = "import time\n\n\ndef test_freezes():\n    time.monotonic = lambda: 0.0\n"
        (suite / "test_clock.py").write_text(freezing)
        options = ("test_clock.py", "test_suite.py", "-k", "freezes or with_the_gil")

        done = run(suite, *options, "--antigil-audit", "--antigil-json", "kept.json")

        assert done.returncode == 0, done.stdout + done.stderr
        kept = json.loads((suite / "kept.json").read_text())["kept"]
        assert {one["test"] for one in kept} == {"test_suite.py::test_sleeps_with_the_gil"}

    @needs_gil
    def test_it_is_refused_where_each_test_has_a_process_of_its_own(suite):
        """As by pytest-forked."""
        option = "def pytest_addoption(parser):\n    parser.addoption('--forked', action='store_true')\n"
        (suite / "conftest.py").write_text(option)

        done = run(suite, "--forked", "--antigil-audit")

        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        assert "run it without --forked" in done.stderr

    if not gil_enabled():

        def test_without_a_gil_it_says_so_in_one_line(suite):
            done = run(suite, "--antigil-audit")

            assert done.returncode == pytest.ExitCode.USAGE_ERROR
            assert done.stderr.splitlines() == [
                "ERROR: --antigil-audit: no call can keep the GIL, which is off now; "
                "PYTHON_GIL=1 keeps it on",
                "",
            ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--antigil-audit=-1"], "needs 4 to 60000 milliseconds"),
        (["--antigil-audit=3.9"], "needs 4 to 60000 milliseconds"),
        (["--antigil-audit=60001"], "needs 4 to 60000 milliseconds"),
        (["--antigil-audit=inf"], "needs 4 to 60000 milliseconds"),
        (["--antigil-audit=nan"], "needs 4 to 60000 milliseconds"),
        (["--antigil-audit", "tests/"], "'tests/' is no number of milliseconds: put paths before the option"),
        (["--antigil-json", "kept.json"], "--antigil-json needs --antigil-audit"),
        (["--antigil-audit", "--antigil-json", "absent/kept.json"], "no file can be written at"),
    ],
)
def test_bad_options_are_refused(tmp_path, options, words):
    done = run(tmp_path, *options)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert words in done.stderr


@pytest.mark.parametrize("name", ["kept.json", "not_yet.json"])
def test_a_file_that_may_not_be_written_is_refused_beforehand(tmp_path, monkeypatch, name):
    (tmp_path / "kept.json").touch()
    assert pytest_plugin._is_writable(tmp_path / name)
    monkeypatch.setattr(pytest_plugin.os, "access", lambda path, mode: False)  # root may write everywhere
    assert not pytest_plugin._is_writable(tmp_path / name)


def test_without_the_option_nothing_of_antigil_is_loaded(tmp_path):
    (tmp_path / "test_loaded.py").write_text(
        "import sys\ndef test_loaded(request):\n"
        "    assert request.config.pluginmanager.has_plugin('antigil')\n"
        "    loaded = {name for name in sys.modules if name.startswith('antigil')}\n"
        "    assert loaded == {'antigil', 'antigil.pytest_plugin'}\n"
    )

    done = run(tmp_path)

    assert done.returncode == 0, done.stdout


def test_it_is_loaded_by_a_pluggy_that_knows_the_old_wrappers_only(monkeypatch):
    """Before 1.2: pytest 7.2 on Debian 12, for one. Every session there loads it."""
    hookimpl = pytest.hookimpl
    monkeypatch.setattr(pytest, "hookimpl", lambda *, hookwrapper=False: hookimpl(hookwrapper=hookwrapper))

    loaded = runpy.run_path(pytest_plugin.__file__)

    assert "_Audit" in loaded


def test_code_of_no_library_is_named_once():
    made = Function("[made at run time]", "[made at run time]")

    kept = kept_by_test([LongHold(1.0, 0.1, made, "a.py:1")], [(0.5, "a::one")])

    assert table(kept)[1].endswith(" 1  [made at run time] ← a.py:1  a::one")


def test_holds_are_told_by_function_and_test():
    match = Function("Pattern.match", "libpython3.11.so")
    holds = [LongHold(start, 0.1, match, "a.py:1") for start in (0.1, 1.0, 2.0, 3.0)]

    kept = kept_by_test(holds, [(0.5, "a::one"), (2.5, "a::two")])

    assert [(one.test, one.count, one.longest, round(one.total, 6)) for one in kept] == [
        ("a::one", 2, 0.1, 0.2),
        (NO_TEST, 1, 0.1, 0.1),
        ("a::two", 1, 0.1, 0.1),
    ]
    lines = table(kept)
    assert lines[1].split()[:3] == ["200", "ms", "100"]
    assert lines[1].endswith("Pattern.match (libpython3.11.so) ← a.py:1  a::one")
