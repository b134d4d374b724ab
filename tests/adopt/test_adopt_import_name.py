"""What a placeholder imports: what lies in the project, a guess that is told as one, or nothing."""

import ast

import pytest

from antigil.adopt.import_name import import_name
from antigil.commands import main as cli


@pytest.mark.parametrize(
    ("name", "files", "found"),
    [
        (
            "Pillow",
            ["src/PIL/Image.py", "src/PIL/__init__.py", "Tests/__init__.py", "selftest.py"],
            ("PIL", True),
        ),
        (
            "google-cloud-sums",
            ["src/google/cloud/sums/__init__.py", "noxfile.py", "owlbot.py"],
            ("google", True),
        ),
        ("PyYAML", ["lib/yaml/__init__.py", "setup.py"], ("yaml", True)),
        ("Fast-Sums", ["FastSums/__init__.py", "other/__init__.py"], ("FastSums", True)),
        ("sums", ["sums.py", "tool.py", "benchmarks/run.py", "benchmarks/__init__.py"], ("sums", True)),
        ("quick", ["fast/__init__.py", "src/generate.py", "docs/conf.py"], ("fast", True)),
        ("quick", ["fast.py", "setup.py", "conftest.py", "tests/__init__.py"], ("fast", True)),
        ("quick", ["one/__init__.py", "two/__init__.py"], ("quick", False)),
        ("quick", ["quick.c", "setup.py"], ("quick", False)),
        ("fastest", ["latest/__init__.py"], ("latest", True)),
        ("3d-tiles", ["one.py", "two.py"], (None, False)),
        ("class", [], (None, False)),
    ],
)
def test_what_is_imported_is_what_lies_there_or_has_the_name(tmp_path, name, files, found):
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()

    assert import_name(tmp_path, name) == found


@pytest.mark.parametrize(
    ("name", "files", "told"),
    [
        ("3d-tiles", {}, "what is imported of the project: nothing was found.\n"),
        ("lots", {}, "what is imported of the project: lots is a guess.\n"),
        ("lots", {"many/__init__.py": ""}, ""),
    ],
)
def test_a_placeholder_that_imports_a_guess_or_nothing_is_told(project, capsys, name, files, told):
    root = project({"setup.py": f"setup(name={name!r})", **files})
    assert cli.main(["init"]) == 0
    said = capsys.readouterr().out
    assert told in said
    assert ("Name in benchmarks/thread_scaling.py" in said) is bool(told)
    tree = ast.parse((root / "benchmarks/thread_scaling.py").read_text())
    texts = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    imports = [one for one in texts if isinstance(one, str) and one.startswith(("import ", "pass"))]
    for one in imports:
        ast.parse(one)
    assert ("import many" in imports) is bool(files)


@pytest.mark.parametrize(
    ("words", "typed"), [(["f()"], "antigil measure 'f()'\n"), ([], "'import lots' 'dir(lots)'\n")]
)
def test_the_command_to_type_measures_what_the_suite_does(project, capsys, words, typed):
    project({"setup.py": "setup(name='lots')"})
    assert cli.main(["init", *words]) == 0
    assert typed in capsys.readouterr().out
