"""Where a project says its name, and what looks like one and is none."""

import pytest

from antigil.adopt.checkout import look_at
from antigil.adopt.project_name import project_name
from antigil.commands import main as cli

EXTENSION = "from setuptools import Extension, setup\nfast = Extension(name='quick._fast', sources=['f.c'])\n"


@pytest.mark.parametrize(
    ("pyproject", "setup", "config", "name"),
    [
        ({"project": {"name": "one"}, "tool": {"poetry": {"name": "two"}}}, "setup(name='three')", "", "one"),
        ({"tool": {"poetry": {"name": "two"}}}, "", "", "two"),
        ({"tool": {"flit": {"metadata": {"module": "two", "dist-name": "Two.Dist"}}}}, "", "", "Two.Dist"),
        ({"tool": {"flit": {"metadata": {"module": "two"}}}}, "", "", "two"),
        ({}, f"{EXTENSION}setup(ext_modules=[fast], name='quick')", "[metadata]\nname = other\n", "quick"),
        (
            {},
            f"{EXTENSION}import setuptools as s\ns.setup(ext_modules=[fast])",
            "[metadata]\nname=cfg\n",
            "cfg",
        ),
        ({}, "about = {}\nsetup(name=about['name'])", "[metadata]\nname = 50%%\n", "50%%"),
        ({}, f"{EXTENSION}setup(ext_modules=[fast])", "[wheel]\nname = no\n", None),
        ({}, "print 'Python 2'\nsetup(name='lost')", "name = no section\n", None),
        ({}, "'\\d'; setup(name='escaped')", "", "escaped"),
        ({}, "given = dict(name='kept', version='1')\nsetup(**given)", "", "kept"),
        ({}, "setup(**{'version': '1', 'name': 'literal'})", "", "literal"),
        ({}, "NAME = 'constant'\nsetup(name=NAME)", "", "constant"),
        ({}, "TITLE: str = 'annotated'\nsetup(name=TITLE)", "", "annotated"),
        ({}, "ONE = 'twice'\nTWO = ONE\nsetup(name=TWO)", "", "twice"),
        ({}, "SAME = SAME\nsetup(name=SAME)", "[metadata]\nname = circle\n", "circle"),
        ({}, "ONE = 'in a call'\ngiven = dict(name=ONE)\nsetup(**given)", "", "in a call"),
        ({}, "ONE: str = 'in a dict'\nsetup(**{'name': ONE})", "", "in a dict"),
        ({}, "NAME: str\nsetup(name=NAME)", "", None),
        ({}, "setup(**read('about'))", "", None),
        ({"project": "nonsense", "tool": {"poetry": ["nonsense"]}}, "setup(name=3)", "", None),
    ],
)
def test_a_name_is_read_where_it_binds(tmp_path, pyproject, setup, config, name):
    (tmp_path / "setup.py").write_text(setup)
    (tmp_path / "setup.cfg").write_text(config)

    assert project_name(tmp_path, pyproject) == name


def test_what_is_no_file_says_no_name(tmp_path):
    (tmp_path / "setup.py").mkdir()

    assert project_name(tmp_path, {}) is None


def test_that_the_folders_name_is_taken_is_told(project, capsys):
    root = project({"setup.py": f"{EXTENSION}setup(ext_modules=[fast])"})
    assert cli.main(["init"]) == 0
    assert (
        f"The project says its name nowhere; its folder's is taken: {root.name}.\n" in capsys.readouterr().out
    )


def test_a_suite_that_is_there_says_the_name_where_nothing_else_does(project, capsys):
    root = project({"setup.py": "", "asv.conf.json": '{"project": "Quick-One", "repo": "."}'})
    assert (look_at(root).project, look_at(root).module) == ("Quick-One", "quick_one")
    assert cli.main(["init"]) == 0
    assert "its name nowhere" not in capsys.readouterr().out
