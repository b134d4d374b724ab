"""``antigil measure --with`` and ``--processes``."""

import json
import subprocess
import sys

import pytest

from antigil.commands import main as cli
from antigil.scaling import Measurement

QUICK = ["--budget", "0.3", "-t", "1,2"]


@pytest.mark.parametrize("asked", [["--with", "pass"], ["--processes"], ["--with", "1", "--processes"]])
def test_one_thread_with_nothing_to_stand_beside_is_an_error_of_one_line(asked, capsys):
    assert cli.main(["measure", "-t", "1", *asked, "pass"]) == 2
    assert capsys.readouterr().err == (
        "antigil: error: --with and --processes need two threads or more: name a higher count with -t\n"
    )


def test_with_needs_a_statement(capsys):
    assert cli.main(["measure", "pass", "--with"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--with" in line


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--with", "x = = 1"], "SyntaxError"),
        (["--with", "missing"], "NameError"),
        (["--with", "return"], "'return'"),
    ],
)
def test_what_is_wrong_with_the_writer_is_shown_as_python_shows_it(asked, said, capsys):
    assert cli.main(["measure", *QUICK, *asked, "pass"]) == 2
    told = capsys.readouterr().err
    assert 'File "<beside>", line 1' in told
    assert said in told


def test_both_are_in_table_sentence_and_json(tmp_path):
    file = tmp_path / "measured.json"
    command = [sys.executable, "-m", "antigil", "measure", *QUICK, "--json", str(file), "-s", "d = {1: 0}"]
    command += ["--processes", "--with", "d[1] = 1", "--with", "d[1] = 2", "d[1]"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    form = json.loads(file.read_text())

    assert "Mix: one thread, the writer, runs d[1] = 1 / d[1] = 2" in done.stdout
    assert "Processes beside threads" in done.stdout
    assert done.stdout.splitlines()[-1] == form["sentence"]
    assert "Processes reach" in form["sentence"]
    assert "reader" in form["sentence"]
    assert form["beside"] == "d[1] = 1\nd[1] = 2"
    assert [point["threads"] for point in form["mix"]["points"]] == [2]
    assert [point["threads"] for point in form["processes"]["points"]] == [1, 2]
    found = Measurement.from_json(form)
    assert found.mix.to_json() == form["mix"]
    assert found.to_json()["processes"] == form["processes"]
