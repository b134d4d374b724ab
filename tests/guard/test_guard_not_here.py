"""Pythons that are configured or named and not here, and patterns that name nothing: all are told."""

import json
import subprocess
from pathlib import Path

import pytest
from comparisons import STEADY, WORKLOADS, readings
from generated import Plan, generate
from made_up_environments import let_asv_choose
from test_guard_interpreters import Suite

from antigil.commands import main as cli
from antigil.guard import comparison, interleaved_visits

QUANTITY = {"antigil_quantity": "slowdown", "params": [["1", "2"]], "param_names": ["threads"]}


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Go to a project that has environments for two interpreters; return those that were measured in."""
    root = tmp_path / "project"
    generate(Plan(commits=3), root)
    let_asv_choose(monkeypatch, tmp_path / "bin", "3.97", "3.98")
    monkeypatch.chdir(root)
    measured = []

    def measure_both(place, sides, workloads=None, progress=None):
        measured.append(place.name)
        own = {column.workload.name for column in place.columns}
        numbers = {key: value for key, value in STEADY.items() if key[0] in own}
        return tuple(readings(numbers, n=len(sides) // 2) for _ in range(2))

    suite = Suite({f"{name}.track_slowdown": QUANTITY for name in WORKLOADS})
    monkeypatch.setattr(interleaved_visits, "discover", lambda *asked: suite)
    monkeypatch.setattr(interleaved_visits, "surroundings_of", lambda installation: {})
    monkeypatch.setattr(comparison, "measure_both", measure_both)
    return measured


def configure(**changes):
    """Change asv's configuration."""
    with open("asv.conf.json", "r+", encoding="utf-8") as file:
        told = {**json.load(file), **changes}
        file.seek(0)
        json.dump(told, file)
        file.truncate()


def run(capsys, *words):
    """Run a command; return its status, its report, and its last line on stderr."""
    status = cli.main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"pythons": ["3.97", "3.99"]}, "3.99"),
        ({"pythons": ["3.97"], "include": [{"python": "3.96", "req": {"numpy": "2"}}]}, "3.96"),
    ],
)
def test_a_configured_python_that_is_not_here_is_told_and_all_others_are_measured(
    asked, capsys, changes, absent
):
    configure(**changes)

    assert cli.main(["compare", "main~1", "main", "--json", "-"]) == 2

    out, err = capsys.readouterr()
    (found,) = json.loads(out)["comparisons"]
    assert f"note: nothing is measured with Python {absent}, which asv.conf.json names" in err
    (problem,) = found["problems"]
    assert problem.startswith(f"nothing was measured with Python {absent}, which asv.conf.json names")
    assert set(asked) == {"virtualenv-py3.97"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pythons": ["3.97", "3.98"]}, []),
        ({"pythons": ["3.97", "3.99"]}, ["-E", ":3.97"]),
        ({"pythons": ["3.97", "3.99"]}, ["-E", "virtualenv-py3.97"]),
        ({"pythons": ["3.97", "3.99"], "exclude": [{"python": "3.99"}]}, []),
    ],
)
def test_what_is_not_asked_for_is_not_missed(asked, capsys, changes, words):
    configure(**changes)

    assert run(capsys, "compare", "main~1", "main", *words)[0] == 0


@pytest.mark.parametrize("command", [["compare", "main~1", "main"], ["bisect", "main~1", "main", "work.One"]])
@pytest.mark.parametrize("absent", [":3.41t", "virtualenv-py3.41", "virtualnev"])
def test_each_environment_that_is_named_has_to_be_there(asked, capsys, command, absent):
    status, _, err = run(capsys, *command, "-E", ":3.97", "-E", absent)

    assert (status, err) == (
        2,
        f"antigil: error: asv has no environment for {absent}: is that Python on the PATH?",
    )
    assert asked == []


def test_a_search_is_refused_where_a_configured_python_is_not_here(asked, capsys):
    configure(pythons=["3.97", "3.99"])

    status, _, err = run(capsys, "bisect", "main~1", "main", "work.One")

    assert (status, asked) == (2, [])
    assert "Python 3.99, which asv.conf.json names and is not here" in err


@pytest.mark.parametrize("command", [["compare", "main~1", "main"], ["bisect", "main~1", "main", "work.One"]])
def test_each_pattern_has_to_name_something_that_can_be_compared(asked, capsys, command):
    configure(pythons=["3.97"])

    status, _, err = run(capsys, *command, "-b", "One", "-b", "Tpyo", "-b", r"One.*\(3\)", "-b", r"\(2\)")

    told = r"antigil: error: no benchmark that can be compared matches Tpyo or One.*\(3\)"
    assert (status, err, asked) == (2, told, [])


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "main~1", "main"],
        ["compare", "--pythons", "3.97", "3.98"],
        ["bisect", "main~1", "main", "work.One"],
    ],
)
@pytest.mark.parametrize(
    "file", ["file1", "benchmarks/one.py", "asv.conf.json", "results/alpha/machine.json"]
)
def test_code_that_is_not_committed_is_told_wherever_commits_are_measured(asked, capsys, words, file):
    """The rest is used as it lies here, and what git was not told of is no change."""
    configure(pythons=["3.97"])
    Path("benchmarks").mkdir()
    Path("benchmarks/one.py").touch()
    subprocess.run(["git", "reset", "-q", "--hard"], check=True)
    subprocess.run(["git", "add", "benchmarks", "asv.conf.json", "results"], check=True)
    subprocess.run(["git", "commit", "-q", "-m", "a suite"], check=True)
    Path("new.py").touch()
    with Path(file).open("a") as changed:
        changed.write("\n")

    assert cli.main(words) == 0

    said = capsys.readouterr().err
    assert ("uncommitted changes to the code are not measured" in said) == (file == "file1")


def test_the_default_number_of_processes_is_the_one_that_help_names(capsys):
    with pytest.raises(SystemExit):
        cli.main(["compare", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"more in further ones (default: {comparison.Looks.first})" in said
