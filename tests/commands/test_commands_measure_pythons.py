"""`antigil measure --python`: which Pythons are found, and what each is told and tells."""

import json
import os
import shutil
import sys

import pytest

from antigil.commands import main as cli
from antigil.commands.arguments import find_interpreter
from antigil.errors import UserError

needs_shell = pytest.mark.skipif(os.name == "nt", reason="the Python of a test is a shell script")


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Return what makes a command on the PATH that acts as a Python."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def make(name, script):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


@needs_shell
@pytest.mark.parametrize(
    ("made", "text"), [("python3.99", "3.99"), ("mine", "mine"), ("env/bin/python", "{folder}/env")]
)
def test_a_python_is_found_by_version_command_or_environment(python, tmp_path, made, text):
    path = python(made, f'exec "{sys.executable}" "$@"')
    found = find_interpreter(text.format(folder=tmp_path))
    assert (found.executable, dict(found.environment)) == (str(path), {})


@needs_shell
@pytest.mark.parametrize("folder", ["o'brien", "with space", 'say "it'])
def test_a_path_needs_no_quotes(python, tmp_path, folder):
    path = python(f"{folder}/env/bin/python", f'exec "{sys.executable}" "$@"')
    assert find_interpreter(f"{tmp_path}/{folder}/env").executable == str(path)
    assert find_interpreter(str(path)).executable == str(path)


def test_variables_stand_before_it():
    found = find_interpreter(f"A=1 PYTHON_GIL=0 {sys.executable}")
    assert found.executable == os.path.abspath(sys.executable)
    assert found.environment == {"A": "1", "PYTHON_GIL": "0"}


@needs_shell
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 3 9", "is Python 3.9: the oldest is 3.11"),
        ("echo 'it is broken' >&2; exit 3", "cannot run as a Python: it is broken"),
        ("exit 3", "cannot run as a Python: it printed nothing"),
        ("echo hello", "cannot run as a Python"),
    ],
)
def test_what_is_no_python_that_will_do_is_refused(python, script, said):
    python("python3.99", script)
    with pytest.raises(UserError, match=said):
        find_interpreter("3.99")


@pytest.mark.parametrize("text", ["", "no-such-python", "PYTHON_GIL 3.11", "=1 3.11", "o'brien", 'A="1 3.11'])
def test_what_is_not_there_or_no_assignment_is_refused_in_one_line(capsys, text):
    assert cli.main(["measure", "--python", text, "pass"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("antigil: error: --python: " if "--python" in errors else "antigil: error: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("more", [["--html", "a.html"], ["--plot", "a.svg"]])
def test_a_picture_of_several_is_refused_before_anything_is_measured(capsys, more, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two = ["--python", sys.executable, "--python", f"A=1 {sys.executable}"]
    assert cli.main(["measure", *two, *more, "pass"]) == 2
    assert "show one Python" in capsys.readouterr().err


def test_several_are_measured_each_with_its_variables(capsys, tmp_path):
    file = tmp_path / "it.json"
    setup = "import os; seen = os.environ.get('ANTIGIL_TEST', 'nothing'); assert seen in ('1', '2')"
    names = [f"ANTIGIL_TEST={n} {shutil.which(sys.executable)}" for n in (1, 2)]
    words = [word for name in names for word in ("--python", name)]
    status = cli.main(
        ["measure", *words, "-t", "1,2", "--budget", "1", "--json", str(file), "-s", setup, "seen"]
    )
    said = capsys.readouterr().out
    assert status == 0
    form = json.loads(file.read_text())
    assert list(form["pythons"]) == names
    for name, one in form["pythons"].items():
        assert f"{name} (" in said
        assert [point["threads"] for point in one["points"]] == [1, 2]
        assert len(one["samples"]) == 8
