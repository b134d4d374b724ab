"""What differs between two sides besides the commit is told with every change."""

import subprocess
import sys

import pytest
from comparisons import LOST, compared

from antigil.commands import main as cli
from antigil.history import surroundings
from antigil.history.surroundings import differences, surroundings_of
from antigil.report.document import _COMPARISON, check
from antigil.report.formats import render_comparison
from antigil.scaling import gil_enabled

SIDE = {
    "python": "CPython 3.14.1", "gil": "enabled", "compiler": "gcc 14.2", "kernel": "Linux 6.12",
    "cpu": "A CPU", "packages": ["numpy 2.3.1", "pip 26.1"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({}, []),
        ({"packages": ["numpy 2.4.0", "pip 26.1"]}, ["numpy 2.3.1 → 2.4.0"]),
        ({"packages": ["pip 26.1", "six 1.17"]}, ["numpy 2.3.1 → absent", "six absent → 1.17"]),
        ({"compiler": "clang 19"}, ["compiler gcc 14.2 → clang 19"]),
        ({"gil": "disabled"}, ["gil enabled → disabled"]),
        ({"kernel": "Linux 6.13"}, ["kernel Linux 6.12 → Linux 6.13"]),
    ],
)
def test_what_differs_is_named(other, told):
    assert list(differences(SIDE, {**SIDE, **other})) == told


def test_sides_of_which_nothing_is_known_do_not_differ():
    assert list(differences({}, {})) == []


@pytest.mark.parametrize("form", ["text", "markdown", "github"])
def test_a_difference_is_shown_with_a_change(form, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    document = compared(LOST)
    (one,) = document["comparisons"]
    one.update(besides=["numpy 2.3.1 → 2.4.0"], surroundings=[SIDE, SIDE])
    check(document, _COMPARISON)

    assert "besides the commit: numpy 2.3.1 → 2.4.0" in render_comparison(document, form)
    one["besides"] = []
    assert "besides" not in render_comparison(document, form)


def test_many_differences_are_counted_beyond_a_line_of_them():
    document = compared(LOST)
    document["comparisons"][0]["besides"] = [f"p{i} 1 → 2" for i in range(20)]

    assert "p7 1 → 2; 12 more\n" in render_comparison(document, "text")


def test_interpreters_are_named_where_they_were_compared():
    document = {**compared(LOST), "pythons": ["3.14", "3.14t"]}

    said = render_comparison(document, "text")
    assert "The commit was measured under 3.14 and 3.14t in turn, in fresh processes" in said


class Here:
    """An environment that is the tests' own Python."""

    def __init__(self, **variables):
        self.build_env_vars, self.env_vars = variables, {}

    def run(self, words, env):
        """Run it."""
        self.variables = env
        return subprocess.run(
            [sys.executable, *words], env=env, capture_output=True, text=True, check=True
        ).stdout


@pytest.mark.parametrize("before", ["", "ccache ", "/usr/lib/sccache "])
def test_the_compiler_is_the_one_that_the_matrix_names_for_the_build(tmp_path, monkeypatch, before):
    compiler = tmp_path / "mycc"
    compiler.write_text("#!/bin/sh\necho mycc 7.1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", "another")

    assert surroundings_of(Here(CC=f"{before}{compiler} -pthread"))["compiler"] == "mycc 7.1"


def test_whether_the_gil_is_on_is_asked_of_the_python_as_the_matrix_has_it():
    here = Here()
    assert surroundings_of(here)["gil"] == ("enabled" if gil_enabled() else "disabled")
    here.env_vars = {"PYTHON_GIL": "1", "CC": "of what is not built"}
    assert surroundings_of(here)["gil"] == "enabled"
    assert (here.variables["PYTHON_GIL"], "not built" in here.variables["CC"]) == ("1", False)


@pytest.mark.parametrize("body", ["printf '\\377\\n'", "exec sleep 60", None])
def test_a_compiler_that_cannot_be_asked_is_unknown(tmp_path, monkeypatch, body):
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\n{body}\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", 'cc "' if body is None else str(compiler))
    assert "timeout=60" in surroundings._ASK
    monkeypatch.setattr(surroundings, "_ASK", surroundings._ASK.replace("timeout=60", "timeout=0.5"))

    side = surroundings_of(Here())

    assert side["compiler"] == ""
    assert list(differences(side, {**side, "compiler": "cc 1"})) == ["compiler unknown → cc 1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name BASE and HEAD"),
        (["main~1"], "name BASE and HEAD"),
        (["--pythons", "3.14"], "two interpreters or more"),
        (["--pythons", "3.14", "3.14", "HEAD"], "two interpreters or more"),
        (["--pythons", "3.14", "3.14t", "main", "main~1"], "at most one commit"),
        (["main", "--pythons", "3.14", "3.14t", "main~1"], "at most one commit"),
        (["--merge-base", "--pythons", "3.14", "3.14t"], "goes with none of --merge-base"),
        (["--pythons", "3.14", "3.14t", "--where-seconds", "9"], "--where and --where-seconds"),
        (["main~1", "main", "--results-only", "-E", ":3.14"], "judges all stored environments"),
        (["main~1", "main", "--results-only", "--processes", "6"], "and measures nothing"),
        (["main~1", "main", "--results-only", "--where"], "leave out --environment, --processes, --where"),
    ],
)
def test_what_does_not_go_together_is_refused(capsys, words, said):
    assert cli.main(["compare", *words]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("words", [["--minutes", "3"], ["--processes", "6"]])
def test_how_long_and_how_often_to_measure_is_refused_where_nothing_is_measured(capsys, words):
    assert cli.main(["alert", *words]) == 2
    told = "antigil: error: --minutes and --processes go with --confirm: without it nothing is measured\n"
    assert capsys.readouterr().err == told
