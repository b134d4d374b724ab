"""The command line: what it prints, where, and with which exit status."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import antigil
from antigil.commands import demo
from antigil.commands import main as cli
from antigil.errors import UserError, needed

PYTHON_M = [sys.executable, "-m", "antigil"]


@pytest.fixture
def command(monkeypatch):
    """Put one command named ``probe`` in the place of all; the test gives its handler."""

    def install(run):
        def configure(parser):
            parser.add_argument("--flag", action="store_true")

        probe = SimpleNamespace(configure=configure, run=run)
        monkeypatch.setitem(sys.modules, "antigil.commands.probe", probe)
        monkeypatch.setattr(cli, "COMMANDS", {"probe": "a probe"})

    return install


def test_exit_status_is_the_handlers_own(command):
    command(lambda args: 7 if args.flag else 0)

    assert cli.main(["probe"]) == 0
    assert cli.main(["probe", "--flag"]) == 7


def test_users_error_is_one_line_and_exit_2(command, capsys):
    def run(args):
        raise cli.UserError("no such thing: bring one")

    command(run)

    assert cli.main(["probe"]) == 2
    assert capsys.readouterr() == ("", "antigil: error: no such thing: bring one\n")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "the following arguments are required: COMMAND (see 'antigil --help')"),
        (["dance"], "argument COMMAND: invalid choice: 'dance'"),
        (["demo", "com-gil", "sem-gil"], "unrecognized arguments: sem-gil (see 'antigil --help')"),
        (["demo", "--loud"], "unrecognized arguments: --loud (see 'antigil --help')"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_2(argv, message, capsys):
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"antigil: error: {message}")


def test_interrupt_is_exit_130_without_a_traceback(command, capsys):
    def run(args):
        raise KeyboardInterrupt

    command(run)

    assert cli.main(["probe"]) == 130
    assert capsys.readouterr() == ("", "antigil: interrupted\n")


def test_what_the_system_refuses_is_one_line_and_exit_2(command, capsys):
    def run(args):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory", "/tmp")

    command(run)

    assert cli.main(["probe"]) == 2
    assert capsys.readouterr() == ("", "antigil: error: /tmp: No usable temporary directory\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_behind_stdout_is_one_line_and_exit_2():
    command = [*PYTHON_M, "measure", "-t", "1", "--budget", "0.2", "pass"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "antigil: error: No space left on device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("error", ["UserError('told')", "OSError(5, 'told')"])
def test_a_full_disk_behind_stdout_changes_no_status_of_an_error(error):
    code = f"""
import sys
from types import SimpleNamespace
from antigil.commands import main as cli
from antigil.errors import UserError
def run(args):
    print("much")
    raise {error}
sys.modules["antigil.commands.probe"] = SimpleNamespace(configure=lambda parser: None, run=run)
cli.COMMANDS = {{"probe": "a probe"}}
sys.exit(cli.main(["probe"]))
"""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", code]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=buffered, check=False
        )
    assert (done.returncode, done.stderr) == (2, "antigil: error: told\n")


def test_without_any_stdout_the_status_is_the_handlers_own(command, monkeypatch):
    command(lambda args: 7)
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["probe"]) == 7


def test_without_any_stdout_an_error_is_told_all_the_same(command, monkeypatch, capsys):
    def run(args):
        raise OSError(errno.ENOSPC, "No space left on device")

    command(run)
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["probe"]) == 2
    assert capsys.readouterr().err == "antigil: error: No space left on device\n"


def test_what_an_extra_brings_and_cannot_be_imported_is_one_line():
    with pytest.raises(UserError, match=r'cannot import asv: no name ask.*"antigil\[asv\]"'), needed("asv"):
        raise ImportError("no name ask", name="asv")


def test_an_action_of_ci_says_what_it_needs(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "antigil.history.machine_name", None)
    assert cli.main(["ci", "machine"]) == 2
    assert capsys.readouterr().err.startswith("antigil: error: this needs antigil.history.machine_name")


def test_our_own_mistake_keeps_its_traceback(command):
    def run(args):
        raise ZeroDivisionError

    command(run)

    with pytest.raises(ZeroDivisionError):
        cli.main(["probe"])


@pytest.mark.parametrize("name", ["compare", "alert"])
def test_a_crash_while_judging_is_told_and_is_no_confirmed_loss(name, monkeypatch, capsys):
    def crash(*args, **keywords):
        raise ZeroDivisionError("of ours")

    project = pytest.importorskip("antigil.history.project")
    monkeypatch.setattr(project, "open_project", crash)

    assert cli.main([name, *(["one", "two"] if name == "compare" else [])]) == 2
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1] == "antigil: could not judge: ZeroDivisionError: of ours"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break differently on Windows")
@pytest.mark.parametrize(
    "words", [["demo", "sem-gil"], ["measure", "-t", "1", "--budget", "0.2", "--json", "-", "pass"]]
)
def test_reader_that_goes_away_is_no_traceback(words):
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [*PYTHON_M, *words], stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=120
        )
    finally:
        os.close(write_end)

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("word", ["gil", "com_gil", "COM-GIL", "", "ajuda"])
def test_demo_of_any_other_word_prints_the_articles_line(word, capsys):
    assert cli.main(["demo", word]) == 2
    assert capsys.readouterr() == ("", "Informar com-gil ou sem-gil\n")


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (["demo"], ("com-gil", "sem-gil")),
        (["demo", "com-gil"], ["com-gil"]),
        (["demo", "sem-gil"], ["sem-gil"]),
    ],
)
def test_demo_runs_the_functions_asked_for(argv, names, monkeypatch, capsys):
    monkeypatch.setattr(demo, "demo_lines", lambda asked: [repr(asked)])

    assert cli.main(argv) == 0
    assert capsys.readouterr() == (f"{names!r}\n", "")


def test_demo_without_the_extension_says_how_to_build_it(tmp_path):
    """The sources unbuilt, and -S because an editable install would find the built extension."""
    package = Path(antigil.__file__).parent
    shutil.copytree(
        package, tmp_path / "antigil", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    )

    done = subprocess.run(
        [sys.executable, "-S", "-m", "antigil", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("antigil: error: calcular_com_gil needs the C extension")
    assert "pip install" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("argv", [["--help"], *([name, "--help"] for name in cli.COMMANDS)])
def test_help_needs_neither_the_extension_nor_an_extra(argv):
    code = f"""if True:
        import sys
        from antigil.commands.main import main
        try:
            main({argv!r})
        except SystemExit as end:
            assert end.code == 0, end.code
        loaded = {{"antigil.kernels._native", "asv", "bokeh", "jinja2", "numpy", "scipy"}} & set(sys.modules)
        assert not loaded, loaded
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: antigil")


def test_only_the_command_that_is_asked_for_is_loaded():
    code = """if True:
        import sys
        from antigil.commands.main import main
        status = main(["ci", "shards", "--config", "absent"])
        others = {"measure", "where", "doctor", "init", "compare", "alert", "demo"}
        loaded = {name for name in others if f"antigil.commands.{name}" in sys.modules}
        assert not loaded, loaded
        sys.exit(status)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.returncode == 2, done.stderr


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    listed = capsys.readouterr().out
    for name in cli.COMMANDS:
        assert re.search(rf"^    {name}(?=\s)", listed, re.MULTILINE)


def test_version_is_the_installed_one(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"antigil {antigil.__version__}\n"


def test_python_m_and_the_script_are_the_same():
    script = shutil.which("antigil", path=str(Path(sys.executable).parent))
    assert script, "the package is not installed where these tests run: pip install -e '.[test]'"

    outcomes = {
        (done.returncode, done.stdout, done.stderr)
        for done in (
            subprocess.run([*start, "demo", "nem um"], capture_output=True, text=True, timeout=60)
            for start in (PYTHON_M, [script])
        )
    }

    assert outcomes == {(2, "", f"{demo.WHICH_ONE}\n")}
