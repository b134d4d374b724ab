"""What an asv.conf.json may hold and init reads: each of it is taken, or refused in one line."""

import json
from importlib import metadata

import pytest

from antigil.adopt import instrument_wheel
from antigil.commands import main as cli

KEYS = (
    "project", "repo", "repo_subdir", "benchmark_dir", "env_dir", "results_dir", "html_dir",
    "environment_type", "branches", "plugins", "install_command", "build_command", "matrix", "include",
    "pythons", "conda_channels",
)  # fmt: skip
VALUES = [None, 5, 0.5, True, [], [3, None], {}, {"a": [1]}, "a\0b", "\ud800", "/nowhere"]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_whatever_type_ends_in_no_traceback(project, capsys, value):
    root = project({"setup.py": ""})
    for key in KEYS:
        (root / "asv.conf.json").write_text(json.dumps({key: value}))
        status = cli.main(["init", "--github", "--pin", "a/b@" + "c" * 40, "--dry-run"])
        assert (key, status, capsys.readouterr().err.count("\n")) in ((key, 0, 0), (key, 2, 1))


@pytest.mark.parametrize("key", ["project", "repo", "env_dir", "html_dir"])
@pytest.mark.parametrize("value", [None, 7, ["x"]])
def test_what_names_something_is_a_string(project, capsys, key, value):
    project({"setup.py": "", "asv.conf.json": json.dumps({key: value})})
    assert cli.main(["init"]) == 2
    assert f"asv.conf.json must be a string, not {json.dumps(value)}\n" in capsys.readouterr().err


@pytest.mark.parametrize("digits", ["9" * 5000, "0x" + "f" * 5000])
def test_a_number_of_too_many_digits_is_told_in_one_line(project, capsys, digits):
    project({"setup.py": "", "asv.conf.json": f'{{"hash_length": {digits}}}'})
    assert cli.main(["init"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("outside", ["..", "../suite", "/tmp/suite"])
def test_a_suite_outside_the_checkout_is_refused_in_one_line(project, capsys, outside):
    project({"setup.py": "", "asv.conf.json": json.dumps({"benchmark_dir": outside})})
    assert cli.main(["init"]) == 2
    assert capsys.readouterr().err.startswith("antigil: error: benchmark_dir leads to ")


def test_a_suite_that_is_named_by_its_whole_path_is_completed(project, capsys):
    root = project({"setup.py": ""})
    (root / "asv.conf.json").write_text(json.dumps({"benchmark_dir": str(root / "suite")}))
    assert cli.main(["init"]) == 0
    assert "+++ suite/__init__.py (empty)\n" in capsys.readouterr().out
    assert (root / "suite" / "__init__.py").read_bytes() == b""


@pytest.mark.parametrize("words", [[], ["--github"]])
def test_without_an_installed_antigil_it_says_so(project, monkeypatch, capsys, words):
    def distribution(name):
        raise metadata.PackageNotFoundError(name)

    project({"setup.py": ""})
    monkeypatch.setattr(instrument_wheel, "distribution", distribution)
    assert cli.main(["init", *words]) == 2
    assert (
        capsys.readouterr().err
        == "antigil: error: antigil is not installed here, so it has no version: pip install it\n"
    )
